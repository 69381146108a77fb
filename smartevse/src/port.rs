//! What every firmware does with the two halves, without a chip and without an
//! executor.
//!
//! A port claims its pins, builds a [`Board`](smartevse_core::hardware::Board)
//! and a watchdog, and spawns the loops of one static [`Hub`] at three levels:
//!
//! | Context | Loops | May wait for |
//! |---|---|---|
//! | upper | [`Hub::control`] | its tick every 10 ms, nothing else |
//! | middle | [`Hub::plan`], [`Hub::serve_meters`] | time, the meter line |
//! | lower | [`Hub::serve_console`], [`Hub::watch_buttons`], [`Hub::read_cards`]; front ends | anything |
//!
//! With the feature `menu` planning polls the menu as well, and `Hub::serve_panel`
//! takes the place of `watch_buttons`: it draws what the menu shows.
//!
//! With the feature `storage` a `Keeper` opens the settings area of the flash
//! before the first loop starts, and `Hub::plan_stored` takes the place of `plan`:
//! after each turn of planning it brings what changed into the store.
//!
//! The contexts share the cells of the hub only; each access is one short
//! critical section.
//!
//! ```
//! use smartevse::port::{ControlSetup, Hub};
//! use smartevse::tasks::Clock;
//! use smartevse::{Board, Setup, Stored};
//! use smartevse::core::hardware::Watchdog;
//!
//! static HUB: Hub = Hub::new();
//!
//! async fn upper(board: impl Board, dog: impl Watchdog, clock: impl Clock, setup: ControlSetup) {
//!     let tick = async || { /* wait for the timer */ };
//!     // It comes back only when the watchdog refuses to start.
//!     let _ = HUB.control(board, dog, &clock, setup, tick, |_status| {}).await;
//! }
//!
//! async fn middle(clock: impl Clock) {
//!     let setup = Setup { stored: Stored::Blank, ..Setup::default() };
//!     HUB.plan(&setup, &clock).await
//! }
//! ```
//!
//! **Not here:** pins, registers, executors, the flash itself.

mod captured;
pub mod console;
mod control;
#[cfg(feature = "menu")]
mod face;
mod front;
mod hub;
mod keep;
#[cfg(feature = "storage")]
mod keeper;
#[cfg(feature = "menu")]
mod panel;
mod planner;
mod reset;
mod slot_pin;
mod supervisor;
#[cfg(test)]
mod tests;

pub use crate::site_line::{
    CHARACTER_BITS, LINE_BAUD, MeterChoice, SiteLine, meter_line, site_line,
};
pub use captured::{CaptureCell, CapturedBoard, CapturedPilot, CapturedSources, CapturedVoltage};
pub use control::{Control, ControlSetup, Turn};
#[cfg(feature = "menu")]
pub use face::{Face, Shown};
pub use front::wish;
pub use hub::Hub;
#[cfg(feature = "storage")]
pub use keeper::Keeper;
#[cfg(feature = "menu")]
pub use panel::{Panel, SplitPanel};
pub use planner::{Plan, Planner};
pub use reset::{Kept, LastWords, ResetCause};
pub use slot_pin::SlotPin;
pub use supervisor::{Part, Supervisor};
