//! Temperature sensor MCP9700A.

use smartevse_types::{Celsius, MilliVolts};

use super::{AdapterError, MilliVoltSource};
use crate::hardware::{ErrorType, Temperature};
use crate::io::TemperatureInput;

/// Output of the sensor at 0 °C, mV (charging specification §9).
const ZERO_CELSIUS: i32 = 500;
/// Output per degree, mV (charging specification §9).
const PER_DEGREE: i32 = 10;

/// Analogue sensor with 500 mV at 0 °C and 10 mV/°C.
#[derive(Debug)]
pub struct Mcp9700<S>(S);

impl<S: MilliVoltSource> Mcp9700<S> {
    /// Makes a sensor from a source of millivolts at its output.
    #[must_use]
    pub const fn new(source: S) -> Self {
        Self(source)
    }
}

impl<S> Mcp9700<S> {
    /// Converts the output of the sensor to whole degrees, rounding down.
    ///
    /// Rounding down makes "MAX TEMP reached" exact: the result is at least
    /// MAX TEMP exactly when the voltage is. A shorted output reads −50 °C and
    /// one at the supply reads hot; both are left to the charger's
    /// plausibility check.
    #[must_use]
    pub fn celsius(output: MilliVolts) -> Celsius {
        let degrees = output
            .as_milli()
            .saturating_sub(ZERO_CELSIUS)
            .div_euclid(PER_DEGREE);
        let degrees = degrees.clamp(i32::from(i16::MIN), i32::from(i16::MAX));
        Celsius::from_celsius(i16::try_from(degrees).unwrap_or(i16::MAX))
    }
}

impl<S> ErrorType for Mcp9700<S> {
    type Error = AdapterError;
}

impl<S: MilliVoltSource> Temperature for Mcp9700<S> {
    fn read_temperature(&mut self) -> Result<TemperatureInput, AdapterError> {
        let output = self.0.milli_volts().map_err(AdapterError::source)?;
        Ok(TemperatureInput::Measured(Self::celsius(output)))
    }
}
