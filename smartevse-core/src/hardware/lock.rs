//! Cable lock of a socket.

use super::ErrorType;
use crate::io::{LockDrive, LockFeedback};
use crate::options::LockKind;

/// Drives the actuator of the cable lock and reads its position.
///
/// Pulse lengths and retries are the charger's business.
pub trait CableLock: ErrorType {
    /// Takes over the type of the actuator (configuration guide: LOCK), which
    /// decides what the feedback means. It comes before each drive; a lock of
    /// one type only leaves this out.
    fn set_kind(&mut self, kind: LockKind) {
        let _ = kind;
    }

    /// Applies a voltage to the actuator or takes it away.
    ///
    /// # Errors
    ///
    /// When an output does not accept its level; the actuator is then without
    /// voltage as far as the board can bring that about.
    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), Self::Error>;

    /// Reads the position, polarity already applied; the default is "not
    /// fitted".
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    fn lock_feedback(&mut self) -> Result<LockFeedback, Self::Error> {
        Ok(LockFeedback::NotFitted)
    }
}

impl<T: CableLock + ?Sized> CableLock for &mut T {
    fn set_kind(&mut self, kind: LockKind) {
        T::set_kind(self, kind);
    }

    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), Self::Error> {
        T::drive_lock(self, drive)
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, Self::Error> {
        T::lock_feedback(self)
    }
}
