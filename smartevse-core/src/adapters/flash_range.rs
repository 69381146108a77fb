//! A range of the flash, as if it were a flash of its own.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// What failed in a range of the flash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlashRangeError<E> {
    /// The request leaves the range.
    OutOfBounds,
    /// The flash refused.
    Flash(E),
}

impl<E: NorFlashError> NorFlashError for FlashRangeError<E> {
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
pub struct FlashRange<F, const START: u32, const SIZE: u32>(F);

impl<F, const START: u32, const SIZE: u32> FlashRange<F, START, SIZE> {
    /// Makes the range.
    #[must_use]
    pub const fn new(flash: F) -> Self {
        const { assert!(SIZE as usize as u64 == SIZE as u64) };
        Self(flash)
    }

    /// Gives the address in the flash of `length` bytes at `offset`.
    fn address<E>(offset: u32, length: usize) -> Result<u32, FlashRangeError<E>> {
        let end = u32::try_from(length)
            .ok()
            .and_then(|length| offset.checked_add(length))
            .filter(|end| *end <= SIZE);
        end.and_then(|_| START.checked_add(offset))
            .ok_or(FlashRangeError::OutOfBounds)
    }
}

impl<F: ErrorType, const START: u32, const SIZE: u32> ErrorType for FlashRange<F, START, SIZE> {
    type Error = FlashRangeError<F::Error>;
}

impl<F: ReadNorFlash, const START: u32, const SIZE: u32> ReadNorFlash
    for FlashRange<F, START, SIZE>
{
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let address = Self::address(offset, bytes.len())?;
        self.0.read(address, bytes).map_err(FlashRangeError::Flash)
    }

    fn capacity(&self) -> usize {
        SIZE as usize
    }
}

impl<F: NorFlash, const START: u32, const SIZE: u32> NorFlash for FlashRange<F, START, SIZE> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let length = to.checked_sub(from).ok_or(FlashRangeError::OutOfBounds)?;
        let length = usize::try_from(length).map_err(|_| FlashRangeError::OutOfBounds)?;
        let first = Self::address(from, length)?;
        let last = Self::address(to, 0)?;
        self.0.erase(first, last).map_err(FlashRangeError::Flash)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let address = Self::address(offset, bytes.len())?;
        self.0.write(address, bytes).map_err(FlashRangeError::Flash)
    }
}

/// Tells whether a flash holds nothing but erased bytes, as on a device that
/// never stored anything. A flash that cannot be read is not blank.
#[must_use]
pub fn is_blank<F: ReadNorFlash>(flash: &mut F) -> bool {
    let end = u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
    let mut bytes = [0; 64];
    (0..end).step_by(bytes.len()).all(|offset| {
        let left = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let part = bytes.len().min(left);
        bytes.get_mut(..part).is_some_and(|bytes| {
            flash.read(offset, bytes).is_ok() && bytes.iter().all(|byte| *byte == 0xFF)
        })
    })
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    const FLASH_SIZE: u32 = 0x4_0000;
    const STORAGE_START: u32 = 0x2_0000;
    const STORAGE_SIZE: u32 = 0x1_0000;

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

    type Store = FlashRange<Chip, STORAGE_START, STORAGE_SIZE>;

    fn store() -> Store {
        FlashRange::new(Chip(std::vec![STOCK; FLASH_SIZE as usize]))
    }

    #[test]
    fn when_the_range_is_used_then_the_rest_stays() {
        let mut range = store();
        assert_eq!(range.erase(0, STORAGE_SIZE), Ok(()));
        assert_eq!(range.write(STORAGE_SIZE - 4, &[1, 2, 3, 4]), Ok(()));
        let mut bytes = [0; 8];
        assert_eq!(range.read(STORAGE_SIZE - 8, &mut bytes), Ok(()));
        assert_eq!(bytes, [0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]);
        assert_eq!(range.capacity(), STORAGE_SIZE as usize);
        let (start, size) = (STORAGE_START as usize, STORAGE_SIZE as usize);
        let chip = &range.0.0;
        assert!(chip[..start].iter().all(|byte| *byte == STOCK));
        assert!(chip[start + size..].iter().all(|byte| *byte == STOCK));
    }

    #[test]
    fn when_one_byte_is_written_or_nothing_can_be_read_then_the_range_is_not_blank() {
        let mut range = store();
        assert!(!is_blank(&mut range));
        range.erase(0, STORAGE_SIZE).unwrap();
        assert!(is_blank(&mut range));
        range
            .write(STORAGE_SIZE - 4, &[0xFF, 0xFF, 0xFF, 0xFE])
            .unwrap();
        assert!(!is_blank(&mut range));
        let mut outside = FlashRange::<_, STORAGE_SIZE, 64>::new(store());
        assert!(!is_blank(&mut outside));
    }

    #[test]
    fn when_a_request_leaves_the_range_then_it_is_refused() {
        let mut store = store();
        assert_eq!(
            store.write(STORAGE_SIZE, &[0; 4]),
            Err(FlashRangeError::OutOfBounds)
        );
        assert_eq!(
            store.write(STORAGE_SIZE - 4, &[0; 8]),
            Err(FlashRangeError::OutOfBounds)
        );
        assert_eq!(
            store.read(u32::MAX - 3, &mut [0; 8]),
            Err(FlashRangeError::OutOfBounds)
        );
        assert_eq!(store.erase(8192, 4096), Err(FlashRangeError::OutOfBounds));
        assert_eq!(
            store.erase(0, STORAGE_SIZE + 4096),
            Err(FlashRangeError::OutOfBounds)
        );
        assert!(store.0.0.iter().all(|byte| *byte == STOCK));
        assert_eq!(store.erase(0, STORAGE_SIZE), Ok(()));
    }
}
