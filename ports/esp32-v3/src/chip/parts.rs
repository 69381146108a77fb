//! The board as the charging control sees it, and the watchdog.

use esp_hal::gpio::{DriveMode, Flex, Input, Level, Pull};
use esp_hal::ledc::channel::{self, Channel, ChannelIFace};
use esp_hal::ledc::timer::config::Duty as Resolution;
use esp_hal::ledc::timer::{self, Timer, TimerIFace};
use esp_hal::ledc::{LSGlobalClkSource, Ledc};
use esp_hal::peripherals::{LEDC, TIMG1};
use esp_hal::time::{Duration as Span, Rate};
use esp_hal::timer::timg::{MwdtStage, TimerGroup, Wdt};
use smartevse::port::CapturedBoard;
use smartevse_core::adapters::{
    ActiveLevel, LockLines, OnChange, PwmLight, ReferenceLines, reference_board,
};
use smartevse_core::hardware::{ErrorKind, ErrorType, LONGEST_WATCHDOG, Watchdog};
use smartevse_types::Duration;
use static_cell::StaticCell;

use super::board::{
    BACKLIGHT_CHANNEL, BUZZER_CHANNEL, CLOCK, LIGHT_CHANNELS, PILOT_CHANNEL, Speed,
};
use super::capture::{self, CAPTURE, Ranges, Sampled};
use super::claim::{ControlPins, Pin};
use super::now;
use super::safe::output;
use super::wires::{Watched, input};
use crate::facts::{NOTE, PILOT_SAMPLES};

/// Timers of the pulse-width generator: pilot, light, note, backlight.
static TIMERS: [StaticCell<Timer<'static, Speed>>; 4] = [const { StaticCell::new() }; 4];

/// Frequency of the pilot.
const PILOT_RATE: Rate = Rate::from_khz(1);
/// Frequency of light and backlight.
const LIGHT_RATE: Rate = Rate::from_khz(5);
/// Resolution of the pilot: 1024 steps.
const TEN_BIT: Resolution = Resolution::Duty10Bit;
/// Resolution of everything else.
const EIGHT_BIT: Resolution = Resolution::Duty8Bit;

/// A pulse-width channel.
pub type PwmChannel = Channel<'static, Speed>;

/// A channel that is written when its duty changes.
type Quiet = OnChange<PwmChannel, fn(u16)>;

/// Light of the board.
type Light = PwmLight<Quiet, Quiet, Quiet>;

/// The board of the charging control.
pub type Charging = CapturedBoard<
    Quiet,
    Sampled,
    PILOT_SAMPLES,
    Flex<'static>,
    Input<'static>,
    Watched,
    Option<Light>,
>;

/// Gives the pulse-width generator its clock; before any channel.
pub fn start_generator(generator: LEDC<'static>) {
    Ledc::new(generator).set_global_slow_clock(LSGlobalClkSource::APBClk);
}

/// A timer that runs, for channels to follow.
type Running = &'static dyn TimerIFace<Speed>;

/// Starts one of the timers; `None` when the clock does not fit or the timer
/// runs already.
fn start_timer(number: timer::Number, rate: Rate, duty: Resolution) -> Option<Running> {
    let cell = TIMERS.get(number as usize)?;
    let timer = cell.try_init(Timer::new(LEDC::regs(), number))?;
    let config = timer::config::Config {
        duty,
        clock_source: CLOCK,
        frequency: rate,
    };
    timer.configure(config).ok()?;
    Some(timer)
}

/// Joins a pin to a channel of a running timer.
fn channel(number: channel::Number, pin: Pin, timer: Running, percent: u8) -> Option<PwmChannel> {
    let mut channel = Channel::new(number, pin);
    let config = channel::config::Config {
        timer,
        duty_pct: percent,
        drive_mode: DriveMode::PushPull,
    };
    channel.configure(config).ok()?;
    Some(channel)
}

/// Starts the buzzer, silent.
#[must_use]
pub fn buzzer(pin: Pin) -> Option<PwmChannel> {
    let timer = start_timer(timer::Number::Timer2, Rate::from_hz(NOTE), EIGHT_BIT)?;
    channel(BUZZER_CHANNEL, pin, timer, 0)
}

/// Starts the backlight, dark.
#[must_use]
pub fn backlight(pin: Pin) -> Option<PwmChannel> {
    let timer = start_timer(timer::Number::Timer3, LIGHT_RATE, EIGHT_BIT)?;
    channel(BACKLIGHT_CHANNEL, pin, timer, 0)
}

/// Light of the board: magenta until its first colour, as with the stock
/// firmware.
fn light(pins: Option<[Pin; 3]>) -> Option<Option<Light>> {
    let Some([red, green, blue]) = pins else {
        return Some(None);
    };
    let timer = start_timer(timer::Number::Timer1, LIGHT_RATE, EIGHT_BIT)?;
    let [r, g, b] = LIGHT_CHANNELS;
    let red = channel(r, red, timer, 100)?;
    let green = channel(g, green, timer, 0)?;
    let blue = channel(b, blue, timer, 100)?;
    let [red, green, blue] = [red, green, blue].map(|channel| Quiet::new(channel, |_| ()));
    Some(Some(PwmLight::new(red, green, blue, ActiveLevel::High)))
}

/// Joins the board; `None` when a generator cannot be started.
///
/// The contactors are open and the pilot is isolated at +12 V afterwards.
pub fn board(pins: ControlPins, switch: Watched, ranges: Ranges) -> Option<Charging> {
    let lines = ReferenceLines {
        contactor1: output(pins.contactor1, Level::Low),
        contactor2: output(pins.contactor2, Level::Low),
        isolation: output(pins.isolation, Level::High),
        lock: pins.lock.map(|lock| LockLines {
            red: output(lock.red, Level::Low),
            white: output(lock.white, Level::Low),
            feedback: input(lock.feedback, Pull::None),
        }),
        monitor: input(pins.residual_current, pins.residual_current_pull),
        monitor_test: None,
        switch,
    };
    let timer = start_timer(timer::Number::Timer0, PILOT_RATE, TEN_BIT)?;
    let generator = channel(PILOT_CHANNEL, pins.pilot, timer, 100)?;
    let generator = Quiet::new(generator, capture::commanded);
    let sources = CAPTURE.sources(Some(ranges.pilot), Some(ranges.proximity), now);
    let light = light(pins.light)?;
    Some(reference_board(generator, sources, lines, light))
}

/// Watchdog of the second timer group: resets the whole chip.
pub struct Dog(Wdt<TIMG1<'static>>);

impl Dog {
    /// Takes the watchdog and starts it; `None` when it refuses.
    #[must_use]
    pub fn start(group: TIMG1<'static>) -> Option<Self> {
        let mut dog = Self(TimerGroup::new(group).wdt);
        Watchdog::start(&mut dog, LONGEST_WATCHDOG).ok()?;
        Some(dog)
    }
}

impl ErrorType for Dog {
    type Error = ErrorKind;
}

impl Watchdog for Dog {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        let span = Span::from_micros(period.as_micros());
        self.0.set_timeout(MwdtStage::Stage0, span);
        self.0.enable();
        self.0.feed();
        Ok(())
    }

    fn feed(&mut self) {
        self.0.feed();
    }
}
