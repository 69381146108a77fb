//! A range of the flash, as if it were a flash of its own.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// What failed in a range of the flash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegionError<E> {
    /// The request leaves the range.
    OutOfBounds,
    /// The flash refused.
    Flash(E),
}

impl<E: NorFlashError> NorFlashError for RegionError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::Flash(error) => error.kind(),
        }
    }
}

/// The range of a flash from START on, SIZE bytes long.
///
/// Nothing outside the range can be read, written or erased.
#[derive(Debug)]
pub struct Region<F, const START: u32, const SIZE: u32>(F);

impl<F, const START: u32, const SIZE: u32> Region<F, START, SIZE> {
    /// Makes the range.
    #[must_use]
    pub const fn new(flash: F) -> Self {
        const { assert!(SIZE as usize as u64 == SIZE as u64) };
        Self(flash)
    }

    /// Gives the address in the flash of `length` bytes at `offset`.
    fn address<E>(offset: u32, length: usize) -> Result<u32, RegionError<E>> {
        let end = u32::try_from(length)
            .ok()
            .and_then(|length| offset.checked_add(length))
            .filter(|end| *end <= SIZE);
        end.and_then(|_| START.checked_add(offset))
            .ok_or(RegionError::OutOfBounds)
    }
}

impl<F: ErrorType, const START: u32, const SIZE: u32> ErrorType for Region<F, START, SIZE> {
    type Error = RegionError<F::Error>;
}

impl<F: ReadNorFlash, const START: u32, const SIZE: u32> ReadNorFlash for Region<F, START, SIZE> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let address = Self::address(offset, bytes.len())?;
        self.0.read(address, bytes).map_err(RegionError::Flash)
    }

    fn capacity(&self) -> usize {
        SIZE as usize
    }
}

impl<F: NorFlash, const START: u32, const SIZE: u32> NorFlash for Region<F, START, SIZE> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let length = to.checked_sub(from).ok_or(RegionError::OutOfBounds)?;
        let length = usize::try_from(length).map_err(|_| RegionError::OutOfBounds)?;
        let first = Self::address(from, length)?;
        let last = Self::address(to, 0)?;
        self.0.erase(first, last).map_err(RegionError::Flash)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let address = Self::address(offset, bytes.len())?;
        self.0.write(address, bytes).map_err(RegionError::Flash)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::facts::{
        APPEND_STALL_US, ERASE_STALL_US, ERASE_WATCHDOG, FLASH_SIZE, POLL_PERIOD, STORAGE_SIZE,
        STORAGE_START,
    };
    use embassy_futures::block_on;
    use smartevse_core::adapters::BlockingFlash;
    use smartevse_core::contract;
    use smartevse_core::hardware::stalls_fit;
    use std::vec::Vec;

    /// A whole flash in memory; every byte starts as that of the stock firmware.
    struct Chip(Vec<u8>);

    const STOCK: u8 = 0x5A;

    impl ErrorType for Chip {
        type Error = NorFlashErrorKind;
    }

    impl ReadNorFlash for Chip {
        const READ_SIZE: usize = 4;

        fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
            let from = offset as usize;
            bytes.copy_from_slice(&self.0[from..from + bytes.len()]);
            Ok(())
        }

        fn capacity(&self) -> usize {
            self.0.len()
        }
    }

    impl NorFlash for Chip {
        const WRITE_SIZE: usize = 4;
        const ERASE_SIZE: usize = 4096;

        fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
            self.0[from as usize..to as usize].fill(0xFF);
            Ok(())
        }

        fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
            for (to, from) in self.0[offset as usize..].iter_mut().zip(bytes) {
                *to &= from;
            }
            Ok(())
        }
    }

    type Store = Region<Chip, STORAGE_START, STORAGE_SIZE>;

    fn store() -> Store {
        Region::new(Chip(std::vec![STOCK; FLASH_SIZE as usize]))
    }

    #[test]
    fn when_the_range_is_used_then_the_contract_holds_and_the_rest_stays() {
        let mut flash = BlockingFlash::<_, APPEND_STALL_US, ERASE_STALL_US>(store());
        assert_eq!(block_on(contract::storage(&mut flash)), Ok(()));
        let (start, size) = (STORAGE_START as usize, STORAGE_SIZE as usize);
        let chip = &flash.0.0.0;
        assert!(chip[..start].iter().all(|byte| *byte == STOCK));
        assert!(chip[start + size..].iter().all(|byte| *byte == STOCK));
    }

    #[test]
    fn when_a_request_leaves_the_range_then_it_is_refused() {
        let mut store = store();
        assert_eq!(
            store.write(STORAGE_SIZE, &[0; 4]),
            Err(RegionError::OutOfBounds)
        );
        assert_eq!(
            store.write(STORAGE_SIZE - 4, &[0; 8]),
            Err(RegionError::OutOfBounds)
        );
        assert_eq!(
            store.read(u32::MAX - 3, &mut [0; 8]),
            Err(RegionError::OutOfBounds)
        );
        assert_eq!(store.erase(8192, 4096), Err(RegionError::OutOfBounds));
        assert_eq!(
            store.erase(0, STORAGE_SIZE + 4096),
            Err(RegionError::OutOfBounds)
        );
        assert!(store.0.0.iter().all(|byte| *byte == STOCK));
        assert_eq!(store.erase(0, STORAGE_SIZE), Ok(()));
    }

    /// Design 3.10: an append fits between two polls, an erase into the
    /// watchdog of the erase permit.
    #[test]
    fn when_the_stalls_are_stated_then_they_fit() {
        type Flash = BlockingFlash<Store, APPEND_STALL_US, ERASE_STALL_US>;
        assert!(stalls_fit::<Flash>(POLL_PERIOD, ERASE_WATCHDOG));
    }
}
