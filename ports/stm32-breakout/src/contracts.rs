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
use embedded_io_async::{ErrorType as IoErrorType, Read, Write};
use embedded_storage::nor_flash::{
    ErrorType as FlashErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use smartevse::{Setup, Station};
use smartevse_core::adapters::{MilliVoltSource, PilotSampler};
use smartevse_core::command::{Command, Origin};
use smartevse_core::contract::{self, Bench};
use smartevse_core::hardware::{Board, ErrorKind};
use smartevse_core::io::{Inputs, PilotSample};
use smartevse_core::options::LockKind;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Duration, Instant, MilliVolts, Ohms};

use crate::board::{Analog, Breakout, Lines, breakout, pilot_sense};
use crate::line::HalfDuplex;
use crate::readback::{Readback, matches};
use crate::sampling::{
    Batch, Counts, HIGH_POINT, LOW_POINT, PERIOD, PeriodEnd, Phase, Schedule, phase,
};
use crate::sense::{PilotSense, Voltages, recent};
use crate::storage::{Area, BEGIN, LENGTH, first_access};

/// Registers, pins and what is connected to them.
struct Chip {
    micros: u64,
    duty: [u16; 2],
    point: [u16; 2],
    schedule: Schedule,
    batch: Batch,
    voltages: Option<Voltages>,
    pins: BTreeMap<&'static str, bool>,
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
            point: [HIGH_POINT; 2],
            schedule: Schedule::new(),
            batch: Batch::EMPTY,
            voltages: None,
            pins: pins.into_iter().collect(),
            vehicle_mv: 12_000,
            proximity_mv: 595,
            converter_works: true,
        }))
    }

    fn level(&self, pin: &'static str) -> bool {
        match pin {
            "monitor" => !self.level("monitor_test"),
            // A motor lock that follows at once.
            "lock_feedback" => self.level("lock_white") && !self.level("lock_red"),
            _ => self.pins.get(pin).copied().unwrap_or(false),
        }
    }

    fn connector(&self) -> i32 {
        let low = match phase(self.duty[0], self.point[0]) {
            Some(Phase::Low) => true,
            Some(Phase::Steady) => self.duty[0] == 0,
            Some(Phase::High) | None => false,
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
        let count = |mv: i64| u16::try_from(mv * 4_095 / 3_300).unwrap();
        let counts = Counts {
            pilot: count(at_converter),
            proximity: count(self.proximity_mv),
            temperature: count(750),
        };
        self.micros += 1_000;
        self.duty[0] = self.duty[1];
        self.point[0] = self.point[1];
        let (sample, next) = self.schedule.step(&PeriodEnd {
            now: Instant::from_micros(self.micros + 3),
            elapsed: 3,
            duty: self.duty[0],
            counts: self.converter_works.then_some(counts),
        });
        self.point[1] = next;
        assert!(next <= LOW_POINT + 30);
        if let Some(sample) = sample {
            self.batch.push(sample);
        }
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
    let mut sense = PilotSense::new(pilot_sense().unwrap());
    move |_: Instant| -> Result<Option<PilotSample>, ErrorKind> {
        let batch = core::mem::replace(&mut chip.borrow_mut().batch, Batch::EMPTY);
        if let Some(voltages) = Voltages::of(&batch) {
            chip.borrow_mut().voltages = Some(voltages);
        }
        sense.take(&batch);
        Ok(sense.summary())
    }
}

fn voltage(chip: &Shared, of: fn(&Voltages) -> MilliVolts) -> impl MilliVoltSource + use<> {
    let chip = chip.clone();
    move || {
        let chip = chip.borrow();
        recent(chip.voltages, Instant::from_micros(chip.micros)).map(|seen| of(&seen))
    }
}

fn board(
    chip: &Shared,
) -> Breakout<
    Generator,
    impl PilotSampler + use<>,
    impl MilliVoltSource + use<>,
    impl MilliVoltSource + use<>,
    Pin,
    Pin,
> {
    let pin = |name| Pin(chip.clone(), name);
    breakout(
        Generator(chip.clone()),
        Analog {
            pilot: sampler(chip),
            proximity: voltage(chip, Voltages::proximity),
            temperature: voltage(chip, Voltages::temperature),
        },
        Lines {
            isolation: pin("isolation"),
            contactor1: pin("contactor1"),
            contactor2: pin("contactor2"),
            lock_red: pin("lock_red"),
            lock_white: pin("lock_white"),
            monitor_test: pin("monitor_test"),
            lock_feedback: pin("lock_feedback"),
            monitor: pin("monitor"),
            switch: pin("switch"),
        },
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
        let chip = self.chip.borrow();
        let seen = Readback {
            contactor1: chip.level("contactor1"),
            contactor2: chip.level("contactor2"),
            isolation: chip.level("isolation"),
            duty: chip.duty[1],
        };
        assert!(matches(&outputs, &seen), "{seen:?}");
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
    run(contract::storage(&mut Area::new(&mut flash))).unwrap();
    let (begin, end) = (BEGIN as usize, (BEGIN + LENGTH) as usize);
    assert!(flash.0[..begin].iter().all(|byte| *byte == 0x5A));
    assert!(flash.0[end..].iter().all(|byte| *byte == 0x5A));
    assert!(Area::new(&mut flash).0.erase(0x4000, 0x2000).is_err());
    assert!(Area::new(&mut flash).0.read(u32::MAX, &mut [0; 4]).is_err());
}

/// Charging 11.2 rule 4: a virgin device starts with access on; anything else
/// in the area, or an area that cannot be read, with access off.
#[test]
fn when_the_area_is_not_blank_then_access_is_off() {
    let mut flash = Sectors(std::vec![0xFF; 0x1_0000]);
    assert_eq!(first_access(&mut Area::new(&mut flash).0), Access::On);
    flash.0[0xBFFF] = 0;
    assert_eq!(first_access(&mut Area::new(&mut flash).0), Access::Off);
}

/// A UART that notes the direction with each byte.
struct Uart(Shared, Vec<(u8, bool)>, bool);

impl IoErrorType for Uart {
    type Error = embedded_io_async::ErrorKind;
}

impl Write for Uart {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        if self.2 {
            return Err(embedded_io_async::ErrorKind::Other);
        }
        let driven = self.0.borrow().level("direction");
        self.1.extend(bytes.iter().map(|byte| (*byte, driven)));
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Read for Uart {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Self::Error> {
        bytes.fill(7);
        Ok(bytes.len())
    }
}

#[test]
fn when_the_line_sends_then_it_drives_and_listens_afterwards() {
    let chip = Chip::new();
    let uart = |fails| Uart(chip.clone(), Vec::new(), fails);
    let mut sender = uart(false);
    let direction = Pin(chip.clone(), "direction");
    let mut line = HalfDuplex::new(&mut sender, uart(false), direction);
    run(contract::meter_bus(&mut line)).unwrap();
    assert_eq!(run(line.read(&mut [0; 3])), Ok(3));
    assert!(!chip.borrow().level("direction"));
    assert!(sender.1.len() == 8 && sender.1.iter().all(|(_, driven)| *driven));
}

#[test]
fn when_the_uart_fails_then_the_line_listens() {
    let chip = Chip::new();
    let uart = |fails| Uart(chip.clone(), Vec::new(), fails);
    let mut line = HalfDuplex::new(uart(true), uart(false), Pin(chip.clone(), "direction"));
    assert!(run(line.write(&[1])).is_err());
    assert!(!chip.borrow().level("direction"));
}
