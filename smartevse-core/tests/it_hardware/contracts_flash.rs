//! The contract of a flash: good ones pass, each bad one fails its clause.

use smartevse_core::adapters::{BlockingFlash, StatedFlash};
use smartevse_core::contract::{self, Clause};
use smartevse_core::types::Duration;

use super::contracts::clause;
use super::mock::{Flash, run};

type Nor = BlockingFlash<Flash, 2_000, 40_000>;

#[test]
fn when_a_flash_is_bad_then_its_clause_is_named() {
    let with = |change: fn(&mut Flash)| {
        let mut flash = Flash::new();
        change(&mut flash);
        let mut stated: Nor = BlockingFlash(flash);
        clause(run(contract::storage(&mut stated)))
    };
    assert_eq!(with(|_| {}), None);
    let erased = Some(Clause::StorageErased);
    assert_eq!(with(|flash| flash.forgets_erase = true), erased);
    let kept = Some(Clause::StorageKept);
    assert_eq!(with(|flash| flash.keeps_ones = true), kept);
    assert_eq!(with(|flash| flash.spills = true), kept);
    let geometry = Some(Clause::StorageGeometry);
    assert_eq!(with(|flash| flash.bytes.truncate(1_500)), geometry);
}

/// A flash whose addresses wrap around instead of ending.
struct Wrapping(Flash);

impl embedded_storage::nor_flash::ErrorType for Wrapping {
    type Error = embedded_storage::nor_flash::NorFlashErrorKind;
}

impl embedded_storage::nor_flash::ReadNorFlash for Wrapping {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.read(offset % 4096, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl embedded_storage::nor_flash::NorFlash for Wrapping {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = Flash::BLOCK;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.erase(from % 4096, to % 4096)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.write(offset % 4096, bytes)
    }
}

#[test]
fn when_a_flash_wraps_around_then_the_contract_fails() {
    let mut flash: BlockingFlash<_, 0, 0> = BlockingFlash(Wrapping(Flash::new()));
    let verdict = run(contract::storage(&mut flash));
    assert_eq!(clause(verdict), Some(Clause::StorageBounds));
}

/// Design 3.10: every flash states its longest stalls.
#[test]
fn when_a_flash_stalls_longer_than_stated_then_the_contract_fails() {
    let stalls = |erase, append| {
        let mut flash = Flash::new();
        flash.erase_time = Duration::from_millis(erase);
        flash.write_time = Duration::from_millis(append);
        let mut bench = flash.clock.clone();
        let mut stated: Nor = BlockingFlash(flash);
        clause(run(contract::storage_stalls(&mut stated, &mut bench)))
    };
    assert_eq!(stalls(40, 2), None);
    assert_eq!(stalls(41, 2), Some(Clause::EraseStall));
    assert_eq!(stalls(40, 3), Some(Clause::AppendStall));
}

#[test]
fn when_a_flash_works_in_the_background_then_its_time_does_not_count() {
    let flash = Flash::new();
    let mut bench = flash.clock.clone();
    let inner: BlockingFlash<_, 1, 1> = BlockingFlash(flash);
    let mut stated: StatedFlash<_, 0, 0> = StatedFlash(inner);
    run(contract::storage_stalls(&mut stated, &mut bench)).unwrap();
    run(contract::storage(&mut stated)).unwrap();
}
