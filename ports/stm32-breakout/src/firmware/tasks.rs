//! The loops of `smartevse::port` as tasks of the three contexts.

use embassy_executor::task;
use embassy_stm32::usart::BufferedUart;
use embassy_time::{Instant as Tick, Timer};
use smartevse::port::{ControlSetup, Hub, Keeper, ResetCause, SplitPanel};
use smartevse::storage::Restored;
use smartevse::tasks::{Clock, PortClock};
use smartevse_core::adapters::reference_board;
use smartevse_core::charger::BootRecord;
use smartevse_types::Instant;

use super::dog::Dog;
use super::flash::Sectors;
use super::hardware::{Charging, ChargingParts, Display, Keys, LightChannel, Line};
use super::pilot::{CAPTURE, PilotChannel, wait_due};
use super::stop::{self, KEPT};
use super::{now, stack};
use crate::facts::{BOARD, BOARD_NAME, ERASE_WATCHDOG, pilot_scale};
use crate::storage::SettingsArea;

/// What the contexts share.
static HUB: Hub = Hub::new();

/// The clock of the chip.
fn clock() -> impl Clock {
    let wait = async |at: Instant| Timer::at(Tick::from_micros(at.as_micros())).await;
    PortClock { now, wait }
}

/// Starts the pilot and joins all parts of the charging control.
pub fn board(parts: ChargingParts) -> (Charging, Dog) {
    let sources = CAPTURE.sources(pilot_scale(), None, now);
    let channel = PilotChannel::start(parts.pilot);
    let board = reference_board(channel, sources, parts.lines, parts.light);
    (board, parts.watchdog)
}

/// The charging control in the upper executor.
#[task]
pub async fn charge(parts: ChargingParts, stored: BootRecord) {
    let (board, watchdog) = board(parts);
    let setup = ControlSetup::after_reset(BOARD, ERASE_WATCHDOG, &KEPT).with_stored(stored);
    let keep = |status: &_| KEPT.note(status);
    let _ = HUB
        .control(board, watchdog, &clock(), setup, wait_due, keep)
        .await;
    stop::halt()
}

/// Planning in the middle executor, with the store.
#[task]
pub async fn plan(restored: Restored, keeper: Keeper<SettingsArea<Sectors>>) {
    let setup = restored.setup_of(BOARD);
    HUB.plan_stored(&setup, keeper, &clock()).await
}

/// The meter line in the middle executor.
#[task]
pub async fn line(line: Line) {
    HUB.serve_meters(line, &clock()).await
}

/// The console in thread mode.
#[task]
pub async fn console(console: BufferedUart<'static>, cause: ResetCause) {
    let version = env!("CARGO_PKG_VERSION");
    let greeting = format_args!("smartevse {version}: start after {cause}");
    let unused = || Some(stack::never_used());
    HUB.serve_console(console, &clock(), greeting, unused).await
}

/// Display and buttons in thread mode.
#[task]
pub async fn panel(display: Display, keys: Keys, mut backlight: LightChannel) {
    let panel = SplitPanel { display, keys };
    let light = |level| backlight.set_duty_cycle_fraction(u32::from(level), u32::from(u8::MAX));
    HUB.serve_panel(panel, BOARD_NAME, light, &clock()).await
}
