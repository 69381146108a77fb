//! A flash that refuses: the contract tells which clause and which error.

use smartevse_core::adapters::BlockingFlash;
use smartevse_core::contract::{self, Clause};
use smartevse_core::hardware::ErrorKind;

use super::mock::{Flash, run};

/// A flash that refuses to write.
struct Locked(Flash, embedded_storage::nor_flash::NorFlashErrorKind);

impl embedded_storage::nor_flash::ErrorType for Locked {
    type Error = embedded_storage::nor_flash::NorFlashErrorKind;
}

impl embedded_storage::nor_flash::ReadNorFlash for Locked {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl embedded_storage::nor_flash::NorFlash for Locked {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = Flash::BLOCK;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.erase(from, to)
    }

    fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Self::Error> {
        Err(self.1)
    }
}

#[test]
fn when_a_flash_refuses_then_the_contract_tells_clause_and_error() {
    use embedded_storage::nor_flash::NorFlashErrorKind as Refusal;
    for (refusal, kind) in [
        (Refusal::NotAligned, ErrorKind::Unsupported),
        (Refusal::OutOfBounds, ErrorKind::Unsupported),
        (Refusal::Other, ErrorKind::Other),
    ] {
        let mut flash: BlockingFlash<_, 0, 0> = BlockingFlash(Locked(Flash::new(), refusal));
        let violation = run(contract::storage(&mut flash)).unwrap_err();
        assert_eq!(
            (violation.clause, violation.error),
            (Clause::Accepts, Some(kind))
        );
    }
}
