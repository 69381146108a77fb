//! The tasks, and the few values they share.

use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::{Delay, Timer};
use esp_hal::Async;
use esp_hal::gpio::Level;
use esp_hal::peripherals::TIMG1;
use esp_hal::uart::{Config, Uart};
use smartevse::Setup;
use smartevse::exchange::{Shared, Slot};
use smartevse::tasks::{Clock, LineNews, serve_line};
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::{Event, Fact};
use smartevse_core::hardware::{ButtonSet, Buttons, CardReader, Watchdog};
use smartevse_types::{Duration, Instant};

use super::capture::TICK;
use super::claim::{ControlPins, LinePins};
use super::now;
use super::parts::{self, Dog, PwmChannel};
use super::safe::output;
use super::wires::{OpenDrain, Panel, Watched};
use crate::control::{Control, Plan, Planner, meter_line, take_over_lock, wish};
use crate::facts::BAUD;
use crate::half_duplex::HalfDuplex;
use crate::one_wire::Reader;
use crate::supervisor::{Part, period};

/// From planning to the 10 ms loop.
static PLAN: Shared<Option<Plan>> = Shared::new(None);
/// From the 10 ms loop to everybody.
static STATUS: Shared<Option<ChargerStatus>> = Shared::new(None);
/// Facts on their way to planning. A full queue loses the newest: its source
/// then looks silent, which can only lower a current.
static FACTS: Channel<CriticalSectionRawMutex, Event, 8> = Channel::new();
/// The wish of the buttons.
static WISH: Slot<(Origin, Command)> = Slot::new();
/// A permit to erase flash holds; set by the settings store of a later
/// release.
pub static ERASE_PERMIT: Shared<bool> = Shared::new(false);

/// Latest signs of life.
static MANAGER_ALIVE: Shared<Instant> = Shared::new(Instant::ZERO);
static LINE_ALIVE: Shared<Instant> = Shared::new(Instant::ZERO);
static FRONT_ALIVE: Shared<Instant> = Shared::new(Instant::ZERO);

/// Longest sleep of the planning task: half of its deadline is 250 ms.
const PLANNING_MS: u64 = 100;
/// Pause after the line failed.
const LINE_PAUSE_MS: u64 = 100;
/// A button counts after this time.
const BUTTON_MS: u64 = 30;
/// Longest time between two signs of life of a waiting task.
const ALIVE_MS: u64 = 1_000;

/// Latest status of the charging control.
#[must_use]
pub fn status() -> ChargerStatus {
    STATUS.get().unwrap_or_default()
}

/// Latest plan.
#[must_use]
pub fn plan() -> Plan {
    PLAN.get().unwrap_or_default()
}

/// What the 10 ms loop needs besides its board.
pub struct ControlStart {
    /// Pins of the board.
    pub pins: ControlPins,
    /// Level of the switch.
    pub switch: Watched,
    /// Voltage at which proximity saturates.
    pub ceiling: smartevse_types::MilliVolts,
    /// Watchdog.
    pub watchdog: TIMG1<'static>,
    /// What the charger starts with.
    pub setup: Setup<'static>,
}

/// The 10 ms loop. It waits for its tick and for nothing else.
///
/// When the board cannot be joined it ends; nothing is driven then, and the
/// watchdog resets the chip.
#[embassy_executor::task]
pub async fn control(start: ControlStart) {
    let mut dog = Dog::new(start.watchdog);
    let mut fed = period(false, true);
    let _ = dog.start(fed);
    let Some(mut board) = parts::board(start.pins, start.switch, start.ceiling) else {
        return;
    };
    let mut control = Control::new(&start.setup, now());
    loop {
        TICK.wait().await;
        let plan = plan();
        take_over_lock(&mut board.lock, &plan);
        let alive = [
            (Part::Manager, MANAGER_ALIVE.get()),
            (Part::Line, LINE_ALIVE.get()),
            (Part::Front, FRONT_ALIVE.get()),
        ];
        let turn = control.turn(now(), &mut board, &plan, &alive, ERASE_PERMIT.get());
        STATUS.set(Some(turn.status));
        match turn.feed {
            Some(wanted) if wanted == fed => dog.feed(),
            Some(wanted) => {
                fed = wanted;
                let _ = dog.start(wanted);
            }
            None => {}
        }
    }
}

/// The planning half.
#[embassy_executor::task]
pub async fn planning(setup: Setup<'static>) {
    let mut planner = Planner::new(&setup, now());
    let mut waiting: Option<Event> = None;
    loop {
        let at = now();
        let events = waiting.take().into_iter();
        let events = events.chain(core::iter::from_fn(|| FACTS.try_receive().ok()));
        PLAN.set(Some(planner.turn(at, &status(), events, WISH.take())));
        MANAGER_ALIVE.set(at);
        let pause = Timer::after_millis(PLANNING_MS);
        if let embassy_futures::select::Either::First(event) = select(FACTS.receive(), pause).await
        {
            waiting = Some(event);
        }
    }
}

/// The clock of the meter line; each look at it is a sign of life.
struct LineClock;

impl Clock for LineClock {
    fn now(&self) -> Instant {
        let now = now();
        LINE_ALIVE.set(now);
        now
    }

    async fn wait_until(&self, at: Instant) {
        loop {
            let left = at.since(self.now());
            if left == Duration::ZERO {
                return;
            }
            let step = left.as_micros().min(ALIVE_MS * 1_000);
            Timer::after_micros(step).await;
        }
    }
}

/// Opens the port of the meter line; `None` when it refuses its settings.
fn open_line(
    pins: LinePins,
) -> Option<HalfDuplex<Uart<'static, Async>, esp_hal::gpio::Flex<'static>>> {
    let config = Config::default().with_baudrate(BAUD);
    let port = Uart::new(pins.port, config).ok()?;
    let port = port.with_tx(pins.tx).with_rx(pins.rx).into_async();
    HalfDuplex::new(port, output(pins.direction, Level::Low)).ok()
}

/// The meter line, with the meters of the settings at the start.
#[embassy_executor::task]
pub async fn line(pins: LinePins, setup: Setup<'static>) {
    let parts = open_line(pins).zip(meter_line(&setup.settings));
    let Some((mut port, mut meters)) = parts else {
        // No meter, or no port: the meter that is missing looks silent.
        loop {
            LINE_ALIVE.set(now());
            Timer::after_millis(ALIVE_MS).await;
        }
    };
    loop {
        let served = serve_line(&mut port, &mut meters, &LineClock, |news| {
            if let LineNews::Reading(event) = news {
                let _ = FACTS.try_send(event);
            }
        });
        // Noise on the line ends the service; it listens and asks again.
        let _ = served.await;
        let _ = port.listen();
        Timer::after_millis(LINE_PAUSE_MS).await;
        meters.reconnected(now());
    }
}

/// Cards, on the line that the switch shares.
#[embassy_executor::task]
pub async fn cards(line: OpenDrain) {
    let mut reader = Reader::new(line, Delay);
    loop {
        FRONT_ALIVE.set(now());
        let pause = Timer::after_millis(ALIVE_MS);
        if !plan().reader {
            pause.await;
        } else if let embassy_futures::select::Either::First(Ok(card)) =
            select(reader.next_card(), pause).await
        {
            let event = Event {
                at: now(),
                fact: Fact::Card(Some(card)),
            };
            let _ = FACTS.try_send(event);
        }
    }
}

/// Display and buttons. The display stays clear until there are drawings.
#[embassy_executor::task]
pub async fn panel(mut panel: Panel, mut backlight: Option<PwmChannel>) {
    let _ = panel.start().await;
    let mut known = ButtonSet::empty();
    loop {
        let _ = panel.wait_change(known).await;
        Timer::after_millis(BUTTON_MS).await;
        let pressed = panel.pressed().unwrap_or_default();
        if let Some(light) = &mut backlight {
            let _ = embedded_hal::pwm::SetDutyCycle::set_duty_cycle_fully_on(light);
        }
        if let Some(wish) = wish(known, pressed, &plan()) {
            let _ = WISH.put(wish);
        }
        known = pressed;
    }
}
