//! Cable lock of a socket.

use super::ErrorType;
use crate::io::{LockDrive, LockFeedback};

/// Drives the actuator of the cable lock and reads its position.
///
/// Pulse lengths and retries are the charger's business.
pub trait CableLock: ErrorType {
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
    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), Self::Error> {
        T::drive_lock(self, drive)
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, Self::Error> {
        T::lock_feedback(self)
    }
}
