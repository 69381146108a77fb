//! Who is served: power share 8.3.
//!
//! Three questions in this order: which of the served ones the limits still
//! reach (the others pause at once), who else fits, and whether one served
//! EVSE has to make room for a better rank.

use smartevse_types::Instant;

use crate::allocate::Member;
use crate::limit::{self, Limit};
use crate::share_config::ShareConfig;
use crate::slot::Slot;

/// Keeps the served EVSEs, best rank first, as far as the limits reach.
pub(crate) fn retain(members: &mut [Member], limits: &mut [Limit]) {
    for member in members.iter_mut() {
        let turn = &member.turn;
        let keeps = turn.candidate && turn.active && limit::fits(limits, member.place, member.min);
        member.admitted = keeps;
        if keeps {
            limit::take(limits, member.place, member.min);
        }
    }
}

/// Serves everybody else who fits, best rank first. Whoever still waits for
/// its restart margin keeps its place: nobody behind it gets the current.
pub(crate) fn admit(
    members: &mut [Member],
    limits: &mut [Limit],
    slots: &mut [Slot],
    config: &ShareConfig,
    now: Instant,
) {
    let (rule, idle_tmo) = (&config.anti_flap, config.idle_tmo);
    let served = members.iter().any(|member| member.admitted);
    let hold = config.hold_joins && served;
    let mut anybody_held = false;
    for member in members.iter_mut() {
        member.turn.held = false;
        let Some(slot) = slots.get_mut(usize::from(member.turn.index)) else {
            continue;
        };
        if member.admitted || !member.turn.candidate {
            continue;
        }
        let with_margin = member.min + rule.margin;
        slot.pause
            .see(limit::fits(limits, member.place, with_margin), now);
        if limit::fits(limits, member.place, member.min) {
            limit::take(limits, member.place, member.min);
            member.admitted = !hold && slot.pause.is_over(now, rule, idle_tmo);
            member.turn.held = !member.admitted;
            anybody_held |= member.turn.held;
        }
    }
    if !anybody_held {
        return;
    }
    for member in members.iter().filter(|member| member.turn.held) {
        limit::give(limits, member.place, member.min);
    }
}

/// Two members of which the first makes room for the second.
#[derive(Clone, Copy)]
pub(crate) struct Swap {
    pub leaver: usize,
    pub successor: usize,
}

/// The best rank that waits, and the worst one in whose place it would fit. A
/// turn that is too young protects this one, and thereby all before it.
pub(crate) fn displacement(members: &[Member], limits: &mut [Limit]) -> Option<Swap> {
    let waiting = members.iter().enumerate();
    for (successor, better) in waiting.filter(|(_, member)| waits(member)) {
        let behind = members.iter().enumerate().skip(successor).rev();
        let mut served = behind.filter(|(_, member)| member.admitted);
        let worst = served.find(|(_, leaver)| fits_without(limits, leaver, better));
        match worst {
            Some((leaver, member)) if may_leave(member) => {
                return Some(Swap { leaver, successor });
            }
            Some(_) | None => {}
        }
    }
    None
}

/// Whether a member fits when another one leaves.
fn fits_without(limits: &mut [Limit], leaver: &Member, member: &Member) -> bool {
    limit::give(limits, leaver.place, leaver.min);
    let fits = limit::fits(limits, member.place, member.min);
    limit::take(limits, leaver.place, leaver.min);
    fits
}

/// Whether it wants current, has none and is not bound by its last pause.
pub(crate) fn waits(member: &Member) -> bool {
    member.turn.candidate && !member.admitted && !member.turn.held
}

/// Whether it was served long enough to be displaced.
pub(crate) fn may_leave(member: &Member) -> bool {
    member.admitted && member.turn.active && !member.turn.protected
}

/// The first of some waiting members that fits when one leaves.
pub(crate) fn fitting<'a>(
    list: impl Iterator<Item = (usize, &'a Member)>,
    limits: &mut [Limit],
    leaver: &Member,
) -> Option<usize> {
    let mut waiting = list.filter(|(_, member)| waits(member));
    let found = waiting.find(|(_, member)| fits_without(limits, leaver, member));
    found.map(|(at, _)| at)
}

/// Exchanges the two.
pub(crate) fn exchange(members: &mut [Member], limits: &mut [Limit], swap: Swap) {
    if let Some(leaver) = members.get_mut(swap.leaver) {
        leaver.admitted = false;
        limit::give(limits, leaver.place, leaver.min);
    }
    if let Some(successor) = members.get_mut(swap.successor) {
        successor.admitted = true;
        limit::take(limits, successor.place, successor.min);
    }
}
