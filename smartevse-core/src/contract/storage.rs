//! Contract of the storage.

use embedded_storage_async::nor_flash::{NorFlashError, NorFlashErrorKind};
use smartevse_types::Duration;

use super::{Bench, Clause, Violation, demand};
use crate::hardware::{ErrorKind, LARGEST_APPEND, Storage};

/// Byte of an erased flash.
const ERASED: u8 = 0xFF;

/// Erases the first block, writes to it and checks what it reads. **The
/// content of that block is lost.**
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`,
/// `StorageGeometry`, `StorageErased`, `StorageKept`, `StorageBounds`.
pub async fn storage<S: Storage>(storage: &mut S) -> Result<(), Violation> {
    let block = geometry(storage)?;
    accept(storage.erase(0, block).await, Clause::Accepts)?;
    all_erased(storage, 0).await?;
    let mut buffer = [ERASED; LARGEST_APPEND];
    pattern(&mut buffer);
    let page = append(storage, &buffer).await?;
    kept(storage, &buffer, page).await?;
    all_erased(storage, page).await?;
    bounded(storage).await?;
    accept(storage.erase(0, block).await, Clause::Accepts)?;
    all_erased(storage, 0).await
}

/// Measures the stalls of one erase and one append. **The content of the first
/// block is lost.**
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `StorageGeometry`,
/// `EraseStall`, `AppendStall`. A stall stated as zero is not measured: such a
/// flash works in the background, and the time of an operation says nothing.
pub async fn storage_stalls<S: Storage>(
    storage: &mut S,
    bench: &mut impl Bench,
) -> Result<(), Violation> {
    let block = geometry(storage)?;
    let start = bench.now();
    accept(storage.erase(0, block).await, Clause::Accepts)?;
    let spent = bench.now().since(start);
    demand(within(spent, S::LONGEST_ERASE), Clause::EraseStall)?;
    let start = bench.now();
    append(storage, &[0; LARGEST_APPEND]).await?;
    let spent = bench.now().since(start);
    demand(within(spent, S::LONGEST_APPEND), Clause::AppendStall)?;
    accept(storage.erase(0, block).await, Clause::Accepts)
}

fn within(spent: Duration, stated: Duration) -> bool {
    stated == Duration::ZERO || spent <= stated
}

/// Demands sizes that the storage engine can use; gives the block size.
fn geometry<S: Storage>(storage: &S) -> Result<u32, Violation> {
    let divides =
        |part: usize, whole: usize| part > 0 && whole > 0 && whole.checked_rem(part) == Some(0);
    let fits = divides(S::READ_SIZE, S::WRITE_SIZE)
        && divides(S::WRITE_SIZE, S::ERASE_SIZE)
        && divides(S::WRITE_SIZE, LARGEST_APPEND)
        && divides(S::ERASE_SIZE, storage.capacity());
    demand(fits, Clause::StorageGeometry)?;
    address(S::ERASE_SIZE)
}

/// Converts a size to an address of the flash.
fn address(size: usize) -> Result<u32, Violation> {
    u32::try_from(size).map_err(|_| Violation {
        clause: Clause::StorageGeometry,
        error: None,
    })
}

/// Fills a buffer with bytes that differ from their neighbours.
fn pattern(buffer: &mut [u8]) {
    for (byte, value) in buffer.iter_mut().zip((0..=u8::MAX).cycle()) {
        *byte = value ^ 0xA5;
    }
}

/// Appends as much of the buffer as a block holds; gives the length.
async fn append<S: Storage>(
    storage: &mut S,
    buffer: &[u8; LARGEST_APPEND],
) -> Result<usize, Violation> {
    let page = S::ERASE_SIZE.min(LARGEST_APPEND);
    let bytes = buffer.get(..page).unwrap_or(&[]);
    accept(storage.write(0, bytes).await, Clause::Accepts)?;
    Ok(page)
}

/// Demands that the page reads as it was written.
async fn kept<S: Storage>(
    storage: &mut S,
    buffer: &[u8; LARGEST_APPEND],
    page: usize,
) -> Result<(), Violation> {
    let mut seen = [0; LARGEST_APPEND];
    let seen = seen.get_mut(..page).unwrap_or_default();
    accept(storage.read(0, seen).await, Clause::Reads)?;
    demand(buffer.get(..page) == Some(seen), Clause::StorageKept)
}

/// Demands that the first block is erased from an offset on.
async fn all_erased<S: Storage>(storage: &mut S, from: usize) -> Result<(), Violation> {
    let clause = if from == 0 {
        Clause::StorageErased
    } else {
        Clause::StorageKept
    };
    let step = S::ERASE_SIZE.min(LARGEST_APPEND);
    for offset in (from..S::ERASE_SIZE).step_by(step.max(1)) {
        let mut seen = [0; LARGEST_APPEND];
        let length = S::ERASE_SIZE.saturating_sub(offset).min(step);
        let seen = seen.get_mut(..length).unwrap_or_default();
        accept(storage.read(address(offset)?, seen).await, Clause::Reads)?;
        demand(seen.iter().all(|byte| *byte == ERASED), clause)?;
    }
    Ok(())
}

/// Demands that requests beyond the end are refused.
async fn bounded<S: Storage>(storage: &mut S) -> Result<(), Violation> {
    let end = address(storage.capacity())?;
    let beyond = end.saturating_add(address(S::ERASE_SIZE)?);
    let erased = storage.erase(end, beyond).await.is_err();
    demand(erased, Clause::StorageBounds)?;
    let buffer = [ERASED; LARGEST_APPEND];
    let bytes = buffer.get(..S::WRITE_SIZE).unwrap_or(&[]);
    let written = storage.write(end, bytes).await.is_err();
    demand(written, Clause::StorageBounds)
}

/// Demands that a flash operation succeeds.
fn accept<E: NorFlashError>(result: Result<(), E>, clause: Clause) -> Result<(), Violation> {
    result.map_err(|error| Violation {
        clause,
        error: Some(kind(error.kind())),
    })
}

/// Converts the kind of a flash error.
fn kind(kind: NorFlashErrorKind) -> ErrorKind {
    if matches!(
        kind,
        NorFlashErrorKind::NotAligned | NorFlashErrorKind::OutOfBounds
    ) {
        ErrorKind::Unsupported
    } else {
        ErrorKind::Other
    }
}
