//! The settings area of the internal flash.

use embassy_stm32::Peri;
use embassy_stm32::flash::{Bank1Region1, Blocking, Error, Flash};
use embassy_stm32::pac::FLASH as REGISTERS;
use embassy_stm32::peripherals::FLASH;
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

use crate::storage::{Area, SettingsArea};

/// The first four sectors of the flash, 16 KiB each.
pub struct Sectors(Bank1Region1<'static, Blocking>);

/// Makes the settings area.
#[must_use]
pub fn settings_area(flash: Peri<'static, FLASH>) -> SettingsArea<Sectors> {
    let regions = Flash::new_blocking(flash).into_blocking_regions();
    Area::new(Sectors(regions.bank1_region1))
}

impl ErrorType for Sectors {
    type Error = Error;
}

impl ReadNorFlash for Sectors {
    const READ_SIZE: usize = <Bank1Region1<'static, Blocking> as ReadNorFlash>::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        ReadNorFlash::read(&mut self.0, offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Sectors {
    const WRITE_SIZE: usize = <Bank1Region1<'static, Blocking> as NorFlash>::WRITE_SIZE;
    const ERASE_SIZE: usize = <Bank1Region1<'static, Blocking> as NorFlash>::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        let erased = NorFlash::erase(&mut self.0, from, to);
        forget_cached_data();
        erased
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        NorFlash::write(&mut self.0, offset, bytes)
    }
}

/// The data cache may still hold what was erased; it can be emptied only while
/// it is off (reference manuals: adaptive real-time memory accelerator).
fn forget_cached_data() {
    REGISTERS.acr().modify(|w| w.set_dcen(false));
    REGISTERS.acr().modify(|w| w.set_dcrst(true));
    REGISTERS.acr().modify(|w| w.set_dcrst(false));
    REGISTERS.acr().modify(|w| w.set_dcen(true));
}
