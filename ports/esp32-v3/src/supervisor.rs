//! Who must be alive for the watchdog to be fed.

use smartevse_core::hardware::LONGEST_WATCHDOG;
use smartevse_core::io::HardwareFaults;
use smartevse_types::{Duration, Instant};

use crate::facts::ERASE_WATCHDOG;

/// A part of the firmware that gives signs of life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Samples of the pilot.
    Pilot,
    /// The planning half.
    Manager,
    /// The meter line.
    Line,
    /// Panel and card reader.
    Front,
}

/// Number of parts.
const PARTS: usize = 4;

/// How long each part may be silent.
///
/// Pilot: as long as a sample counts (charging specification §1.3). The
/// others: a hung manager ends the charge in the orderly way when its lease
/// ends (1 s, then up to 6 s for the vehicle to stop); the reset must come
/// after that, not into it.
const SILENCE: [(Part, Duration); PARTS] = [
    (Part::Pilot, Duration::from_millis(50)),
    (Part::Manager, Duration::from_secs(10)),
    (Part::Line, Duration::from_secs(10)),
    (Part::Front, Duration::from_secs(10)),
];

/// The converter has this time after the start to give its first sample.
const FIRST_SAMPLE: Duration = Duration::from_millis(300);

/// Outputs that must have been read back.
const VITAL: HardwareFaults = HardwareFaults::CONTACTOR.union(HardwareFaults::PILOT_OUTPUT);

/// Latest sign of life of every part.
#[derive(Clone, Copy, Debug)]
pub struct Supervisor {
    beats: [Instant; PARTS],
    started: Instant,
}

impl Supervisor {
    /// Starts to watch: every part counts as alive now.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            beats: [now; PARTS],
            started: now,
        }
    }

    /// Notes a sign of life.
    pub fn alive(&mut self, part: Part, at: Instant) {
        for ((row, _), beat) in SILENCE.iter().zip(&mut self.beats) {
            if *row == part {
                *beat = beat.latest(at);
            }
        }
    }

    /// Gives a part that has been silent for too long.
    #[must_use]
    pub fn silent(&self, now: Instant) -> Option<Part> {
        let starting = now.since(self.started) <= FIRST_SAMPLE;
        SILENCE
            .iter()
            .zip(self.beats)
            .find(|((part, limit), beat)| {
                let excused = starting && *part == Part::Pilot;
                !excused && now.since(*beat) > *limit
            })
            .map(|((part, _), _)| *part)
    }

    /// Tells whether the watchdog may be fed after a completed poll.
    #[must_use]
    pub fn may_feed(&self, now: Instant, failed: HardwareFaults) -> bool {
        !failed.intersects(VITAL) && self.silent(now).is_none()
    }
}

/// Gives the watchdog period: 250 ms, longer only inside a permit to erase
/// with open contactors (decisions 52 and 73).
#[must_use]
pub fn period(erase_permit: bool, contactors_open: bool) -> Duration {
    if erase_permit && contactors_open {
        ERASE_WATCHDOG
    } else {
        LONGEST_WATCHDOG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Instant {
        Instant::from_millis(value)
    }

    fn fresh(at: Instant) -> Supervisor {
        let mut supervisor = Supervisor::new(ms(0));
        for (part, _) in SILENCE {
            supervisor.alive(part, at);
        }
        supervisor
    }

    /// Decision 52: stop each part in turn, and the dog is not fed.
    #[test]
    fn when_any_part_is_silent_then_the_dog_is_not_fed() {
        for (stopped, limit) in SILENCE {
            let mut supervisor = fresh(ms(1_000));
            let last = ms(1_000) + limit;
            let next = last + Duration::from_micros(1);
            for (part, _) in SILENCE.iter().filter(|(part, _)| *part != stopped) {
                supervisor.alive(*part, next);
            }
            assert!(supervisor.may_feed(last, HardwareFaults::empty()));
            assert_eq!(supervisor.silent(next), Some(stopped));
            assert!(!supervisor.may_feed(next, HardwareFaults::empty()));
        }
    }

    /// Charging 11.2 rule 5: fed only when outputs were read back.
    #[test]
    fn when_a_vital_output_fails_then_the_dog_is_not_fed() {
        let supervisor = fresh(ms(1_000));
        assert!(!supervisor.may_feed(ms(1_000), HardwareFaults::CONTACTOR));
        assert!(!supervisor.may_feed(ms(1_000), HardwareFaults::PILOT_OUTPUT));
        assert!(supervisor.may_feed(ms(1_000), HardwareFaults::LIGHT));
    }

    #[test]
    fn when_starting_then_the_first_sample_may_take_300_ms() {
        let supervisor = Supervisor::new(ms(0));
        assert!(supervisor.may_feed(ms(300), HardwareFaults::empty()));
        assert!(!supervisor.may_feed(ms(301), HardwareFaults::empty()));
    }

    #[test]
    fn when_a_sign_of_life_is_late_then_time_does_not_run_back() {
        let mut supervisor = fresh(ms(1_000));
        supervisor.alive(Part::Pilot, ms(10));
        assert!(supervisor.may_feed(ms(1_050), HardwareFaults::empty()));
    }

    /// Decision 73.
    #[test]
    fn when_a_contactor_is_closed_then_the_period_stays_short() {
        assert_eq!(period(true, false), LONGEST_WATCHDOG);
        assert_eq!(period(false, true), LONGEST_WATCHDOG);
        assert_eq!(period(true, true), ERASE_WATCHDOG);
    }
}
