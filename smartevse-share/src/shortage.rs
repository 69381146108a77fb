//! How long an overload with everybody at MIN is tolerated.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::config::RegulationTuning;
use crate::constraint::Constraint;

/// Thermal index at which charging stops, in millionths of a trip: 0.3
/// (regulation 6.7).
const INDEX_LIMIT: u64 = 300_000;
/// Decay time of the thermal index below the limit (regulation 13.2).
const INDEX_DECAY_MS: u64 = 120_000;

/// Heating of the fast edge of an IEC 60898-1 breaker: up to this load in % of
/// its rating, so many millionths of a trip per second.
/// `(x² − 1.277)^2.219 / 39.2 s`, taken at the upper end of each row.
const HEATING: [(u64, u64); 10] = [
    (113, 0),
    (120, 456),
    (130, 3_585),
    (140, 10_947),
    (150, 24_007),
    (160, 44_347),
    (170, 73_698),
    (180, 113_947),
    (190, 167_154),
    (200, 235_551),
];

/// Counts, integrates and remembers a shortage (regulation 6.7).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shortage {
    count: u8,
    /// Overload charge; 0.1 A · ms.
    charge: u64,
    /// Thermal index; millionths of a trip.
    index: u64,
    last: Option<Heat>,
}

/// What one sample says about the heating until the next one.
#[derive(Clone, Copy, Debug)]
struct Heat {
    at: Instant,
    excess: DeciAmps,
    rate: u64,
}

impl Shortage {
    /// Whether a shortage is being counted.
    pub(crate) fn is_counting(&self) -> bool {
        self.count > 0
    }

    /// Takes a sample with a shortage into account; gives whether to stop.
    pub(crate) fn hard(&mut self, tuning: &RegulationTuning, worst: &Constraint) -> bool {
        let (_, at) = worst.measured;
        self.heat_up(at, tuning.mains_timeout);
        self.last = Some(Heat {
            at,
            excess: worst.excess(),
            rate: heating(worst),
        });
        self.count = self.count.saturating_add(1);
        let budget = u64::from(tuning.overload_budget_as).saturating_mul(10_000);
        self.count >= tuning.no_current_threshold.max(1)
            || self.charge > budget
            || self.index > INDEX_LIMIT
    }

    /// Takes a sample without a shortage into account.
    pub(crate) fn good(&mut self, tuning: &RegulationTuning, at: Instant, room: DeciAmps) {
        self.count = self.count.saturating_sub(1);
        let Some(last) = self.last else { return };
        let span = at.since(last.at).as_millis();
        let spared = magnitude(room).saturating_mul(span);
        self.heat_up(at, tuning.mains_timeout);
        self.charge = self.charge.saturating_sub(spared);
        let decay = self.index.saturating_mul(span).div_ceil(INDEX_DECAY_MS);
        self.index = self.index.saturating_sub(decay);
        let cold = self.charge == 0 && self.index == 0;
        self.last = (!cold).then_some(Heat {
            at,
            excess: DeciAmps::ZERO,
            rate: 0,
        });
    }

    #[inline(never)]
    fn heat_up(&mut self, at: Instant, longest: Duration) {
        let Some(last) = self.last else { return };
        let span = at.since(last.at).min(longest).as_millis();
        let charge = magnitude(last.excess).saturating_mul(span);
        self.charge = self.charge.saturating_add(charge);
        let heat = last.rate.saturating_mul(span) / 1_000;
        self.index = self.index.saturating_add(heat);
    }
}

/// A current as a plain figure; a negative one is zero.
fn magnitude(current: DeciAmps) -> u64 {
    u64::try_from(current.as_deci()).unwrap_or(0)
}

fn heating(limit: &Constraint) -> u64 {
    let load = magnitude(limit.load).saturating_mul(100);
    let percent = load.checked_div(magnitude(limit.limit)).unwrap_or(u64::MAX);
    let row = HEATING.iter().find(|(upper, _)| percent < *upper);
    row.map_or(INDEX_LIMIT, |(_, rate)| *rate)
}

/// A limit that may be exceeded at MIN only for a set time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Countdown {
    since: Option<Instant>,
}

impl Countdown {
    /// Starts, or goes on if it runs.
    pub(crate) fn run(&mut self, at: Instant) {
        self.since.get_or_insert(at);
    }

    /// Ends without effect.
    pub(crate) fn cancel(&mut self) {
        self.since = None;
    }

    /// Whether it runs.
    pub(crate) fn is_running(&self) -> bool {
        self.since.is_some()
    }

    /// When it runs out.
    pub(crate) fn due(&self, span: Duration) -> Option<Instant> {
        self.since.map(|since| since + span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::Severity;
    use smartevse_types::{LimitedBy, Phase};

    fn load(ms: u64, deci: i32, limit: i32) -> Constraint {
        Constraint {
            by: LimitedBy::Mains(Phase::L1),
            severity: Severity::Thermal,
            limit: DeciAmps::from_deci(limit),
            load: DeciAmps::from_deci(deci),
            tenths: 10,
            measured: (0, Instant::from_millis(ms)),
        }
    }

    /// Decision 49: the third sample stops.
    #[test]
    fn when_the_shortage_lasts_three_samples_then_charging_stops() {
        let tuning = RegulationTuning::default();
        let mut seen = Shortage::default();
        let stops = [0, 1_000, 2_000].map(|ms| seen.hard(&tuning, &load(ms, 260, 250)));
        assert_eq!(stops, [false, false, true]);
    }

    /// Decision 49: 25 A·s stop earlier.
    #[test]
    fn when_the_overload_charge_is_spent_then_charging_stops() {
        let tuning = RegulationTuning::default();
        let mut seen = Shortage::default();
        assert!(!seen.hard(&tuning, &load(0, 376, 250)));
        assert!(seen.hard(&tuning, &load(2_000, 260, 250)));
    }

    /// Regulation 13.2: a small breaker heats faster than the charge tells.
    #[test]
    fn when_a_small_breaker_gets_hot_then_charging_stops() {
        let tuning = RegulationTuning::default();
        let mut seen = Shortage::default();
        assert!(!seen.hard(&tuning, &load(0, 195, 100)));
        assert!(seen.hard(&tuning, &load(2_000, 101, 100)));
        assert!(seen.charge < 250_000);
    }

    #[test]
    fn when_room_returns_then_the_count_and_the_charge_fade() {
        let tuning = RegulationTuning::default();
        let mut seen = Shortage::default();
        seen.hard(&tuning, &load(0, 300, 250));
        seen.good(
            &tuning,
            Instant::from_millis(1_000),
            DeciAmps::from_deci(20),
        );
        assert!(!seen.is_counting());
        assert_eq!(seen.charge, 30_000);
        seen.good(
            &tuning,
            Instant::from_millis(9_000),
            DeciAmps::from_deci(20),
        );
        assert_eq!(seen.charge, 0);
    }

    /// nothing overflows.
    #[test]
    fn when_everything_is_extreme_then_the_counters_saturate() {
        let tuning = RegulationTuning {
            no_current_threshold: 255,
            ..RegulationTuning::default()
        };
        let mut seen = Shortage::default();
        for n in 0..600_u64 {
            seen.hard(&tuning, &load(n * 11_000, i32::MAX, i32::MIN));
        }
        assert_eq!(seen.count, 255);
    }
}
