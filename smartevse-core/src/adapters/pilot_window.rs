//! Window over the latest pilot samples.

use smartevse_types::{Instant, MilliVolts};

use super::PilotPhase;
use crate::io::{MilliVoltRange, PilotSample};

/// Samples of one phase, oldest overwritten first.
#[derive(Clone, Copy, Debug)]
struct Ring<const N: usize> {
    samples: [Option<(Instant, MilliVolts)>; N],
    next: usize,
}

impl<const N: usize> Ring<N> {
    const EMPTY: Self = Self {
        samples: [None; N],
        next: 0,
    };

    fn push(&mut self, at: Instant, level: MilliVolts) {
        if let Some(slot) = self.samples.get_mut(self.next) {
            *slot = Some((at, level));
        }
        let next = self.next.saturating_add(1);
        self.next = if next < N { next } else { 0 };
    }

    fn iter(&self) -> impl Iterator<Item = (Instant, MilliVolts)> {
        self.samples.iter().flatten().copied()
    }

    fn range(&self) -> Option<MilliVoltRange> {
        let min = self.iter().map(|(_, level)| level).min()?;
        let max = self.iter().map(|(_, level)| level).max()?;
        Some(MilliVoltRange { min, max })
    }
}

/// The latest N samples of the high phase and of the low phase.
///
/// A port pushes each conversion, already in millivolts at the connector, and
/// asks for the summary once per poll. At one sample per millisecond an N of
/// 25 speaks for the 20 ms that the charger needs (charging specification
/// §1.3). Nothing is filtered: minimum and maximum are of all samples.
#[derive(Clone, Copy, Debug)]
pub struct PilotWindow<const N: usize> {
    high: Ring<N>,
    low: Ring<N>,
}

impl<const N: usize> PilotWindow<N> {
    /// Makes an empty window.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            high: Ring::EMPTY,
            low: Ring::EMPTY,
        }
    }

    /// Adds a sample of a phase.
    pub fn push(&mut self, phase: PilotPhase, at: Instant, level: MilliVolts) {
        match phase {
            PilotPhase::Steady => self.push_steady(at, level),
            PilotPhase::High => self.push_high(at, level),
            PilotPhase::Low => self.push_low(at, level),
        }
    }

    /// Adds a sample of the high phase, taken while there are pulses.
    pub fn push_high(&mut self, at: Instant, level: MilliVolts) {
        self.high.push(at, level);
    }

    /// Adds a sample of the low phase.
    pub fn push_low(&mut self, at: Instant, level: MilliVolts) {
        self.low.push(at, level);
    }

    /// Adds a sample of a steady level; the low phase is forgotten.
    pub fn push_steady(&mut self, at: Instant, level: MilliVolts) {
        self.low = Ring::EMPTY;
        self.high.push(at, level);
    }

    /// Forgets everything, for instance after the converter failed.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Gives the summary; `None` without a sample of the high phase.
    ///
    /// The summary speaks for the span of the high samples, or for the
    /// shorter span for which both phases have samples: a phase that is no
    /// longer sampled makes the whole summary grow old.
    #[must_use]
    pub fn summary(&self) -> Option<PilotSample> {
        let high = self.high.range()?;
        let (mut from, mut at) = span(&self.high)?;
        if let Some((low_from, low_at)) = span(&self.low) {
            from = from.latest(low_from);
            at = at.earliest(low_at);
        }
        Some(PilotSample {
            from: from.earliest(at),
            at,
            high,
            low: self.low.range(),
        })
    }
}

impl<const N: usize> Default for PilotWindow<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Oldest and newest moment of a ring.
fn span<const N: usize>(ring: &Ring<N>) -> Option<(Instant, Instant)> {
    let from = ring.iter().map(|(at, _)| at).min()?;
    let at = ring.iter().map(|(at, _)| at).max()?;
    Some((from, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Instant {
        Instant::from_millis(value)
    }

    fn mv(value: i32) -> MilliVolts {
        MilliVolts::from_milli(value)
    }

    /// Charging 1.3: the summary speaks for at least 20 ms.
    #[test]
    fn when_full_then_the_window_speaks_for_the_latest_samples() {
        let mut window = PilotWindow::<25>::new();
        for t in 0..100_u64 {
            window.push_steady(ms(t), mv(i32::try_from(t).unwrap()));
        }
        let summary = window.summary().unwrap();
        assert_eq!((summary.from, summary.at), (ms(75), ms(99)));
        assert_eq!(summary.high, MilliVoltRange::from_milli(75, 99));
        assert_eq!(summary.low, None);
    }

    #[test]
    fn when_the_pulses_end_then_the_low_phase_is_gone() {
        let mut window = PilotWindow::<4>::new();
        window.push_high(ms(1), mv(9_000));
        window.push_low(ms(2), mv(-12_000));
        let low = window.summary().unwrap().low;
        assert_eq!(low, Some(MilliVoltRange::from_milli(-12_000, -12_000)));
        window.push_steady(ms(3), mv(9_000));
        assert_eq!(window.summary().unwrap().low, None);
    }

    /// Charging 1.3: samples older than 50 ms are unknown; one phase alone
    /// cannot keep the summary young.
    #[test]
    fn when_one_phase_stops_then_the_summary_grows_old() {
        let mut window = PilotWindow::<4>::new();
        window.push_low(ms(1), mv(-12_000));
        for t in 2..60 {
            window.push_high(ms(t), mv(9_000));
        }
        assert_eq!(window.summary().unwrap().at, ms(1));
    }

    #[test]
    fn when_empty_or_without_room_then_there_is_no_summary() {
        assert_eq!(PilotWindow::<4>::default().summary(), None);
        let mut none = PilotWindow::<0>::new();
        none.push_steady(ms(1), mv(0));
        assert_eq!(none.summary(), None);
    }
}
