//! Pins with the meaning of their levels.

use core::convert::Infallible;

use embedded_hal::digital::{self, InputPin, OutputPin, PinState};

use super::AdapterError;

/// Level at which a line means "yes".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ActiveLevel {
    /// High means yes.
    High,
    /// Low means yes.
    Low,
}

impl ActiveLevel {
    /// Gives the pin level for a meaning.
    const fn level(self, active: bool) -> PinState {
        match (self, active) {
            (Self::High, true) | (Self::Low, false) => PinState::High,
            (Self::High, false) | (Self::Low, true) => PinState::Low,
        }
    }
}

/// Output pin with its active level.
#[derive(Clone, Copy, Debug)]
pub struct OutputLine<P> {
    pin: P,
    active: ActiveLevel,
}

impl<P> OutputLine<P> {
    /// Makes a line from a pin; the level of the pin does not change.
    #[must_use]
    pub const fn new(pin: P, active: ActiveLevel) -> Self {
        Self { pin, active }
    }
}

impl<P: OutputPin> OutputLine<P> {
    /// Makes the line active or inactive.
    ///
    /// # Errors
    ///
    /// When the pin refuses its level.
    pub fn set(&mut self, active: bool) -> Result<(), AdapterError> {
        self.pin
            .set_state(self.active.level(active))
            .map_err(AdapterError::output)
    }
}

/// Input pin with its active level.
#[derive(Clone, Copy, Debug)]
pub struct InputLine<P> {
    pub(super) pin: P,
    pub(super) active: ActiveLevel,
}

impl<P> InputLine<P> {
    /// Makes a line from a pin.
    #[must_use]
    pub const fn new(pin: P, active: ActiveLevel) -> Self {
        Self { pin, active }
    }
}

impl<P: InputPin> InputLine<P> {
    /// Tells whether the line is active.
    ///
    /// # Errors
    ///
    /// When the pin cannot be read.
    pub fn is_active(&mut self) -> Result<bool, AdapterError> {
        let level = self.pin.is_high().map_err(AdapterError::input)?;
        Ok(PinState::from(level) == self.active.level(true))
    }
}

/// A pin that does not exist: accepts every level and reads low.
///
/// It fills the place of an optional pin and of the second contactor of a
/// single-phase board. An adapter never reads it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct NoPin;

impl digital::ErrorType for NoPin {
    type Error = Infallible;
}

impl OutputPin for NoPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl InputPin for NoPin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }
}
