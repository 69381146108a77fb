//! Stand-in for what is not filled in yet.

use embedded_hal::digital::{self, ErrorKind, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};

/// A pin or channel that is not filled in: refuses every level, cannot be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwired;

impl digital::ErrorType for Unwired {
    type Error = ErrorKind;
}

impl OutputPin for Unwired {
    fn set_low(&mut self) -> Result<(), ErrorKind> {
        Err(ErrorKind::Other)
    }

    fn set_high(&mut self) -> Result<(), ErrorKind> {
        Err(ErrorKind::Other)
    }
}

impl InputPin for Unwired {
    fn is_high(&mut self) -> Result<bool, ErrorKind> {
        Err(ErrorKind::Other)
    }

    fn is_low(&mut self) -> Result<bool, ErrorKind> {
        Err(ErrorKind::Other)
    }
}

impl pwm::ErrorType for Unwired {
    type Error = pwm::ErrorKind;
}

impl SetDutyCycle for Unwired {
    fn max_duty_cycle(&self) -> u16 {
        0
    }

    fn set_duty_cycle(&mut self, _duty: u16) -> Result<(), pwm::ErrorKind> {
        Err(pwm::ErrorKind::Other)
    }
}
