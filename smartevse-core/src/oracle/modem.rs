//! The exchange with the modem, one for each plug-in period.

use smartevse_types::Duration;

use crate::directive::Handshake;
use crate::state::ChargeState;
use crate::vehicle::VehicleCheck;

use super::pilot::PilotWatch;
use super::step::{Seen, Step};

/// 12 V for this long: the next vehicle needs its own exchange (§12.4); 0.1 s
/// for the sampling.
const FORGOTTEN: Duration = Duration::from_millis(3_100);

/// What is known of the exchange.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ModemWatch {
    /// One ended well, and its vehicle may still be there.
    exchanged: bool,
}

impl ModemWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(&mut self, pilot: &PilotWatch, here: &Seen) {
        if pilot.gone.length(here.now) >= FORGOTTEN {
            self.exchanged = false;
        }
    }

    /// Takes the outputs of a poll in, after they were judged.
    pub(super) fn drive(&mut self, previous: Option<&Seen>, here: &Seen) {
        let before = previous.map(|seen| seen.status.state);
        let done = before == Some(ChargeState::ModemDone);
        self.exchanged |= done && here.status.state == ChargeState::B;
    }
}

/// Whether a state is one of the modem's.
pub(super) const fn is_modem(state: ChargeState) -> bool {
    matches!(
        state,
        ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied
    )
}

/// Whether the modem's states follow each other as they must (T04, T27 to
/// T31), and only where a modem is fitted.
pub(super) fn is_in_order(step: &Step<'_>) -> bool {
    let Some(previous) = step.previous else {
        return true;
    };
    let (before, after) = (previous.status.state, step.here.status.state);
    let from = |allowed: &[ChargeState]| before == after || allowed.contains(&before);
    let ordered = match after {
        ChargeState::ModemRequest => from(&[ChargeState::A, ChargeState::B1]),
        ChargeState::ModemWait => from(&[ChargeState::ModemRequest]),
        ChargeState::ModemDone => from(&[ChargeState::ModemWait]),
        ChargeState::ModemDenied => from(&[ChargeState::ModemDone]),
        ChargeState::B => may_enter_b(step, before),
        ChargeState::A
        | ChargeState::C
        | ChargeState::D
        | ChargeState::CommB
        | ChargeState::CommBOk
        | ChargeState::CommC
        | ChargeState::CommCOk
        | ChargeState::Activate
        | ChargeState::B1
        | ChargeState::C1 => true,
    };
    ordered && (step.facts.modem || !is_modem(after))
}

/// A node asks its master instead of the modem.
fn may_enter_b(step: &Step<'_>, before: ChargeState) -> bool {
    let directive = &step.here.directive;
    let accepted = matches!(
        directive.modem,
        VehicleCheck::Accepted | VehicleCheck::NotRequired
    );
    let first = matches!(before, ChargeState::A | ChargeState::B1) || is_modem(before);
    let node = directive.handshake != Handshake::NotNeeded;
    let done = before == ChargeState::ModemDone && accepted;
    !step.facts.modem || !first || node || done || step.past.modem.exchanged
}
