//! LCD menu and screens of an EV charger.
//!
//! * [`visibility`]: which rows are offered, as a table of conditions.
//! * [`texts`]: the texts that the menu adds to the registry of settings.
//! * [`Menu`]: navigation with three buttons. It has no clock, no pins and no
//!   heap: levels and times go in, wishes for the station come out.
//! * [`Model`]: what the display shows, as plain data.
//! * `draw` and `Frame` (feature `graphics`): the screens on any 128 × 64
//!   one-bit `DrawTarget` of embedded-graphics.
//! * [`remote`]: buttons, PIN and picture for a web page.
//!
//! # The canonical loop
//!
//! ```
//! # #[cfg(feature = "graphics")] {
//! use smartevse_core::directive::{ChargerStatus, Directive};
//! use smartevse_core::hardware::ButtonSet;
//! use smartevse_core::registry::SettingSet;
//! use smartevse_core::settings::Settings;
//! use smartevse_core::snapshot::{MetersStatus, PlanStatus, Section, Snapshot};
//! use smartevse_menu::{Frame, Menu, Surroundings};
//! use smartevse_types::{Duration, Instant};
//!
//! // What the station tells.
//! let (charger, directive) = (ChargerStatus::default(), Directive::default());
//! let (plan, meters) = (PlanStatus::default(), MetersStatus::default());
//! let settings = Settings::default();
//! let mut now = Instant::ZERO;
//! let mut snapshot = Snapshot {
//!     group: Section::Absent,
//!     at: now,
//!     charger: &charger,
//!     directive: &directive,
//!     plan: &plan,
//!     meters: &meters,
//!     settings: &settings,
//!     in_force: &settings,
//!     waiting: SettingSet::EMPTY,
//!     wall_clock: None,
//! };
//!
//! let mut menu = Menu::new();
//! let mut frame = Frame::new();
//! // The middle button is held from the start; the port knows its level.
//! for _ in 0..300 {
//!     menu.buttons(now, ButtonSet::MIDDLE);
//!     menu.surroundings(Surroundings::default());
//!     snapshot.at = now;
//!     let output = menu.poll(now, &snapshot);
//!     for _command in output.commands.iter() {
//!         // let answer = station.command(now, Origin::Lcd, *command);
//!         // menu.answered(now, answer);
//!     }
//!     if output.redraw {
//!         let model = menu.model(now, &snapshot);
//!         menu.draw(&mut frame, &model).unwrap_or_else(|never| match never {});
//!         // display.write(page, 0, frame.page(page)) for each of the 8 pages
//!     }
//!     // backlight.set_duty(output.backlight)
//!     now = now + Duration::from_millis(10); // or output.deadline
//! }
//! assert!(menu.is_open());
//! # }
//! ```
//!
//! **The calling rule.** Poll after each change of the buttons, of the
//! surroundings or of the snapshot, and at the deadline; polls in between
//! change nothing. One poll handles one change of the buttons.
//!
//! **Nothing is live before EXIT.** Editing acts on a draft; EXIT hands it over
//! as one [`Command::Change`](smartevse_core::command::Command::Change), judged
//! by the same function as every other writer. WIFI, SB2 WIFI and the Learn and
//! Delete of RFID act at once.
//!
//! **Not supported:** a PIN before the menu opens, a restart by holding two
//! buttons.
//!
//! | Feature | What it adds |
//! |---|---|
//! | `graphics` (default) | drawing with embedded-graphics, `Frame`, BMP |
#![no_std]

pub mod line;
pub mod model;
pub mod navigation;
pub mod remote;
pub mod row;
#[cfg(feature = "graphics")]
pub mod screens;
pub mod surroundings;
pub mod texts;
pub mod values;
pub mod visibility;

mod help;

pub use line::Line;
pub use model::{Model, Screen};
pub use navigation::{AppPin, Commands, Menu, MenuOutput};
#[cfg(feature = "graphics")]
pub use remote::Frame;
pub use row::Row;
#[cfg(feature = "graphics")]
pub use screens::draw;
pub use surroundings::Surroundings;
pub use visibility::Facts;
