//! A charging control on strings: it has the past of a real charger, and from
//! then on it does what the test says, poll by poll, under the eyes of the
//! oracle.

use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::io::{Contactor, Inputs, Outputs, PilotSample};
use smartevse_core::oracle::Watch;
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_types::{DeciAmps, Duration, DutyPermille, Instant};

use crate::rig::{BEAT, Level, Rig};

#[derive(Clone, Debug)]
pub struct Puppet {
    watch: Watch,
    now: Instant,
    pub class: PilotClass,
    pub diode: bool,
    pub inputs: Inputs,
    pub directive: Directive,
    pub outputs: Outputs,
    pub status: ChargerStatus,
    /// The status tells what is driven.
    pub mirrors: bool,
    /// Time to the next poll.
    pub step: Duration,
}

impl Puppet {
    /// Takes over after the latest poll of a charger.
    pub fn of(rig: &Rig) -> Self {
        let Level::Class(class) = rig.level else {
            panic!("a puppet knows classes only");
        };
        Self {
            watch: rig.watch.clone(),
            now: rig.now - BEAT,
            class,
            diode: rig.diode,
            inputs: rig.inputs,
            directive: rig.directive,
            outputs: rig.outputs,
            status: rig.status(),
            mirrors: true,
            step: BEAT,
        }
    }

    /// Takes over before the next poll, whose outputs are the true ones until
    /// the test falsifies them.
    pub fn before(rig: &Rig, next: &Rig) -> Self {
        Self {
            outputs: next.outputs,
            status: next.status(),
            inputs: next.inputs,
            ..Self::of(rig)
        }
    }

    /// A puppet whose past is unknown to the oracle.
    pub fn newborn(rig: &Rig) -> Self {
        Self {
            watch: Watch::new(Default::default()),
            ..Self::of(rig)
        }
    }

    /// One poll; gives the numbers of the rows that it breaks and the text of
    /// the first.
    pub fn poll(&mut self) -> (Vec<u8>, &'static str) {
        let repeated = self.step == Duration::ZERO;
        self.now += self.step;
        if !repeated {
            self.sample();
            self.directive.issued = Some(self.now);
        }
        if self.mirrors {
            self.mirror();
        }
        let result = self.watch.observe(
            self.now,
            &self.inputs,
            &self.directive,
            &self.outputs,
            &self.status,
        );
        let broken = (1..=32)
            .filter(|number| self.watch.is_broken(*number))
            .collect();
        (broken, result.err().map_or("", |violation| violation.text))
    }

    fn sample(&mut self) {
        if self.class == PilotClass::Unknown {
            return;
        }
        let pulsed = (1..1_000).contains(&self.outputs.duty.as_permille());
        let from = self.now - Duration::from_millis(25);
        let diode = pulsed.then_some(self.diode);
        self.inputs.pilot = PilotSample::from_class(self.class, diode, from, self.now);
    }

    fn mirror(&mut self) {
        self.status.at = self.now;
        self.status.duty = self.outputs.duty;
        self.status.pilot_switch = self.outputs.pilot_switch;
        self.status.contactor1 = self.outputs.contactor1;
        self.status.contactor2 = self.outputs.contactor2;
    }

    /// The moment of the latest poll.
    pub const fn now(&self) -> Instant {
        self.now
    }

    pub fn state(&mut self, state: ChargeState) {
        self.status.state = state;
    }

    pub fn duty(&mut self, permille: u16) {
        self.outputs.duty = DutyPermille::from_permille(permille);
    }

    /// Says that this current is offered, and drives that duty.
    pub fn offer(&mut self, deci: i32, permille: u16) {
        self.status.offered = DeciAmps::from_deci(deci);
        self.duty(permille);
    }

    pub fn grant(&mut self, deci: i32) {
        self.directive.grant.offered = DeciAmps::from_deci(deci);
    }

    pub fn drive(&mut self, main: bool, second: bool) {
        self.outputs.contactor1 = contactor(main);
        self.outputs.contactor2 = contactor(second);
    }

    /// Closes the main contactor for charging, and nothing else.
    pub fn close(&mut self) {
        self.state(ChargeState::C);
        self.outputs.contactor1 = Contactor::Closed;
    }
}

fn contactor(closed: bool) -> Contactor {
    if closed {
        Contactor::Closed
    } else {
        Contactor::Open
    }
}
