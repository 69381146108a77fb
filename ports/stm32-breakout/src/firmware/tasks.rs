//! The loops of `smartevse::port` as tasks of the three contexts.

use core::fmt::Write as _;

use embassy_executor::task;
use embassy_stm32::gpio::{Flex, Input};
use embassy_stm32::usart::BufferedUart;
use embassy_time::{Instant as Tick, Timer};
use heapless::String;
use smartevse::port::{ControlSetup, Hub, ResetCause};
use smartevse::tasks::Clock;
use smartevse::{Setup, Stored};
use smartevse_core::adapters::{
    Capture, MilliVoltSource, PilotSampler, ReferenceBoard, ReferenceSources, reference_board,
};
use smartevse_core::charger::BootRecord;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::hardware::{ErrorKind, Watchdog};
use smartevse_types::Instant;

use super::hardware::{ChargingParts, Display, Keys, Light, Line};
use super::pilot::{PilotChannel, captured, wait_due};
use super::stop::{self, KEPT};
use super::{now, stack};
use crate::facts::{BOARD, ERASE_WATCHDOG, pilot_scale};

/// What the contexts share.
static HUB: Hub = Hub::new();

/// The clock of the chip.
struct ChipClock;

impl Clock for ChipClock {
    fn now(&self) -> Instant {
        now()
    }

    async fn wait_until(&self, at: Instant) {
        Timer::at(Tick::from_micros(at.as_micros())).await;
    }
}

/// Starts the pilot and joins all parts of the charging control.
pub fn board(
    parts: ChargingParts,
) -> (
    ReferenceBoard<
        PilotChannel,
        impl PilotSampler,
        impl MilliVoltSource,
        impl MilliVoltSource,
        Flex<'static>,
        Input<'static>,
        Input<'static>,
        Light,
    >,
    impl Watchdog,
) {
    let scale = pilot_scale();
    let sources = ReferenceSources {
        pilot: move |_: Instant| {
            let scale = scale.ok_or(ErrorKind::Unsupported)?;
            captured(Capture::take)?.summary(&scale)
        },
        proximity: || captured(|capture| capture.proximity_voltage(now()))?,
        proximity_ceiling: None,
        temperature: || captured(|capture| capture.temperature_voltage(now()))?,
    };
    let channel = PilotChannel::start(parts.pilot);
    let board = reference_board(channel, sources, parts.lines, parts.light);
    (board, parts.watchdog)
}

/// The charging control in the upper executor.
#[task]
pub async fn charge(parts: ChargingParts) {
    let (board, watchdog) = board(parts);
    let setup = ControlSetup {
        facts: BOARD,
        boot: BootRecord {
            latched: KEPT.latched(),
        },
        erase_watchdog: ERASE_WATCHDOG,
    };
    let keep = |status: &ChargerStatus| KEPT.keep(status.latched);
    let _ = HUB
        .control(board, watchdog, &ChipClock, setup, wait_due, keep)
        .await;
    stop::halt()
}

/// Planning in the middle executor.
#[task]
pub async fn plan(stored: Stored) {
    let setup = Setup {
        facts: BOARD,
        stored,
        ..Setup::default()
    };
    HUB.plan(&setup, &ChipClock).await
}

/// The meter line in the middle executor.
#[task]
pub async fn line(line: Line) {
    HUB.serve_meters(line, &ChipClock).await
}

/// The console in thread mode.
#[task]
pub async fn console(console: BufferedUart<'static>, cause: ResetCause) {
    let mut greeting = String::<96>::new();
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(greeting, "smartevse {version}: start after {cause}");
    let unused = || Some(stack::never_used());
    HUB.serve_console(console, &ChipClock, &greeting, unused)
        .await
}

/// The buttons in thread mode.
#[task]
pub async fn buttons(keys: Keys) {
    HUB.watch_buttons(keys, &ChipClock).await;
}

/// Starts the display, which stays dark: drawing comes with the menu.
#[task]
pub async fn display(mut display: Display) {
    // Without a display there is nothing to see.
    let _ = display.start().await;
}
