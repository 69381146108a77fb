//! A part that some variants of a board lack.
//!
//! `None` accepts every command and reads "not fitted".

use super::{CableLock, ErrorType, StatusLight};
use crate::io::{LockDrive, LockFeedback, Rgb};
use crate::options::LockKind;

impl<T: ErrorType> ErrorType for Option<T> {
    type Error = T::Error;
}

impl<T: CableLock> CableLock for Option<T> {
    fn set_kind(&mut self, kind: LockKind) {
        if let Some(lock) = self {
            lock.set_kind(kind);
        }
    }

    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), T::Error> {
        self.as_mut().map_or(Ok(()), |lock| lock.drive_lock(drive))
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, T::Error> {
        let absent = Ok(LockFeedback::NotFitted);
        self.as_mut().map_or(absent, CableLock::lock_feedback)
    }
}

impl<T: StatusLight> StatusLight for Option<T> {
    fn show(&mut self, colour: Rgb) -> Result<(), T::Error> {
        self.as_mut().map_or(Ok(()), |light| light.show(colour))
    }
}
