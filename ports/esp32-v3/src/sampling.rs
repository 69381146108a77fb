//! When the pilot is sampled, and which phase a sample shows.
//!
//! The position inside the period comes from the counter of the generator
//! itself, so that neither a lost edge nor a late interrupt can turn one phase
//! into the other: a sample that was taken outside its phase is thrown away,
//! and samples that stop make the pilot unknown. One alarm follows the other
//! whatever the duty is; there is no edge to wait for.

use smartevse_core::adapters::PilotWindow;
use smartevse_core::io::PilotSample;
use smartevse_types::{Duration, DutyPermille, Instant, MilliVolts};

use crate::facts::PILOT_SAMPLES;

/// Length of the pilot period, µs. One thousandth of duty is one microsecond.
pub const PERIOD_US: u32 = 1_000;

/// Sample point of the high phase and of a steady level, µs after the rise.
const HIGH_POINT: u32 = 50;
/// Earliest sample point of the low phase, µs after the rise.
const LOW_POINT: u32 = 950;
/// Distance of the low sample from the fall, µs.
const AFTER_FALL: u32 = 10;
/// An edge has settled after this time, µs.
const SETTLED: u32 = 8;
/// The converter holds the level within this time, µs; also the shortest alarm.
const APERTURE: u32 = 5;
/// A new duty shows after the running period, at the latest after two.
const TAKES_EFFECT: Duration = Duration::from_millis(2);

/// Phase of the pilot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// No pulses: +12 V or −12 V throughout.
    Steady,
    /// Positive part of a pulse.
    High,
    /// Negative part of a pulse.
    Low,
}

/// Converts a counter of the generator to microseconds after the rise.
#[must_use]
pub fn position(count: u32, counts_per_period: u32) -> u32 {
    count
        .saturating_mul(PERIOD_US)
        .checked_div(counts_per_period)
        .map_or(0, |us| us.min(PERIOD_US.saturating_sub(1)))
}

/// Converts the steps of the generator to the duty that the sampler works
/// with: all steps are steady +12 V, none is steady −12 V.
#[must_use]
pub fn duty_of(steps: u16, all: u16) -> DutyPermille {
    DutyPermille::from_permille(match steps {
        0 => 0,
        _ if steps >= all => 1000,
        _ => u16::try_from(position(steps.into(), all.into())).map_or(1, |us| us.max(1)),
    })
}

/// Gives the sample point of the high phase: 50 µs, or the middle of a shorter
/// pulse.
fn high_point(duty: u32) -> u32 {
    HIGH_POINT.min(duty / 2)
}

/// Gives the sample point of the low phase: `max(950, duty + 10)`, inside the
/// period.
fn low_point(duty: u32) -> u32 {
    let point = LOW_POINT.max(duty.saturating_add(AFTER_FALL));
    point.min(PERIOD_US.saturating_sub(APERTURE))
}

/// Gives the length of a pulse in µs; `None` without pulses.
fn pulse(duty: DutyPermille) -> Option<u32> {
    let permille = u32::from(duty.as_permille());
    (1..PERIOD_US).contains(&permille).then_some(permille)
}

/// Gives the phase that a conversion started at `position` shows; `None` when
/// an edge is too close.
#[must_use]
pub fn phase_at(duty: DutyPermille, position: u32) -> Option<Phase> {
    let Some(fall) = pulse(duty) else {
        return Some(Phase::Steady);
    };
    let end = position.saturating_add(APERTURE);
    if position >= SETTLED && end <= fall {
        Some(Phase::High)
    } else if position >= fall.saturating_add(SETTLED) && end <= PERIOD_US {
        Some(Phase::Low)
    } else {
        None
    }
}

/// Gives the phase to sample after one of `phase`.
fn following(duty: DutyPermille, phase: Phase) -> Phase {
    match (pulse(duty), phase) {
        (None, _) => Phase::Steady,
        (Some(_), Phase::High) => Phase::Low,
        (Some(_), Phase::Low | Phase::Steady) => Phase::High,
    }
}

/// Gives the time from `position` to a sample of `phase`, µs, at least 5: an
/// alarm that is too close might be missed.
///
/// A sample point that has just passed is made up for while its phase lasts:
/// a slow converter cannot starve a phase.
#[must_use]
pub fn wait(duty: DutyPermille, phase: Phase, position: u32) -> u32 {
    let fall = pulse(duty).unwrap_or(PERIOD_US);
    let point = match phase {
        Phase::Steady => HIGH_POINT,
        Phase::High => high_point(fall),
        Phase::Low => low_point(fall),
    };
    let late = position.saturating_add(APERTURE);
    if position < point {
        point.saturating_sub(position).max(APERTURE)
    } else if phase != Phase::Steady && phase_at(duty, late) == Some(phase) {
        APERTURE
    } else {
        PERIOD_US
            .saturating_add(point)
            .saturating_sub(position)
            .max(APERTURE)
    }
}

/// The samples of the pilot, as the sampling interrupt collects them.
#[derive(Clone, Debug)]
pub struct Sampler {
    window: PilotWindow<PILOT_SAMPLES>,
    duty: DutyPermille,
    phase: Phase,
    valid_from: Instant,
    failed: bool,
}

impl Sampler {
    /// Makes a sampler for the steady +12 V of the start.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            window: PilotWindow::new(),
            duty: DutyPermille::from_permille(1000),
            phase: Phase::Steady,
            valid_from: Instant::ZERO,
            failed: false,
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

    /// Takes a conversion that was started at a moment and a position.
    pub fn take(&mut self, at: Instant, position: u32, level: MilliVolts) {
        if at < self.valid_from {
            return;
        }
        match phase_at(self.duty, position) {
            Some(Phase::Steady) => self.window.push_steady(at, level),
            Some(Phase::High) => self.window.push_high(at, level),
            Some(Phase::Low) => self.window.push_low(at, level),
            None => {}
        }
    }

    /// Notes that the converter gave nothing.
    pub fn fail(&mut self) {
        self.failed = true;
        self.window.clear();
    }

    /// Turns to the next phase; gives the time to its sample, µs.
    pub fn next(&mut self, position: u32) -> u32 {
        self.phase = following(self.duty, self.phase);
        wait(self.duty, self.phase, position)
    }

    /// Tells whether a slow conversion fits in before the next sample: not
    /// after the low phase, whose sample is the last one before the rise.
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.phase != Phase::Low
    }

    /// Gives the summary; the flag tells whether the converter failed since
    /// the last call.
    pub fn summary(&mut self) -> (Option<PilotSample>, bool) {
        (self.window.summary(), core::mem::take(&mut self.failed))
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(permille: u16) -> DutyPermille {
        DutyPermille::from_permille(permille)
    }

    /// Boards 1.4: 50 µs and max(950, duty + 10), at every duty of the charger.
    #[test]
    fn when_at_a_sample_point_then_it_lies_inside_its_phase() {
        for permille in (100..=960).chain([50]) {
            let duty = duty(permille);
            let high = wait(duty, Phase::High, 0);
            assert_eq!(high, if permille == 50 { 25 } else { 50 });
            assert_eq!(phase_at(duty, high), Some(Phase::High), "{permille}");
            let low = high + wait(duty, Phase::Low, high);
            assert_eq!(low, 950.max(u32::from(permille) + 10));
            assert_eq!(phase_at(duty, low), Some(Phase::Low), "{permille}");
            assert_eq!(low + wait(duty, Phase::High, low), 1000 + high);
        }
    }

    /// Boards 1.4: sampling goes on at 0 % and 100 %, where no edge comes.
    #[test]
    fn when_steady_then_there_is_a_sample_each_millisecond() {
        for permille in [0, 1000, 1001] {
            let wait = |position| wait(duty(permille), Phase::Steady, position);
            assert_eq!((wait(50), wait(90), wait(10)), (1000, 960, 40));
            assert_eq!(phase_at(duty(permille), 999), Some(Phase::Steady));
        }
    }

    /// I-07: a late interrupt must not turn one phase into the other.
    #[test]
    fn when_a_sample_is_late_then_it_is_never_of_the_other_phase() {
        for permille in 1..1000 {
            for position in 0..1000 {
                let level_is_high = position < u32::from(permille);
                match phase_at(duty(permille), position) {
                    Some(Phase::High) => assert!(level_is_high),
                    Some(Phase::Low) => assert!(!level_is_high),
                    Some(Phase::Steady) => panic!("pulses at {permille}"),
                    None => {}
                }
                for phase in [Phase::High, Phase::Low] {
                    let wait = wait(duty(permille), phase, position);
                    assert!((5..=1000).contains(&wait));
                }
            }
        }
    }

    /// A conversion may take longer than the time between two sample points.
    #[test]
    fn when_conversions_are_slow_then_both_phases_are_still_sampled() {
        for (permille, spent) in [(960, 80), (960, 150), (100, 30), (533, 300)] {
            let mut sampler = Sampler::new();
            run(&mut sampler, 0, permille, 6_000, spent);
            let sample = sampler.summary().0.unwrap();
            assert_eq!(sample.high.min.as_milli(), 6_000, "{permille}");
            assert_eq!(sample.low.unwrap().max.as_milli(), -12_000, "{permille}");
            assert!(sample.at >= Instant::from_millis(35), "{permille}");
        }
    }

    #[test]
    fn when_the_counter_is_read_then_the_position_is_in_microseconds() {
        assert_eq!(position(0, 1024), 0);
        assert_eq!(position(52, 1024), 50);
        assert_eq!(position(1023, 1024), 999);
        assert_eq!(position(5_000, 1024), 999);
        assert_eq!(position(7, 0), 0);
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
            assert_eq!(duty_of(steps, 1024), duty(permille));
        }
    }

    /// Runs a pilot for 40 ms; each interrupt spends some microseconds.
    fn run(sampler: &mut Sampler, from_ms: u64, permille: u16, high: i32, spent: u64) {
        sampler.commanded(duty(permille), Instant::from_millis(from_ms));
        let mut us = from_ms * 1000;
        while us < (from_ms + 40) * 1000 {
            let position = u32::try_from(us % 1000).unwrap();
            let level = if position < u32::from(permille) {
                high
            } else {
                -12_000
            };
            let at = Instant::from_micros(us);
            sampler.take(at, position, MilliVolts::from_milli(level));
            us += spent;
            let position = u32::try_from(us % 1000).unwrap();
            us += u64::from(sampler.next(position));
        }
    }

    /// Charging 1.3: the summary speaks for at least 20 ms and has a low phase
    /// exactly while there are pulses.
    #[test]
    fn when_pulses_come_and_go_then_the_summary_follows() {
        let mut sampler = Sampler::default();
        run(&mut sampler, 0, 1000, 12_000, 60);
        let (sample, failed) = sampler.summary();
        let sample = sample.unwrap();
        assert!(!failed && sample.low.is_none());
        assert!(sample.at.since(sample.from) >= Duration::from_millis(20));
        run(&mut sampler, 40, 266, 9_000, 60);
        let sample = sampler.summary().0.unwrap();
        assert_eq!(sample.high.min.as_milli(), 9_000);
        assert_eq!(sample.low.unwrap().max.as_milli(), -12_000);
        assert!(sample.at.since(sample.from) >= Duration::from_millis(20));
        run(&mut sampler, 80, 0, 0, 60);
        let sample = sampler.summary().0.unwrap();
        assert_eq!((sample.high.max.as_milli(), sample.low), (-12_000, None));
    }

    #[test]
    fn when_the_converter_fails_then_nothing_is_known() {
        let mut sampler = Sampler::new();
        run(&mut sampler, 0, 1000, 12_000, 60);
        sampler.fail();
        assert_eq!(sampler.summary(), (None, true));
        assert_eq!(sampler.summary(), (None, false));
    }

    /// A duty shows one period later: samples of the old one do not count.
    #[test]
    fn when_the_duty_changes_then_two_periods_do_not_count() {
        let mut sampler = Sampler::new();
        sampler.commanded(duty(500), Instant::from_millis(5));
        sampler.take(Instant::from_micros(6_900), 50, MilliVolts::from_milli(1));
        assert_eq!(sampler.summary().0, None);
        sampler.take(Instant::from_micros(7_000), 50, MilliVolts::from_milli(1));
        assert!(sampler.summary().0.is_some());
    }
}
