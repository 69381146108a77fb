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

/// Takes what was started; without it the charger does not run.
#[expect(clippy::panic, reason = "the panic handler is the safe state")]
pub fn started<T>(part: Option<T>, name: &str) -> T {
    match part {
        Some(part) => part,
        None => panic!("{name} cannot be started"),
    }
}
