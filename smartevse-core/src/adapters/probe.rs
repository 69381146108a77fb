//! Pins whose level a function reads.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, InputPin};

/// An input over anything that has a level: for a pin that another part of the
/// firmware drives, of which the HAL gives away the level only.
#[derive(Debug)]
pub struct ProbedPin<T> {
    source: T,
    high: fn(&T) -> bool,
}

impl<T> ProbedPin<T> {
    /// Makes an input; `high` tells whether the level is high now.
    #[must_use]
    pub const fn new(source: T, high: fn(&T) -> bool) -> Self {
        Self { source, high }
    }
}

impl<T> ErrorType for ProbedPin<T> {
    type Error = Infallible;
}

impl<T> InputPin for ProbedPin<T> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok((self.high)(&self.source))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!(self.high)(&self.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_level_changes_then_the_input_does() {
        let level = core::cell::Cell::new(true);
        let mut pin = ProbedPin::new(&level, |level| level.get());
        assert_eq!((pin.is_high(), pin.is_low()), (Ok(true), Ok(false)));
        level.set(false);
        assert_eq!((pin.is_high(), pin.is_low()), (Ok(false), Ok(true)));
    }
}
