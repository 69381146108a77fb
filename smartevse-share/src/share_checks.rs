//! The rows of the scheduler's oracle, one function for each invariant.

use smartevse_types::{DeciAmps, Duration, Instant, Mode};

use crate::allocate::Share;
use crate::commit::LOST_NODE_TIME;
use crate::idle::IDLE_CURRENT;
use crate::limit::Limit;
use crate::oracle::Verdict;
use crate::scheduler::SWAP_TIME;
use crate::share_config::{Contactor, Priority, ShareView, padded};
use crate::share_oracle::{LIMITS, ShareMemory, ShareMoment};
use crate::slot::{Schedule, Slot, Wait};

fn claim(holds: bool) -> Verdict {
    if holds {
        Verdict::Holds
    } else {
        Verdict::Broken
    }
}

/// Holds if something was judged and nothing was wrong.
fn all(results: impl Iterator<Item = bool>) -> Verdict {
    results.fold(Verdict::Silent, |verdict, fine| match (verdict, fine) {
        (Verdict::Broken, _) | (_, false) => Verdict::Broken,
        (Verdict::Silent | Verdict::Holds, true) => Verdict::Holds,
    })
}

pub(crate) fn is_active(slot: &Slot) -> bool {
    slot.schedule == Schedule::Active
}

fn pairs<'a, const N: usize>(
    moment: &'a ShareMoment<'_, N>,
) -> impl Iterator<Item = (&'a Slot, &'a ShareView)> + Clone {
    moment.slots.iter().zip(padded(&moment.views))
}

pub(crate) fn capacities(limits: &[Limit]) -> [DeciAmps; LIMITS] {
    core::array::from_fn(|at| {
        limits
            .get(at)
            .map_or(DeciAmps::ZERO, |limit| limit.capacity)
    })
}

/// What may flow into each EVSE: its commitments, or what no order reaches.
pub(crate) fn flows<const N: usize>(moment: &ShareMoment<'_, N>) -> [DeciAmps; N] {
    let flow = |(slot, view): (&Slot, &ShareView)| {
        let beyond = slot.exposure.beyond_control(view, moment.now);
        let own = slot.exposure.committed();
        if view.online { own.max(beyond) } else { beyond }
    };
    let mut list = pairs(moment).map(flow);
    core::array::from_fn(|_| list.next().unwrap_or(DeciAmps::ZERO))
}

/// What that means for one limit.
fn over<const N: usize>(
    moment: &ShareMoment<'_, N>,
    limit: &Limit,
    flows: &[DeciAmps; N],
) -> DeciAmps {
    let parts = moment.views.iter().zip(flows);
    parts
        .map(|(view, flow)| flow.times(limit.weight(view.place)))
        .sum()
}

pub(crate) fn shares_fit<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    if moment.grace_running {
        return Verdict::Silent;
    }
    all(moment.limits.iter().filter_map(|limit| {
        let parts =
            pairs(moment).map(|(slot, view)| slot.allocated.times(limit.weight(view.place)));
        let kept = pairs(moment).map(|(slot, view)| {
            let kept = slot.exposure.beyond_control(view, moment.now);
            kept.times(limit.weight(view.place))
        });
        let sum: DeciAmps = parts.sum();
        let free = limit.capacity - kept.sum();
        (sum > DeciAmps::ZERO).then_some(sum <= free)
    }))
}

pub(crate) fn no_early_increase<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let Some(old) = memory.previous else {
        return Verdict::Silent;
    };
    let places =
        |views: &[ShareView; N]| views.map(|view| (view.place, view.online, view.contactor));
    let unasked = moment.decision.reserved > DeciAmps::ZERO || moment.grace_running;
    let adopted = pairs(moment)
        .any(|(slot, view)| view.contactor == Contactor::Closed && slot.order() == DeciAmps::ZERO);
    if unasked || adopted || places(&old.views) != places(&moment.views) {
        return Verdict::Silent;
    }
    let flows = flows(moment);
    all(moment.limits.iter().map(|limit| {
        let before = over(moment, limit, &old.flows);
        over(moment, limit, &flows) <= limit.capacity.max(before)
    }))
}

pub(crate) fn in_range<const N: usize>(_: &ShareMemory<N>, moment: &ShareMoment<'_, N>) -> Verdict {
    let fine = |current: DeciAmps, view: &ShareView| {
        current == DeciAmps::ZERO || (current >= view.floor() && current <= view.ceiling())
    };
    let some = pairs(moment).filter(|(slot, _)| slot.allocated > DeciAmps::ZERO);
    all(some.map(|(slot, view)| fine(slot.allocated, view) && slot.order() <= view.ceiling()))
}

pub(crate) fn states_agree<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    all(pairs(moment).map(|(slot, view)| match slot.schedule {
        Schedule::Active => slot.allocated > DeciAmps::ZERO && view.is_candidate(),
        Schedule::Paused => slot.allocated == DeciAmps::ZERO && view.is_wanting(),
        Schedule::Inactive => slot.allocated == DeciAmps::ZERO && !view.is_wanting(),
    }))
}

/// Whether the strategy alone puts one EVSE before another.
fn is_better(priority: Priority, one: (usize, &Slot), two: (usize, &Slot)) -> bool {
    let seconds = |slot: &Slot| slot.connected_at().map(Instant::as_secs);
    let (a, b) = (seconds(one.1), seconds(two.1));
    match (priority, a, b) {
        (Priority::ModbusAddress, _, _) => one.0 < two.0,
        (_, Some(_), None) => true,
        (_, None, Some(_)) => false,
        (Priority::FirstConnected, a, b) if a != b => a < b,
        (Priority::LastConnected, a, b) if a != b => a > b,
        (Priority::FirstConnected | Priority::LastConnected, _, _) => one.0 < two.0,
    }
}

pub(crate) fn rank_counts<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let recent = memory
        .last_swap
        .is_some_and(|at| moment.now < at + SWAP_TIME);
    if memory.has_rotated || recent || moment.decision.handed_over.is_some() {
        return Verdict::Silent;
    }
    let held = |slot: &Slot| {
        matches!(
            slot.wait,
            Some(Wait::AntiFlap | Wait::Disobeys | Wait::CapBelowMin)
        )
    };
    let young = |at: usize| {
        let since = memory.active_since.get(at).copied().unwrap_or_default();
        let before = memory
            .previous
            .is_some_and(|old| old.slots.get(at).is_some_and(is_active));
        !before || moment.now < since + moment.config.idle_tmo
    };
    let list = || pairs(moment).enumerate();
    let waiting = list().filter(|(at, (slot, _))| {
        slot.schedule == Schedule::Paused
            && !held(slot)
            && memory.was_idle.get(*at) == Some(&false)
            && slot.wait != Some(Wait::Idle)
    });
    let judged = waiting.filter_map(|(at, (slot, view))| {
        let alike = |other: &ShareView| (other.place, other.floor()) == (view.place, view.floor());
        let mut worse = list().filter(|(other, (served, it))| {
            is_active(served)
                && alike(it)
                && is_better(moment.config.priority, (at, slot), (*other, served))
        });
        let every_place = moment.views.iter().all(alike);
        let first = worse.next().filter(|_| every_place)?;
        Some(young(first.0) || worse.any(|(other, _)| young(other)))
    });
    all(judged)
}

pub(crate) fn room_is_used<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let held = pairs(moment).any(|(slot, _)| slot.wait == Some(Wait::AntiFlap));
    if held || moment.grace_running {
        return Verdict::Silent;
    }
    let waits = |slot: &Slot| {
        slot.schedule == Schedule::Paused
            && !matches!(slot.wait, Some(Wait::CapBelowMin | Wait::Disobeys))
    };
    let idle_room = |view: &ShareView| {
        moment.limits.iter().all(|limit| {
            let weight = limit.weight(view.place);
            let minima = pairs(moment).filter(|(slot, _)| is_active(slot));
            let minima = minima.map(|(_, it)| it.floor().times(limit.weight(it.place)));
            let kept = pairs(moment).map(|(slot, it)| {
                slot.exposure
                    .beyond_control(it, moment.now)
                    .times(limit.weight(it.place))
            });
            let left = limit.capacity - minima.sum() - kept.sum();
            weight == 0 || left >= view.floor().times(weight)
        })
    };
    let waiting = pairs(moment).filter(|(slot, _)| waits(slot));
    all(waiting.map(|(_, view)| !idle_room(view)))
}

pub(crate) fn bottleneck<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    if moment.config.mode == Mode::Solar || moment.config.share != Share::Equal {
        return Verdict::Silent;
    }
    let served = || pairs(moment).filter(|(slot, _)| is_active(slot));
    let part =
        |slot: &Slot, view: &ShareView| slot.allocated.divided_by(i32::from(view.weight.max(1)));
    let tolerance = DeciAmps::from_deci(2);
    let cap = |slot: &Slot, view: &ShareView| slot.ceiling(view, moment.config.mode, moment.now);
    let low = served().filter(|(slot, view)| slot.allocated < cap(slot, view));
    all(low.map(|(slot, view)| {
        moment.limits.iter().any(|limit| {
            let weight = limit.weight(view.place);
            let members = served().map(|(_, it)| limit.weight(it.place));
            let used_up =
                weight > 0 && limit.left().as_deci() < members.fold(0, i32::saturating_add);
            let mut others = served().filter(|(_, it)| limit.weight(it.place) > 0);
            used_up
                && others.all(|(other, it)| {
                    part(other, it) <= part(slot, view) + tolerance
                        || other.allocated <= it.floor() + tolerance
                })
        })
    }))
}

pub(crate) fn equals_are_equal<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    if moment.config.mode == Mode::Solar || moment.config.share != Share::Equal {
        return Verdict::Silent;
    }
    let cap = |slot: &Slot, view: &ShareView| slot.ceiling(view, moment.config.mode, moment.now);
    let data =
        |slot: &Slot, view: &ShareView| (view.floor(), cap(slot, view), view.weight, view.place);
    let served = || {
        pairs(moment)
            .filter(|(slot, _)| is_active(slot))
            .enumerate()
    };
    let unit = DeciAmps::from_deci(1);
    all(served().flat_map(|(at, (slot, view))| {
        let others = served().skip(at.saturating_add(1));
        let alike = others.filter(move |(_, (other, it))| data(other, it) == data(slot, view));
        alike.map(move |(_, (other, _))| {
            other.allocated <= slot.allocated + unit && slot.allocated <= other.allocated + unit
        })
    }))
}

/// EVSEs that were Active and are Paused by decision, not for lack of current.
fn voluntary<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> impl Iterator<Item = usize> {
    let left = moment
        .decision
        .handed_over
        .map(|(leaver, _)| usize::from(leaver));
    let old = memory.previous.map(|before| before.slots);
    let states = moment.slots.map(|slot| slot.schedule);
    left.into_iter().filter(move |at| {
        let before = old.as_ref().and_then(|slots| slots.get(*at));
        before.is_some_and(is_active) && states.get(*at) == Some(&Schedule::Paused)
    })
}

pub(crate) fn turns_last<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    all(voluntary(memory, moment).map(|at| {
        let since = memory.active_since.get(at).copied().unwrap_or_default();
        moment.now >= since + moment.config.idle_tmo
    }))
}

pub(crate) fn one_swap<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let Some((leaver, successor)) = moment.decision.handed_over else {
        return Verdict::Silent;
    };
    let early = memory
        .last_swap
        .is_some_and(|at| moment.now < at + SWAP_TIME);
    let started = moment
        .slots
        .get(usize::from(successor))
        .is_some_and(is_active);
    claim(!early && started && leaver != successor)
}

pub(crate) fn clock_bounded<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let waiting = pairs(moment).any(|(slot, view)| {
        slot.schedule == Schedule::Paused
            && view.is_candidate()
            && slot.wait != Some(Wait::Disobeys)
    });
    let interval = moment.config.rotation_time();
    let left = moment.decision.rotation_left;
    claim(if waiting {
        left <= interval
    } else {
        left == Duration::ZERO
    })
}

pub(crate) fn shortage_is_true<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    if !moment.decision.nobody_served {
        return Verdict::Silent;
    }
    claim(!moment.slots.iter().any(is_active) && moment.views.iter().any(ShareView::is_candidate))
}

pub(crate) fn repetition_is_silent<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let Some(old) = memory.previous else {
        return Verdict::Silent;
    };
    let same = old.config == moment.config
        && old.views == moment.views
        && old.capacities == capacities(moment.limits)
        && old.sent_at == moment.sent.map(|sent| sent.at)
        && old.grace_running == moment.grace_running;
    if !same || moment.limits.len() > LIMITS || moment.now >= old.decision.deadline {
        return Verdict::Silent;
    }
    let outcome =
        |slots: &[Slot; N]| slots.map(|slot| (slot.schedule, slot.allocated, slot.order()));
    claim(outcome(&old.slots) == outcome(&moment.slots))
}

pub(crate) fn lost_is_kept<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let lost = moment.views.iter().zip(memory.nonzero);
    let needed = lost.filter_map(|(view, nonzero)| {
        let (current, at) = nonzero?;
        let fresh = moment.now < at + LOST_NODE_TIME;
        (!view.online && view.contactor != Contactor::Open && fresh).then_some(current)
    });
    let needed: DeciAmps = needed.sum();
    if needed == DeciAmps::ZERO {
        return Verdict::Silent;
    }
    claim(moment.decision.reserved >= needed)
}

pub(crate) fn reasons_given<const N: usize>(
    _: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    all(moment.slots.iter().map(|slot| match slot.schedule {
        Schedule::Active => matches!(slot.wait, None | Some(Wait::Release)),
        Schedule::Paused => slot.wait.is_some_and(|wait| wait != Wait::Release),
        Schedule::Inactive => slot.wait.is_none(),
    }))
}

pub(crate) fn idle_is_measured<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let idle = voluntary(memory, moment).filter_map(|at| {
        let slot = moment.slots.get(at)?;
        let view = moment.views.get(at)?;
        (slot.wait == Some(Wait::Idle)).then_some(view)
    });
    all(idle.map(|view| {
        view.measured
            .sample()
            .is_some_and(|sample| sample.value < IDLE_CURRENT)
    }))
}

pub(crate) fn plug_in_stays<const N: usize>(
    memory: &ShareMemory<N>,
    moment: &ShareMoment<'_, N>,
) -> Verdict {
    let Some(old) = memory.previous else {
        return Verdict::Silent;
    };
    let before = old.slots.iter().zip(&old.views);
    let pairs = before.zip(pairs(moment));
    let stayed = pairs
        .filter(|((_, was), (_, is))| was.connected && is.connected && was.online && is.online);
    all(stayed.map(|((was, _), (is, _))| was.connected_at() == is.connected_at()))
}
