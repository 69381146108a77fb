//! The firmware on a chip: peripherals, interrupts, tasks.

#[cfg_attr(feature = "esp32", path = "board/esp32.rs")]
#[cfg_attr(feature = "esp32c3", path = "board/esp32c3.rs")]
#[cfg_attr(feature = "esp32c6", path = "board/esp32c6.rs")]
pub mod board;
pub mod capture;
pub mod claim;
pub mod parts;
pub mod safe;
pub mod storage;
pub mod tasks;
pub mod wires;

use smartevse_types::Instant;

/// Gives the present moment: microseconds since the start, on the clock that
/// stamps the samples.
#[must_use]
pub fn now() -> Instant {
    let since = esp_hal::time::Instant::now().duration_since_epoch();
    Instant::from_micros(since.as_micros())
}
