//! Who must be alive for the watchdog to be fed.

use smartevse_core::hardware::LONGEST_WATCHDOG;
use smartevse_core::io::HardwareFaults;
use smartevse_core::pilot::PILOT_STALE;
use smartevse_types::{Duration, Instant};

/// A part of the firmware that gives signs of life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// Samples of the pilot.
    Pilot,
    /// The planning half.
    Planning,
    /// The meter line.
    Line,
    /// The front ends.
    Front,
}

/// Number of parts.
const PARTS: usize = 4;

/// How long each part may be silent.
///
/// Pilot: as long as a sample counts (charging specification §1.3). The
/// others: planning that hangs ends the charge in the orderly way when its
/// lease ends (1 s, then up to 6 s for the vehicle to stop); the reset must
/// come after that, not into it.
const SILENCE: [(Part, Duration); PARTS] = [
    (Part::Pilot, PILOT_STALE),
    (Part::Planning, Duration::from_secs(10)),
    (Part::Line, Duration::from_secs(10)),
    (Part::Front, Duration::from_secs(10)),
];

/// The converter has this time after the start to give its first sample.
const FIRST_SAMPLE: Duration = Duration::from_millis(300);

/// Limits of the time between two polls by the clock of the firmware. Where the
/// pilot timer calls the polls the two watch each other: a clock that stands
/// still, runs wrong or jumps does not feed the watchdog.
const BETWEEN_POLLS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(20));

/// Outputs that must have been read back.
const VITAL: HardwareFaults = HardwareFaults::CONTACTOR.union(HardwareFaults::PILOT_OUTPUT);

/// Latest sign of life of every part.
#[derive(Clone, Copy, Debug)]
pub struct Supervisor {
    beats: [Instant; PARTS],
    started: Instant,
    polled: Instant,
    erase_watchdog: Duration,
}

impl Supervisor {
    /// Starts to watch: every part counts as alive now. `erase_watchdog` is the
    /// watchdog period inside a permit to erase flash, longer than the longest
    /// erase of the board.
    #[must_use]
    pub const fn new(erase_watchdog: Duration, now: Instant) -> Self {
        Self {
            beats: [now; PARTS],
            started: now,
            polled: now,
            erase_watchdog,
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

    /// Tells whether the watchdog may be fed after a completed poll (charging
    /// specification §11.2 rule 5). Call it once after each poll.
    pub fn may_feed(&mut self, now: Instant, failed: HardwareFaults) -> bool {
        let between = now.since(core::mem::replace(&mut self.polled, now));
        let in_time = between >= BETWEEN_POLLS.0 && between <= BETWEEN_POLLS.1;
        in_time && !failed.intersects(VITAL) && self.silent(now).is_none()
    }

    /// Gives the watchdog period: 250 ms, longer only inside a permit to erase
    /// with open contactors (decisions 52 and 73).
    #[must_use]
    pub fn period(&self, erase_permit: bool, contactors_open: bool) -> Duration {
        if erase_permit && contactors_open {
            self.erase_watchdog
        } else {
            LONGEST_WATCHDOG
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERASE: Duration = Duration::from_secs(2);
    const NONE: HardwareFaults = HardwareFaults::empty();

    fn ms(value: u64) -> Instant {
        Instant::from_millis(value)
    }

    /// All parts alive at a moment, polled 10 ms before `now`.
    fn alive(at: Instant, now: Instant) -> Supervisor {
        let mut supervisor = Supervisor::new(ERASE, ms(0));
        for (part, _) in SILENCE {
            supervisor.alive(part, at);
        }
        supervisor.polled = now - Duration::from_millis(10);
        supervisor
    }

    /// Decision 52: stop each part in turn, and the dog is not fed.
    #[test]
    fn when_any_part_is_silent_then_the_dog_is_not_fed() {
        for (stopped, limit) in SILENCE {
            let last = ms(1_000) + limit;
            let next = last + Duration::from_micros(1);
            let mut supervisor = alive(ms(1_000), last);
            for (part, _) in SILENCE.iter().filter(|(part, _)| *part != stopped) {
                supervisor.alive(*part, next);
            }
            assert!(supervisor.may_feed(last, NONE));
            assert_eq!(supervisor.silent(next), Some(stopped));
            supervisor.polled = ms(0) + limit + Duration::from_millis(990);
            assert!(!supervisor.may_feed(next, NONE));
        }
    }

    /// Charging 11.2 rule 5: fed only when outputs were read back.
    #[test]
    fn when_a_vital_output_fails_then_the_dog_is_not_fed() {
        for (failed, fed) in [
            (HardwareFaults::CONTACTOR, false),
            (HardwareFaults::PILOT_OUTPUT, false),
            (HardwareFaults::LIGHT, true),
        ] {
            let mut supervisor = alive(ms(1_000), ms(1_000));
            assert_eq!(supervisor.may_feed(ms(1_000), failed), fed);
        }
    }

    /// Charging 11.2 rule 5: two timers watch each other.
    #[test]
    fn when_a_poll_is_early_or_late_then_the_dog_is_not_fed() {
        for (between, fed) in [(0, false), (4, false), (5, true), (20, true), (21, false)] {
            let now = ms(1_000);
            let mut supervisor = alive(now, now);
            supervisor.polled = now - Duration::from_millis(between);
            assert_eq!(supervisor.may_feed(now, NONE), fed, "{between} ms");
        }
    }

    #[test]
    fn when_starting_then_the_first_sample_may_take_300_ms() {
        for (now, fed) in [(300, true), (301, false)] {
            let mut supervisor = Supervisor::new(ERASE, ms(0));
            supervisor.polled = ms(290);
            assert_eq!(supervisor.may_feed(ms(now), NONE), fed);
        }
    }

    #[test]
    fn when_a_sign_of_life_is_late_then_time_does_not_run_back() {
        let mut supervisor = alive(ms(1_000), ms(1_050));
        supervisor.alive(Part::Pilot, ms(10));
        assert!(supervisor.may_feed(ms(1_050), NONE));
    }

    /// Decision 73.
    #[test]
    fn when_a_contactor_is_closed_then_the_period_stays_short() {
        let supervisor = Supervisor::new(ERASE, ms(0));
        assert_eq!(supervisor.period(true, false), LONGEST_WATCHDOG);
        assert_eq!(supervisor.period(false, true), LONGEST_WATCHDOG);
        assert_eq!(supervisor.period(true, true), ERASE);
    }
}
