//! Which phases the vehicle uses, as far as a meter tells.

use smartevse_types::{DeciAmps, Duration, Instant, Phase, PhaseSet};

use crate::site::PhaseCurrents;

/// Current from which a phase counts as used; below [`UNUSED`] it counts as
/// unused (regulation 8.1).
const USED: DeciAmps = DeciAmps::from_deci(20);
const UNUSED: DeciAmps = DeciAmps::from_deci(5);
/// Samples in a row, and charging time, before a verdict.
const SAMPLES: u8 = 3;
const SETTLED: Duration = Duration::from_secs(30);

/// Samples in a row that say the same about one phase.
#[derive(Clone, Copy, Debug, Default)]
struct Trail {
    low: u8,
    high: u8,
    unused: bool,
}

/// Looks for phases that the vehicle leaves unused. It may only reduce the
/// phases in sums, it never moves a contactor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    last: Option<u32>,
    trails: [Trail; 3],
}

impl Evidence {
    /// Takes a measurement of the vehicle, or of the circuit that feeds it,
    /// into account.
    pub(crate) fn observe(&mut self, latest: &PhaseCurrents, charging_since: Instant) {
        let Some(sample) = latest.sample() else {
            return;
        };
        let repeat = self.last.replace(sample.sequence) == Some(sample.sequence);
        if repeat || sample.at.since(charging_since) < SETTLED {
            return;
        }
        for (trail, phase) in self.trails.iter_mut().zip(Phase::ALL) {
            trail.follow(magnitude(sample.value.of(phase)));
        }
    }

    /// Number of these phases that are not proven unused, at least one.
    pub(crate) fn count(&self, phases: PhaseSet) -> u8 {
        let idle = |(trail, phase): (&Trail, Phase)| trail.unused && phases.has(phase);
        let unused = self
            .trails
            .iter()
            .zip(Phase::ALL)
            .filter(|pair| idle(*pair));
        let unused = u8::try_from(unused.count()).unwrap_or(0);
        phases.count().saturating_sub(unused).max(1)
    }

    /// The contactor moved.
    pub(crate) fn forget(&mut self) {
        self.trails = [Trail::default(); 3];
    }
}

/// A reversed meter shows the vehicle as well.
fn magnitude(current: DeciAmps) -> DeciAmps {
    current.max(DeciAmps::ZERO - current)
}

impl Trail {
    fn follow(&mut self, current: DeciAmps) {
        self.low = if current < UNUSED {
            self.low.saturating_add(1)
        } else {
            0
        };
        self.high = if current >= USED {
            self.high.saturating_add(1)
        } else {
            0
        };
        self.unused = match (self.low >= SAMPLES, self.high >= SAMPLES) {
            (true, _) => true,
            (false, true) => false,
            (false, false) => self.unused,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::PerPhase;

    fn after(samples: &[(u64, [i32; 3])]) -> u8 {
        let mut evidence = Evidence::default();
        let mut latest = PhaseCurrents::NEVER;
        for (secs, raw) in samples {
            let value = PerPhase::new(raw.map(DeciAmps::from_deci));
            latest.update(value, Instant::from_secs(*secs));
            evidence.observe(&latest, Instant::ZERO);
        }
        evidence.count(PhaseSet::THREE)
    }

    /// Regulation 8.1: 2 A and 0.5 A, three samples, 30 s.
    #[test]
    fn when_a_meter_shows_idle_phases_then_they_do_not_count() {
        let single = [60, 4, 4];
        assert_eq!(after(&[(30, single), (32, single)]), 3);
        assert_eq!(after(&[(30, single), (32, single), (34, single)]), 1);
        assert_eq!(after(&[(10, single), (20, single), (34, single)]), 3);
        let two = [60, 60, 0];
        assert_eq!(after(&[(30, two), (32, two), (34, two)]), 2);
        let back = [
            (30, two),
            (32, two),
            (34, two),
            (36, [60; 3]),
            (38, [60; 3]),
        ];
        assert_eq!(after(&back), 2);
    }

    /// Regulation 8.1: what flows backwards through a reversed meter flows.
    #[test]
    fn when_a_meter_is_reversed_then_its_phases_are_used() {
        let reversed = [-60, -60, -4];
        let samples = [30, 32, 34].map(|secs| (secs, reversed));
        assert_eq!(after(&samples), 2);
    }

    /// Regulation 8.1: 2 A in three samples bring a phase back, less does not.
    #[test]
    fn when_an_idle_phase_flows_again_then_it_counts_from_2_a() {
        let idle = [(30, [60, 60, 0]), (32, [60, 60, 0]), (34, [60, 60, 0])];
        for (deci, phases) in [(19, 2), (20, 3)] {
            let more = [36, 38, 40].map(|secs| (secs, [60, 60, deci]));
            assert_eq!(
                after(&[idle[0], idle[1], idle[2], more[0], more[1], more[2]]),
                phases,
                "{deci}"
            );
        }
    }

    #[test]
    fn when_nothing_flows_at_all_then_one_phase_remains() {
        assert_eq!(after(&[(30, [0; 3]), (32, [0; 3]), (34, [0; 3])]), 1);
    }
}
