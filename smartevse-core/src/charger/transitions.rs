//! The transitions T01 to T26 (the modem's are in `modem`) with the rules of charging specification §2.5.

use super::Charger;
use super::agenda::Agenda;
use super::contactors::{OpenedBy, Order};
use super::machine::Halt;
use super::obstacle::{SHORTAGE, parks};
use super::offer::{Limits, Offer};
use super::timing::{
    ACTIVATION_PULSE, ACTIVATION_WAIT, C_DEBOUNCE, C1_GRACE, DELAY_AFTER_B1, FLAPPING_WINDOW,
    HANDSHAKE, INVALID_AT_START, INVALID_MAX, LONG_PAUSE, PILOT_FAULTS_MAX,
};
use crate::directive::Handshake;
use crate::pilot::PilotClass;
use crate::state::ChargeState;

impl Charger {
    /// Takes over requests, and everything that follows from time alone.
    pub(super) fn plan(&mut self, agenda: &mut Agenda) {
        self.take_requests(agenda);
        self.note_presence(agenda);
        self.machine.run_isolation(agenda);
        self.run_exchange(agenda);
        self.judge_pilot(agenda);
        let end = self.machine.flapping_until;
        self.machine.flapping_until = end.filter(|until| !agenda.reached(*until));
        self.offer = Offer::clamp(&self.limits());
        self.note_cap(agenda);
        self.run_shortage(agenda);
    }

    /// Planning learns a moment later that a cable is good again; until then
    /// its answer is no shortage (§3.2).
    fn note_cap(&mut self, agenda: &Agenda) {
        let capped = self.is_capped();
        if self.machine.capped && !capped && self.presence.is_here() {
            self.machine.delay(DELAY_AFTER_B1, agenda.now());
        }
        self.machine.capped = capped;
    }

    fn take_requests(&mut self, agenda: &mut Agenda) {
        let news = self.lease.news;
        if news.service_reset {
            self.feedback.reset();
        }
        if news.clear_delay {
            self.machine.delay_until = agenda.now();
            self.machine.shortage = false;
            self.machine.less_6a = false;
        }
        if news.start {
            self.machine.halt = None;
        }
        if (news.start || news.access_on) && self.machine.state() != ChargeState::C {
            self.machine.may_wake = true;
        }
        if news.button_stop && self.presence.is_here() && self.machine.halt.is_none() {
            self.machine.halt = Some(Halt::Button);
        }
        if news.safe_restart {
            self.machine.halt = Some(Halt::Restart);
        }
    }

    fn note_presence(&mut self, agenda: &Agenda) {
        if self.presence.arrived {
            self.machine.plug_ins = self.machine.plug_ins.saturating_add(1);
        }
        if self.presence.gone {
            self.machine.unplugged(agenda.now());
            self.contactors.forget_phases();
            self.residual.unplugged();
        }
    }

    /// Sets and clears the flag for circuits that carry no energy now; the
    /// openings under load are counted where they happen.
    fn judge_pilot(&mut self, agenda: &mut Agenda) {
        let faults = &mut self.machine.pilot_faults;
        let patience = if self.presence.is_known() {
            INVALID_MAX
        } else {
            INVALID_AT_START
        };
        if self.pilot.invalid_for(patience, agenda) {
            faults.active = true;
        } else if faults.count < PILOT_FAULTS_MAX && self.pilot.recovered(agenda) {
            faults.active = false;
        }
    }

    fn limits(&self) -> Limits {
        let wish = self.lease.wish();
        let config = self.lease.config();
        Limits {
            offered: wish.grant.offered,
            limited_by: wish.grant.limited_by,
            min: config.min.to_deci(),
            max: config.max.to_deci(),
            cable: self.cable.limit(config),
            derated: self.temperature.derated(config),
            duty: wish.duty_override,
        }
    }

    /// LESS_6A of a start attempt, and the restart delay behind a shortage.
    fn run_shortage(&mut self, agenda: &mut Agenda) {
        if self.lease.wish().grant.available || !self.presence.is_here() {
            self.machine.less_6a = false;
        } else if !self.machine.state().may_close() && self.lacks_power(agenda) {
            self.machine.less_6a = true;
        }
        let short = self.faults().intersects(SHORTAGE);
        if self.machine.shortage && !short {
            self.machine.delay(self.shortage_delay(), agenda.now());
        }
        self.machine.shortage = short;
    }

    /// Safety openings, else at most one transition in one moment.
    pub(super) fn transit(&mut self, agenda: &mut Agenda) {
        if matches!(self.machine.state(), ChargeState::C | ChargeState::C1) {
            match self.safety_opening(agenda) {
                Some(opening) => self.open_now(opening, agenda),
                None => self.run_energy(agenda),
            }
        } else if self.pilot.sees(PilotClass::A12) && self.machine.since() < agenda.now() {
            self.leave_for_a(agenda);
        } else if self.last_poll == Some(agenda.now()) {
            self.end_offer(agenda);
        } else {
            self.run_idle(agenda);
        }
    }

    /// A second poll at the same moment leads no further (I-25); it only takes
    /// back what is offered if access has ended since the first one (I-11).
    fn end_offer(&mut self, agenda: &mut Agenda) {
        let idle = matches!(self.machine.state(), ChargeState::A | ChargeState::B1);
        if !idle && !self.lease.has_access() {
            self.go(ChargeState::B1, agenda);
        }
    }

    fn leave_for_a(&mut self, agenda: &mut Agenda) {
        if self.machine.state() != ChargeState::A {
            self.go(ChargeState::A, agenda);
        }
    }

    fn run_idle(&mut self, agenda: &mut Agenda) {
        let obstacle = self.obstacle(agenda);
        match self.machine.state() {
            ChargeState::A => {
                if self.parks_in_b1() && obstacle.is_some_and(parks) {
                    self.go(ChargeState::B1, agenda);
                } else if obstacle.is_none() {
                    self.offer_energy(agenda);
                }
            }
            ChargeState::B1 => {
                if self.must_isolate() && self.lease.has_access() {
                    self.machine.isolate(agenda.now());
                } else if obstacle.is_none() {
                    self.offer_energy(agenda);
                }
            }
            ChargeState::B
            | ChargeState::CommB
            | ChargeState::CommBOk
            | ChargeState::CommC
            | ChargeState::CommCOk
            | ChargeState::Activate
            | ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => {
                if obstacle.is_some() {
                    self.go(ChargeState::B1, agenda);
                } else {
                    self.run_offer(agenda);
                }
            }
            ChargeState::C | ChargeState::C1 | ChargeState::D => self.go(ChargeState::B1, agenda),
        }
    }

    /// T06: a vehicle with access is in A only for a moment.
    fn parks_in_b1(&self) -> bool {
        self.presence.is_here() && self.pilot.sees_vehicle() && self.lease.has_access()
    }

    /// T03, T04: from A or B1 to B, on a node by asking the master, with a
    /// modem by talking to the vehicle.
    fn offer_energy(&mut self, agenda: &mut Agenda) {
        if !self.presence.is_here() || !self.pilot.sees_vehicle() {
            return;
        }
        let paused_long = self.machine.state() == ChargeState::B1
            && agenda.reached(self.machine.since() + LONG_PAUSE);
        self.machine.may_wake |= paused_long;
        let next = if self.lease.is_node() {
            ChargeState::CommB
        } else if self.awaits_modem() {
            ChargeState::ModemRequest
        } else {
            ChargeState::B
        };
        self.go(next, agenda);
    }

    fn run_offer(&mut self, agenda: &mut Agenda) {
        match self.machine.state() {
            ChargeState::CommB => self.await_master(Handshake::GrantedB, agenda),
            ChargeState::CommBOk => self.go(ChargeState::B, agenda),
            ChargeState::B => self.run_b(agenda),
            ChargeState::CommC => {
                self.note_diode();
                if self.pilot.asks(self.facts.ventilation) {
                    self.await_master(Handshake::GrantedC, agenda);
                } else {
                    self.go(ChargeState::B, agenda);
                }
            }
            ChargeState::CommCOk => self.start_energy(agenda),
            ChargeState::Activate => {
                if self.machine.lasted(ACTIVATION_PULSE, agenda) {
                    self.go(ChargeState::B, agenda);
                }
            }
            ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => self.run_modem(agenda),
            ChargeState::A
            | ChargeState::C
            | ChargeState::D
            | ChargeState::B1
            | ChargeState::C1 => {}
        }
    }

    /// Only the grant that was asked for counts, and only after "nothing
    /// granted" was seen (I-31).
    fn await_master(&mut self, wanted: Handshake, agenda: &mut Agenda) {
        let answer = self.lease.wish().handshake;
        if answer == Handshake::Waiting {
            self.machine.asked = true;
        }
        if self.machine.asked && answer == wanted {
            let next = match wanted {
                Handshake::GrantedC => ChargeState::CommCOk,
                Handshake::NotNeeded | Handshake::Waiting | Handshake::GrantedB => {
                    ChargeState::CommBOk
                }
            };
            self.go(next, agenda);
        } else if !self.lease.is_node() || self.machine.lasted(HANDSHAKE, agenda) {
            self.go(ChargeState::B1, agenda);
        }
    }

    fn note_diode(&mut self) {
        if self.pilot.seen().is_some() && self.pilot.low_good() {
            self.machine.diode_seen = true;
        }
    }

    /// T09 to T13.
    fn run_b(&mut self, agenda: &mut Agenda) {
        self.note_diode();
        let rested = self.machine.lasted(C_DEBOUNCE, agenda);
        if rested && self.may_close(agenda) && self.contactors.cooldown(false, agenda).is_none() {
            if self.lease.is_node() {
                self.go(ChargeState::CommC, agenda);
            } else {
                self.start_energy(agenda);
            }
        } else if self.machine.may_wake
            && self.pilot.sees(PilotClass::B9)
            && self.machine.lasted(ACTIVATION_WAIT, agenda)
        {
            self.machine.may_wake = false;
            self.go(ChargeState::Activate, agenda);
        }
    }

    /// Everything that I-04 asks of a closing, apart from the open times and
    /// what [`obstacle`](Self::obstacle) covers.
    fn may_close(&self, agenda: &mut Agenda) -> bool {
        self.pilot.asks(self.facts.ventilation)
            && self.pilot.asks_long(agenda)
            && self.machine.diode_seen
            && self.pilot.low_good()
            && self.residual.is_quiet()
            && !self.feedback.reads_closed()
            && self.offer.current.as_deci() > 0
    }

    /// T11, T14: to C, unless it would be one closing too many.
    fn start_energy(&mut self, agenda: &mut Agenda) {
        if !self.may_close(agenda) {
            self.go(ChargeState::B, agenda);
        } else if self.contactors.would_flap(agenda) {
            self.machine.flapping_until = Some(agenda.now() + FLAPPING_WINDOW);
            self.go(ChargeState::B1, agenda);
        } else {
            self.machine.three_phase = self.wants_three_phase();
            self.go(ChargeState::C, agenda);
        }
    }

    /// C and C1 without a reason to open at once.
    fn run_energy(&mut self, agenda: &mut Agenda) {
        if self.machine.state() == ChargeState::C1 {
            if self.machine.lasted(C1_GRACE, agenda) {
                self.contactors.opened_by(OpenedBy::Charger);
                self.go(ChargeState::B1, agenda);
            }
        } else if self.contactors.main().is_closed() {
            if let Some(cause) = self.stop_wish(agenda) {
                self.machine.stop_cause = cause;
                self.go(ChargeState::C1, agenda);
            }
        } else {
            self.run_closing(agenda);
        }
    }

    /// The second contactor is closing and no current flows yet: whatever
    /// changes now needs no grace.
    fn run_closing(&mut self, agenda: &mut Agenda) {
        if self.stop_wish(agenda).is_some() || self.obstacle(agenda).is_some() {
            self.go(ChargeState::B1, agenda);
        } else if !self.may_close(agenda) {
            self.go(ChargeState::B, agenda);
        }
    }

    /// Enters a state with its entry actions.
    pub(super) fn go(&mut self, state: ChargeState, agenda: &mut Agenda) {
        let isolate = state == ChargeState::B1
            && self.machine.state() != ChargeState::B1
            && self.lease.has_access();
        self.machine.enter(state, isolate, agenda);
        self.machine.asked = self.lease.wish().handshake == Handshake::Waiting;
    }

    /// Nothing may wait, not even the second contactor that is still on its
    /// way to open (I-08).
    fn must_go_dark(&self) -> bool {
        self.machine.all_off || self.mains_lost || !self.faults().immediate().is_empty()
    }

    /// What the state asks of the contactors.
    pub(super) fn contactor_order(&self) -> Order {
        match self.machine.state() {
            ChargeState::C => Order::Close {
                three_phase: self.machine.three_phase,
            },
            ChargeState::C1 => Order::Keep,
            ChargeState::A
            | ChargeState::B
            | ChargeState::D
            | ChargeState::CommB
            | ChargeState::CommBOk
            | ChargeState::CommC
            | ChargeState::CommCOk
            | ChargeState::Activate
            | ChargeState::B1
            | ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => {
                if self.must_go_dark() {
                    Order::AllOff
                } else {
                    Order::Open
                }
            }
        }
    }
}
