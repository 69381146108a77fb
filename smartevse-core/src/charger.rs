//! Charging control: to come in full.

use smartevse_types::Instant;

use crate::directive::{ChargerStatus, Directive};
use crate::faults::Faults;
use crate::io::{Deadline, Inputs, Outputs};

/// What a board has.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BoardFacts {
    /// Ventilation is fitted.
    pub ventilation: bool,
    /// A modem is fitted.
    pub modem: bool,
    /// The residual-current monitor has a test input.
    pub residual_current_test: bool,
    /// An unconfirmed lock only warns.
    pub lock_advisory: bool,
}

/// What was stored before the reset.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BootRecord {
    /// Latched faults.
    pub latched: Faults,
}

/// Charging control.
#[derive(Clone, Debug)]
pub struct Charger {
    status: ChargerStatus,
}

impl Charger {
    /// Starts.
    #[must_use]
    pub fn new(_facts: BoardFacts, _boot: BootRecord, _now: Instant) -> Self {
        Self {
            status: ChargerStatus::default(),
        }
    }
    /// Polls.
    pub fn poll(&mut self, now: Instant, _inputs: &Inputs, _directive: &Directive) -> Outputs {
        self.status.at = now;
        Outputs::SAFE
    }
    /// Status.
    #[must_use]
    pub fn status(&self) -> ChargerStatus {
        self.status
    }
    /// Deadline.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline {
            state: Instant::FAR_FUTURE,
            sample: Instant::FAR_FUTURE,
        }
    }
}
