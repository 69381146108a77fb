//! The part of the firmware that exists on the chip only.

pub mod bring_up;
pub mod clocks;
pub mod dog;
pub mod flash;
pub mod hardware;
pub mod pilot;
pub mod run;
pub mod stack;
pub mod stop;
pub mod tasks;

use smartevse_types::Instant;

/// The present moment: µs since the start.
#[must_use]
pub fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros())
}
