//! Why energy stops: safety openings in this very poll, and orderly stops
//! through C1 (charging specification §2.5 rules 4 and 5, §3.4).

use smartevse_types::Access;

use super::Charger;
use super::agenda::Agenda;
use super::contactors::OpenedBy;
use super::machine::Halt;
use super::obstacle::SHORTAGE;
use super::timing::DELAY_PILOT_FAULT;
use crate::directive::StopCause;
use crate::faults::Faults;
use crate::pilot::PilotClass;
use crate::state::ChargeState;

/// An opening that does not wait.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// State afterwards.
    pub to: ChargeState,
    /// What is reported.
    pub cause: StopCause,
    /// Both contactors go off at once.
    pub all_off: bool,
}

const fn opening(to: ChargeState, cause: StopCause, all_off: bool) -> Option<Opening> {
    Some(Opening { to, cause, all_off })
}

impl Charger {
    /// The reason for which the contactors open in this poll, if there is one.
    pub(super) fn safety_opening(&self, agenda: &mut Agenda) -> Option<Opening> {
        self.device_opening().or_else(|| self.pilot_opening(agenda))
    }

    fn device_opening(&self) -> Option<Opening> {
        let immediate = self.faults().immediate();
        if !immediate.is_empty() {
            return opening(ChargeState::B1, StopCause::Fault(immediate), true);
        }
        if self.mains_lost {
            return opening(ChargeState::B1, StopCause::MainsLost, true);
        }
        if self.pilot.is_late() {
            return opening(ChargeState::B1, StopCause::Late, true);
        }
        if self.temperature.is_scorching() {
            return opening(ChargeState::B1, StopCause::Fault(Faults::TEMP_HIGH), false);
        }
        None
    }

    fn pilot_opening(&self, agenda: &mut Agenda) -> Option<Opening> {
        let stopping = self.machine.state() == ChargeState::C1;
        let fault = opening(
            ChargeState::B1,
            StopCause::Fault(Faults::PILOT_FAULT),
            false,
        );
        match self.pilot.seen() {
            Some(PilotClass::A12) => opening(ChargeState::A, StopCause::Unplugged, false),
            Some(PilotClass::B9) if stopping => {
                opening(ChargeState::B1, self.machine.stop_cause, false)
            }
            Some(PilotClass::B9) => {
                // Nothing may be offered in B when a stop is wanted as well (I-11).
                let stops = self.stop_wish(agenda).is_some();
                let to = if stops {
                    ChargeState::B1
                } else {
                    ChargeState::B
                };
                opening(to, StopCause::Vehicle, false)
            }
            Some(PilotClass::Unknown) | None => fault,
            Some(PilotClass::D3) if stopping || self.pilot.low_good() => {
                opening(ChargeState::B1, StopCause::Ventilation, false)
                    .filter(|_| self.pilot.unfit_long(agenda))
            }
            Some(
                PilotClass::C6
                | PilotClass::D3
                | PilotClass::Short0
                | PilotClass::Neg12
                | PilotClass::Mixed,
            ) => fault.filter(|_| self.pilot.unfit_long(agenda)),
        }
    }

    /// Carries out a safety opening.
    pub(super) fn open_now(&mut self, opening: Opening, agenda: &mut Agenda) {
        let by_vehicle = self.machine.state() == ChargeState::C
            && matches!(opening.to, ChargeState::A | ChargeState::B);
        let who = if by_vehicle {
            OpenedBy::Vehicle
        } else {
            OpenedBy::Charger
        };
        self.contactors.opened_by(who);
        self.machine.stop_cause = opening.cause;
        if opening.cause == StopCause::Fault(Faults::PILOT_FAULT) {
            self.machine.pilot_faults.active = true;
            self.machine.pilot_faults.count = self.machine.pilot_faults.count.saturating_add(1);
        }
        self.go(opening.to, agenda);
        self.machine.all_off = opening.all_off;
        if self.machine.pilot_faults.active && opening.to == ChargeState::B1 {
            self.machine.delay(DELAY_PILOT_FAULT, agenda.now());
        }
    }

    /// The reason for an orderly stop, if there is one (T22).
    pub(super) fn stop_wish(&self, agenda: &mut Agenda) -> Option<StopCause> {
        let wish = self.lease.wish();
        let faults = self.faults().blocking();
        if !self.lease.is_valid() {
            Some(StopCause::NoDirective)
        } else if wish.access != Access::On {
            Some(StopCause::Access)
        } else if let Some(halt) = self.machine.halt {
            Some(match halt {
                Halt::Button => StopCause::Button,
                Halt::Restart => StopCause::Restart,
            })
        } else if !faults.difference(SHORTAGE).is_empty() {
            Some(StopCause::Fault(faults))
        } else if !faults.is_empty() || self.offer.current.as_deci() == 0 {
            Some(StopCause::Power)
        } else if self.feedback.second_is_stuck(agenda) {
            Some(StopCause::Fault(Faults::CONTACTOR_FAULT))
        } else {
            (self.wants_three_phase() != self.machine.three_phase).then_some(StopCause::PhaseSwitch)
        }
    }
}
