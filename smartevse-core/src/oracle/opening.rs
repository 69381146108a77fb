//! Rows about opening the main contactor: I-01, I-06 to I-12, I-16.

use smartevse_types::Duration;

use crate::faults::Faults;
use crate::io::{ContactorFeedback, HardwareFaults, MainsInput, ResidualCurrentInput};
use crate::state::ChargeState;

use super::history::{IMMEDIATE, is_unlocking};
use super::limits::is_pulse;
use super::pilot::{Level, STALE, TOLERATED};
use super::step::{Step, Verdict, judge, judge_all};

/// Longest time with an unclear pilot (I-07).
const SUSPECT: Duration = Duration::from_millis(150);
/// Grace of a stop (C1_GRACE).
const GRACE: Duration = Duration::from_secs(6);
/// Grace of a stop with the time to see its cause (I-11, I-12).
const GRACEFUL: Duration = Duration::from_millis(6_100);
/// Both contactors must have been open for this long before unlocking (I-16).
const UNLOCK: Duration = Duration::from_millis(500);

/// I-01.
pub(super) fn i01(step: &Step<'_>) -> Verdict {
    let good = match step.here.status.state {
        ChargeState::C | ChargeState::C1 => true,
        ChargeState::D => step.facts.ventilation,
        ChargeState::A
        | ChargeState::B
        | ChargeState::CommB
        | ChargeState::CommBOk
        | ChargeState::CommC
        | ChargeState::CommCOk
        | ChargeState::Activate
        | ChargeState::B1
        | ChargeState::ModemRequest
        | ChargeState::ModemWait
        | ChargeState::ModemDone
        | ChargeState::ModemDenied => false,
    };
    judge(
        step.here.closed(),
        good,
        "the main contactor is closed in a state that must not",
    )
}

/// I-06.
pub(super) fn i06(step: &Step<'_>) -> Verdict {
    let pilot = &step.past.pilot;
    let released = matches!(pilot.view.level, Level::V9 | Level::V12);
    let forbidden = pilot.forbidden.overdue(step.previous_now(), TOLERATED);
    let noticed = released || pilot.forbidden.since().is_some();
    let open = !step.here.closed();
    judge_all(
        noticed && (step.was_closed() || step.here.closed()),
        &[
            (open || !released, "closed at 9 V or 12 V"),
            (open || !forbidden, "closed at a forbidden pilot level"),
        ],
    )
}

/// I-07.
pub(super) fn i07(step: &Step<'_>) -> Verdict {
    let pilot = &step.past.pilot;
    let stale = step
        .here
        .inputs
        .pilot
        .is_none_or(|sample| step.here.now.since(sample.at) > STALE);
    let mixed = pilot.mixed.overdue(step.previous_now(), TOLERATED);
    let suspect = pilot.suspect.overdue(step.previous_now(), SUSPECT);
    let noticed = stale || pilot.mixed.since().is_some();
    let open = !step.here.closed();
    judge_all(
        noticed && (step.was_closed() || step.here.closed()),
        &[
            (open || !stale, "closed without a fresh pilot sample"),
            (open || !mixed, "closed with an unclear pilot"),
            (open || !suspect, "closed 150 ms after the last good level"),
        ],
    )
}

/// I-08.
pub(super) fn i08(step: &Step<'_>) -> Verdict {
    let here = step.here;
    if here.outputs.residual_current_test && here.closed() {
        return Verdict::Broken("the monitor is tested under load");
    }
    judge(
        step.past.residual.latched,
        !here.closed() && !here.second(),
        "closed after a residual current",
    )
}

/// I-09.
pub(super) fn i09(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let before = step.previous.map(|seen| seen.status.state);
    let allowed = matches!(
        before,
        Some(ChargeState::C | ChargeState::D | ChargeState::C1)
    );
    let stopping = step.past.stopping;
    judge_all(
        here.status.state == ChargeState::C1,
        &[
            (allowed, "C1 entered from another state than C"),
            (
                here.outputs.duty.as_permille() == 1_000,
                "pulse width in C1",
            ),
            (
                !stopping.overdue(step.previous_now(), GRACE),
                "C1 lasts longer than 6 s",
            ),
        ],
    )
}

/// I-10.
pub(super) fn i10(step: &Step<'_>) -> Verdict {
    let asks = step.past.pilot.view.level == Level::V6;
    judge(
        step.opening() && asks && !is_urgent(step),
        step.past.silent.length(step.here.now) >= GRACE,
        "opens under load without need",
    )
}

/// Whether something may open the main contactor at once.
fn is_urgent(step: &Step<'_>) -> bool {
    let here = step.here;
    let inputs = &here.inputs;
    let view = &step.past.pilot.view;
    let residual = here.directive.config.residual_current
        && inputs.residual_current != ResidualCurrentInput::Normal;
    let isolates = here
        .directive
        .duty_override
        .is_some_and(|duty| duty.as_permille() == 0);
    here.status.faults.intersects(IMMEDIATE)
        || step.past.residual.latched
        || residual
        || isolates
        || step.past.heat.may_be_severe()
        || inputs.mains == MainsInput::Lost
        || inputs.hardware != HardwareFaults::empty()
        || inputs.contactor1 == ContactorFeedback::Open
        || !view.fresh
        || view.diode == Some(false)
        || view.gap > STALE
}

/// I-11.
pub(super) fn i11(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let denied = step.past.denied;
    let pulsed = step
        .previous
        .is_some_and(|seen| is_pulse(seen.outputs.duty));
    let pulse = is_pulse(here.outputs.duty);
    let active = pulsed || pulse || step.was_closed() || here.closed();
    judge_all(
        denied.since().is_some() && active,
        &[
            (!pulse, "pulse width without access"),
            (
                !here.closed() || !denied.overdue(step.previous_now(), GRACEFUL),
                "closed 6.1 s after access ended",
            ),
        ],
    )
}

/// I-12.
pub(super) fn i12(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let faulty = step.past.faulty;
    let mut immediate = here.status.faults.intersection(IMMEDIATE);
    if here.inputs.contactor2 == ContactorFeedback::Closed && !here.second() {
        immediate.remove(Faults::CONTACTOR_FAULT);
    }
    judge_all(
        faulty.since().is_some() && (step.was_closed() || here.closed()),
        &[
            (!step.closing(), "closes with a fault set"),
            (
                !here.closed() || immediate.is_empty(),
                "closed with an immediate fault",
            ),
            (
                !here.closed() || !faulty.overdue(step.previous_now(), GRACEFUL),
                "closed 6.1 s after a fault",
            ),
        ],
    )
}

/// I-16.
pub(super) fn i16(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let rested = step
        .past
        .contactors
        .both_open_since
        .is_none_or(|since| here.now.since(since) >= UNLOCK);
    let reads_closed =
        [here.inputs.contactor1, here.inputs.contactor2].contains(&ContactorFeedback::Closed);
    judge_all(
        is_unlocking(here),
        &[
            (!here.closed() && !here.second(), "unlocks a live cable"),
            (rested, "unlocks before 500 ms of open contactors"),
            (!reads_closed, "unlocks while a contactor reads closed"),
        ],
    )
}
