//! A flash that may fail, with the adapters of a settings area.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use smartevse_core::adapters::{AfterErase, BlockingFlash, FlashRange};

use crate::{consume, opaque};

/// A flash of 64 KiB.
pub struct Flash;

/// Why it failed.
#[derive(Clone, Copy, Debug)]
pub struct Worn;

impl NorFlashError for Worn {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// A part of the flash, as a port makes it.
pub type Area = BlockingFlash<FlashRange<AfterErase<Flash>, 0x4000, 0x8000>, 6_400, 800_000>;

impl Flash {
    /// Gives its settings area.
    pub fn area() -> FlashRange<AfterErase<Flash>, 0x4000, 0x8000> {
        FlashRange::new(AfterErase::new(Flash, || consume(())))
    }
}

impl ErrorType for Flash {
    type Error = Worn;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Worn> {
        consume(offset);
        bytes.fill(opaque(0xFF));
        consume(&mut *bytes);
        opaque(Ok(()))
    }

    fn capacity(&self) -> usize {
        opaque(0x1_0000)
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 0x4000;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Worn> {
        consume((from, to));
        opaque(Ok(()))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Worn> {
        consume((offset, bytes));
        opaque(Ok(()))
    }
}
