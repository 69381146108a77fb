//! Contactors with their feedback.

use super::ErrorType;
use crate::io::{Contactor, ContactorFeedback};

/// Positions of both contactors as their auxiliary contacts report them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ContactorPositions {
    /// Main contactor.
    pub contactor1: ContactorFeedback,
    /// Second contactor (L2 and L3).
    pub contactor2: ContactorFeedback,
}

/// Drives both contactors and reads their feedback.
///
/// The state of the outputs before the first call is open. The sequence in
/// time (charging specification §4.2) is the charger's business; one call only
/// brings both outputs to their levels.
pub trait Contactors: ErrorType {
    /// Brings both contactors to the given positions.
    ///
    /// The main contactor opens before the second one and closes after it
    /// within the call (charging specification §4.2, I-05). An opening is
    /// attempted on both even if the first refuses. When the second contactor
    /// refuses its level the main contactor is opened: a failure never leaves
    /// a circuit closed that was meant to open. The call is repeated at every
    /// poll.
    ///
    /// # Errors
    ///
    /// When an output does not accept its level.
    fn drive_contactors(
        &mut self,
        contactor1: Contactor,
        contactor2: Contactor,
    ) -> Result<(), Self::Error>;

    /// Reads the auxiliary contacts; the default is "not fitted".
    ///
    /// # Errors
    ///
    /// When an input cannot be read.
    fn contactor_feedback(&mut self) -> Result<ContactorPositions, Self::Error> {
        Ok(ContactorPositions::default())
    }
}

impl<T: Contactors + ?Sized> Contactors for &mut T {
    fn drive_contactors(
        &mut self,
        contactor1: Contactor,
        contactor2: Contactor,
    ) -> Result<(), Self::Error> {
        T::drive_contactors(self, contactor1, contactor2)
    }

    fn contactor_feedback(&mut self) -> Result<ContactorPositions, Self::Error> {
        T::contactor_feedback(self)
    }
}
