//! Where the power grant comes from.

use smartevse_core::directive::PowerGrant;
use smartevse_types::{DeciAmps, LimitedBy, PhaseSet};

/// Who plans the current of this EVSE.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "log", derive(serde::Serialize, serde::Deserialize))]
pub enum Planning {
    /// The regulator of this charger, or on a node its master.
    #[default]
    Regulated,
    /// A load manager outside the charger, through `Fact::Grant`.
    External,
}

/// Budget of all EVSEs while the grid relay is open, summed over the phases
/// (charging specification §7: 18 A = 4.14 kW, below the legal 4.2 kW).
pub const GRID_RELAY_BUDGET: DeciAmps = DeciAmps::from_deci(180);

/// Lowers a grant to a limit; a limit below `min` leaves nothing.
#[must_use]
pub fn lowered(grant: PowerGrant, limit: DeciAmps, by: LimitedBy, min: DeciAmps) -> PowerGrant {
    if limit < min {
        return PowerGrant {
            available: false,
            offered: DeciAmps::ZERO,
            limited_by: by,
        };
    }
    if grant.offered <= limit {
        return grant;
    }
    PowerGrant {
        offered: limit,
        limited_by: by,
        ..grant
    }
}

/// Current per phase that an open grid relay leaves.
#[must_use]
pub fn relay_limit(phases: PhaseSet) -> DeciAmps {
    GRID_RELAY_BUDGET.divided_by(i32::from(phases.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(deci: i32) -> PowerGrant {
        PowerGrant {
            available: true,
            offered: DeciAmps::from_deci(deci),
            limited_by: LimitedBy::External,
        }
    }

    /// a clamp never raises.
    #[test]
    fn when_the_limit_is_higher_then_the_grant_stays() {
        let min = DeciAmps::from_deci(60);
        let limit = DeciAmps::from_deci(160);
        assert_eq!(
            lowered(grant(100), limit, LimitedBy::Override, min),
            grant(100)
        );
        let low = lowered(grant(200), limit, LimitedBy::Override, min);
        assert_eq!((low.offered, low.limited_by), (limit, LimitedBy::Override));
    }

    /// never a current between zero and MIN.
    #[test]
    fn when_the_limit_is_below_min_then_nothing_is_left() {
        let min = DeciAmps::from_deci(60);
        let low = lowered(grant(100), DeciAmps::from_deci(59), LimitedBy::Cable, min);
        assert_eq!((low.available, low.offered), (false, DeciAmps::ZERO));
    }

    /// I-30.
    #[test]
    fn when_the_relay_is_open_then_the_sum_is_limited() {
        assert_eq!(relay_limit(PhaseSet::THREE), DeciAmps::from_deci(60));
        assert_eq!(relay_limit(PhaseSet::SINGLE), DeciAmps::from_deci(180));
    }
}
