//! The settings area of the flash.

use embedded_storage::nor_flash::NorFlash;
use smartevse_core::adapters::{BlockingFlash, FlashRange};
use smartevse_core::hardware::{LONGEST_WATCHDOG, Storage, stalls_fit};
use smartevse_types::Duration;

use crate::facts::{
    APPEND_STALL_US, ERASE_STALL_US, ERASE_WATCHDOG, FASTEST_WATCHDOG, POLL_PERIOD,
    SLOWEST_WATCHDOG, STORAGE_BEGIN, STORAGE_LENGTH,
};

/// The settings area with its stalls stated.
pub type SettingsArea<F> =
    BlockingFlash<FlashRange<F, STORAGE_BEGIN, STORAGE_LENGTH>, APPEND_STALL_US, ERASE_STALL_US>;

/// Shortest period of the watchdog around an erase: the wished one with the
/// fastest instead of the slowest clock.
const SHORTEST_ERASE_WATCHDOG: Duration =
    Duration::from_micros(ERASE_WATCHDOG.as_micros() / FASTEST_WATCHDOG * SLOWEST_WATCHDOG);

/// Makes the settings area of a flash whose addresses begin at sector 0.
///
/// Design §3.10: appending fits between two polls, erasing into the watchdog of
/// an erase permit, and appending into the watchdog of a charge.
#[must_use]
pub const fn settings_area<F: NorFlash>(flash: F) -> SettingsArea<F> {
    const {
        assert!(stalls_fit::<SettingsArea<F>>(
            POLL_PERIOD,
            SHORTEST_ERASE_WATCHDOG
        ));
        let append = <SettingsArea<F> as Storage>::LONGEST_APPEND;
        let shortest = LONGEST_WATCHDOG.as_micros() * SLOWEST_WATCHDOG / FASTEST_WATCHDOG;
        assert!(append.as_micros() < shortest);
    }
    BlockingFlash(FlashRange::new(flash))
}
