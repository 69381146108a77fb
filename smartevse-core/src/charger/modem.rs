//! The modem states 11 to 14: one exchange for each plug-in period (charging
//! specification §12.4, T27 to T31).

use super::Charger;
use super::agenda::Agenda;
use super::timing::{MODEM_DENIED, MODEM_DONE, MODEM_FORGET, MODEM_REQUEST, MODEM_TIMEOUT};
use crate::state::ChargeState;

impl Charger {
    /// The modem has not talked to this vehicle yet.
    pub(super) const fn awaits_modem(&self) -> bool {
        self.facts.modem && !self.machine.exchanged
    }

    /// A vehicle that was away for longer than a moment is another one.
    pub(super) fn run_exchange(&mut self, agenda: &mut Agenda) {
        if self.machine.exchanged && self.presence.is_away_for(MODEM_FORGET, agenda) {
            self.machine.exchanged = false;
        }
    }

    pub(super) fn run_modem(&mut self, agenda: &mut Agenda) {
        let check = self.lease.wish().modem;
        let state = self.machine.state();
        let next = match state {
            ChargeState::ModemRequest if self.machine.lasted(MODEM_REQUEST, agenda) => {
                ChargeState::ModemWait
            }
            ChargeState::ModemWait
                if check.is_answered() || self.machine.lasted(MODEM_TIMEOUT, agenda) =>
            {
                ChargeState::ModemDone
            }
            ChargeState::ModemDone if self.machine.lasted(MODEM_DONE, agenda) => {
                self.machine.exchanged = check.is_accepted();
                if self.machine.exchanged {
                    ChargeState::B
                } else {
                    ChargeState::ModemDenied
                }
            }
            ChargeState::ModemDenied if self.machine.lasted(MODEM_DENIED, agenda) => ChargeState::A,
            ChargeState::A
            | ChargeState::B
            | ChargeState::C
            | ChargeState::D
            | ChargeState::CommB
            | ChargeState::CommBOk
            | ChargeState::CommC
            | ChargeState::CommCOk
            | ChargeState::Activate
            | ChargeState::B1
            | ChargeState::C1
            | ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => return,
        };
        self.go(next, agenda);
    }
}
