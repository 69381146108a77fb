//! Contract tests for hardware roles: what a port author runs on the bench.
//!
//! Each function exercises one role and gives the first clause that does not
//! hold. Functions without a [`Bench`] check the form and need nothing
//! connected; those with one wait, and check levels and reactions.
//!
//! **Disconnect the mains and the vehicle first**: the tests close the
//! contactors, run the pilot and move the lock. [`storage`] erases the flash.
//! Whatever the verdict, a role is left in its safe state as far as it accepts
//! commands.
//!
//! ```
//! use smartevse_core::contract::{self, Violation};
//! use smartevse_core::hardware::{CableLock, Contactors, ControlPilot};
//!
//! fn bring_up(
//!     pilot: &mut impl ControlPilot,
//!     contactors: &mut impl Contactors,
//!     lock: &mut impl CableLock,
//! ) -> Result<(), Violation> {
//!     contract::control_pilot(pilot)?;
//!     contract::contactors(contactors)?;
//!     contract::cable_lock(lock)
//! }
//! ```

mod board;
mod contactors;
mod lock;
mod pilot;
mod sensors;
mod signals;
mod storage;
mod tasks;
mod violation;

use smartevse_types::{Duration, Instant};

pub use board::board;
pub use contactors::{contactors, contactors_follow};
pub use lock::{cable_lock, lock_travel};
pub use pilot::{control_pilot, pilot_levels};
pub use sensors::{
    external_switch, monitor_test, proximity_pilot, proximity_reads, residual_current_monitor,
    temperature,
};
pub use signals::{buzzer, status_light, watchdog};
pub use storage::{storage, storage_stalls};
pub use tasks::{buttons, card_reader, meter_bus};
pub use violation::{Clause, Violation};

use violation::{accept, demand};

/// The clock of the bench.
pub trait Bench {
    /// Gives the present moment, on the clock that stamps the samples.
    fn now(&mut self) -> Instant;

    /// Lets time pass; the background of the board goes on.
    fn wait(&mut self, span: Duration);
}

impl<B: Bench + ?Sized> Bench for &mut B {
    fn now(&mut self) -> Instant {
        B::now(self)
    }

    fn wait(&mut self, span: Duration) {
        B::wait(self, span);
    }
}
