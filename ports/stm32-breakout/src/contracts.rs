//! The contract tests of the hardware roles, run over simulated registers.

extern crate std;

use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::vec::Vec;

use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use embedded_storage::nor_flash::{
    ErrorType as FlashErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use smartevse::{Setup, Station};
use smartevse_core::adapters::{
    Capture, Conversions, HIGH_POINT_US, LOW_POINT_US, LockLines, MilliVoltSource, PILOT_PERIOD_US,
    PeriodEnd, PilotPhase, PilotSampler, ReferenceBoard, ReferenceLines, ReferenceSources,
    TriggeredCapture, phase_at, reference_board,
};
use smartevse_core::command::{Command, Origin};
use smartevse_core::contract::{self, Bench};
use smartevse_core::hardware::{Board, CableLock, ErrorKind, NotFitted};
use smartevse_core::io::{HardwareFaults, Inputs, Outputs, PilotSample, PilotSwitch};
use smartevse_core::options::LockKind;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Duration, DutyPermille, Instant, MilliVolts, Ohms};

use crate::facts::{
    FULL_SCALE, PILOT_SAMPLES, POLL_PERIODS, REFERENCE, STORAGE_BEGIN, STORAGE_LENGTH, milli_volts,
    pilot_scale,
};
use crate::storage::settings_area;

const PERIOD: u16 = PILOT_PERIOD_US;

/// Registers, pins and what is connected to them.
struct Chip {
    micros: u64,
    duty: [u16; 2],
    point: [u16; 2],
    capture: TriggeredCapture<PILOT_SAMPLES>,
    pins: BTreeMap<&'static str, bool>,
    /// A pad that is held at a level from outside.
    held: Option<(&'static str, bool)>,
    /// Positive level at the connector with the generator at +12 V.
    vehicle_mv: i32,
    proximity_mv: i64,
    converter_works: bool,
}

type Shared = Rc<RefCell<Chip>>;

impl Chip {
    fn new() -> Shared {
        let pins = [
            ("isolation", true),
            ("monitor_test", true),
            ("switch", true),
        ];
        Rc::new(RefCell::new(Self {
            micros: 0,
            duty: [PERIOD; 2],
            point: [HIGH_POINT_US; 2],
            capture: TriggeredCapture::new(POLL_PERIODS),
            pins: pins.into_iter().collect(),
            held: None,
            vehicle_mv: 12_000,
            proximity_mv: 595,
            converter_works: true,
        }))
    }

    fn level(&self, pin: &'static str) -> bool {
        match pin {
            _ if self.held.is_some_and(|(held, _)| held == pin) => {
                self.held.is_some_and(|(_, level)| level)
            }
            "monitor" => !self.level("monitor_test"),
            // A motor lock that follows at once.
            "lock_feedback" => self.level("lock_white") && !self.level("lock_red"),
            _ => self.pins.get(pin).copied().unwrap_or(false),
        }
    }

    fn connector(&self) -> i32 {
        let low = match phase_at(DutyPermille::from_permille(self.duty[0]), self.point[0]) {
            Some(PilotPhase::Low) => true,
            Some(PilotPhase::Steady) => self.duty[0] == 0,
            Some(PilotPhase::High) | None => false,
        };
        match (self.level("isolation"), low) {
            (true, _) => 0,
            (false, true) => -12_000,
            (false, false) => self.vehicle_mv,
        }
    }

    /// One period of the pilot with its interrupt.
    fn period(&mut self) {
        let at_converter = 164 + i64::from(self.connector() + 12_000) * 3_117 / 24_000;
        let volts = |mv: i64| {
            let count = mv * i64::from(FULL_SCALE) / i64::from(REFERENCE.as_milli());
            milli_volts(u16::try_from(count).unwrap())
        };
        self.micros += 1_000;
        self.duty[0] = self.duty[1];
        self.point[0] = self.point[1];
        let converted = Conversions {
            pilot: volts(at_converter),
            proximity: volts(self.proximity_mv),
            temperature: volts(750),
        };
        let end = PeriodEnd {
            now: Instant::from_micros(self.micros + 3),
            elapsed: 3,
            duty: self.duty[0],
        };
        let converted = self.converter_works.then_some(converted);
        let done = self.capture.step(&end, converted);
        assert!(done.point <= LOW_POINT_US + 30);
        self.point[1] = done.point;
    }
}

struct Pin(Shared, &'static str);

impl digital::ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().pins.insert(self.1, false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().pins.insert(self.1, true);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.borrow().level(self.1))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.borrow().level(self.1))
    }
}

struct Generator(Shared);

impl pwm::ErrorType for Generator {
    type Error = Infallible;
}

impl SetDutyCycle for Generator {
    fn max_duty_cycle(&self) -> u16 {
        PERIOD
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        self.0.borrow_mut().duty[1] = duty;
        Ok(())
    }
}

struct Clock(Shared);

impl Bench for Clock {
    fn now(&mut self) -> Instant {
        Instant::from_micros(self.0.borrow().micros + 10)
    }

    /// The background of the board goes on; nobody fetches its samples.
    fn wait(&mut self, span: Duration) {
        for _ in 0..span.as_millis() {
            self.0.borrow_mut().period();
        }
    }
}

fn sampler(chip: &Shared) -> impl PilotSampler + use<> {
    let chip = chip.clone();
    let scale = pilot_scale().unwrap();
    move |_: Instant| -> Result<Option<PilotSample>, ErrorKind> {
        chip.borrow_mut().capture.as_mut().take().summary(&scale)
    }
}

fn voltage(
    chip: &Shared,
    of: fn(&Capture<PILOT_SAMPLES>, Instant) -> Result<MilliVolts, ErrorKind>,
) -> impl MilliVoltSource + use<> {
    let chip = chip.clone();
    move || {
        let mut chip = chip.borrow_mut();
        let now = Instant::from_micros(chip.micros);
        of(chip.capture.as_mut(), now)
    }
}

fn board(
    chip: &Shared,
) -> ReferenceBoard<
    Generator,
    impl PilotSampler + use<>,
    impl MilliVoltSource + use<>,
    impl MilliVoltSource + use<>,
    Pin,
    Pin,
    Pin,
    NotFitted,
> {
    let pin = |name| Pin(chip.clone(), name);
    reference_board(
        Generator(chip.clone()),
        ReferenceSources {
            pilot: sampler(chip),
            proximity: voltage(chip, Capture::proximity_voltage),
            proximity_ceiling: None,
            temperature: voltage(chip, Capture::temperature_voltage),
        },
        ReferenceLines {
            isolation: pin("isolation"),
            contactor1: pin("contactor1"),
            contactor2: pin("contactor2"),
            lock: Some(LockLines {
                red: pin("lock_red"),
                white: pin("lock_white"),
                feedback: pin("lock_feedback"),
            }),
            monitor: pin("monitor"),
            monitor_test: Some(pin("monitor_test")),
            switch: pin("switch"),
        },
        NotFitted,
    )
}

/// Lets 30 ms pass and fetches the samples, as the 10 ms loop does.
fn warm_up(board: &mut impl Board, clock: &mut Clock) {
    for _ in 0..3 {
        clock.wait(Duration::from_millis(10));
        let now = clock.now();
        board.sample(now, &mut Inputs::default());
    }
}

#[test]
fn when_the_roles_are_wired_then_their_contracts_hold() {
    let chip = Chip::new();
    let mut board = board(&chip);
    let mut clock = Clock(chip.clone());
    board.lock.set_kind(LockKind::Motor);
    warm_up(&mut board, &mut clock);
    contract::contactors(&mut board.contactors).unwrap();
    contract::contactors_follow(&mut board.contactors, &mut clock).unwrap();
    contract::cable_lock(&mut board.lock).unwrap();
    contract::residual_current_monitor(&mut board.residual_current).unwrap();
    contract::monitor_test(&mut board.residual_current, &mut clock).unwrap();
    contract::external_switch(&mut board.switch).unwrap();
    warm_up(&mut board, &mut clock);
    contract::proximity_pilot(&mut board.proximity).unwrap();
    contract::temperature(&mut board.temperature).unwrap();
    let now = clock.now();
    contract::board(&mut board, now).unwrap();
}

/// Boards 1.4, charging 1.3: levels, ages and spans at 0, 10, 53, 96 and 100 %.
#[test]
fn when_the_connector_is_open_then_the_pilot_shows_its_levels() {
    let chip = Chip::new();
    let mut pilot = board(&chip).pilot;
    contract::control_pilot(&mut pilot).unwrap();
    contract::pilot_levels(&mut pilot, &mut Clock(chip)).unwrap();
}

/// Charging 1.5: each coded resistor.
#[test]
fn when_a_resistor_codes_a_cable_then_it_reads_within_ten_percent() {
    for ohms in [100, 220, 680, 1_500] {
        let chip = Chip::new();
        chip.borrow_mut().proximity_mv = 3_300 * i64::from(ohms) / (1_000 + i64::from(ohms));
        let mut board = board(&chip);
        warm_up(&mut board, &mut Clock(chip.clone()));
        contract::proximity_reads(&mut board.proximity, Ohms::from_ohms(ohms)).unwrap();
    }
}

/// A station on the board.
struct Rig {
    chip: Shared,
    clock: Clock,
    board: Box<dyn Board>,
    station: Station,
    inputs: Inputs,
}

impl Rig {
    fn new() -> Self {
        let chip = Chip::new();
        let mut clock = Clock(chip.clone());
        let setup = Setup {
            access: Access::On,
            ..Setup::default()
        };
        let station = Station::new(&setup, clock.now());
        Self {
            board: Box::new(board(&chip)),
            chip,
            clock,
            station,
            inputs: Inputs::default(),
        }
    }

    /// One poll. What was commanded must be what the registers hold.
    fn poll(&mut self) {
        self.clock.wait(Duration::from_millis(10));
        let now = self.clock.now();
        self.board.sample(now, &mut self.inputs);
        let outputs = self.station.poll(now, &self.inputs);
        self.inputs.hardware = self.board.drive(&outputs);
        assert!(self.inputs.hardware.is_empty());
        self.compare(&outputs);
    }

    fn compare(&self, outputs: &Outputs) {
        let chip = self.chip.borrow();
        let isolated = outputs.pilot_switch == PilotSwitch::Isolated;
        assert_eq!(chip.level("contactor1"), outputs.contactor1.is_closed());
        assert_eq!(chip.level("contactor2"), outputs.contactor2.is_closed());
        assert_eq!(chip.level("isolation"), isolated);
        assert_eq!(chip.duty[1], outputs.duty.as_permille());
    }

    /// A vehicle is plugged in after 6 s and asks for energy as soon as it sees
    /// pulses; 12 s later it charges.
    fn charging() -> Self {
        let mut rig = Self::new();
        for poll in 0..1_200 {
            let pulses = (1..PERIOD).contains(&rig.chip.borrow().duty[0]);
            rig.chip.borrow_mut().vehicle_mv = match (poll < 600, pulses) {
                (true, _) => 12_000,
                (false, true) => 6_000,
                (false, false) => 9_000,
            };
            rig.poll();
        }
        assert!(rig.chip.borrow().level("contactor1"));
        rig
    }

    /// Counts polls until the main contactor is open, at most 1000.
    fn polls_until_open(&mut self) -> usize {
        let closed = |rig: &mut Self| {
            rig.poll();
            rig.chip.borrow().level("contactor1")
        };
        (1..1_000).take_while(|_| closed(self)).count() + 1
    }
}

/// Scenario S1 (charging 14) through converter counts and pins.
#[test]
fn when_a_vehicle_asks_then_it_is_charged_over_the_simulated_registers() {
    let rig = Rig::charging();
    assert_eq!(rig.station.status().state, ChargeState::C);
    let chip = rig.chip.borrow();
    assert!(!chip.level("isolation"));
    assert_eq!(chip.duty[0], rig.station.status().duty.as_permille());
}

/// I-06: at 9 V and at 12 V the contactor opens at most 60 ms later.
#[test]
fn when_the_vehicle_stops_asking_then_the_contactor_opens_within_60_ms() {
    for level in [9_000, 12_000] {
        let mut rig = Rig::charging();
        rig.chip.borrow_mut().vehicle_mv = level;
        let polls = rig.polls_until_open();
        assert!(polls <= 6, "{level} mV: {polls} polls");
    }
}

/// Scenarios S5 and S6 (charging 14): a short and missing samples open at most
/// 150 ms later.
#[test]
fn when_the_pilot_is_shorted_or_not_sampled_then_the_contactor_opens_within_150_ms() {
    for short in [true, false] {
        let mut rig = Rig::charging();
        if short {
            rig.chip.borrow_mut().vehicle_mv = 0;
        } else {
            rig.chip.borrow_mut().converter_works = false;
        }
        let polls = rig.polls_until_open();
        assert!(polls <= 15, "short {short}: {polls} polls");
    }
}

/// Charging 11.2 rule 5: a pad that does not follow is a hardware fault.
#[test]
fn when_a_vital_pad_is_held_then_the_command_fails() {
    for (pin, level, fault) in [
        ("contactor1", true, HardwareFaults::CONTACTOR),
        ("contactor2", true, HardwareFaults::CONTACTOR),
        ("isolation", false, HardwareFaults::PILOT_OUTPUT),
    ] {
        let chip = Chip::new();
        chip.borrow_mut().held = Some((pin, level));
        assert_eq!(board(&chip).drive(&Outputs::SAFE), fault, "{pin}");
    }
}

/// I-11: when access ends the contactor opens at most 6.1 s later.
#[test]
fn when_access_ends_then_the_contactor_opens() {
    let mut rig = Rig::charging();
    let now = rig.clock.now();
    let wish = Command::SetAccess(Access::Off);
    rig.station.command(now, Origin::Lcd, wish).unwrap();
    assert!(rig.polls_until_open() <= 610);
}

/// RAM with the sizes of the first four sectors.
struct Sectors(Vec<u8>);

#[derive(Debug)]
struct Refused;

impl NorFlashError for Refused {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl FlashErrorType for Sectors {
    type Error = Refused;
}

impl ReadNorFlash for Sectors {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Refused> {
        let begin = offset as usize;
        bytes.copy_from_slice(&self.0[begin..begin + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Sectors {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 0x4000;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Refused> {
        self.0[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Refused> {
        for (cell, byte) in self.0[offset as usize..].iter_mut().zip(bytes) {
            *cell &= byte;
        }
        Ok(())
    }
}

/// Runs a future that never waits.
fn run<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Design 3.10: the storage contract, and nothing outside the area changes.
#[test]
fn when_the_settings_area_is_used_then_the_code_around_it_stays() {
    let mut flash = Sectors(std::vec![0x5A; 0x1_0000]);
    run(contract::storage(&mut settings_area(&mut flash))).unwrap();
    let (begin, end) = (
        STORAGE_BEGIN as usize,
        (STORAGE_BEGIN + STORAGE_LENGTH) as usize,
    );
    assert!(flash.0[..begin].iter().all(|byte| *byte == 0x5A));
    assert!(flash.0[end..].iter().all(|byte| *byte == 0x5A));
}
