//! Rows about the offered current: I-05, I-17 to I-19, I-30, I-32.

use smartevse_types::{DeciAmps, Duration};

use crate::faults::Faults;
use crate::io::PilotSwitch;
use crate::state::ChargeState;

use super::limits::{LEAST, MOST, duty_of, exceeds, is_offer};
use super::step::{Seen, Step, Verdict, judge, judge_all};

/// A lower grant reaches the pilot within this time (I-30).
const FOLLOW: Duration = Duration::from_secs(2);

fn max_of(seen: &Seen) -> DeciAmps {
    DeciAmps::from(seen.directive.config.max).min(MOST)
}

/// I-05.
pub(super) fn i05(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let offered = here.status.offered;
    let flows = matches!(here.status.state, ChargeState::C | ChargeState::D);
    let forced = here.directive.duty_override.is_some();
    let granted = !here.is_fresh() || offered <= here.directive.grant.offered;
    let cable = step.past.cable.limit().unwrap_or(DeciAmps::ZERO);
    judge_all(
        here.closed() && flows,
        &[
            (
                forced || here.outputs.duty == duty_of(offered),
                "the duty differs from the offered current",
            ),
            (offered >= LEAST, "less than 6 A offered while charging"),
            (offered <= max_of(here), "more than MAX offered"),
            (granted, "more offered than granted"),
            (
                offered <= cable || step.past.cable.fixed_is_waiting(&here.directive.config),
                "more offered than the cable carries",
            ),
        ],
    )
}

/// I-17.
pub(super) fn i17(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let duty = here.outputs.duty;
    let cable = step.past.cable.limit().unwrap_or(DeciAmps::ZERO);
    let waiting = step.past.cable.fixed_is_waiting(&here.directive.config);
    judge_all(
        is_offer(duty),
        &[
            (
                !exceeds(duty, max_of(here)),
                "the pilot offers more than MAX",
            ),
            (
                waiting || !exceeds(duty, cable),
                "the pilot offers more than the cable carries",
            ),
        ],
    )
}

/// I-18.
pub(super) fn i18(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let state = here.status.state;
    let forced = here.directive.duty_override;
    let good = match here.outputs.duty.as_permille() {
        0 => {
            state == ChargeState::Activate
                || here.status.local_faults.contains(Faults::CONTACTOR_FAULT)
        }
        50 => state == ChargeState::ModemWait || forced == Some(here.outputs.duty),
        _ if state == ChargeState::ModemWait => false,
        100..=960 => here.status.offered >= LEAST || forced.is_some(),
        1_000 => state != ChargeState::ModemWait,
        _ => false,
    };
    judge(
        here.outputs.duty.as_permille() != 1_000 || state == ChargeState::ModemWait,
        good,
        "the duty does not belong to the state",
    )
}

/// I-19.
pub(super) fn i19(step: &Step<'_>) -> Verdict {
    let idle = matches!(
        step.here.status.state,
        ChargeState::A
            | ChargeState::B1
            | ChargeState::C1
            | ChargeState::ModemRequest
            | ChargeState::ModemDone
            | ChargeState::ModemDenied
    );
    let steady = matches!(step.here.outputs.duty.as_permille(), 0 | 1_000);
    let hidden = matches!(
        step.here.status.state,
        ChargeState::ModemRequest | ChargeState::ModemDone | ChargeState::ModemDenied
    );
    let isolated = step.here.outputs.pilot_switch == PilotSwitch::Isolated;
    judge_all(
        idle,
        &[
            (steady, "pulse width in a state that offers nothing"),
            (
                isolated || !hidden,
                "the vehicle sees a pilot between the modem and the offer",
            ),
        ],
    )
}

/// I-30.
pub(super) fn i30(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let fell = step.previous.is_some_and(|seen| {
        is_offer(seen.outputs.duty) && exceeds(seen.outputs.duty, here.directive.grant.offered)
    });
    let above = step.past.above_grant;
    judge(
        here.is_fresh() && (fell || above.since().is_some()),
        !above.overdue(step.previous_now(), FOLLOW),
        "the pilot offers more than granted for 2 s",
    )
}

/// I-32.
pub(super) fn i32(step: &Step<'_>) -> Verdict {
    let here = step.here;
    let changed = step
        .previous
        .is_some_and(|seen| seen.directive.config != here.directive.config);
    let waiting = step.past.cable.fixed_is_waiting(&here.directive.config);
    let cable = step.past.cable.limit().unwrap_or(DeciAmps::ZERO);
    let plugged = here.status.state != ChargeState::A;
    judge(
        plugged && (changed || waiting),
        !waiting || !exceeds(here.outputs.duty, cable),
        "CONFIG takes effect before state A",
    )
}
