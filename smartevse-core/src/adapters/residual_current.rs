//! Residual-current monitor on an input pin.

use embedded_hal::digital::{InputPin, OutputPin};

use super::{AdapterError, InputLine, NoPin, OutputLine};
use crate::hardware::{ErrorType, ResidualCurrentMonitor};
use crate::io::ResidualCurrentInput;

/// Monitor with a fault line, and a test line where fitted.
///
/// The fault line is active while there is a fault. With a pull-up and an
/// active level of high a broken wire reads as a fault, as it must.
#[derive(Debug)]
pub struct PinMonitor<I, T = NoPin> {
    fault: InputLine<I>,
    test: Option<OutputLine<T>>,
    edge: Option<fn() -> bool>,
}

impl<I: InputPin> PinMonitor<I> {
    /// Makes a monitor without a test line and without an edge latch.
    #[must_use]
    pub const fn new(fault: InputLine<I>) -> Self {
        Self {
            fault,
            test: None,
            edge: None,
        }
    }

    /// Adds the test line, active while the test runs.
    #[must_use]
    pub fn with_test<T: OutputPin>(self, test: OutputLine<T>) -> PinMonitor<I, T> {
        PinMonitor {
            fault: self.fault,
            test: Some(test),
            edge: self.edge,
        }
    }
}

impl<I, T> PinMonitor<I, T> {
    /// Makes a monitor whose test line may be fitted or not.
    pub(super) const fn with_optional_test(
        fault: InputLine<I>,
        test: Option<OutputLine<T>>,
    ) -> Self {
        Self {
            fault,
            test,
            edge: None,
        }
    }

    /// Adds the latch that an interrupt sets: a function that gives and clears
    /// it.
    #[must_use]
    pub fn with_edge_latch(mut self, take: fn() -> bool) -> Self {
        self.edge = Some(take);
        self
    }
}

impl<I, T> ErrorType for PinMonitor<I, T> {
    type Error = AdapterError;
}

impl<I: InputPin, T: OutputPin> ResidualCurrentMonitor for PinMonitor<I, T> {
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, AdapterError> {
        Ok(if self.fault.is_active()? {
            ResidualCurrentInput::Fault
        } else {
            ResidualCurrentInput::Normal
        })
    }

    fn take_edge(&mut self) -> bool {
        self.edge.is_some_and(|take| take())
    }

    fn set_test(&mut self, active: bool) -> Result<(), AdapterError> {
        match &mut self.test {
            Some(line) => line.set(active),
            None => Ok(()),
        }
    }

    fn has_test(&self) -> bool {
        self.test.is_some()
    }
}
