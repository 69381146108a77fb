//! The settings area of the internal flash.

use embassy_stm32::Peri;
use embassy_stm32::flash::{Bank1Region1, Blocking, Flash};
use embassy_stm32::pac::FLASH as REGISTERS;
use embassy_stm32::peripherals::FLASH;
use smartevse_core::adapters::AfterErase;

use crate::storage::{SettingsArea, settings_area};

/// The first four sectors of the flash, 16 KiB each.
pub type Sectors = AfterErase<Bank1Region1<'static, Blocking>>;

/// Makes the settings area.
#[must_use]
pub fn open(flash: Peri<'static, FLASH>) -> SettingsArea<Sectors> {
    let regions = Flash::new_blocking(flash).into_blocking_regions();
    settings_area(AfterErase::new(regions.bank1_region1, forget_cached_data))
}

/// The data cache may still hold what was erased; it can be emptied only while
/// it is off (reference manuals: adaptive real-time memory accelerator).
fn forget_cached_data() {
    REGISTERS.acr().modify(|w| w.set_dcen(false));
    REGISTERS.acr().modify(|w| w.set_dcrst(true));
    REGISTERS.acr().modify(|w| w.set_dcrst(false));
    REGISTERS.acr().modify(|w| w.set_dcen(true));
}
