//! The loops of a firmware around a bench with a vehicle, in virtual time.

extern crate std;

#[cfg(feature = "storage")]
#[expect(clippy::arithmetic_side_effects, reason = "places in a flash")]
mod store;

use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::future::{Future, pending, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::collections::VecDeque;
use std::string::String;
use std::vec::Vec;

use embedded_io_async::{ErrorKind as IoErrorKind, ErrorType as IoErrorType, Read, Write};
use smartevse_core::card::Uid;
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::command::Command;
use smartevse_core::hardware::{
    Board, ButtonSet, Buttons, CardReader, ErrorKind, ErrorType, LONGEST_WATCHDOG, Watchdog,
};
use smartevse_core::io::{
    HardwareFaults, Inputs, MilliVoltRange, Outputs, PilotSample, ProximityInput,
    ResidualCurrentInput, TemperatureInput,
};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::load;
use smartevse_types::{Access, Celsius, Duration, Instant, Ohms};

use super::{ControlSetup, Hub, Plan, wish};
use crate::station::{Setup, Stored};
use crate::tasks::Clock;

const ERASE: Duration = Duration::from_secs(2);

/// What all loops and their hardware share: time, wires, what was done.
struct Bench {
    now: Cell<Instant>,
    next: Cell<Instant>,
    level: Cell<i32>,
    outputs: Cell<Outputs>,
    stuck: Cell<bool>,
    fails: Cell<HardwareFaults>,
    period: Cell<Duration>,
    fed: Cell<Option<Instant>>,
    planning: Cell<bool>,
    typed: RefCell<VecDeque<u8>>,
    printed: RefCell<Vec<u8>>,
    sent: RefCell<Vec<u8>>,
    buttons: Cell<ButtonSet>,
    card: Cell<Option<Uid>>,
}

impl Bench {
    fn new() -> Self {
        Self {
            now: Cell::new(Instant::ZERO),
            next: Cell::new(Instant::FAR_FUTURE),
            level: Cell::new(12_000),
            outputs: Cell::new(Outputs::SAFE),
            stuck: Cell::new(false),
            fails: Cell::new(HardwareFaults::empty()),
            period: Cell::new(Duration::ZERO),
            fed: Cell::new(None),
            planning: Cell::new(true),
            typed: RefCell::default(),
            printed: RefCell::default(),
            sent: RefCell::default(),
            buttons: Cell::new(ButtonSet::empty()),
            card: Cell::new(None),
        }
    }

    fn closed(&self) -> bool {
        self.outputs.get().contactor1.is_closed()
    }

    /// Whether the dog was fed within the last 20 ms.
    fn feeds(&self) -> bool {
        let age = |at| self.now.get().since(at).as_millis();
        self.fed.get().is_some_and(|at| age(at) <= 20)
    }

    fn text(&self) -> String {
        String::from_utf8(self.printed.take()).unwrap()
    }
}

struct Time<'a>(&'a Bench);

impl Clock for Time<'_> {
    fn now(&self) -> Instant {
        self.0.now.get()
    }

    async fn wait_until(&self, at: Instant) {
        poll_fn(|_| {
            if self.0.now.get() >= at {
                return Poll::Ready(());
            }
            self.0.next.set(self.0.next.get().earliest(at));
            Poll::Pending
        })
        .await;
    }
}

/// A clock that stands still for planning that hangs.
struct PlanningTime<'a>(&'a Bench);

impl Clock for PlanningTime<'_> {
    fn now(&self) -> Instant {
        self.0.now.get()
    }

    async fn wait_until(&self, at: Instant) {
        Time(self.0).wait_until(at).await;
        if !self.0.planning.get() {
            pending::<()>().await;
        }
    }
}

struct Site<'a>(&'a Bench);

impl Board for Site<'_> {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        let bench = self.0;
        let at = if bench.stuck.get() {
            Instant::ZERO
        } else {
            now
        };
        let pulses = (1..1000).contains(&bench.outputs.get().duty.as_permille());
        let level = bench.level.get();
        *inputs = Inputs {
            pilot: Some(PilotSample {
                from: at,
                at,
                high: MilliVoltRange::from_milli(level, level),
                low: pulses.then_some(MilliVoltRange::from_milli(-12_000, -12_000)),
            }),
            proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
            residual_current: ResidualCurrentInput::Normal,
            temperature: TemperatureInput::Measured(Celsius::from_celsius(30)),
            hardware: inputs.hardware,
            ..Inputs::default()
        };
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        self.0.outputs.set(*outputs);
        self.0.fails.get()
    }
}

struct Dog<'a>(&'a Bench);

impl ErrorType for Dog<'_> {
    type Error = ErrorKind;
}

impl Watchdog for Dog<'_> {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        self.0.period.set(period);
        self.feed();
        Ok(())
    }

    fn feed(&mut self) {
        self.0.fed.set(Some(self.0.now.get()));
    }
}

/// A console: what is typed, what is printed.
struct Terminal<'a>(&'a Bench);

impl IoErrorType for Terminal<'_> {
    type Error = IoErrorKind;
}

impl Read for Terminal<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, IoErrorKind> {
        poll_fn(|_| {
            let Some(byte) = self.0.typed.borrow_mut().pop_front() else {
                return Poll::Pending;
            };
            buf[0] = byte;
            Poll::Ready(Ok(1))
        })
        .await
    }
}

impl Write for Terminal<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, IoErrorKind> {
        self.0.printed.borrow_mut().extend(buf);
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), IoErrorKind> {
        Ok(())
    }
}

/// A meter line on which nobody answers.
struct Line<'a>(&'a Bench);

impl IoErrorType for Line<'_> {
    type Error = IoErrorKind;
}

impl Read for Line<'_> {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, IoErrorKind> {
        pending().await
    }
}

impl Write for Line<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, IoErrorKind> {
        self.0.sent.borrow_mut().extend(buf);
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), IoErrorKind> {
        Ok(())
    }
}

struct Panel<'a>(&'a Bench);

impl ErrorType for Panel<'_> {
    type Error = Infallible;
}

impl Buttons for Panel<'_> {
    async fn wait_change(&mut self, known: ButtonSet) -> Result<ButtonSet, Infallible> {
        let changed = || Some(self.0.buttons.get()).filter(|pressed| *pressed != known);
        poll_fn(|_| changed().map_or(Poll::Pending, |pressed| Poll::Ready(Ok(pressed)))).await
    }
}

impl CardReader for Panel<'_> {
    async fn next_card(&mut self) -> Result<Uid, Infallible> {
        poll_fn(|_| match self.0.card.take() {
            Some(card) => Poll::Ready(Ok(card)),
            None => Poll::Pending,
        })
        .await
    }
}

/// All loops of a firmware.
struct Firmware<'a> {
    bench: &'a Bench,
    loops: Vec<Pin<Box<dyn Future<Output = ()> + 'a>>>,
}

impl<'a> Firmware<'a> {
    fn new(bench: &'a Bench, hub: &'a Hub, setup: &'a Setup<'a>) -> Self {
        let plan = Box::pin(async move { hub.plan(setup, &PlanningTime(bench)).await });
        Self::with_plan(bench, hub, plan, setup.boot)
    }

    fn with_plan(
        bench: &'a Bench,
        hub: &'a Hub,
        plan: Pin<Box<dyn Future<Output = ()> + 'a>>,
        boot: BootRecord,
    ) -> Self {
        let loops: Vec<Pin<Box<dyn Future<Output = ()> + 'a>>> = std::vec![
            Box::pin(control(bench, hub, boot)),
            plan,
            Box::pin(async move { hub.serve_meters(Line(bench), &Time(bench)).await }),
            Box::pin(async move { hub.watch_buttons(Panel(bench), &Time(bench)).await }),
            Box::pin(async move { hub.read_cards(Panel(bench), &Time(bench)).await }),
            Box::pin(async move {
                let stack = || Some(1_234);
                let console = Terminal(bench);
                hub.serve_console(console, &Time(bench), "hello", stack)
                    .await
            }),
        ];
        Self { bench, loops }
    }

    /// Lets time pass; every loop is polled whenever one of them is due.
    fn run(&mut self, ms: u64) {
        let end = self.bench.now.get() + Duration::from_millis(ms);
        let mut context = Context::from_waker(Waker::noop());
        while self.bench.now.get() < end {
            self.bench.next.set(end);
            for one in &mut self.loops {
                let _ = one.as_mut().poll(&mut context);
            }
            self.bench.now.set(self.bench.next.get());
        }
    }

    /// A vehicle is plugged in and asks; it charges afterwards.
    fn charge(&mut self) {
        self.run(6_000);
        self.bench.level.set(9_000);
        self.run(2_000);
        self.bench.level.set(6_000);
        self.run(8_000);
        assert!(self.bench.closed() && self.bench.feeds());
        assert_eq!(self.bench.period.get(), LONGEST_WATCHDOG);
    }

    fn type_line(&mut self, line: &str) -> String {
        self.bench.printed.take();
        self.bench.typed.borrow_mut().extend(line.bytes());
        self.bench.typed.borrow_mut().push_back(b'\n');
        self.run(500);
        self.bench.text()
    }

    fn press(&mut self, buttons: ButtonSet) {
        self.bench.buttons.set(buttons);
        self.run(200);
        self.bench.buttons.set(ButtonSet::empty());
        self.run(200);
    }
}

async fn control(bench: &Bench, hub: &Hub, boot: BootRecord) {
    let setup = ControlSetup {
        facts: BoardFacts::default(),
        boot: BootRecord::default(),
        erase_watchdog: ERASE,
    }
    .with_stored(boot);
    let clock = Time(bench);
    let tick = async || {
        clock
            .wait_until(clock.now() + Duration::from_millis(10))
            .await
    };
    let ended = hub.control(Site(bench), Dog(bench), &clock, setup, tick, |_| {});
    let Err(error) = ended.await;
    panic!("{error:?}");
}

fn blank() -> Setup<'static> {
    Setup {
        stored: Stored::Blank,
        ..Setup::default()
    }
}

#[test]
fn when_the_store_is_broken_then_nothing_closes() {
    let (bench, hub, broken) = (Bench::new(), Hub::new(), Setup::default());
    let mut firmware = Firmware::new(&bench, &hub, &broken);
    bench.level.set(6_000);
    firmware.run(60_000);
    assert!(!bench.closed() && bench.feeds());
}

/// I-06, through all loops.
#[test]
fn when_the_vehicle_leaves_then_the_contactor_opens_in_that_turn() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.charge();
    bench.level.set(12_000);
    firmware.run(11);
    assert!(!bench.closed());
}

/// I-07 and decision 52: first the contactor opens, then the dog starves.
#[test]
fn when_samples_stop_then_the_contactor_opens_and_the_dog_starves() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.charge();
    bench.stuck.set(true);
    firmware.run(150);
    assert!(!bench.closed() && !bench.feeds());
}

/// Design 3.2: planning that hangs ends the charge in the orderly way, before
/// the watchdog does.
#[test]
fn when_planning_hangs_then_the_charge_ends_before_the_reset() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.charge();
    bench.planning.set(false);
    firmware.run(8_500);
    assert!(!bench.closed() && bench.feeds());
    firmware.run(2_000);
    assert!(!bench.feeds());
}

/// Charging 11.2 rule 5.
#[test]
fn when_an_output_is_not_read_back_then_the_dog_starves() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.charge();
    bench.fails.set(HardwareFaults::CONTACTOR);
    firmware.run(50);
    assert!(!bench.feeds() && !bench.closed());
}

/// Decision 73.
#[test]
fn when_flash_may_be_erased_then_the_watchdog_is_long_with_open_contactors_only() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.run(1_000);
    hub.permit_erase(true);
    firmware.run(50);
    assert_eq!(bench.period.get(), ERASE);
    firmware.charge();
    assert_eq!(bench.period.get(), LONGEST_WATCHDOG);
}

/// Charging 11.2 rule 4: a virgin device is on; the console takes it away.
#[test]
fn when_the_console_asks_then_it_is_answered() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.run(100);
    assert!(bench.text().starts_with("hello\r\n"));
    assert!(firmware.type_line("status").contains("access On"));
    assert_eq!(firmware.type_line("access off"), "ok\r\n");
    assert_eq!(hub.current_plan().directive.access, Access::Off);
    assert_eq!(firmware.type_line("set max 900"), "not understood\r\n");
    assert_eq!(
        firmware.type_line("stack"),
        "stack: 1234 bytes never used\r\n"
    );
    bench.planning.set(false);
    assert_eq!(firmware.type_line("key"), "no answer\r\n");
    assert_eq!(firmware.type_line("key"), "busy\r\n");
}

#[test]
fn when_the_settings_name_a_meter_then_it_is_asked_at_once() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.run(5_000);
    assert!(bench.sent.borrow().is_empty());
    firmware.type_line("set mains_adr 12");
    firmware.type_line("set mode Smart");
    firmware.type_line("set mains_met Eastron3P");
    firmware.run(2_000);
    let sent = bench.sent.take();
    assert_eq!(sent.first(), Some(&12), "{sent:?}");
    firmware.type_line("set mains_met Disabled");
    bench.sent.take();
    firmware.run(5_000);
    assert!(bench.sent.borrow().is_empty());
}

#[test]
fn when_the_middle_button_is_pressed_then_the_access_changes() {
    let (bench, hub, setup) = (Bench::new(), Hub::new(), blank());
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.run(100);
    for expected in [Access::Off, Access::On] {
        firmware.press(ButtonSet::MIDDLE);
        assert_eq!(hub.current_plan().directive.access, expected);
    }
    firmware.press(ButtonSet::LEFT);
    assert_eq!(hub.current_plan().directive.access, Access::On);
    assert_eq!(hub.current_plan().directive.requests.local_reset, 1);
}

/// Charging 6.1: with a card reader nobody starts without a card.
#[test]
fn when_cards_decide_then_a_known_card_starts_and_a_button_does_not() {
    let card = Uid::new(&[4, 1, 2, 3, 4, 5, 6]).unwrap();
    let (bench, hub) = (Bench::new(), Hub::new());
    let cards = [card];
    let setup = Setup {
        settings: load([(SettingId::Rfid, 1)]).settings,
        cards: &cards,
        ..Setup::default()
    };
    let mut firmware = Firmware::new(&bench, &hub, &setup);
    firmware.run(100);
    firmware.press(ButtonSet::MIDDLE);
    assert_eq!(hub.current_plan().directive.access, Access::Off);
    bench.card.set(Some(card));
    firmware.run(1_500);
    assert_eq!(hub.current_plan().directive.access, Access::On);
}

#[test]
fn when_buttons_change_then_only_a_first_press_is_a_wish() {
    let mut plan = Plan::default();
    let (none, middle) = (ButtonSet::empty(), ButtonSet::MIDDLE);
    let set = |access| Some(Command::SetAccess(access));
    assert_eq!(wish(none, middle, &plan), set(Access::On));
    plan.directive.access = Access::On;
    assert_eq!(wish(none, middle, &plan), set(Access::Off));
    for (before, pressed) in [(middle, middle), (middle, none), (middle, ButtonSet::all())] {
        assert_eq!(wish(before, pressed, &plan), None);
    }
    assert_eq!(wish(none, ButtonSet::all(), &plan), Some(Command::KeyPress));
    plan.reader = true;
    assert_eq!(wish(none, middle, &plan), Some(Command::KeyPress));
}
