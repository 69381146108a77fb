//! A board made of parts.

use std::cell::Cell;
use std::rc::Rc;

use smartevse_core::adapters::{
    ActiveLevel, BlockingFlash, InputLine, Mcp9700, OutputLine, PinContactors, PinLock, PinMonitor,
    PinSwitch, PullUpProximity, PwmLight, PwmPilot,
};
use smartevse_core::hardware::{
    Board, CableLock, Contactors, ControlPilot, ErrorKind, LONGEST_WATCHDOG, NotFitted, Parts,
    Storage, stalls_fit,
};
use smartevse_core::io::{
    Contactor, ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MilliVoltRange,
    Outputs, PilotSample, PilotSwitch, ProximityInput, ResidualCurrentInput, Rgb, SwitchInput,
    TemperatureInput,
};
use smartevse_core::options::LockKind;
use smartevse_core::types::{Celsius, Duration, DutyPermille, Instant, MilliVolts, Ohms};

use super::mock::{Channel, Flash, Journal, Pin};

/// All pins and channels of a complete board, in the hands of the test.
struct Wires {
    inputs: [Pin; 5],
    outputs: [Pin; 6],
    channels: [Channel; 4],
    source: Rc<Cell<Result<i32, ErrorKind>>>,
    journal: Journal,
}

fn sample(at: Instant, high: i32) -> PilotSample {
    PilotSample {
        from: at - Duration::from_millis(25),
        at,
        high: MilliVoltRange::from_milli(high, high),
        low: None,
    }
}

fn wires() -> Wires {
    let journal = Journal::default();
    let names = ["k1", "k2", "red", "white", "test", "isolate"];
    Wires {
        inputs: [(); 5].map(|()| Pin::default()),
        outputs: names.map(|name| Pin::new(name, &journal)),
        channels: [(); 4].map(|()| Channel::new(1000)),
        source: Rc::new(Cell::new(Ok(750))),
        journal,
    }
}

fn board(wires: &Wires) -> impl Board + use<> {
    let [f1, f2, lock, fault, switch] = wires.inputs.clone();
    let [k1, k2, red, white, test, isolate] = wires.outputs.clone();
    let [pilot, r, g, b] = wires.channels.clone();
    let (volts, levels) = (wires.source.clone(), wires.source.clone());
    let millivolts = move || volts.get().map(MilliVolts::from_milli);
    let line = |pin| OutputLine::new(pin, ActiveLevel::High);
    let sense = |pin| InputLine::new(pin, ActiveLevel::High);
    Parts {
        pilot: PwmPilot::new(pilot, move |at| {
            levels.get().map(|high| Some(sample(at, high)))
        })
        .with_isolation(line(isolate)),
        proximity: PullUpProximity::new(millivolts.clone()),
        contactors: PinContactors::new(line(k1), line(k2))
            .with_feedback1(sense(f1))
            .with_feedback2(sense(f2)),
        lock: PinLock::new(red, white, LockKind::Solenoid).with_feedback(lock),
        residual_current: PinMonitor::new(sense(fault)).with_test(line(test)),
        temperature: Mcp9700::new(millivolts),
        switch: PinSwitch::new(sense(switch)),
        light: PwmLight::new(r, g, b, ActiveLevel::High),
    }
}

const CHARGING: Outputs = Outputs {
    duty: DutyPermille::from_permille(266),
    pilot_switch: PilotSwitch::Closed,
    contactor1: Contactor::Closed,
    contactor2: Contactor::Closed,
    lock: LockDrive::Lock,
    lock_kind: LockKind::Solenoid,
    residual_current_test: true,
    light: Rgb {
        red: 255,
        green: 0,
        blue: 0,
    },
};

#[test]
fn when_everything_works_then_inputs_and_outputs_go_through() {
    let wires = wires();
    let mut board = board(&wires);
    let now = Instant::from_millis(500);
    let mut inputs = Inputs::default();
    board.sample(now, &mut inputs);
    let expected = Inputs {
        pilot: Some(sample(now, 750)),
        proximity: ProximityInput::Resistance(Ohms::from_ohms(294)),
        residual_current: ResidualCurrentInput::Normal,
        temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
        contactor1: ContactorFeedback::Open,
        contactor2: ContactorFeedback::Open,
        lock: LockFeedback::Locked,
        switch: SwitchInput::Open,
        ..Inputs::default()
    };
    assert_eq!(inputs, expected);
    assert!(board.drive(&CHARGING).is_empty());
    let levels = wires.outputs.each_ref().map(Pin::level);
    assert_eq!(levels, [true, true, false, true, true, false]);
    let duties = wires.channels.each_ref().map(|channel| channel.duty.get());
    assert_eq!(duties, [266, 1000, 0, 0]);
}

/// Design 3.4, 3.12: a part that fails leaves "not known", never the old
/// value, and is reported.
#[test]
fn when_every_sensor_fails_then_nothing_is_known_any_more() {
    let wires = wires();
    let mut board = board(&wires);
    let mut inputs = Inputs::default();
    board.sample(Instant::from_millis(500), &mut inputs);
    for pin in &wires.inputs {
        pin.break_it(true);
    }
    wires.source.set(Err(ErrorKind::Timeout));
    inputs.hardware = HardwareFaults::LIGHT;
    board.sample(Instant::from_millis(510), &mut inputs);
    let expected = Inputs {
        lock: LockFeedback::Unknown,
        hardware: HardwareFaults::all().difference(HardwareFaults::PILOT_OUTPUT),
        ..Inputs::default()
    };
    assert_eq!(inputs, expected);
}

#[test]
fn when_every_output_fails_then_all_are_reported() {
    let wires = wires();
    let mut board = board(&wires);
    for pin in &wires.outputs {
        pin.break_it(true);
    }
    for channel in &wires.channels {
        channel.broken.set(true);
    }
    let expected = HardwareFaults::CONTACTOR
        | HardwareFaults::PILOT_OUTPUT
        | HardwareFaults::LOCK
        | HardwareFaults::RESIDUAL_CURRENT
        | HardwareFaults::LIGHT;
    assert_eq!(board.drive(&CHARGING), expected);
}

/// Design 3.12: one refusal keeps no other part from its level.
#[test]
fn when_one_output_fails_then_the_others_are_still_driven() {
    for broken in 0..6 {
        let wires = wires();
        let mut board = board(&wires);
        assert!(board.drive(&CHARGING).is_empty());
        wires.outputs[broken].break_it(true);
        assert!(!board.drive(&Outputs::SAFE).is_empty());
        let safe = [false, false, true, true, false, true];
        for (number, pin) in wires.outputs.iter().enumerate() {
            let lock_pair = [2, 3].contains(&broken) && [2, 3].contains(&number);
            if number != broken && !lock_pair {
                assert_eq!(pin.level(), safe[number], "pin {number}, broken {broken}");
            }
        }
    }
}

#[test]
fn when_the_board_is_made_safe_then_contactors_open_before_anything_else() {
    let wires = wires();
    let mut board = board(&wires);
    assert!(board.drive(&CHARGING).is_empty());
    wires.journal.borrow_mut().clear();
    assert!(board.drive(&Outputs::SAFE).is_empty());
    let first: Vec<_> = wires.journal.borrow()[..3].to_vec();
    assert_eq!(first, [("k1", false), ("k2", false), ("isolate", true)]);
}

/// A pilot that remembers the order of its calls.
#[derive(Default)]
struct Order(Vec<&'static str>);

impl smartevse_core::hardware::ErrorType for Order {
    type Error = ErrorKind;
}

impl ControlPilot for Order {
    fn set_duty(&mut self, _duty: DutyPermille) -> Result<(), ErrorKind> {
        self.0.push("duty");
        Ok(())
    }

    fn set_switch(&mut self, _switch: PilotSwitch) -> Result<(), ErrorKind> {
        self.0.push("switch");
        Ok(())
    }

    fn sample(&mut self, _now: Instant) -> Result<Option<PilotSample>, ErrorKind> {
        Ok(None)
    }
}

impl Contactors for Order {
    fn drive_contactors(&mut self, _: Contactor, _: Contactor) -> Result<(), ErrorKind> {
        Ok(())
    }
}

#[test]
fn when_the_pilot_is_connected_then_the_connector_never_sees_the_former_duty() {
    let mut pilot = Order::default();
    let mut board = Parts::minimal(&mut pilot, Order::default());
    assert!(board.drive(&CHARGING).is_empty());
    assert!(board.drive(&Outputs::SAFE).is_empty());
    assert_eq!(pilot.0, ["duty", "switch", "switch", "duty"]);
}

/// Design 3.12: what a minimal board does not have is not fitted, and nothing
/// known never closes a contactor.
#[test]
fn when_a_board_is_minimal_then_missing_parts_read_as_not_fitted() {
    let mut board = Parts::minimal(Order::default(), Order::default());
    let mut inputs = Inputs {
        switch: SwitchInput::Closed,
        ..Inputs::default()
    };
    board.sample(Instant::ZERO, &mut inputs);
    let expected = Inputs {
        temperature: TemperatureInput::NotFitted,
        ..Inputs::default()
    };
    assert_eq!(inputs, expected);
}

/// Uses every role generically: compiles for any implementation.
fn generic_user<B: Board, L: CableLock, S: Storage>(board: &mut B, lock: &mut L, _: &S) -> bool {
    let mut inputs = Inputs::default();
    board.sample(Instant::ZERO, &mut inputs);
    let unlocked = lock.drive_lock(LockDrive::Unlock).is_ok();
    unlocked && board.drive(&Outputs::SAFE).is_empty()
}

type Slow = BlockingFlash<Flash, 2_000, 300_000>;
type Quick = BlockingFlash<Flash, 2_000, 40_000>;

const _: () = assert!(stalls_fit::<Quick>(
    Duration::from_millis(10),
    LONGEST_WATCHDOG
));
const _: () = assert!(!stalls_fit::<Slow>(
    Duration::from_millis(10),
    LONGEST_WATCHDOG
));
const _: () = assert!(!stalls_fit::<&mut Quick>(
    Duration::from_millis(2),
    LONGEST_WATCHDOG
));

#[test]
fn when_roles_are_borrowed_then_generic_code_takes_them() {
    let mut board = Parts::minimal(Order::default(), Order::default());
    let mut lock = NotFitted;
    let flash: Quick = BlockingFlash(Flash::new());
    assert!(generic_user(&mut &mut board, &mut &mut lock, &flash));
}
