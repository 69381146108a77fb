//! Rows about states and faults: I-20 to I-25, I-31.

use smartevse_types::{DeciAmps, Duration};

use crate::directive::Handshake;
use crate::faults::Faults;
use crate::io::{Outputs, Rgb};
use crate::state::ChargeState;

use super::latch::is_serviced;
use super::limits::{LEAST, MOST};
use super::modem::is_in_order;
use super::step::{Step, Verdict, judge, judge_all};

/// 12 V for this long ends everything (I-21).
const GONE: Duration = Duration::from_secs(1);
/// A willing vehicle gets energy within this time (I-22).
const PATIENCE: Duration = Duration::from_secs(90);
/// The same after many closings: 5 min of lock-out and the way back.
const LONG_PATIENCE: Duration = Duration::from_secs(400);
/// A modem may first refuse (60 s), then ask and wait (1 + 60 + 5 s).
const MODEM_PATIENCE: Duration = Duration::from_secs(130);
/// Closings before this time no longer count for the lock-out.
const FORGOTTEN: Duration = Duration::from_minutes(15);

/// I-20.
pub(super) fn i20(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let (outputs, status) = (&here.outputs, &here.status);
    let offered = status.offered;
    let in_range = offered == DeciAmps::ZERO || (LEAST..=MOST).contains(&offered);
    let mirrors = status.contactor1 == outputs.contactor1
        && status.contactor2 == outputs.contactor2
        && status.pilot_switch == outputs.pilot_switch
        && status.duty == outputs.duty;
    judge_all(
        true,
        &[
            (status.at == here.now, "the status is of another poll"),
            (mirrors, "the status differs from the outputs"),
            (in_range, "the offered current is out of range"),
            (status.since <= here.now, "the state began in the future"),
            (is_in_order(step), "a modem state out of its order"),
        ],
    )
}

/// I-21.
pub(super) fn i21(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let status = &here.status;
    let imposed = !here.directive.faults.is_empty();
    judge_all(
        step.past.pilot.gone.length(here.now) >= GONE,
        &[
            (status.state == ChargeState::A, "not in A after 1 s of 12 V"),
            (!here.closed(), "closed after 1 s of 12 V"),
            (
                imposed || status.charge_delay == Duration::ZERO,
                "ChargeDelay survives unplugging",
            ),
            (
                !status.local_faults.contains(Faults::LESS_6A),
                "LESS_6A survives unplugging",
            ),
        ],
    )
}

/// I-22.
pub(super) fn i22(step: &Step<'_>) -> Verdict {
    let now = step.here.now;
    let [oldest, ..] = step.past.contactors.closings;
    let busy = oldest.is_some_and(|at| now.since(at) <= FORGOTTEN);
    let modem = if step.facts.modem {
        MODEM_PATIENCE
    } else {
        Duration::ZERO
    };
    let patience = modem + if busy { LONG_PATIENCE } else { PATIENCE };
    judge(
        step.past.waiting.since().is_some(),
        !step.past.waiting.overdue(step.previous_now(), patience),
        "a willing vehicle gets no energy",
    )
}

/// I-23.
pub(super) fn i23(step: &Step<'_>) -> Verdict {
    let Some(previous) = step.previous else {
        return Verdict::Silent;
    };
    let before = previous.status.local_faults;
    let cleared = before.difference(step.here.status.local_faults);
    let latch = &step.past.latch;
    let third = latch.pilot_faults >= 3 && before.contains(Faults::PILOT_FAULT);
    let latched = before.intersects(Faults::RCM_TRIPPED | Faults::CONTACTOR_FAULT) || third;
    let serviced = is_serviced(previous, step.here);
    let contactor = serviced || (latch.may_retry(step.here.now) && !latch.welded);
    let shown = step
        .here
        .status
        .local_faults
        .contains(Faults::CONTACTOR_FAULT);
    let service =
        previous.directive.requests.service_reset != step.here.directive.requests.service_reset;
    judge_all(
        latched || latch.is_stuck() || latch.welded,
        &[
            (
                !latch.is_weld(previous.now) || shown,
                "a contactor that reads closed is no fault",
            ),
            (
                !latch.welded || !step.closing(),
                "closes again after a weld without service",
            ),
            (
                !cleared.contains(Faults::RCM_TRIPPED) || step.past.residual.may_reset,
                "RCM_TRIPPED ends without a press",
            ),
            (
                !cleared.contains(Faults::RCM_TRIPPED)
                    || service
                    || step.past.residual.has_reset_left(step.here),
                "RCM_TRIPPED is reset too often",
            ),
            (
                !cleared.contains(Faults::CONTACTOR_FAULT) || contactor,
                "CONTACTOR_FAULT ends without service",
            ),
            (
                !(third && cleared.contains(Faults::PILOT_FAULT)),
                "the third PILOT_FAULT ends by itself",
            ),
        ],
    )
}

/// I-24.
pub(super) fn i24(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let heat = &step.past.heat;
    let hot = here.status.local_faults.contains(Faults::TEMP_HIGH);
    let was_hot = step
        .previous
        .is_some_and(|seen| seen.status.local_faults.contains(Faults::TEMP_HIGH));
    judge_all(
        heat.is_hot() || was_hot,
        &[
            (hot || !heat.is_hot(), "TEMP_HIGH is missing"),
            (
                hot || !was_hot || !heat.was_above(here.now),
                "TEMP_HIGH ends before the module is cool",
            ),
            (
                !here.closed() || !heat.is_severe(),
                "closed above the hard temperature limit",
            ),
        ],
    )
}

/// I-25.
pub(super) fn i25(step: &Step<'_>) -> Verdict {
    let Some(previous) = step.previous else {
        return Verdict::Silent;
    };
    let here = step.here;
    let same = previous.inputs == here.inputs && previous.directive == here.directive;
    let early = step
        .past
        .promise
        .map_or(previous.now == here.now, |promise| here.now < promise);
    judge(
        same && early,
        without_light(&previous.outputs) == without_light(&here.outputs),
        "the outputs change without a reason",
    )
}

/// The status light may breathe; everything else may not.
fn without_light(outputs: &Outputs) -> Outputs {
    Outputs {
        light: Rgb::default(),
        ..*outputs
    }
}

/// I-31.
pub(super) fn i31(step: &Step<'_>) -> Verdict {
    let Some(previous) = step.previous else {
        return Verdict::Silent;
    };
    let (before, after) = (previous.status.state, step.here.status.state);
    let handshake = step.here.directive.handshake;
    let node = handshake != Handshake::NotNeeded;
    let into_b = matches!(after, ChargeState::B | ChargeState::CommBOk)
        && matches!(
            before,
            ChargeState::A | ChargeState::B1 | ChargeState::CommB
        );
    let into_c = matches!(
        after,
        ChargeState::C | ChargeState::D | ChargeState::CommCOk
    ) && !matches!(
        before,
        ChargeState::C | ChargeState::D | ChargeState::CommCOk
    );
    let asked_b = before == ChargeState::CommB && handshake == Handshake::GrantedB;
    let asked_c = before == ChargeState::CommC && handshake == Handshake::GrantedC;
    judge_all(
        node && (into_b || into_c),
        &[
            (!into_b || asked_b, "enters B without a grant"),
            (!into_c || asked_c, "enters C without a grant"),
        ],
    )
}
