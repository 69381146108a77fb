//! Buzzer on an output pin.

use embedded_hal::digital::OutputPin;

use super::{AdapterError, OutputLine};
use crate::hardware::{Buzzer, ErrorType};

/// Self-oscillating buzzer on an output line.
#[derive(Debug)]
pub struct PinBuzzer<O>(OutputLine<O>);

impl<O: OutputPin> PinBuzzer<O> {
    /// Makes a buzzer from its line; the level of the pin does not change.
    #[must_use]
    pub const fn new(line: OutputLine<O>) -> Self {
        Self(line)
    }
}

impl<O> ErrorType for PinBuzzer<O> {
    type Error = AdapterError;
}

impl<O: OutputPin> Buzzer for PinBuzzer<O> {
    fn sound(&mut self, on: bool) -> Result<(), AdapterError> {
        self.0.set(on)
    }
}
