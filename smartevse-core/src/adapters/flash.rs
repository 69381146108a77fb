//! NOR flash with its stalls stated.

use embedded_storage::nor_flash as blocking;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use smartevse_types::Duration;

use crate::hardware::Storage;

/// Async NOR flash with its longest stalls in microseconds.
///
/// The figures come from the data sheet (maximum, not typical) or from
/// `contract::storage_stalls` on the bench. A flash that is erased and written
/// without stopping the processor states zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatedFlash<F, const APPEND_US: u64, const ERASE_US: u64>(pub F);

/// Blocking NOR flash with its longest stalls in microseconds.
///
/// Its futures never wait: an erase keeps the whole executor for its duration,
/// which is why the figures must be stated.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockingFlash<F, const APPEND_US: u64, const ERASE_US: u64>(pub F);

impl<F: NorFlash, const A: u64, const E: u64> Storage for StatedFlash<F, A, E> {
    const LONGEST_APPEND: Duration = Duration::from_micros(A);
    const LONGEST_ERASE: Duration = Duration::from_micros(E);
}

impl<F: ErrorType, const A: u64, const E: u64> ErrorType for StatedFlash<F, A, E> {
    type Error = F::Error;
}

impl<F: NorFlash, const A: u64, const E: u64> ReadNorFlash for StatedFlash<F, A, E> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.0.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: NorFlash, const A: u64, const E: u64> NorFlash for StatedFlash<F, A, E> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.0.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.0.write(offset, bytes).await
    }
}

impl<F: blocking::NorFlash, const A: u64, const E: u64> Storage for BlockingFlash<F, A, E> {
    const LONGEST_APPEND: Duration = Duration::from_micros(A);
    const LONGEST_ERASE: Duration = Duration::from_micros(E);
}

impl<F: blocking::ErrorType, const A: u64, const E: u64> ErrorType for BlockingFlash<F, A, E> {
    type Error = F::Error;
}

impl<F: blocking::NorFlash, const A: u64, const E: u64> ReadNorFlash for BlockingFlash<F, A, E> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.0.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: blocking::NorFlash, const A: u64, const E: u64> NorFlash for BlockingFlash<F, A, E> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.0.erase(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.0.write(offset, bytes)
    }
}
