//! Sample points that an alarm of the processor sets.

use smartevse_types::{Duration, DutyPermille, Instant};

use super::sample_point::{APERTURE, HIGH_POINT_US, PILOT_PERIOD_US, pulse};
use super::{PilotPhase, phase_at, sample_point};

/// A new duty shows after the running period, at the latest after two.
const TAKES_EFFECT: Duration = Duration::from_millis(2);

/// Says when the next pilot sample is due and which phase a sample shows, for
/// a board that starts its conversions from a timer interrupt.
///
/// The position inside the period comes from the counter of the generator
/// itself, so that neither a lost edge nor a late interrupt can turn one phase
/// into the other: a sample that was taken outside its phase has no phase. One
/// alarm follows the other whatever the duty is; there is no edge to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AlarmSchedule {
    duty: DutyPermille,
    phase: PilotPhase,
    valid_from: Instant,
}

impl AlarmSchedule {
    /// Starts with the steady +12 V of a reset.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            duty: DutyPermille::from_permille(1000),
            phase: PilotPhase::Steady,
            valid_from: Instant::ZERO,
        }
    }

    /// Notes the duty that was commanded: samples count again when it is sure
    /// to have taken effect.
    pub fn commanded(&mut self, duty: DutyPermille, now: Instant) {
        if duty != self.duty {
            self.duty = duty;
            self.valid_from = now + TAKES_EFFECT;
        }
    }

    /// Gives the phase of a conversion that was started at a moment and a
    /// position in the period (µs after the rise); `None` = not usable.
    #[must_use]
    pub fn phase(&self, at: Instant, position: u16) -> Option<PilotPhase> {
        phase_at(self.duty, position).filter(|_| at >= self.valid_from)
    }

    /// Turns to the next phase; gives the time to its sample, µs, 5..=1999.
    pub fn next(&mut self, position: u16) -> u16 {
        self.phase = match (pulse(self.duty), self.phase) {
            (None, _) => PilotPhase::Steady,
            (Some(_), PilotPhase::High) => PilotPhase::Low,
            (Some(_), PilotPhase::Low | PilotPhase::Steady) => PilotPhase::High,
        };
        wait(self.duty, self.phase, position)
    }

    /// Tells whether a slow conversion fits in before the next sample: not
    /// after the low phase, whose sample is the last one before the rise.
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.phase != PilotPhase::Low
    }
}

impl Default for AlarmSchedule {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives the time from `position` to a sample of `phase`, µs, at least 5: an
/// alarm that is too close might be missed.
///
/// A sample point that has just passed is made up for while its phase lasts:
/// a slow converter cannot starve a phase.
fn wait(duty: DutyPermille, phase: PilotPhase, position: u16) -> u16 {
    let point = sample_point(duty, phase);
    let late = position.saturating_add(APERTURE);
    if position < point {
        point.saturating_sub(position).max(APERTURE)
    } else if phase != PilotPhase::Steady && phase_at(duty, late) == Some(phase) {
        APERTURE
    } else {
        PILOT_PERIOD_US
            .saturating_add(point)
            .saturating_sub(position)
            .max(APERTURE)
    }
}

/// Converts a counter of the generator to µs after the rise, 0..=999.
#[must_use]
pub fn pilot_position(count: u32, counts_per_period: u32) -> u16 {
    let last = PILOT_PERIOD_US.saturating_sub(1);
    count
        .saturating_mul(u32::from(PILOT_PERIOD_US))
        .checked_div(counts_per_period)
        .map_or(0, |us| u16::try_from(us).map_or(last, |us| us.min(last)))
}

/// Converts the steps of the generator to the duty that they make: all steps
/// are steady +12 V, none is steady −12 V.
#[must_use]
pub fn duty_of_steps(steps: u16, all: u16) -> DutyPermille {
    DutyPermille::from_permille(match steps {
        0 => 0,
        _ if steps >= all => PILOT_PERIOD_US,
        _ => pilot_position(steps.into(), all.into()).max(1),
    })
}

const _: () = assert!(HIGH_POINT_US > APERTURE);

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    use super::*;
    use crate::adapters::PilotWindow;
    use crate::io::PilotSample;
    use smartevse_types::MilliVolts;

    fn duty(permille: u16) -> DutyPermille {
        DutyPermille::from_permille(permille)
    }

    #[test]
    fn when_one_sample_was_taken_then_the_alarm_meets_the_next_point() {
        for permille in (100..=960).chain([50]) {
            let duty = duty(permille);
            let high = wait(duty, PilotPhase::High, 0);
            assert_eq!(high, sample_point(duty, PilotPhase::High));
            let low = high + wait(duty, PilotPhase::Low, high);
            assert_eq!(low, sample_point(duty, PilotPhase::Low));
            assert_eq!(low + wait(duty, PilotPhase::High, low), 1000 + high);
        }
    }

    /// Boards 1.4: sampling goes on at 0 % and 100 %, where no edge comes.
    #[test]
    fn when_steady_then_there_is_a_sample_each_millisecond() {
        for permille in [0, 1000, 1001] {
            let wait = |position| wait(duty(permille), PilotPhase::Steady, position);
            assert_eq!((wait(50), wait(90), wait(10)), (1000, 960, 40));
        }
    }

    #[test]
    fn when_an_alarm_is_set_then_it_is_neither_too_close_nor_too_far() {
        for permille in 1..1000 {
            for position in 0..1000 {
                for phase in [PilotPhase::High, PilotPhase::Low] {
                    let wait = wait(duty(permille), phase, position);
                    assert!((5..=1000).contains(&wait));
                }
            }
        }
    }

    #[test]
    fn when_the_counter_is_read_then_the_position_is_in_microseconds() {
        for (count, all, position) in [
            (0, 1024, 0),
            (52, 1024, 50),
            (1023, 1024, 999),
            (5_000, 1024, 999),
            (100_000_000, 1, 999),
            (7, 0, 0),
        ] {
            assert_eq!(pilot_position(count, all), position);
        }
    }

    #[test]
    fn when_steps_are_written_then_the_duty_is_theirs() {
        let rows = [
            (0, 0),
            (1, 1),
            (102, 99),
            (272, 265),
            (983, 959),
            (1023, 999),
            (1024, 1000),
        ];
        for (steps, permille) in rows {
            assert_eq!(duty_of_steps(steps, 1024), duty(permille));
        }
    }

    /// A board whose interrupt spends some microseconds on each sample.
    struct Bench {
        schedule: AlarmSchedule,
        window: PilotWindow<25>,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                schedule: AlarmSchedule::default(),
                window: PilotWindow::new(),
            }
        }

        fn take(&mut self, at: Instant, position: u16, level: i32) {
            let level = MilliVolts::from_milli(level);
            if let Some(phase) = self.schedule.phase(at, position) {
                self.window.push(phase, at, level);
            }
        }

        /// Runs a pilot for 40 ms.
        fn run(&mut self, from_ms: u64, permille: u16, high: i32, spent: u64) -> PilotSample {
            self.schedule
                .commanded(duty(permille), Instant::from_millis(from_ms));
            let mut us = from_ms * 1000;
            while us < (from_ms + 40) * 1000 {
                let position = u16::try_from(us % 1000).unwrap();
                let level = if position < permille { high } else { -12_000 };
                self.take(Instant::from_micros(us), position, level);
                us += spent;
                let position = u16::try_from(us % 1000).unwrap();
                us += u64::from(self.schedule.next(position));
            }
            self.window.summary().unwrap()
        }
    }

    /// A conversion may take longer than the time between two sample points.
    #[test]
    fn when_conversions_are_slow_then_both_phases_are_still_sampled() {
        for (permille, spent) in [(960, 80), (960, 150), (100, 30), (533, 300)] {
            let sample = Bench::new().run(0, permille, 6_000, spent);
            assert_eq!(sample.high.min.as_milli(), 6_000, "{permille}");
            assert_eq!(sample.low.unwrap().max.as_milli(), -12_000, "{permille}");
            assert!(sample.at >= Instant::from_millis(35), "{permille}");
        }
    }

    /// Charging 1.3: the summary speaks for at least 20 ms and has a low phase
    /// exactly while there are pulses.
    #[test]
    fn when_pulses_come_and_go_then_the_summary_follows() {
        let mut bench = Bench::new();
        let long = |sample: &PilotSample| sample.at.since(sample.from).as_millis() >= 20;
        let steady = bench.run(0, 1000, 12_000, 60);
        assert!(steady.low.is_none() && long(&steady));
        let pulses = bench.run(40, 266, 9_000, 60);
        assert_eq!(pulses.high.min.as_milli(), 9_000);
        assert_eq!(pulses.low.unwrap().max.as_milli(), -12_000);
        assert!(long(&pulses));
        let negative = bench.run(80, 0, 0, 60);
        assert_eq!(
            (negative.high.max.as_milli(), negative.low),
            (-12_000, None)
        );
    }

    /// A duty shows one period later: samples of the old one do not count.
    #[test]
    fn when_the_duty_changes_then_two_periods_do_not_count() {
        let mut schedule = AlarmSchedule::new();
        schedule.commanded(duty(500), Instant::from_millis(5));
        assert_eq!(schedule.phase(Instant::from_micros(6_900), 50), None);
        let seen = schedule.phase(Instant::from_micros(7_000), 50);
        assert_eq!(seen, Some(PilotPhase::High));
        schedule.commanded(duty(500), Instant::from_millis(8));
        let seen = schedule.phase(Instant::from_millis(8), 50);
        assert_eq!(seen, Some(PilotPhase::High));
    }

    #[test]
    fn when_the_low_phase_was_sampled_then_there_is_no_time_for_more() {
        let mut schedule = AlarmSchedule::new();
        assert!(schedule.has_time());
        schedule.commanded(duty(500), Instant::ZERO);
        schedule.next(0);
        assert!(schedule.has_time());
        schedule.next(50);
        assert!(!schedule.has_time());
    }
}
