//! Status light on three pulse-width channels.

use embedded_hal::pwm::SetDutyCycle;

use super::pilot::scale;
use super::{ActiveLevel, AdapterError};
use crate::hardware::{ErrorType, StatusLight};
use crate::io::Rgb;

/// Three-colour light on three pulse-width channels.
#[derive(Debug)]
pub struct PwmLight<R, G, B> {
    red: R,
    green: G,
    blue: B,
    active: ActiveLevel,
}

impl<R: SetDutyCycle, G: SetDutyCycle, B: SetDutyCycle> PwmLight<R, G, B> {
    /// Makes a light; the active level says at which level a colour shines.
    #[must_use]
    pub const fn new(red: R, green: G, blue: B, active: ActiveLevel) -> Self {
        Self {
            red,
            green,
            blue,
            active,
        }
    }
}

/// Sets the brightness of one channel, 0..=255.
fn shine<W: SetDutyCycle>(
    channel: &mut W,
    brightness: u8,
    active: ActiveLevel,
) -> Result<(), AdapterError> {
    let max = channel.max_duty_cycle();
    let high = scale(u16::from(brightness), max, u16::from(u8::MAX));
    let duty = match active {
        ActiveLevel::High => high,
        ActiveLevel::Low => max.saturating_sub(high),
    };
    channel
        .set_duty_cycle(duty)
        .map_err(AdapterError::pulse_width)
}

impl<R, G, B> ErrorType for PwmLight<R, G, B> {
    type Error = AdapterError;
}

impl<R: SetDutyCycle, G: SetDutyCycle, B: SetDutyCycle> StatusLight for PwmLight<R, G, B> {
    fn show(&mut self, colour: Rgb) -> Result<(), AdapterError> {
        let red = shine(&mut self.red, colour.red, self.active);
        let green = shine(&mut self.green, colour.green, self.active);
        let blue = shine(&mut self.blue, colour.blue, self.active);
        red.and(green).and(blue)
    }
}
