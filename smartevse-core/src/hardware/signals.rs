//! What people see and hear at the charger.

use super::ErrorType;
use crate::io::Rgb;

/// Shows a colour.
pub trait StatusLight: ErrorType {
    /// Shows the colour; black is off.
    ///
    /// # Errors
    ///
    /// When a channel does not accept its brightness.
    fn show(&mut self, colour: Rgb) -> Result<(), Self::Error>;
}

impl<T: StatusLight + ?Sized> StatusLight for &mut T {
    fn show(&mut self, colour: Rgb) -> Result<(), Self::Error> {
        T::show(self, colour)
    }
}

/// Makes a sound while it is switched on.
pub trait Buzzer: ErrorType {
    /// Switches the sound on or off.
    ///
    /// # Errors
    ///
    /// When the output does not accept its level.
    fn sound(&mut self, on: bool) -> Result<(), Self::Error>;
}

impl<T: Buzzer + ?Sized> Buzzer for &mut T {
    fn sound(&mut self, on: bool) -> Result<(), Self::Error> {
        T::sound(self, on)
    }
}
