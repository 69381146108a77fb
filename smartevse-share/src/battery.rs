//! The home battery: its charge current belongs to the surplus.

use smartevse_types::{DeciAmps, Duration, Instant, Mode, PerPhase, Phase, PhaseSet};

use crate::site::Site;

/// Age from which a battery value counts as zero (decisions 46 and 56).
const MAX_AGE: Duration = Duration::from_secs(11);

/// Current of the home battery that counts now, + = charging, sum of phases;
/// 0 outside Solar, without a value, and when the value is older than 11 s
/// (regulation 4).
#[must_use]
pub fn battery_current(now: Instant, mode: Mode, site: &Site) -> DeciAmps {
    match mode {
        Mode::Normal | Mode::Smart => DeciAmps::ZERO,
        Mode::Solar => site
            .battery
            .reading(now, MAX_AGE)
            .fresh()
            .unwrap_or(DeciAmps::ZERO),
    }
}

/// Takes the battery out of raw currents, for surplus arithmetic only
/// (regulation 4).
///
/// The result is exact: its sum is the raw sum less the battery. An EVSE on
/// one phase gets all of it on L1.
#[must_use]
pub fn without_battery(
    raw: PerPhase<DeciAmps>,
    battery: DeciAmps,
    phases: PhaseSet,
) -> PerPhase<DeciAmps> {
    let third = if phases == PhaseSet::SINGLE {
        DeciAmps::ZERO
    } else {
        battery.divided_by(3)
    };
    let rest = battery - third - third;
    let parts = PerPhase::new([rest, third, third]);
    PerPhase::new(Phase::ALL.map(|phase| raw.of(phase) - parts.of(phase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(battery: Option<(i32, u64)>, mode: Mode) -> i32 {
        let mut site = Site::default();
        if let Some((value, at)) = battery {
            let at = Instant::from_secs(at);
            site.battery.update(DeciAmps::from_deci(value), at);
        }
        let current = battery_current(Instant::from_secs(100), mode, &site);
        let raw = PerPhase::new([-4, -3, -3]).map(DeciAmps::from_deci);
        without_battery(raw, current, PhaseSet::THREE)
            .sum()
            .as_deci()
    }

    /// Regulation 4, the worked examples; R-07.
    #[test]
    fn when_the_battery_tells_then_the_surplus_is_corrected() {
        let solar = Mode::Solar;
        assert_eq!(sum(Some((100, 100)), solar), -110);
        assert_eq!(sum(Some((-60, 100)), solar), 50);
        assert_eq!(sum(Some((40, 89)), solar), -50);
        assert_eq!(sum(None, solar), -10);
        assert_eq!(sum(Some((100, 88)), solar), -10);
        assert_eq!(sum(Some((100, 100)), Mode::Smart), -10);
    }

    /// Regulation 4: nothing is lost in the distribution.
    #[test]
    fn when_the_battery_does_not_divide_then_the_rest_is_on_l1() {
        let zero = PerPhase::splat(DeciAmps::ZERO);
        let split = |value, phases| {
            let parts = without_battery(zero, DeciAmps::from_deci(value), phases);
            Phase::ALL.map(|phase| parts.of(phase).as_deci())
        };
        assert_eq!(split(100, PhaseSet::THREE), [-34, -33, -33]);
        assert_eq!(split(-100, PhaseSet::THREE), [34, 33, 33]);
        assert_eq!(split(100, PhaseSet::SINGLE), [-100, 0, 0]);
    }
}
