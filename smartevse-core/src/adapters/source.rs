//! Where adapters get their millivolts from.

use smartevse_types::{Instant, MilliVolts};

use crate::hardware::Error;
use crate::io::PilotSample;

/// Gives a calibrated voltage at the input of the converter.
///
/// Every `FnMut() -> Result<MilliVolts, E>` is one.
pub trait MilliVoltSource {
    /// Error of the converter.
    type Error: Error;

    /// Converts now, or gives the latest conversion of a background task.
    ///
    /// # Errors
    ///
    /// When the converter failed or has no recent value.
    fn milli_volts(&mut self) -> Result<MilliVolts, Self::Error>;
}

impl<F, E> MilliVoltSource for F
where
    F: FnMut() -> Result<MilliVolts, E>,
    E: Error,
{
    type Error = E;

    fn milli_volts(&mut self) -> Result<MilliVolts, E> {
        self()
    }
}

/// Gives the summary of the pilot samples, in millivolts at the connector.
///
/// Every `FnMut(Instant) -> Result<Option<PilotSample>, E>` is one.
pub trait PilotSampler {
    /// Error of the converter.
    type Error: Error;

    /// Gives the latest summary; `None` before the first sample.
    ///
    /// # Errors
    ///
    /// When the converter failed since the last call.
    fn summary(&mut self, now: Instant) -> Result<Option<PilotSample>, Self::Error>;
}

impl<F, E> PilotSampler for F
where
    F: FnMut(Instant) -> Result<Option<PilotSample>, E>,
    E: Error,
{
    type Error = E;

    fn summary(&mut self, now: Instant) -> Result<Option<PilotSample>, E> {
        self(now)
    }
}
