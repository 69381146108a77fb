//! Rows about closing a contactor: I-03, I-04, I-13, I-14, I-15, I-26, I-29.

use smartevse_types::Duration;

use crate::io::{ContactorFeedback, LockFeedback, MainsInput, PilotSwitch, ResidualCurrentInput};
use crate::options::{CableKind, LockKind};

use super::history::IMMEDIATE;
use super::limits::{LEAST, is_offer};
use super::pilot::TOLERATED;
use super::step::{Seen, Step, Verdict, judge, judge_all};

/// 6 V must have lasted this long (C_DEBOUNCE).
const ASKED: Duration = Duration::from_millis(500);
/// Distance between the two contactors (C1_C2_GAP).
const SEQUENCE: Duration = Duration::from_millis(100);
/// Longest closing or opening sequence (I-02).
const SEQUENCE_MAX: Duration = Duration::from_millis(200);
/// Open time after the vehicle opened (MIN_OPEN_EV).
const OPEN_VEHICLE: Duration = Duration::from_secs(2);
/// Open time after the charger opened (MIN_OPEN_EVSE).
const OPEN_CHARGER: Duration = Duration::from_secs(10);
/// Window of the limit on closings (§2.5 rule 10).
const WINDOW: Duration = Duration::from_minutes(5);
/// Isolation of the pilot at a change of phases (CP_ISOLATE).
const ISOLATED: Duration = Duration::from_secs(5);
/// Nothing closes for this long after a start (§11.2).
const BOOT: Duration = Duration::from_secs(5);

/// I-02.
pub(super) fn i02(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let alone = step.past.contactors.second_alone;
    let closing = here.second() && !step.second_was();
    let wished =
        |seen: &Seen| seen.directive.three_phase && seen.directive.config.contact2.may_close();
    let three_phase = wished(here) || step.previous.is_some_and(wished);
    let alone_too_long =
        here.second() && !here.closed() && alone.overdue(step.previous_now(), SEQUENCE_MAX);
    judge_all(
        here.second(),
        &[
            (!alone_too_long, "the second contactor is closed alone"),
            (
                !closing || three_phase,
                "the second contactor closes for single-phase charging",
            ),
        ],
    )
}

/// I-03.
pub(super) fn i03(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let moved = here.second() != step.second_was();
    let waited = step
        .past
        .contactors
        .open_since
        .is_none_or(|since| here.now.since(since) >= SEQUENCE);
    let urgent = here.status.faults.intersects(IMMEDIATE)
        || step.past.residual.latched
        || here.inputs.mains == MainsInput::Lost
        || step.past.pilot.view.gap > TOLERATED;
    let together = !here.second() && !here.closed() && (step.was_closed() || urgent);
    let apart = !here.closed() && !step.was_closed() && waited;
    judge(
        moved,
        together || apart,
        "the second contactor moves too close to the main one",
    )
}

/// I-04.
pub(super) fn i04(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let asked = here.now.since(step.past.pilot.not_asking_at);
    judge_all(
        step.closing(),
        &[
            (asked >= ASKED, "closes before 6 V lasted 500 ms"),
            (step.past.pilot.diode_seen, "closes without a diode"),
            (
                here.blocking(&step.facts).is_empty(),
                "closes with a fault set",
            ),
            (here.is_allowed(), "closes without access"),
            (
                here.status.charge_delay == Duration::ZERO,
                "closes during ChargeDelay",
            ),
            (residual_is_normal(step), "closes without a good monitor"),
            (
                step.past.cable.limit().is_some(),
                "closes with an unknown cable",
            ),
            (here.status.offered >= LEAST, "closes with less than 6 A"),
            (lock_is_good(step), "closes with an unlocked cable"),
            (pilot_is_on(step), "closes without a pulse width"),
            (
                contactor_is_open(step),
                "closes a contactor that reads closed",
            ),
        ],
    )
}

fn residual_is_normal(step: &Step<'_>) -> bool {
    let here = step.here;
    let enabled = here.directive.config.residual_current;
    let normal = here.inputs.residual_current == ResidualCurrentInput::Normal;
    let tested = !step.facts.residual_current_test || step.past.residual.is_tested(here.now);
    !enabled || (normal && tested)
}

fn lock_is_good(step: &Step<'_>) -> bool {
    let config = &step.here.directive.config;
    let feedback = step.here.inputs.lock;
    config.cable == CableKind::Fixed
        || step.past.cable.fixed_is_waiting(config)
        || config.lock == LockKind::Disabled
        || !step.past.bolted
        || step.facts.lock_advisory
        || matches!(feedback, LockFeedback::Locked | LockFeedback::NotFitted)
}

fn pilot_is_on(step: &Step<'_>) -> bool {
    let on = |seen: &Seen| {
        seen.outputs.pilot_switch == PilotSwitch::Closed && is_offer(seen.outputs.duty)
    };
    on(step.here) && step.previous.is_some_and(on)
}

fn contactor_is_open(step: &Step<'_>) -> bool {
    step.here.inputs.contactor1 != ContactorFeedback::Closed
}

/// I-13.
pub(super) fn i13(step: &Step<'_>) -> Verdict {
    let contactors = &step.past.contactors;
    let Some(opened) = contactors.opened.filter(|_| step.closing()) else {
        return Verdict::Silent;
    };
    let needed = if opened.by_vehicle || contactors.left {
        OPEN_VEHICLE
    } else {
        OPEN_CHARGER
    };
    judge(
        true,
        step.here.now.since(opened.at) >= needed,
        "the main contactor closes too early again",
    )
}

/// I-14.
pub(super) fn i14(step: &Step<'_>) -> Verdict {
    let [oldest, ..] = step.past.contactors.closings;
    let Some(oldest) = oldest.filter(|_| step.closing()) else {
        return Verdict::Silent;
    };
    judge(
        true,
        step.here.now.since(oldest) >= WINDOW,
        "the main contactor closes a seventh time in 5 minutes",
    )
}

/// I-15.
pub(super) fn i15(step: &Step<'_>) -> Verdict {
    let contactors = &step.past.contactors;
    let changed = contactors
        .three_phase
        .is_some_and(|three| three != step.here.second());
    judge(
        step.closing() && changed && !contactors.left,
        contactors.isolated >= ISOLATED,
        "the phases change without isolating the pilot",
    )
}

/// I-26.
pub(super) fn i26(step: &Step<'_>) -> Verdict {
    let late = step.interval() > TOLERATED && step.past.pilot.view.gap > TOLERATED;
    judge_all(
        late && (step.was_closed() || step.here.closed()),
        &[
            (!step.closing(), "a late poll closes"),
            (!step.here.closed(), "a late poll does not open"),
        ],
    )
}

/// I-29.
pub(super) fn i29(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let first = step.previous.is_none();
    let young = step
        .past
        .boot
        .is_none_or(|boot| here.now.since(boot) < BOOT);
    let quiet = here.outputs.duty.as_permille() == 1_000
        || here.outputs.pilot_switch == PilotSwitch::Isolated;
    judge_all(
        young || first,
        &[
            (
                !here.closed() && !here.second(),
                "a contactor is closed just after the start",
            ),
            (quiet || !first, "the pilot is on at the start"),
        ],
    )
}
