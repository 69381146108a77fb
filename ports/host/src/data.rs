//! `--data DIR`: the store of the charger in a directory.

mod flash;

use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use smartevse::storage::{Contents, Done, FlashPermit, Restored, StorageError, Store};
use smartevse_core::event::Record;

use flash::{FileFlash, FlashFailure};

/// The store of the host.
pub struct DataStore {
    store: Store<FileFlash>,
    /// For messages.
    place: String,
}

impl DataStore {
    /// Opens the store of a directory; both are made where they are missing.
    ///
    /// # Errors
    ///
    /// One sentence on what cannot be used.
    pub fn open(directory: &Path) -> Result<(Self, Restored), String> {
        let place = format!("--data {}", directory.display());
        let flash = FileFlash::open(directory).map_err(|why| format!("{place}: {why}"))?;
        let (store, restored) = at_once(Store::open(flash))
            .unwrap_or(Err(StorageError::Geometry))
            .map_err(|why| sentence(&place, &why))?;
        Ok((Self { store, place }, restored))
    }

    /// Does one piece of work, see [`Store::step`].
    ///
    /// # Errors
    ///
    /// One sentence; the records stay unsaved.
    pub fn step(
        &mut self,
        permit: FlashPermit,
        unsaved: impl IntoIterator<Item = (Record, u32)>,
        contents: &Contents<'_>,
    ) -> Result<Done, String> {
        let step = self.store.step(permit, unsaved, contents);
        let done = at_once(step).unwrap_or(Err(StorageError::Geometry));
        done.map_err(|why| sentence(&self.place, &why))
    }

    /// Makes sure that what is stored is still there under its name.
    ///
    /// # Errors
    ///
    /// One sentence.
    pub fn check(&mut self) -> Result<(), String> {
        let kept = self.store.flash().is_kept();
        kept.map_err(|why| format!("{}: {}", self.place, FlashFailure::from(why)))
    }

    /// Stores a record now; the charger does not run.
    ///
    /// # Errors
    ///
    /// One sentence.
    pub fn save(&mut self, record: Record, contents: &Contents<'_>) -> Result<(), String> {
        loop {
            match self.step(FlashPermit::Erase, [(record, 0)], contents)? {
                Done::Saved(..) | Done::Idle => return self.settle(contents),
                Done::Worked => {}
                Done::Waiting => return Err(format!("{}: the store is full", self.place)),
            }
        }
    }

    /// Does what is left to do.
    fn settle(&mut self, contents: &Contents<'_>) -> Result<(), String> {
        while self.step(FlashPermit::Erase, [], contents)? == Done::Worked {}
        Ok(())
    }
}

fn sentence(place: &str, why: &StorageError<FlashFailure>) -> String {
    if let StorageError::Flash(failure) = why {
        format!("{place}: {failure}")
    } else {
        format!("{place}: {why}")
    }
}

/// Result of a future that never waits.
fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
