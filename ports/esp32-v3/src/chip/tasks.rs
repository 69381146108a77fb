//! The loops of `smartevse::port` as tasks.

use embassy_time::{Delay, Instant as Tick, Timer};
use embedded_hal::pwm::SetDutyCycle;
use esp_hal::gpio::Level;
use esp_hal::peripherals::TIMG1;
use esp_hal::uart::{Config, Uart};
use smartevse::port::{ControlSetup, Hub, Keeper, LINE_BAUD};
use smartevse::storage::Restored;
use smartevse::tasks::{Clock, PortClock};
use smartevse_core::adapters::{HalfDuplex, OneWireReader};
use smartevse_core::charger::BootRecord;
use smartevse_types::Instant;

use super::capture::{Ranges, TICK};
use super::claim::{ControlPins, LinePins};
use super::now;
use super::parts::{self, Dog, PwmChannel};
use super::safe::{KEPT, output};
use super::storage::Store;
use super::wires::{OpenDrain, Panel, Watched};
use crate::facts::{BOARD, BOARD_NAME, ERASE_WATCHDOG};

/// What the contexts share.
pub static HUB: Hub = Hub::new();

/// The clock of the chip.
pub fn clock() -> impl Clock {
    let wait = async |at: Instant| Timer::at(Tick::from_micros(at.as_micros())).await;
    PortClock { now, wait }
}

/// What the 10 ms loop needs besides its clock.
pub struct ControlStart {
    /// Pins of the board.
    pub pins: ControlPins,
    /// Level of the switch.
    pub switch: Watched,
    /// Ranges of the converter.
    pub ranges: Ranges,
    /// Watchdog.
    pub watchdog: TIMG1<'static>,
    /// Latched faults of the store.
    pub stored: BootRecord,
}

/// The 10 ms loop. It waits for its tick and for nothing else.
///
/// When the board cannot be joined the watchdog resets the chip; when that does
/// not start the task ends. Nothing is driven then.
#[embassy_executor::task]
pub async fn control(start: ControlStart) {
    let Some(mut dog) = Dog::start(start.watchdog) else {
        return;
    };
    let Some(board) = parts::board(start.pins, start.switch, start.ranges) else {
        return;
    };
    let setup = ControlSetup::after_reset(BOARD, ERASE_WATCHDOG, &KEPT).with_stored(start.stored);
    let tick = || TICK.wait();
    let keep = |status: &_| KEPT.note(status);
    let _ = HUB
        .control(board, &mut dog, &clock(), setup, tick, keep)
        .await;
}

/// The planning half, with the store.
#[embassy_executor::task]
pub async fn planning(restored: Restored, keeper: Keeper<Store>) {
    let setup = restored.setup_of(BOARD);
    HUB.plan_stored(&setup, keeper, &clock()).await
}

/// The meter line. A port that refuses its settings panics: contactors open,
/// then reset.
#[embassy_executor::task]
pub async fn line(pins: LinePins) {
    let config = Config::default().with_baudrate(LINE_BAUD);
    let port = super::started(Uart::new(pins.port, config).ok(), "meter line");
    let port = port.with_tx(pins.tx).with_rx(pins.rx).into_async();
    let (receiver, transmitter) = port.split();
    let direction = output(pins.direction, Level::Low);
    let line = HalfDuplex::new(transmitter, receiver, direction).ok();
    HUB.serve_meters(super::started(line, "meter line"), &clock())
        .await
}

/// Cards, on the line that the switch shares.
#[embassy_executor::task]
pub async fn cards(line: OpenDrain) {
    HUB.read_cards(OneWireReader::new(line, Delay), &clock())
        .await
}

/// Display and buttons.
#[embassy_executor::task]
pub async fn panel(panel: Panel, mut backlight: Option<PwmChannel>) {
    let light = |level: u8| {
        if let Some(light) = &mut backlight {
            let _ = light.set_duty_cycle_fraction(level.into(), u8::MAX.into());
        }
    };
    HUB.serve_panel(panel, BOARD_NAME, light, &clock()).await
}
