//! The final clamp of the offered current (I-05, I-17, D-03).

use smartevse_types::{DeciAmps, DutyPermille, LimitedBy};

use crate::duty::{DutyMeaning, HIGHEST_OFFER, LOWEST_OFFER, duty_to_current};

/// A current that may be offered, and the largest one that this charger could
/// offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Offer {
    /// 0 or at least MIN.
    pub current: DeciAmps,
    /// What sets `current`.
    pub limited_by: LimitedBy,
    /// MAX, cable and temperature together.
    pub cap: DeciAmps,
}

/// Everything that limits the offer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// What planning offers, and why.
    pub offered: DeciAmps,
    pub limited_by: LimitedBy,
    pub min: DeciAmps,
    pub max: DeciAmps,
    /// `None` = no valid cable.
    pub cable: Option<DeciAmps>,
    /// `None` = no derating.
    pub derated: Option<DeciAmps>,
    /// Fixed duty for experiments.
    pub duty: Option<DutyPermille>,
}

impl Offer {
    /// Takes the smallest of all limits; below MIN nothing is offered.
    pub fn clamp(limits: &Limits) -> Self {
        let cable = limits.cable.unwrap_or(DeciAmps::ZERO);
        let derated = limits.derated.unwrap_or(HIGHEST_OFFER);
        let caps = [
            (limits.max.min(HIGHEST_OFFER), LimitedBy::Max),
            (cable, LimitedBy::Cable),
            (derated, LimitedBy::Temperature),
        ];
        let cap = caps
            .iter()
            .fold(HIGHEST_OFFER, |least, (limit, _)| least.min(*limit));
        let wish = (limits.offered, limits.limited_by);
        let fixed = limits.duty.map(|duty| (of_duty(duty), LimitedBy::Override));
        let (current, limited_by) = caps.into_iter().chain(fixed).fold(wish, lower);
        let least = limits.min.max(LOWEST_OFFER);
        let current = if current < least {
            DeciAmps::ZERO
        } else {
            current
        };
        Self {
            current,
            limited_by,
            cap,
        }
    }
}

fn lower(now: (DeciAmps, LimitedBy), limit: (DeciAmps, LimitedBy)) -> (DeciAmps, LimitedBy) {
    if limit.0 < now.0 { limit } else { now }
}

/// Current that a fixed duty stands for; nothing for duties that are not a
/// current.
fn of_duty(duty: DutyPermille) -> DeciAmps {
    match duty_to_current(duty) {
        DutyMeaning::Current(current) if (100..=960).contains(&duty.as_permille()) => current,
        DutyMeaning::Current(_) | DutyMeaning::Fault | DutyMeaning::Digital => DeciAmps::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(offered: i32) -> Limits {
        Limits {
            offered: DeciAmps::from_deci(offered),
            limited_by: LimitedBy::Capacity,
            min: DeciAmps::from_deci(60),
            max: DeciAmps::from_deci(320),
            cable: Some(DeciAmps::from_deci(130)),
            derated: None,
            duty: None,
        }
    }

    /// I-17, D-03, S13
    #[test]
    fn when_any_current_is_asked_for_then_the_cable_limits_it() {
        for offered in [131, 320, 800, i32::MAX] {
            let offer = Offer::clamp(&limits(offered));
            assert_eq!(offer.current, DeciAmps::from_deci(130));
            assert_eq!(offer.limited_by, LimitedBy::Cable);
            assert_eq!(offer.cap, DeciAmps::from_deci(130));
        }
        let offer = Offer::clamp(&limits(100));
        assert_eq!(offer.limited_by, LimitedBy::Capacity);
    }

    /// D-10
    #[test]
    fn when_less_than_min_is_left_then_nothing_is_offered() {
        for offered in [i32::MIN, -1, 0, 1, 59] {
            assert_eq!(Offer::clamp(&limits(offered)).current, DeciAmps::ZERO);
        }
        let no_cable = Limits {
            cable: None,
            ..limits(160)
        };
        assert_eq!(Offer::clamp(&no_cable).current, DeciAmps::ZERO);
        let high_min = Limits {
            min: DeciAmps::from_deci(140),
            ..limits(160)
        };
        assert_eq!(Offer::clamp(&high_min).current, DeciAmps::ZERO);
    }

    /// charging 12.3: a fixed duty can only lower.
    #[test]
    fn when_a_duty_is_fixed_then_it_is_one_more_limit() {
        let fixed = |permille| Limits {
            duty: Some(DutyPermille::from_permille(permille)),
            ..limits(160)
        };
        assert_eq!(Offer::clamp(&fixed(133)).current, DeciAmps::from_deci(79));
        assert_eq!(Offer::clamp(&fixed(900)).current, DeciAmps::from_deci(130));
        for permille in [0, 50, 75, 90, 99, 961, 1_000, 5_000] {
            assert_eq!(
                Offer::clamp(&fixed(permille)).current,
                DeciAmps::ZERO,
                "{permille}"
            );
        }
    }

    /// Planning has already kept to the cable: its reason stays.
    #[test]
    fn when_a_limit_equals_the_wish_then_the_reason_is_that_of_planning() {
        let offer = Offer::clamp(&limits(130));
        assert_eq!(offer.current, DeciAmps::from_deci(130));
        assert_eq!(offer.limited_by, LimitedBy::Capacity);
    }
}
