//! What is kept for EVSEs that no order reaches, and the soft floor: power
//! share 6.2 and 9.1.

use smartevse_types::{DeciAmps, Instant};

use crate::allocate::Member;
use crate::limit::{self, Limit};
use crate::share_config::{ShareView, padded};
use crate::slot::Slot;

/// Takes what lost and disobedient EVSEs may take out of the opened limits.
pub(crate) fn keep(limits: &mut [Limit], slots: &[Slot], views: &[ShareView], now: Instant) {
    for (slot, view) in slots.iter().zip(padded(views)) {
        let kept = slot.exposure.beyond_control(view, now);
        if kept > DeciAmps::ZERO {
            limit::take(limits, slot.place, kept);
        }
    }
    for limit in limits {
        limit.budget = limit.left;
    }
}

/// Raises the limits to the minimum of the best rank while a grace period
/// runs, if that EVSE is Active already and has an order; it never starts
/// anybody.
pub(crate) fn soften(limits: &mut [Limit], members: &[Member], slots: &[Slot]) {
    let Some(best) = members.first() else {
        return;
    };
    let slot = slots.get(usize::from(best.turn.index));
    let has_order = slot.is_some_and(|slot| slot.order() > DeciAmps::ZERO);
    if !best.turn.candidate || !best.turn.active || !has_order {
        return;
    }
    for limit in limits {
        let weight = limit.weight(best.place);
        if weight > 0 {
            limit.budget = limit.budget.max(best.min.times(weight));
            limit.left = limit.budget;
        }
    }
}
