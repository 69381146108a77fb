//! Outputs as a function of the state, and the status for everybody else.

use smartevse_types::{BlockReason, DeciAmps, Duration, DutyPermille, LimitedBy};

use super::Charger;
use super::agenda::Agenda;
use super::supervision::Drive;
use crate::directive::ChargerStatus;
use crate::duty::{DUTY_DIGITAL, DUTY_OFF, DUTY_STATE_F, current_to_duty};
use crate::io::{Outputs, PilotSwitch, Rgb};
use crate::pilot::PilotClass;
use crate::state::ChargeState;

impl Charger {
    /// Computes the outputs once, at the end of the poll.
    pub(super) fn publish(&mut self, agenda: &mut Agenda) {
        self.note_contactor(agenda);
        let outputs = self.outputs_of_state(agenda);
        if Drive::of(&outputs) != Drive::of(&self.outputs) {
            self.pilot.blank(agenda.now());
            agenda.again();
        }
        self.outputs = outputs;
        let status = self.status_of_state(agenda);
        if timeless(&status) != timeless(&self.status) {
            agenda.again();
        }
        self.status = status;
    }

    fn note_contactor(&mut self, agenda: &mut Agenda) {
        if !self.contactors.main().is_closed() {
            self.machine.charging_since = None;
        } else if self.machine.charging_since.is_none() {
            self.machine.charging_since = Some(agenda.now());
            self.machine.isolated_since_open = false;
        }
    }

    fn outputs_of_state(&self, agenda: &mut Agenda) -> Outputs {
        let isolated = self.is_isolated(agenda);
        Outputs {
            duty: self.duty(),
            pilot_switch: if isolated {
                PilotSwitch::Isolated
            } else {
                PilotSwitch::Closed
            },
            contactor1: self.contactors.main(),
            contactor2: self.contactors.second(),
            lock: self.lock.drive(),
            lock_kind: self.lease.config().lock,
            residual_current_test: self.residual.test_output(),
            light: Rgb::default(),
        }
    }

    fn is_isolated(&self, agenda: &mut Agenda) -> bool {
        let fixed = self.lease.wish().duty_override == Some(DutyPermille::ZERO);
        let open = !self.contactors.main().is_closed();
        let starting = !agenda.reached(self.isolated_until);
        let state = self.machine.state();
        open && (starting
            || self.machine.is_isolating()
            || state.isolates_for_modem()
            || (state == ChargeState::Activate && self.lease.config().wake_by_isolation)
            || self.feedback.is_welded()
            || (fixed && state != ChargeState::A))
    }

    fn duty(&self) -> DutyPermille {
        match self.machine.state() {
            ChargeState::Activate if !self.lease.config().wake_by_isolation => DUTY_STATE_F,
            ChargeState::ModemWait => DUTY_DIGITAL,
            ChargeState::B | ChargeState::C | ChargeState::CommC | ChargeState::CommCOk => {
                current_to_duty(self.offer.current)
            }
            ChargeState::A
            | ChargeState::D
            | ChargeState::CommB
            | ChargeState::CommBOk
            | ChargeState::Activate
            | ChargeState::B1
            | ChargeState::C1
            | ChargeState::ModemRequest
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => DUTY_OFF,
        }
    }

    fn status_of_state(&self, agenda: &mut Agenda) -> ChargerStatus {
        let duty = self.outputs.duty;
        let offers = (100..1_000).contains(&duty.as_permille());
        let config = self.lease.config();
        ChargerStatus {
            at: agenda.now(),
            state: self.machine.state(),
            since: self.machine.since(),
            vehicle_present: self.presence.is_here(),
            vehicle_asks: self.pilot.asks(self.facts.ventilation),
            faults: self.faults(),
            local_faults: self.local_faults(),
            latched: self.residual.latched() | self.feedback.latched(),
            block: self.block(agenda),
            offered: if offers {
                self.offer.current
            } else {
                DeciAmps::ZERO
            },
            cap: self.offer.cap,
            limited_by: if offers {
                self.offer.limited_by
            } else {
                LimitedBy::Nothing
            },
            duty,
            pilot_switch: self.outputs.pilot_switch,
            contactor1: self.outputs.contactor1,
            contactor2: self.outputs.contactor2,
            charging_since: self.machine.charging_since,
            cable: self.cable.coding(config),
            temperature: self.temperature.latest(),
            charge_delay: self.delay_left(agenda).unwrap_or(Duration::ZERO),
            switch: self.switch.status(),
            stop_cause: self.machine.stop_cause,
            closings: self.contactors.closings(),
            late_polls: self.pilot.late_polls(),
            plug_ins: self.machine.plug_ins,
        }
    }

    /// Why no energy flows.
    fn block(&self, agenda: &mut Agenda) -> Option<BlockReason> {
        let state = self.machine.state();
        if state == ChargeState::C && self.contactors.main().is_closed() {
            return None;
        }
        if state == ChargeState::C1 && self.wants_three_phase() != self.machine.three_phase {
            return Some(BlockReason::PhaseSwitch);
        }
        if !self.presence.is_here() {
            return Some(self.standing_obstacle().unwrap_or(BlockReason::NoVehicle));
        }
        self.obstacle(agenda)
            .or_else(|| Some(self.vehicle_block(agenda)))
    }

    /// What the vehicle, the master or the sequence still has to do.
    fn vehicle_block(&self, agenda: &mut Agenda) -> BlockReason {
        match self.machine.state() {
            ChargeState::CommB | ChargeState::CommBOk | ChargeState::CommC => {
                return BlockReason::WaitingForMaster;
            }
            ChargeState::Activate => return BlockReason::EvNotReady,
            ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => return BlockReason::Modem,
            ChargeState::A
            | ChargeState::B
            | ChargeState::C
            | ChargeState::D
            | ChargeState::CommCOk
            | ChargeState::B1
            | ChargeState::C1 => {}
        }
        if !self.pilot.asks(self.facts.ventilation) {
            let ventilation = self.pilot.sees(PilotClass::D3);
            return if ventilation {
                BlockReason::VentilationNeeded
            } else {
                BlockReason::EvNotReady
            };
        }
        if self.offer.current.as_deci() == 0 {
            return BlockReason::WaitingForPower;
        }
        self.contactors
            .cooldown(false, agenda)
            .map_or(BlockReason::DiodeCheck, BlockReason::Cooldown)
    }
}

/// The status without what changes merely because time passes.
fn timeless(status: &ChargerStatus) -> ChargerStatus {
    ChargerStatus {
        at: smartevse_types::Instant::ZERO,
        block: None,
        charge_delay: Duration::ZERO,
        late_polls: 0,
        ..*status
    }
}
