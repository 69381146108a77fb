//! Contactors on two output pins.

use embedded_hal::digital::{InputPin, OutputPin};

use super::{AdapterError, InputLine, NoPin, OutputLine};
use crate::hardware::{ContactorPositions, Contactors, ErrorType};
use crate::io::{Contactor, ContactorFeedback};

/// Two contactors on output pins, with auxiliary contacts where fitted.
///
/// Output lines are active while the coil is energised, feedback lines while
/// the contactor is closed. A board with one contactor gives
/// [`NoPin`] for the second.
#[derive(Debug)]
pub struct PinContactors<O1, O2, F1 = NoPin, F2 = NoPin> {
    contactor1: OutputLine<O1>,
    contactor2: OutputLine<O2>,
    feedback1: Option<InputLine<F1>>,
    feedback2: Option<InputLine<F2>>,
}

impl<O1: OutputPin, O2: OutputPin> PinContactors<O1, O2> {
    /// Makes contactors without feedback; no pin changes its level.
    #[must_use]
    pub const fn new(contactor1: OutputLine<O1>, contactor2: OutputLine<O2>) -> Self {
        Self {
            contactor1,
            contactor2,
            feedback1: None,
            feedback2: None,
        }
    }
}

impl<O1, O2, F1, F2> PinContactors<O1, O2, F1, F2> {
    /// Adds the auxiliary contact of the main contactor.
    #[must_use]
    pub fn with_feedback1<F: InputPin>(self, line: InputLine<F>) -> PinContactors<O1, O2, F, F2> {
        PinContactors {
            contactor1: self.contactor1,
            contactor2: self.contactor2,
            feedback1: Some(line),
            feedback2: self.feedback2,
        }
    }

    /// Adds the auxiliary contact of the second contactor.
    #[must_use]
    pub fn with_feedback2<F: InputPin>(self, line: InputLine<F>) -> PinContactors<O1, O2, F1, F> {
        PinContactors {
            contactor1: self.contactor1,
            contactor2: self.contactor2,
            feedback1: self.feedback1,
            feedback2: Some(line),
        }
    }
}

/// Reads one auxiliary contact.
fn position<F: InputPin>(
    line: &mut Option<InputLine<F>>,
) -> Result<ContactorFeedback, AdapterError> {
    let Some(line) = line else {
        return Ok(ContactorFeedback::NotFitted);
    };
    Ok(if line.is_active()? {
        ContactorFeedback::Closed
    } else {
        ContactorFeedback::Open
    })
}

impl<O1, O2, F1, F2> ErrorType for PinContactors<O1, O2, F1, F2> {
    type Error = AdapterError;
}

impl<O1, O2, F1, F2> Contactors for PinContactors<O1, O2, F1, F2>
where
    O1: OutputPin,
    O2: OutputPin,
    F1: InputPin,
    F2: InputPin,
{
    fn drive_contactors(
        &mut self,
        contactor1: Contactor,
        contactor2: Contactor,
    ) -> Result<(), AdapterError> {
        if !contactor1.is_closed() {
            let first = self.contactor1.set(false);
            let second = self.contactor2.set(contactor2.is_closed());
            return first.and(second);
        }
        if let Err(error) = self.contactor2.set(contactor2.is_closed()) {
            // The refusal counts, whatever becomes of the opening.
            let _ = self.contactor1.set(false);
            return Err(error);
        }
        self.contactor1.set(true)
    }

    fn contactor_feedback(&mut self) -> Result<ContactorPositions, AdapterError> {
        Ok(ContactorPositions {
            contactor1: position(&mut self.feedback1)?,
            contactor2: position(&mut self.feedback2)?,
        })
    }
}
