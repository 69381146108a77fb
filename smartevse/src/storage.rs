//! The store: records that outlive a restart, in NOR flash.
//!
//! [`Store::open`] only reads. After that [`Store::step`] is called again and
//! again (every 100 ms, say) with the [`FlashPermit`] of the moment; each call
//! does at most one write or one erase and says which record is stored now.
//!
//! ```
//! # use smartevse::{Setup, Station};
//! # use smartevse::core::adapters::BlockingFlash;
//! # use smartevse::core::event::{Event, Fact};
//! # use smartevse::core::hardware::Storage;
//! # use smartevse::storage::{Done, FlashPermit, StorageError, Store};
//! # use smartevse::types::Instant;
//! async fn task<S: Storage>(flash: S) -> Result<(), StorageError<S::Error>> {
//!     let (mut store, restored) = Store::open(flash).await?;
//!     let mut station = Station::new(&restored.setup(), Instant::ZERO);
//!     // After each poll, outside the 10 ms loop:
//!     let now = Instant::from_millis(100);
//!     let permit = FlashPermit::of(station.status(), station.manager().access().access(), now);
//!     let status = station.status();
//!     let manager = station.manager();
//!     let contents = manager.contents(&status);
//!     if let Done::Saved(record, version) =
//!         store.step(permit, manager.records().unsaved(), &contents).await?
//!     {
//!         station.event(Event { at: now, fact: Fact::Stored(record, version) });
//!     }
//!     Ok(())
//! }
//! ```
//!
//! **What holds, whatever happens to the power:** each record is the old or the
//! new one; a bit that flips never makes a value that was not stored; records
//! with unknown keys, from a newer firmware, are kept. The futures must run to
//! their end.
//!
//! **Layout.** Every block begins with a header (twice: a running number with
//! its checksum), then come records one after the other, each with key, length
//! and checksum. The newest record of a key counts. When room runs out, the
//! records of the oldest block that still count are copied and the block is
//! erased; blocks take turns, so that all wear alike. One erased block stays in
//! reserve (decision 70): only access and latched faults may begin it, and only
//! so far that the oldest block can still be moved. The energy ledger, which
//! matters least, takes only what the others do not need; else it waits.
//!
//! **A store that was lost stays lost:** what cannot be read is noted in a
//! record of its own before anything is saved or the last of it is erased, and
//! only saving the settings ends that (decision D-226).

mod header;
mod journal;
mod permit;
mod restored;
mod store;

use core::fmt;

use smartevse_core::records::RecordError;

pub use permit::FlashPermit;
pub use restored::{Report, Restored};
pub use store::{Contents, Done, Store};

/// Room in bytes that is made inside a permit to erase, so that the records of
/// a whole charge can be appended without another one: eight changes of access
/// and latched faults each, two changes of settings and of cards, and the energy
/// ledger of eleven hours.
pub const HEADROOM: u32 = 1536;

/// Room in bytes that the energy ledger leaves to the other records (decision
/// D-227).
const OTHERS: u32 = 1024;

/// Why the store did not do its work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StorageError<E> {
    /// The flash is too small, or its units do not fit (see
    /// [`Storage`](smartevse_core::hardware::Storage)).
    Geometry,
    /// The flash refused.
    Flash(E),
    /// What was written reads differently.
    NotKept,
    /// A record could not be written.
    Record(RecordError),
}

impl<E> From<RecordError> for StorageError<E> {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl<E: fmt::Debug> fmt::Display for StorageError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry => f.write_str("the flash does not fit the store"),
            Self::Flash(error) => write!(f, "the flash failed: {error:?}"),
            Self::NotKept => f.write_str("the flash did not keep what was written"),
            Self::Record(error) => write!(f, "a record could not be written: {error}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for StorageError<E> {}
