//! A flash behind a cache.

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// A flash with something to do after each erase, such as emptying a cache that
/// still holds what was erased.
#[derive(Debug)]
pub struct AfterErase<F> {
    flash: F,
    after: fn(),
}

impl<F> AfterErase<F> {
    /// Makes it; `after` runs after every erase, failed or not.
    #[must_use]
    pub const fn new(flash: F, after: fn()) -> Self {
        Self { flash, after }
    }
}

impl<F: ErrorType> ErrorType for AfterErase<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for AfterErase<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for AfterErase<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        let erased = self.flash.erase(from, to);
        (self.after)();
        erased
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.flash.write(offset, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};
    use embedded_storage::nor_flash::NorFlashErrorKind;

    /// Erases at 0 only.
    struct Flash(u8);

    impl ErrorType for Flash {
        type Error = NorFlashErrorKind;
    }

    impl ReadNorFlash for Flash {
        const READ_SIZE: usize = 1;

        fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
            bytes.fill(self.0);
            Ok(())
        }

        fn capacity(&self) -> usize {
            16
        }
    }

    impl NorFlash for Flash {
        const WRITE_SIZE: usize = 1;
        const ERASE_SIZE: usize = 16;

        fn erase(&mut self, from: u32, _: u32) -> Result<(), NorFlashErrorKind> {
            if from > 0 {
                return Err(NorFlashErrorKind::OutOfBounds);
            }
            self.0 = 0xFF;
            Ok(())
        }

        fn write(&mut self, _: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
            self.0 &= bytes[0];
            Ok(())
        }
    }

    #[test]
    fn when_it_is_erased_then_the_cache_is_emptied() {
        static EMPTIED: AtomicU32 = AtomicU32::new(0);
        let mut flash = AfterErase::new(Flash(0xFF), || {
            EMPTIED.fetch_add(1, Ordering::Relaxed);
        });
        let mut byte = [0];
        flash.write(0, &[7]).unwrap();
        flash.read(0, &mut byte).unwrap();
        assert_eq!((byte, EMPTIED.load(Ordering::Relaxed)), ([7], 0));
        assert!(flash.erase(0, 16).is_ok() && flash.erase(16, 32).is_err());
        flash.read(0, &mut byte).unwrap();
        assert_eq!((byte, EMPTIED.load(Ordering::Relaxed)), ([0xFF], 2));
        assert_eq!(flash.capacity(), 16);
    }
}
