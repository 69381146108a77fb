//! Every safety input in every state in which a contactor can be closed: the
//! very poll in which the contactors open (charging specification §2.5, §3.4).
//!
//! Milliseconds count from the first poll that shows the cause, 10 ms apart.

use smartevse_core::charger::BoardFacts;
use smartevse_core::directive::Handshake;
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, HardwareFaults, MainsInput, ProximityInput, TemperatureInput,
};
use smartevse_core::options::CableKind;
use smartevse_core::pilot::PilotClass::{A12, B9, C6, D3, Mixed, Neg12, Short0, Unknown};
use smartevse_core::state::ChargeState::{C, C1, CommB, CommC};
use smartevse_types::{Celsius, Duration, Ohms};

use crate::rig::Rig;

/// Energy flows in state C.
fn charging() -> Rig {
    charge(BoardFacts::default(), |_| {})
}

/// A vehicle that asks for ventilation, where it is fitted.
fn ventilated() -> Rig {
    let facts = BoardFacts {
        ventilation: true,
        ..BoardFacts::default()
    };
    let mut rig = charge(facts, |_| {});
    rig.set(D3);
    rig.run_ms(500);
    assert!(rig.closed());
    rig
}

/// A node of a group.
fn node() -> Rig {
    charge(BoardFacts::default(), |rig| {
        rig.directive.handshake = Handshake::Waiting;
        assert!(rig.until(3_000, |rig| rig.state() == CommB).is_some());
        rig.run_ms(50);
        rig.directive.handshake = Handshake::GrantedB;
        assert!(rig.until(3_000, |rig| rig.state() == CommC).is_some());
        rig.directive.handshake = Handshake::Waiting;
        rig.run_ms(50);
        rig.directive.handshake = Handshake::GrantedC;
    })
}

/// The grace of an orderly stop; nobody has let go yet.
fn stopping() -> Rig {
    let mut rig = charging();
    rig.directive.grant.available = false;
    rig.offer(0);
    rig.run_ms(200);
    assert!(rig.state() == C1 && rig.closed());
    rig
}

/// The second contactor has closed, the main one will 100 ms later.
fn closing() -> Rig {
    let mut rig = prepared(BoardFacts::default());
    rig.set(C6);
    let second = rig.until(9_000, |rig| rig.outputs.contactor2.is_closed());
    assert!(second.is_some() && rig.state() == C && !rig.closed());
    rig
}

/// The main contactor has opened, the second one will 100 ms later.
fn opening() -> Rig {
    let mut rig = charging();
    rig.set(B9);
    rig.tick();
    assert!(!rig.closed() && rig.outputs.contactor2.is_closed());
    rig
}

fn prepared(facts: BoardFacts) -> Rig {
    let mut rig = Rig::settled(facts);
    rig.directive.config.residual_current = true;
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.mains = MainsInput::Present;
    rig.follow = true;
    rig.run_ms(500);
    rig
}

fn charge(facts: BoardFacts, on_the_way: fn(&mut Rig)) -> Rig {
    let mut rig = prepared(facts);
    rig.set(C6);
    on_the_way(&mut rig);
    assert!(rig.until(9_000, Rig::closed).is_some(), "{rig:#?}");
    rig.run_ms(2_000);
    rig
}

/// A safety input and the poll in which it opens.
struct Cause {
    name: &'static str,
    act: fn(&mut Rig),
    /// In C, as node, and in C1: main contactor.
    c: Option<u64>,
    node: Option<u64>,
    c1: Option<u64>,
    /// With ventilation, on a vehicle that asks for it: main contactor.
    d: Option<u64>,
    /// In the sequences: the second contactor, which is closed alone.
    closing: Option<u64>,
    opening: Option<u64>,
}

/// Opens in the same poll wherever energy flows.
const AT_ONCE: Cause = everywhere(0);

/// Tolerated for 100 ms; no current flows yet in the closing sequence, so that
/// nothing needs a tolerance there.
const TOLERATED: Cause = Cause {
    closing: Some(0),
    opening: Some(90),
    ..everywhere(100)
};

const fn everywhere(ms: u64) -> Cause {
    Cause {
        name: "",
        act: |_| {},
        c: Some(ms),
        node: Some(ms),
        c1: Some(ms),
        d: Some(ms),
        closing: Some(ms),
        opening: Some(ms),
    }
}

fn residual(rig: &mut Rig) {
    rig.rcm = true;
}

fn residual_edge(rig: &mut Rig) {
    rig.rcm = true;
    rig.inputs.residual_current_edge = true;
}

fn celsius(rig: &mut Rig, celsius: i16) {
    rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(celsius));
}

fn refuse(rig: &mut Rig, what: HardwareFaults) {
    rig.inputs.hardware = what;
}

/// Levels of the pilot. In the opening sequence the second contactor has its
/// 100 ms, because it carries nothing; it is 10 ms old at the first poll.
const PILOT: &[Cause] = &[
    Cause {
        name: "9 V",
        act: |rig| rig.set(B9),
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "12 V",
        act: |rig| rig.set(A12),
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "Short0",
        act: |rig| rig.set(Short0),
        ..TOLERATED
    },
    Cause {
        name: "Neg12",
        act: |rig| rig.set(Neg12),
        ..TOLERATED
    },
    Cause {
        name: "Mixed",
        act: |rig| rig.set(Mixed),
        ..TOLERATED
    },
    Cause {
        name: "D3 without ventilation",
        act: |rig| rig.set(D3),
        d: None,
        ..TOLERATED
    },
    Cause {
        // Without a pulse width nobody sees a diode.
        name: "lost diode",
        act: |rig| rig.diode = false,
        c1: None,
        ..TOLERATED
    },
    Cause {
        // The sample is 10 ms old at the first poll and too old at 60 ms.
        name: "stale samples",
        act: |rig| rig.set(Unknown),
        opening: Some(90),
        ..everywhere(50)
    },
    Cause {
        name: "no samples",
        act: |rig| {
            rig.set(Unknown);
            rig.inputs.pilot = None;
        },
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "late poll",
        act: |rig| rig.now += Duration::from_millis(200),
        ..AT_ONCE
    },
];

/// Everything else that the board senses.
const BOARD: &[Cause] = &[
    Cause {
        name: "residual current",
        act: residual,
        closing: Some(0),
        ..everywhere(10)
    },
    Cause {
        name: "residual current with its edge",
        act: residual_edge,
        ..AT_ONCE
    },
    Cause {
        name: "contactor reads open",
        act: |rig| {
            rig.follow = false;
            rig.inputs.contactor1 = ContactorFeedback::Open;
        },
        closing: None,
        opening: Some(90),
        ..everywhere(500)
    },
    Cause {
        name: "contactor reads closed",
        act: |rig| {
            rig.follow = false;
            rig.inputs.contactor1 = ContactorFeedback::Closed;
        },
        closing: Some(0),
        opening: Some(90),
        ..NOWHERE
    },
    Cause {
        name: "85 degrees",
        act: |rig| celsius(rig, 85),
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "15 degrees above MAX TEMP",
        act: |rig| celsius(rig, 80),
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "mains lost",
        act: |rig| rig.inputs.mains = MainsInput::Lost,
        ..AT_ONCE
    },
    Cause {
        name: "cable shorted",
        act: |rig| rig.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(10)),
        ..everywhere(50)
    },
    Cause {
        name: "contactor output refuses",
        act: |rig| refuse(rig, HardwareFaults::CONTACTOR),
        ..AT_ONCE
    },
    Cause {
        name: "pilot output refuses",
        act: |rig| refuse(rig, HardwareFaults::PILOT_OUTPUT),
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "pilot sampling refuses",
        act: |rig| refuse(rig, HardwareFaults::PILOT_SAMPLE),
        opening: Some(90),
        ..AT_ONCE
    },
    Cause {
        name: "an immediate fault is imposed",
        act: |rig| rig.directive.faults = Faults::TEST_IO,
        ..AT_ONCE
    },
    Cause {
        // The latest directive is 10 ms old at the first poll: 1 s of lease and
        // 6 s of grace. In C1 the grace has begun 190 ms before.
        name: "expired lease",
        act: |rig| rig.planning = false,
        c1: Some(5_800),
        closing: None,
        opening: Some(90),
        ..everywhere(6_990)
    },
];

const NOWHERE: Cause = Cause {
    name: "",
    act: |_| {},
    c: None,
    node: None,
    c1: None,
    d: None,
    closing: None,
    opening: None,
};

/// The poll in which `dark` becomes true, after which it stays true for 1 s.
fn poll_of(mut rig: Rig, act: fn(&mut Rig), dark: fn(&Rig) -> bool) -> Option<u64> {
    assert!(!dark(&rig));
    act(&mut rig);
    let took = rig.until(9_000, dark);
    for _ in 0..100 {
        rig.tick();
        assert!(!rig.closed(), "closes again");
    }
    took
}

fn main_open(rig: &Rig) -> bool {
    !rig.closed()
}

fn both_open(rig: &Rig) -> bool {
    !rig.closed() && !rig.outputs.contactor2.is_closed()
}

type State = (
    &'static str,
    fn() -> Rig,
    fn(&Rig) -> bool,
    fn(&Cause) -> Option<u64>,
);

const STATES: [State; 6] = [
    ("C", charging, main_open, |cause| cause.c),
    ("node", node, main_open, |cause| cause.node),
    ("C1", stopping, main_open, |cause| cause.c1),
    ("D", ventilated, main_open, |cause| cause.d),
    ("closing", closing, both_open, |cause| cause.closing),
    ("opening", opening, both_open, |cause| cause.opening),
];

fn check_all(causes: &[Cause]) {
    let mut wrong = Vec::new();
    for (state, enter, dark, expected) in STATES {
        let rig = enter();
        for cause in causes {
            let Some(ms) = expected(cause) else {
                continue;
            };
            let took = poll_of(rig.clone(), cause.act, dark);
            if took != Some(ms) {
                wrong.push((state, cause.name, took, ms));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// I-06, I-07, I-26, charging 2.5 rules 4 and 5.
#[test]
fn when_the_pilot_goes_wrong_then_the_contactors_open_in_the_very_poll() {
    check_all(PILOT);
}

/// I-08, I-11, I-12, I-24, charging 3.4, 4.3, 11.2.
#[test]
fn when_the_board_goes_wrong_then_the_contactors_open_in_the_very_poll() {
    check_all(BOARD);
}
