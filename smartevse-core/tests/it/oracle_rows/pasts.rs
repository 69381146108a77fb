//! Pasts from which something goes wrong, made by a real charger.

use smartevse_core::directive::Handshake;
use smartevse_core::faults::Faults;
use smartevse_core::io::{ContactorFeedback, LockFeedback, ProximityInput, TemperatureInput};
use smartevse_core::options::{CableKind, LockKind};
use smartevse_core::pilot::PilotClass::{B9, C6, Short0};
use smartevse_core::state::ChargeState::{self, B, B1, C1, CommB, CommC};
use smartevse_types::{Access, Celsius, Ohms};

use crate::puppet::Puppet;
use crate::rig::Rig;

pub fn rig_with(change: fn(&mut Rig)) -> Rig {
    let mut rig = Rig::plain();
    change(&mut rig);
    rig.run_ms(1_200);
    rig.set(B9);
    rig.run_ms(1_500);
    rig
}

pub fn charge(mut rig: Rig) -> Rig {
    rig.set(C6);
    assert!(rig.until(20_000, Rig::closed).is_some(), "{rig:#?}");
    rig.run_ms(1_000);
    rig
}

/// The last poll before something becomes true, and that poll.
pub fn just_before(mut rig: Rig, what: fn(&Rig) -> bool) -> (Rig, Rig) {
    for _ in 0..2_000 {
        let mut next = rig.clone();
        next.tick();
        if what(&next) {
            return (rig, next);
        }
        rig = next;
    }
    panic!("never true: {rig:#?}");
}

pub fn idle() -> Puppet {
    Puppet::of(&Rig::plain())
}

pub fn started() -> Puppet {
    let mut rig = Rig::boot(Default::default());
    rig.tick();
    Puppet::of(&rig)
}

pub fn newborn() -> Puppet {
    Puppet::newborn(&Rig::plain())
}

pub fn connected() -> Puppet {
    Puppet::of(&rig_with(|_| {}))
}

/// In B with 6 V, for less than the 500 ms.
pub fn asking() -> Puppet {
    let mut rig = rig_with(one_phase);
    rig.set(C6);
    rig.run_ms(300);
    Puppet::of(&rig)
}

pub fn charging() -> Puppet {
    Puppet::of(&Rig::charging())
}

pub fn monitored() -> Puppet {
    Puppet::of(&charge(rig_with(|rig| {
        rig.directive.config.residual_current = true;
    })))
}

pub fn one_phase(rig: &mut Rig) {
    rig.directive.three_phase = false;
}

pub fn thin_cable(rig: &mut Rig) {
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(1_500));
}

pub fn on_a_thin_cable() -> Puppet {
    Puppet::of(&rig_with(thin_cable))
}

pub fn charging_on_a_thin_cable() -> Puppet {
    Puppet::of(&charge(rig_with(thin_cable)))
}

/// The next poll closes the main contactor.
pub fn closing() -> Puppet {
    let mut rig = rig_with(|rig| {
        rig.directive.config.residual_current = true;
        rig.directive.config.cable = CableKind::Socket;
        rig.directive.config.lock = LockKind::Solenoid;
        rig.inputs.lock = LockFeedback::Locked;
    });
    rig.set(C6);
    let (rig, next) = just_before(rig, Rig::closed);
    Puppet::before(&rig, &next)
}

/// The next poll closes the main contactor for one phase.
pub fn closing_one_phase() -> Puppet {
    let mut rig = rig_with(one_phase);
    rig.set(C6);
    let (rig, next) = just_before(rig, Rig::closed);
    Puppet::before(&rig, &next)
}

/// A low phase that nobody samples says nothing about a diode.
pub fn never_a_low_phase() -> Puppet {
    let mut puppet = Puppet::of(&Rig::plain());
    puppet.class = C6;
    puppet.state(B);
    for _ in 0..60 {
        assert_eq!(puppet.poll(), (vec![], ""));
    }
    puppet
}

/// Let go by the vehicle; asks again, too soon to close.
pub fn asking_again() -> Puppet {
    let mut rig = charge(rig_with(one_phase));
    rig.set(B9);
    rig.run_ms(500);
    rig.set(C6);
    rig.run_ms(600);
    Puppet::of(&rig)
}

/// Three phases were used; the vehicle asks again, the second contactor is
/// about to close.
pub fn asking_for_three_phases_again() -> Puppet {
    let mut rig = Rig::charging();
    rig.set(B9);
    rig.run_ms(3_000);
    rig.set(C6);
    let (rig, _) = just_before(rig, |rig| rig.outputs.contactor2.is_closed());
    Puppet::of(&rig)
}

/// The vehicle asks for the seventh time in a minute.
pub fn asking_for_a_seventh_time() -> Puppet {
    let mut rig = rig_with(one_phase);
    for _ in 0..6 {
        rig = charge(rig);
        rig.set(B9);
        rig.run_ms(3_000);
    }
    rig.set(C6);
    let (rig, _) = just_before(rig, |rig| rig.state() == B1);
    Puppet::of(&rig)
}

pub fn let_go(ms: u64) -> Puppet {
    let mut rig = Rig::charging();
    rig.set(B9);
    rig.run_ms(ms);
    Puppet::of(&rig)
}

pub fn stopping() -> Puppet {
    let mut rig = Rig::charging();
    rig.offer(0);
    rig.run_ms(100);
    assert_eq!(rig.state(), C1);
    Puppet::of(&rig)
}

pub fn denied() -> Puppet {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Off;
    rig.run_ms(100);
    Puppet::of(&rig)
}

pub fn tripped() -> Puppet {
    let mut rig = charge(rig_with(|rig| {
        rig.directive.config.residual_current = true;
    }));
    rig.rcm = true;
    rig.run_ms(100);
    rig.rcm = false;
    rig.run_ms(2_000);
    assert!(rig.has(Faults::RCM_TRIPPED));
    Puppet::of(&rig)
}

pub fn welded() -> Puppet {
    let mut rig = Rig::charging();
    rig.inputs.contactor1 = ContactorFeedback::Closed;
    rig.set(B9);
    rig.run_ms(1_000);
    assert!(rig.has(Faults::CONTACTOR_FAULT));
    Puppet::of(&rig)
}

/// It reads open again, which ends no weld.
pub fn welded_once() -> Puppet {
    let mut rig = Rig::charging();
    rig.inputs.contactor1 = ContactorFeedback::Closed;
    rig.set(B9);
    rig.run_ms(1_000);
    rig.inputs.contactor1 = ContactorFeedback::Open;
    rig.run_ms(1_000);
    assert!(rig.has(Faults::CONTACTOR_FAULT));
    Puppet::of(&rig)
}

pub fn third_pilot_fault() -> Puppet {
    let mut rig = Rig::charging();
    for round in 1..=3 {
        rig.set(Short0);
        rig.run_ms(300);
        rig.set(C6);
        assert_eq!(rig.until(90_000, Rig::closed).is_some(), round < 3);
    }
    assert!(rig.has(Faults::PILOT_FAULT));
    Puppet::of(&rig)
}

pub fn too_hot() -> Puppet {
    let mut rig = Rig::charging();
    rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(66));
    rig.run_ms(12_000);
    assert!(rig.has(Faults::TEMP_HIGH));
    Puppet::of(&rig)
}

/// A node that waits for its master, in the state before B or before C.
pub fn node(state: ChargeState) -> Puppet {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::Waiting;
    rig.set(C6);
    assert!(rig.until(2_000, |rig| rig.state() == CommB).is_some());
    rig.run_ms(100);
    if state == CommC {
        rig.directive.handshake = Handshake::GrantedB;
        assert!(rig.until(3_000, |rig| rig.state() == CommC).is_some());
    }
    Puppet::of(&rig)
}
