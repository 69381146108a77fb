//! Adapters that make parts of any embedded-hal 1.0 HAL into hardware roles.
//!
//! A usual board is then wiring only: pins, channels and a few board facts.
//!
//! ```
//! use embedded_hal::digital::{InputPin, OutputPin};
//! use smartevse_core::adapters::{ActiveLevel, InputLine, OutputLine, PinContactors, PinSwitch};
//! use smartevse_core::hardware::{Board, ControlPilot, NotFitted, Parts};
//!
//! fn board(
//!     pilot: impl ControlPilot,
//!     relay1: impl OutputPin,
//!     relay2: impl OutputPin,
//!     switch: impl InputPin,
//! ) -> impl Board {
//!     Parts {
//!         pilot,
//!         proximity: NotFitted,
//!         contactors: PinContactors::new(
//!             OutputLine::new(relay1, ActiveLevel::High),
//!             OutputLine::new(relay2, ActiveLevel::High),
//!         ),
//!         lock: NotFitted,
//!         residual_current: NotFitted,
//!         temperature: NotFitted,
//!         switch: PinSwitch::new(InputLine::new(switch, ActiveLevel::Low)),
//!         light: NotFitted,
//!     }
//! }
//! ```
//!
//! **Not here:** anything chip-specific, such as the capture of pilot samples
//! in step with the pulses. A port writes that part and hands over millivolts:
//! see [`PilotWindow`] and [`Linear`].

mod buttons;
mod buzzer;
mod contactors;
mod error;
mod flash;
mod light;
mod line;
mod linear;
mod lock;
mod pilot;
mod pilot_window;
mod proximity;
mod residual_current;
mod source;
mod switch;
mod temperature;

pub use buttons::PinButtons;
pub use buzzer::PinBuzzer;
pub use contactors::PinContactors;
pub use error::AdapterError;
pub use flash::{BlockingFlash, StatedFlash};
pub use light::PwmLight;
pub use line::{ActiveLevel, InputLine, NoPin, OutputLine};
pub use linear::Linear;
pub use lock::PinLock;
pub use pilot::{FEWEST_TICKS, PwmPilot, ticks};
pub use pilot_window::PilotWindow;
pub use proximity::PullUpProximity;
pub use residual_current::PinMonitor;
pub use source::{MilliVoltSource, PilotSampler};
pub use switch::PinSwitch;
pub use temperature::Mcp9700;
