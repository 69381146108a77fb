//! The flash range of our own records.

use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;
use smartevse_core::adapters::{BlockingFlash, FlashRange};
use smartevse_core::hardware::stalls_fit;

use crate::facts::{
    APPEND_STALL_US, ERASE_STALL_US, ERASE_WATCHDOG, POLL_PERIOD, STORAGE_SIZE, STORAGE_START,
};

/// The first 64 KiB of the stock `spiffs` range.
///
/// A write or an erase stops the whole processor, interrupts included: an
/// append at most 8 ms, an erase at most 400 ms. The pilot generator runs on.
pub type Store = BlockingFlash<
    FlashRange<FlashStorage<'static>, STORAGE_START, STORAGE_SIZE>,
    APPEND_STALL_US,
    ERASE_STALL_US,
>;

// An append fits between two polls; an erase fits into the watchdog of the
// permit that it needs (decisions 52, 70 and 73).
const _: () = assert!(stalls_fit::<Store>(POLL_PERIOD, ERASE_WATCHDOG));

/// Opens the range.
#[must_use]
pub fn open(flash: FLASH<'static>) -> Store {
    BlockingFlash(FlashRange::new(FlashStorage::new(flash)))
}
