//! Contracts: good implementations pass, each bad one fails its clause.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use smartevse_core::adapters::{
    ActiveLevel, InputLine, Mcp9700, OutputLine, PinButtons, PinContactors, PinLock, PinMonitor,
    PinSwitch, PullUpProximity, PwmLight,
};
use smartevse_core::card::Uid;
use smartevse_core::contract::{self, Bench, Clause, Violation};
use smartevse_core::hardware::{
    Board, Buzzer, CableLock, CardReader, ContactorPositions, Contactors, ControlPilot, ErrorKind,
    ErrorType, ExternalSwitch, NotFitted, Parts, ProximityPilot, ResidualCurrentMonitor,
    StatusLight, Temperature, Watchdog,
};
use smartevse_core::io::{
    Contactor, ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MilliVoltRange,
    Outputs, PilotSample, PilotSwitch, ProximityInput, ResidualCurrentInput, Rgb, SwitchInput,
    TemperatureInput,
};
use smartevse_core::options::LockKind;
use smartevse_core::types::{Celsius, Duration, DutyPermille, Instant, Ohms};

use super::adapters::high;
use super::mock::{Channel, Clock, Journal, Pin, fixed, run};

pub fn clause(verdict: Result<(), Violation>) -> Option<Clause> {
    verdict.err().map(|violation| violation.clause)
}

/// One implementation of every role with one defect, or none.
#[derive(Clone)]
struct Bad {
    defect: &'static str,
    clock: Clock,
    duty: Rc<Cell<DutyPermille>>,
    switch: Rc<Cell<PilotSwitch>>,
    contactors: Rc<Cell<(Contactor, Contactor)>>,
    lock: Rc<Cell<LockDrive>>,
    position: Rc<Cell<LockFeedback>>,
    test: Rc<Cell<bool>>,
    light: Rc<Cell<Rgb>>,
    samples: u64,
}

fn bad(defect: &'static str) -> Bad {
    let clock = Clock::default();
    clock.pass(Duration::from_secs(5));
    Bad {
        defect,
        clock,
        duty: Rc::default(),
        switch: Rc::default(),
        contactors: Rc::default(),
        lock: Rc::default(),
        position: Rc::new(Cell::new(LockFeedback::Unlocked)),
        test: Rc::default(),
        light: Rc::default(),
        samples: 0,
    }
}

impl Bad {
    fn is(&self, defect: &str) -> bool {
        self.defect == defect
    }

    fn check(&self, defect: &str) -> Result<(), ErrorKind> {
        if self.is(defect) {
            Err(ErrorKind::Other)
        } else {
            Ok(())
        }
    }

    fn levels(&self) -> (MilliVoltRange, Option<MilliVoltRange>) {
        let top = if self.is("weak") { 9_000 } else { 12_000 };
        let positive = MilliVoltRange::from_milli(top - 50, top + 50);
        let bottom = if self.is("no diode") { -9_000 } else { -12_000 };
        let negative = MilliVoltRange::from_milli(bottom - 50, bottom + 50);
        match self.duty.get().as_permille() {
            0 => (negative, None),
            1000.. => (positive, self.is("low when steady").then_some(negative)),
            _ => (positive, (!self.is("no low")).then_some(negative)),
        }
    }
}

impl ErrorType for Bad {
    type Error = ErrorKind;
}

impl ControlPilot for Bad {
    fn set_duty(&mut self, duty: DutyPermille) -> Result<(), ErrorKind> {
        if duty > DutyPermille::from_permille(1000) {
            self.check("no clamp")?;
        }
        self.duty.set(duty);
        self.check("duty")
    }

    fn set_switch(&mut self, switch: PilotSwitch) -> Result<(), ErrorKind> {
        self.switch.set(switch);
        self.check("switch")
    }

    fn sample(&mut self, _now: Instant) -> Result<Option<PilotSample>, ErrorKind> {
        self.check("sample")?;
        if self.is("silent") {
            return Ok(None);
        }
        self.samples += 1;
        let (mut high, low) = self.levels();
        let mut at = self.clock.0.get();
        let mut span = Duration::from_millis(25);
        match self.defect {
            "swapped" => core::mem::swap(&mut high.min, &mut high.max),
            "future" => at += Duration::from_millis(1),
            "old" => at = at - Duration::from_millis(51),
            "backward" => at = Instant::from_micros(1_000_000 - self.samples),
            "short" => span = Duration::from_millis(19),
            _ => {}
        }
        let from = if self.is("ends first") {
            at + span
        } else {
            at - span
        };
        Ok(Some(PilotSample {
            from,
            at,
            high,
            low,
        }))
    }
}

impl Contactors for Bad {
    fn drive_contactors(&mut self, one: Contactor, two: Contactor) -> Result<(), ErrorKind> {
        self.contactors.set((one, two));
        if one.is_closed() {
            self.check("contactor")?;
        }
        Ok(())
    }

    fn contactor_feedback(&mut self) -> Result<ContactorPositions, ErrorKind> {
        self.check("feedback")?;
        let seen = |wanted: Contactor| {
            if wanted.is_closed() {
                ContactorFeedback::Closed
            } else {
                ContactorFeedback::Open
            }
        };
        let (one, two) = self.contactors.get();
        Ok(ContactorPositions {
            contactor1: seen(one),
            contactor2: if self.is("welded") {
                ContactorFeedback::Closed
            } else {
                seen(two)
            },
        })
    }
}

impl CableLock for Bad {
    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), ErrorKind> {
        self.lock.set(drive);
        match drive {
            LockDrive::Off => return Ok(()),
            LockDrive::Lock if self.is("jammed") => {}
            LockDrive::Lock => self.position.set(LockFeedback::Locked),
            LockDrive::Unlock => self.position.set(LockFeedback::Unlocked),
        }
        self.check("lock")
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, ErrorKind> {
        self.check("feedback")?;
        Ok(self.position.get())
    }
}

impl ResidualCurrentMonitor for Bad {
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, ErrorKind> {
        self.check("monitor")?;
        let reacts = self.test.get() && !self.is("dead");
        Ok(if reacts || self.is("unplugged") {
            ResidualCurrentInput::Fault
        } else {
            ResidualCurrentInput::Normal
        })
    }

    fn take_edge(&mut self) -> bool {
        self.is("edge")
    }

    fn set_test(&mut self, active: bool) -> Result<(), ErrorKind> {
        self.test.set(active);
        if active {
            self.check("test")?;
        }
        Ok(())
    }

    fn has_test(&self) -> bool {
        true
    }
}

impl Temperature for Bad {
    fn read_temperature(&mut self) -> Result<TemperatureInput, ErrorKind> {
        self.check("temperature")?;
        let degrees = if self.is("shorted") { -50 } else { 25 };
        if self.is("says failed") {
            return Ok(TemperatureInput::Failed);
        }
        Ok(TemperatureInput::Measured(Celsius::from_celsius(degrees)))
    }
}

impl ProximityPilot for Bad {
    fn read_proximity(&mut self) -> Result<ProximityInput, ErrorKind> {
        self.check("proximity")?;
        Ok(match self.defect {
            "off" => ProximityInput::Resistance(Ohms::from_ohms(250)),
            "saturates" => ProximityInput::OpenOrA13,
            "open" => ProximityInput::Open,
            _ => ProximityInput::Resistance(Ohms::from_ohms(225)),
        })
    }
}

impl ExternalSwitch for Bad {
    fn read_switch(&mut self) -> Result<SwitchInput, ErrorKind> {
        self.check("switch").map(|()| SwitchInput::Open)
    }
}

impl StatusLight for Bad {
    fn show(&mut self, colour: Rgb) -> Result<(), ErrorKind> {
        self.light.set(colour);
        if colour.blue == u8::MAX {
            self.check("blue")?;
        }
        Ok(())
    }
}

impl Buzzer for Bad {
    fn sound(&mut self, on: bool) -> Result<(), ErrorKind> {
        self.test.set(on);
        if on { self.check("buzzer") } else { Ok(()) }
    }
}

impl Watchdog for Bad {
    fn start(&mut self, _period: Duration) -> Result<(), ErrorKind> {
        self.check("watchdog")
    }

    fn feed(&mut self) {}
}

impl CardReader for Bad {
    async fn next_card(&mut self) -> Result<Uid, ErrorKind> {
        self.check("reader")?;
        let last = u8::from(self.is("wrong card"));
        Ok(Uid::new(&[1, 2, 3, last]).unwrap())
    }
}

/// Charging 1.3: form of the summaries; every duty of 1.4.
#[test]
fn when_a_pilot_is_bad_then_its_form_clause_is_named() {
    for (defect, expected) in [
        ("", None),
        ("duty", Some(Clause::Accepts)),
        ("no clamp", Some(Clause::Accepts)),
        ("switch", Some(Clause::Accepts)),
        ("sample", Some(Clause::Reads)),
        ("swapped", Some(Clause::SampleRange)),
        ("ends first", Some(Clause::SampleSpan)),
        ("backward", Some(Clause::SampleOrder)),
        ("silent", None),
    ] {
        let mut pilot = bad(defect);
        let verdict = contract::control_pilot(&mut pilot);
        assert_eq!(clause(verdict), expected, "{defect}");
        assert_eq!(pilot.duty.get(), DutyPermille::from_permille(1000));
        assert_eq!(pilot.switch.get(), PilotSwitch::Isolated);
    }
}

/// Charging 1.3: at least 20 ms, at most 50 ms old, diode window.
#[test]
fn when_a_pilot_is_bad_then_its_level_clause_is_named() {
    for (defect, expected) in [
        ("", None),
        ("silent", Some(Clause::SampleAge)),
        ("old", Some(Clause::SampleAge)),
        ("future", Some(Clause::SampleFuture)),
        ("short", Some(Clause::SampleWindow)),
        ("swapped", Some(Clause::SampleRange)),
        ("low when steady", Some(Clause::LowPhase)),
        ("no low", Some(Clause::LowPhase)),
        ("weak", Some(Clause::PositiveLevel)),
        ("no diode", Some(Clause::NegativeLevel)),
    ] {
        let mut pilot = bad(defect);
        let mut bench = pilot.clock.clone();
        let verdict = contract::pilot_levels(&mut pilot, &mut bench);
        assert_eq!(clause(verdict), expected, "{defect}");
        assert_eq!(pilot.switch.get(), PilotSwitch::Isolated);
    }
}

/// Charging 4.3: feedback follows within 500 ms. Contactors end open.
#[test]
fn when_contactors_are_bad_then_their_clause_is_named_and_they_end_open() {
    for (defect, form, follows) in [
        ("", None, None),
        ("contactor", Some(Clause::Accepts), Some(Clause::Accepts)),
        ("feedback", Some(Clause::Reads), Some(Clause::Reads)),
        ("welded", None, Some(Clause::ContactorFollows)),
    ] {
        let mut contactors = bad(defect);
        let mut bench = contactors.clock.clone();
        let verdict = contract::contactors(&mut contactors);
        assert_eq!(clause(verdict), form, "{defect}");
        let open = (Contactor::Open, Contactor::Open);
        assert_eq!(contactors.contactors.get(), open);
        let verdict = contract::contactors_follow(&mut contactors, &mut bench);
        assert_eq!(clause(verdict), follows, "{defect}");
        assert_eq!(contactors.contactors.get(), open);
    }
}

/// Charging 4.2: the test itself never moves contactor 2 under a closed main
/// contactor.
#[test]
fn when_contactors_are_tested_then_the_second_changes_only_while_the_main_is_open() {
    let journal = Journal::default();
    let (k1, k2) = (Pin::new("1", &journal), Pin::new("2", &journal));
    contract::contactors(&mut PinContactors::new(high(&k1), high(&k2))).unwrap();
    let (mut main, mut second) = (false, false);
    for (name, level) in journal.borrow().iter() {
        if *name == "1" {
            main = *level;
        } else {
            assert!(!main || second == *level);
            second = *level;
        }
    }
}

/// Charging 5.2: pulse 600 ms, feedback after 800 ms. The lock ends off.
#[test]
fn when_a_lock_is_bad_then_its_clause_is_named_and_it_ends_off() {
    for (defect, form, travel) in [
        ("", None, None),
        ("lock", Some(Clause::Accepts), Some(Clause::Accepts)),
        ("feedback", Some(Clause::Reads), Some(Clause::Reads)),
        ("jammed", None, Some(Clause::LockFollows)),
    ] {
        let mut lock = bad(defect);
        let mut bench = lock.clock.clone();
        assert_eq!(clause(contract::cable_lock(&mut lock)), form, "{defect}");
        let verdict = contract::lock_travel(&mut lock, &mut bench);
        assert_eq!(clause(verdict), travel, "{defect}");
        assert_eq!(lock.lock.get(), LockDrive::Off);
    }
}

/// Charging 8: the self-test reacts within 1 s and ends.
#[test]
fn when_a_monitor_is_bad_then_its_clause_is_named_and_its_test_ends() {
    for (defect, form, test) in [
        ("", None, None),
        ("monitor", Some(Clause::Reads), Some(Clause::Reads)),
        ("test", Some(Clause::Accepts), Some(Clause::Accepts)),
        ("edge", Some(Clause::EdgeCleared), None),
        ("dead", None, Some(Clause::MonitorTest)),
        ("unplugged", None, Some(Clause::MonitorNormal)),
    ] {
        let mut monitor = bad(defect);
        let mut bench = monitor.clock.clone();
        let verdict = contract::residual_current_monitor(&mut monitor);
        assert_eq!(clause(verdict), form, "{defect}");
        let verdict = contract::monitor_test(&mut monitor, &mut bench);
        assert_eq!(clause(verdict), test, "{defect}");
        assert!(!monitor.test.get());
    }
}

#[test]
fn when_a_simple_role_is_bad_then_its_clause_is_named() {
    let c = |defect, run: fn(&mut Bad) -> Result<(), Violation>| clause(run(&mut bad(defect)));
    assert_eq!(c("", contract::temperature), None);
    assert_eq!(c("temperature", contract::temperature), Some(Clause::Reads));
    assert_eq!(c("says failed", contract::temperature), Some(Clause::Reads));
    let implausible = Some(Clause::TemperaturePlausible);
    assert_eq!(c("shorted", contract::temperature), implausible);
    assert_eq!(c("", contract::proximity_pilot), None);
    assert_eq!(
        c("proximity", contract::proximity_pilot),
        Some(Clause::Reads)
    );
    assert_eq!(c("", contract::external_switch), None);
    assert_eq!(c("switch", contract::external_switch), Some(Clause::Reads));
    assert_eq!(c("", contract::status_light), None);
    assert_eq!(c("blue", contract::status_light), Some(Clause::Accepts));
    assert_eq!(c("", contract::buzzer), None);
    assert_eq!(c("buzzer", contract::buzzer), Some(Clause::Accepts));
    assert_eq!(c("", contract::watchdog), None);
    assert_eq!(c("watchdog", contract::watchdog), Some(Clause::Accepts));
}

/// Charging 1.5: a known resistor.
#[test]
fn when_a_known_resistor_reads_wrong_then_the_contract_fails() {
    for (defect, ohms, good) in [
        ("", 220, true),
        ("off", 220, false),
        ("open", 220, false),
        ("saturates", 220, false),
        ("saturates", 1_500, true),
    ] {
        let verdict = contract::proximity_reads(&mut bad(defect), Ohms::from_ohms(ohms));
        assert_eq!(verdict.is_ok(), good, "{defect} {ohms}");
    }
}

#[test]
fn when_a_card_is_shown_then_the_reader_gives_it() {
    let card = Uid::new(&[1, 2, 3, 0]).unwrap();
    let read = |defect| clause(run(contract::card_reader(&mut bad(defect), &card)));
    assert_eq!(read(""), None);
    assert_eq!(read("wrong card"), Some(Clause::CardRead));
    assert_eq!(read("reader"), Some(Clause::Reads));
}

#[test]
fn when_a_button_is_stuck_then_the_contract_fails() {
    let pins = [(); 3].map(|()| Pin::default());
    let [l, m, r] = pins
        .clone()
        .map(|pin| InputLine::new(pin, ActiveLevel::Low));
    let mut buttons = PinButtons::new(l, m, r);
    for pin in &pins {
        pin.put(true);
    }
    run(contract::buttons(&mut buttons)).unwrap();
    pins[1].put(false);
    let stuck = run(contract::buttons(&mut buttons));
    assert_eq!(clause(stuck), Some(Clause::ButtonsIdle));
}

/// A serial line that takes a few bytes at a time.
struct Line {
    chunk: usize,
    extra: usize,
    fails: bool,
    sent: Vec<u8>,
}

impl embedded_io_async::ErrorType for Line {
    type Error = embedded_io_async::ErrorKind;
}

impl embedded_io_async::Read for Line {
    async fn read(&mut self, _buf: &mut [u8]) -> Result<usize, Self::Error> {
        std::future::pending().await
    }
}

impl embedded_io_async::Write for Line {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        let taken = self.chunk.min(buf.len());
        self.sent.extend_from_slice(&buf[..taken]);
        Ok(taken + self.extra)
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        if self.fails {
            Err(embedded_io_async::ErrorKind::Other)
        } else {
            Ok(())
        }
    }
}

#[test]
fn when_a_line_is_bad_then_its_clause_is_named() {
    for (chunk, extra, fails, expected) in [
        (3, 0, false, None),
        (0, 0, false, Some(Clause::BusWrites)),
        (8, 1, false, Some(Clause::BusWrites)),
        (8, 0, true, Some(Clause::Accepts)),
    ] {
        let sent = Vec::new();
        let mut line = Line {
            chunk,
            extra,
            fails,
            sent,
        };
        let verdict = run(contract::meter_bus(&mut line));
        assert_eq!(clause(verdict), expected);
        if expected.is_none() {
            assert_eq!(line.sent, [0x55; 8]);
        }
    }
}

/// A board that forgets to write one input, or loses the flags.
struct Forgetful(&'static str, Parts<Bad, Bad>);

impl Board for Forgetful {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        let old = *inputs;
        self.1.sample(now, inputs);
        match self.0 {
            "pilot" => inputs.pilot = old.pilot,
            "proximity" => inputs.proximity = old.proximity,
            "edge" => inputs.residual_current_edge = old.residual_current_edge,
            "monitor" => inputs.residual_current = old.residual_current,
            "temperature" => inputs.temperature = old.temperature,
            "contactor1" => inputs.contactor1 = old.contactor1,
            "contactor2" => inputs.contactor2 = old.contactor2,
            "lock" => inputs.lock = old.lock,
            "switch" => inputs.switch = old.switch,
            "mains" => inputs.mains = old.mains,
            "flags" => inputs.hardware = HardwareFaults::empty(),
            _ => {}
        }
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        let failed = self.1.drive(outputs);
        if self.0 == "drive" {
            HardwareFaults::LIGHT
        } else {
            failed
        }
    }
}

/// Design 3.4: an old value never survives.
#[test]
fn when_a_board_keeps_an_old_input_then_the_contract_fails() {
    let check = |defect| {
        let mut board = Forgetful(defect, Parts::minimal(bad(""), bad("")));
        clause(contract::board(&mut board, Instant::from_secs(1)))
    };
    assert_eq!(check(""), None);
    assert_eq!(check("flags"), Some(Clause::FaultsKept));
    assert_eq!(check("drive"), Some(Clause::Accepts));
    for input in [
        "pilot",
        "proximity",
        "edge",
        "monitor",
        "temperature",
        "contactor1",
        "contactor2",
        "lock",
        "switch",
        "mains",
    ] {
        assert_eq!(check(input), Some(Clause::InputReplaced), "{input}");
    }
}

#[test]
fn when_nothing_is_fitted_then_the_contracts_hold() {
    let mut none = NotFitted;
    contract::proximity_pilot(&mut none).unwrap();
    contract::cable_lock(&mut none).unwrap();
    contract::lock_travel(&mut none, &mut Clock::default()).unwrap();
    contract::residual_current_monitor(&mut none).unwrap();
    contract::temperature(&mut none).unwrap();
    contract::external_switch(&mut none).unwrap();
    contract::status_light(&mut none).unwrap();
    contract::buzzer(&mut none).unwrap();
    run(contract::meter_bus(&mut none)).unwrap();
}

/// The adapters keep their contracts.
#[test]
fn when_an_adapter_is_wired_well_then_its_contract_holds() {
    let pin = Pin::default;
    let input = |pin| InputLine::new(pin, ActiveLevel::High);
    let output = |pin| OutputLine::new(pin, ActiveLevel::High);
    let (k1, k2) = (pin(), pin());
    let mut contactors = PinContactors::new(high(&k1), high(&k2))
        .with_feedback1(input(k1.clone()))
        .with_feedback2(input(k2.clone()));
    let mut bench = Clock::default();
    contract::contactors(&mut contactors).unwrap();
    contract::contactors_follow(&mut &mut contactors, &mut &mut bench).unwrap();
    contract::cable_lock(&mut PinLock::new(pin(), pin(), LockKind::Motor)).unwrap();
    let sense = pin();
    let mut monitor = PinMonitor::new(input(sense.clone())).with_test(output(sense));
    contract::residual_current_monitor(&mut monitor).unwrap();
    contract::monitor_test(&mut monitor, &mut bench).unwrap();
    contract::temperature(&mut Mcp9700::new(fixed(750))).unwrap();
    let mut proximity = PullUpProximity::new(fixed(595));
    contract::proximity_pilot(&mut proximity).unwrap();
    contract::proximity_reads(&mut proximity, Ohms::from_ohms(220)).unwrap();
    contract::external_switch(&mut PinSwitch::new(input(pin()))).unwrap();
    let [r, g, b] = [(); 3].map(|()| Channel::new(255));
    contract::status_light(&mut PwmLight::new(r, g, b, ActiveLevel::High)).unwrap();
    assert!(bench.now() > Instant::ZERO);
}

/// The pilot adapter with a sampler that follows its channel.
#[test]
fn when_the_pilot_adapter_is_wired_well_then_its_contract_holds() {
    let channel = Channel::new(1000);
    let clock = Clock::default();
    clock.pass(Duration::from_secs(1));
    let (wire, time) = (channel.duty.clone(), clock.clone());
    let sampler = move |_: Instant| -> Result<_, Infallible> {
        let positive = MilliVoltRange::from_milli(11_900, 12_100);
        let negative = MilliVoltRange::from_milli(-12_100, -11_900);
        let (high, low) = match wire.get() {
            0 => (negative, None),
            1000 => (positive, None),
            _ => (positive, Some(negative)),
        };
        let at = time.0.get();
        let from = at - Duration::from_millis(25);
        Ok(Some(PilotSample {
            from,
            at,
            high,
            low,
        }))
    };
    let mut pilot = smartevse_core::adapters::PwmPilot::new(channel.clone(), sampler);
    contract::control_pilot(&mut pilot).unwrap();
    contract::pilot_levels(&mut pilot, &mut clock.clone()).unwrap();
    assert_eq!(channel.duty.get(), 1000);
}

#[test]
fn when_a_violation_is_shown_then_it_tells_the_clause_and_the_error() {
    let violation = contract::external_switch(&mut bad("switch")).unwrap_err();
    let text = "does not hold: A working part can be read. (hardware error)";
    assert_eq!(violation.to_string(), text);
}
