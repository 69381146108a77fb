//! The settings area of the flash.

use embedded_storage::nor_flash::NorFlash;
use smartevse_core::adapters::{BlockingFlash, FlashRange};
use smartevse_core::hardware::{LONGEST_WATCHDOG, Storage, stalls_fit};

use crate::facts::{
    APPEND_STALL_US, ERASE_STALL_US, ERASE_WATCHDOG, POLL_PERIOD, STORAGE_BEGIN, STORAGE_LENGTH,
    WATCHDOG_CLOCK,
};

/// The settings area with its stalls stated.
pub type SettingsArea<F> =
    BlockingFlash<FlashRange<F, STORAGE_BEGIN, STORAGE_LENGTH>, APPEND_STALL_US, ERASE_STALL_US>;

/// Makes the settings area of a flash whose addresses begin at sector 0.
///
/// Design §3.10: appending fits between two polls, erasing into the watchdog of
/// an erase permit, and appending into the watchdog of a charge.
#[must_use]
pub const fn settings_area<F: NorFlash>(flash: F) -> SettingsArea<F> {
    const {
        let erasing = WATCHDOG_CLOCK.shortest(ERASE_WATCHDOG);
        assert!(stalls_fit::<SettingsArea<F>>(POLL_PERIOD, erasing));
        let charging = WATCHDOG_CLOCK.shortest(LONGEST_WATCHDOG).as_micros();
        assert!(<SettingsArea<F> as Storage>::LONGEST_APPEND.as_micros() < charging);
    }
    BlockingFlash(FlashRange::new(flash))
}
