//! Sensors that the 10 ms loop reads.

use super::ErrorType;
use crate::io::{ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput};

/// Reads the proximity contact of a socket.
pub trait ProximityPilot: ErrorType {
    /// Reads the contact now; windows and the median are the charger's.
    ///
    /// # Errors
    ///
    /// When the converter cannot be read.
    fn read_proximity(&mut self) -> Result<ProximityInput, Self::Error>;
}

impl<T: ProximityPilot + ?Sized> ProximityPilot for &mut T {
    fn read_proximity(&mut self) -> Result<ProximityInput, Self::Error> {
        T::read_proximity(self)
    }
}

/// Reads the residual-current monitor and drives its test.
///
/// A broken wire reads as a fault (charging specification §8).
pub trait ResidualCurrentMonitor: ErrorType {
    /// Reads the level of the monitor now.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, Self::Error>;

    /// Takes the edge that an interrupt latched since the last call.
    ///
    /// The call clears the latch; the default is a board without one.
    fn take_edge(&mut self) -> bool {
        false
    }

    /// Switches the test output; does nothing where there is none.
    ///
    /// # Errors
    ///
    /// When the output does not accept its level.
    fn set_test(&mut self, active: bool) -> Result<(), Self::Error> {
        let _ = active;
        Ok(())
    }

    /// Tells whether the board has a test output; the default is no.
    fn has_test(&self) -> bool {
        false
    }
}

impl<T: ResidualCurrentMonitor + ?Sized> ResidualCurrentMonitor for &mut T {
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, Self::Error> {
        T::read_residual_current(self)
    }

    fn take_edge(&mut self) -> bool {
        T::take_edge(self)
    }

    fn set_test(&mut self, active: bool) -> Result<(), Self::Error> {
        T::set_test(self, active)
    }

    fn has_test(&self) -> bool {
        T::has_test(self)
    }
}

/// Reads the temperature of the module.
pub trait Temperature: ErrorType {
    /// Reads the temperature now; the median and plausibility are the
    /// charger's.
    ///
    /// # Errors
    ///
    /// When the sensor cannot be read.
    fn read_temperature(&mut self) -> Result<TemperatureInput, Self::Error>;
}

impl<T: Temperature + ?Sized> Temperature for &mut T {
    fn read_temperature(&mut self) -> Result<TemperatureInput, Self::Error> {
        T::read_temperature(self)
    }
}

/// Reads the external switch (configuration guide: SWITCH).
pub trait ExternalSwitch: ErrorType {
    /// Reads the raw contact now; the charger debounces it.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    fn read_switch(&mut self) -> Result<SwitchInput, Self::Error>;
}

impl<T: ExternalSwitch + ?Sized> ExternalSwitch for &mut T {
    fn read_switch(&mut self) -> Result<SwitchInput, Self::Error> {
        T::read_switch(self)
    }
}
