//! External switch on an input pin.

use embedded_hal::digital::InputPin;

use super::{AdapterError, InputLine};
use crate::hardware::{ErrorType, ExternalSwitch};
use crate::io::SwitchInput;

/// Switch on an input line that is active while the contact is closed (with a
/// pull-up: low).
#[derive(Debug)]
pub struct PinSwitch<I>(InputLine<I>);

impl<I: InputPin> PinSwitch<I> {
    /// Makes a switch from its line.
    #[must_use]
    pub const fn new(line: InputLine<I>) -> Self {
        Self(line)
    }
}

impl<I> ErrorType for PinSwitch<I> {
    type Error = AdapterError;
}

impl<I: InputPin> ExternalSwitch for PinSwitch<I> {
    fn read_switch(&mut self) -> Result<SwitchInput, AdapterError> {
        Ok(if self.0.is_active()? {
            SwitchInput::Closed
        } else {
            SwitchInput::Open
        })
    }
}
