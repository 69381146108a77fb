//! Proximity contact with a pull-up resistor.

use smartevse_types::{MilliVolts, Ohms};

use super::{AdapterError, MilliVoltSource};
use crate::hardware::{ErrorType, ProximityPilot};
use crate::io::ProximityInput;

/// Proximity contact pulled up to a supply; the default is 1 kΩ to 3.3 V
/// (charging specification §1.5).
#[derive(Debug)]
pub struct PullUpProximity<S> {
    source: S,
    pull_up: Ohms,
    supply: MilliVolts,
    ceiling: Option<MilliVolts>,
}

impl<S: MilliVoltSource> PullUpProximity<S> {
    /// Makes a contact with 1 kΩ to 3.3 V.
    #[must_use]
    pub const fn new(source: S) -> Self {
        Self {
            source,
            pull_up: Ohms::from_ohms(1_000),
            supply: MilliVolts::from_milli(3_300),
            ceiling: None,
        }
    }

    /// Takes another pull-up resistor and supply.
    #[must_use]
    pub fn with_pull_up(mut self, pull_up: Ohms, supply: MilliVolts) -> Self {
        self.pull_up = pull_up;
        self.supply = supply;
        self
    }

    /// States the voltage at which the converter saturates.
    ///
    /// At or above it open and 1.5 kΩ look alike, and the board says so. A
    /// ceiling below the 1.98 V of a 1.5 kΩ cable is what needs stating.
    #[must_use]
    pub fn with_ceiling(mut self, ceiling: MilliVolts) -> Self {
        self.ceiling = Some(ceiling);
        self
    }
}

impl<S> PullUpProximity<S> {
    /// Converts the voltage of the contact; windows are the charger's.
    ///
    /// R = pull-up × V / (supply − V), rounded down, at least 0 Ω.
    #[must_use]
    pub fn input(&self, voltage: MilliVolts) -> ProximityInput {
        if self.ceiling.is_some_and(|ceiling| voltage >= ceiling) {
            return ProximityInput::OpenOrA13;
        }
        let Ok(across) = u64::try_from((self.supply - voltage).as_milli()) else {
            return ProximityInput::Open;
        };
        let below = u64::try_from(voltage.as_milli()).unwrap_or(0);
        let pull_up = u64::from(self.pull_up.as_ohms());
        match below.saturating_mul(pull_up).checked_div(across) {
            Some(ohms) => {
                let ohms = u32::try_from(ohms).unwrap_or(u32::MAX);
                ProximityInput::Resistance(Ohms::from_ohms(ohms))
            }
            None => ProximityInput::Open,
        }
    }
}

impl<S> ErrorType for PullUpProximity<S> {
    type Error = AdapterError;
}

impl<S: MilliVoltSource> ProximityPilot for PullUpProximity<S> {
    fn read_proximity(&mut self) -> Result<ProximityInput, AdapterError> {
        let voltage = self.source.milli_volts().map_err(AdapterError::source)?;
        Ok(self.input(voltage))
    }
}
