//! Hardware roles: what a port provides and the charger uses.
//!
//! A port implements [`Board`], by hand or by filling [`Parts`] with one
//! implementation for each role. Roles that the 10 ms loop calls are blocking
//! and return at once; roles that a task waits for are async. No signature
//! names a pin, an ADC count or a timer register: levels are millivolts at the
//! connector, duties thousandths, moments [`Instant`](smartevse_types::Instant).
//!
//! **Not here:** windows, hysteresis, debouncing, retries and every decision.
//! A role reports what it sees now and does what it is told; a failure is
//! returned, and the charger answers with its defined safe action.
//!
//! ```
//! use smartevse_core::hardware::{Board, Contactors, ControlPilot, Parts};
//! use smartevse_core::io::{HardwareFaults, Inputs, Outputs};
//! use smartevse_types::Instant;
//!
//! /// One turn of the 10 ms loop.
//! fn turn(
//!     board: &mut impl Board,
//!     failed: HardwareFaults,
//!     now: Instant,
//!     decide: impl FnOnce(&Inputs) -> Outputs,
//! ) -> HardwareFaults {
//!     let mut inputs = Inputs { hardware: failed, ..Inputs::default() };
//!     board.sample(now, &mut inputs);
//!     board.drive(&decide(&inputs))
//! }
//!
//! /// A charger with a fixed cable and nothing else.
//! fn minimal(pilot: impl ControlPilot, contactors: impl Contactors) -> impl Board {
//!     Parts::minimal(pilot, contactors)
//! }
//! ```

mod board;
mod contactors;
mod error;
mod lock;
mod not_fitted;
mod optional;
mod parts;
mod pilot;
mod sensors;
mod signals;
mod storage;
mod tasks;
mod watchdog;

pub use board::Board;
pub use contactors::{ContactorPositions, Contactors};
pub use error::{Error, ErrorKind, ErrorType};
pub use lock::CableLock;
pub use not_fitted::NotFitted;
pub use parts::Parts;
pub use pilot::ControlPilot;
pub use sensors::{ExternalSwitch, ProximityPilot, ResidualCurrentMonitor, Temperature};
pub use signals::{Buzzer, StatusLight};
pub use storage::{LARGEST_APPEND, Storage, stalls_fit};
pub use tasks::{ButtonSet, Buttons, CardReader, MeterBus};
pub use watchdog::{LONGEST_WATCHDOG, Watchdog};
