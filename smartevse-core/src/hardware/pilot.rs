//! Control pilot: generator, isolation switch and sampling.

use smartevse_types::{DutyPermille, Instant};

use super::ErrorType;
use crate::io::{PilotSample, PilotSwitch};

/// Generates the control pilot and samples its level.
///
/// Every call returns at once; sampling itself happens in the background of
/// the board (charging specification §1.3).
pub trait ControlPilot: ErrorType {
    /// Sets the duty of the 1 kHz pilot.
    ///
    /// Unit ‰, range 0..=1000; 0 = steady −12 V, 1000 and above = steady
    /// +12 V, both without any pulse. Other duties are rounded **down** to
    /// what the generator can do (charging specification §1.4). The call is
    /// repeated at every poll and must not disturb a running period while the
    /// duty stays the same.
    ///
    /// # Errors
    ///
    /// When the generator does not accept the duty.
    fn set_duty(&mut self, duty: DutyPermille) -> Result<(), Self::Error>;

    /// Connects the generator to the connector or separates it.
    ///
    /// A board without this switch offers no energy while it should be
    /// isolated: it drives steady +12 V instead of pulses.
    ///
    /// # Errors
    ///
    /// When the switch does not accept its level.
    fn set_switch(&mut self, switch: PilotSwitch) -> Result<(), Self::Error>;

    /// Gives the summary of the latest samples; `None` before the first.
    ///
    /// Levels are millivolts at the connector. The summary speaks for at
    /// least 20 ms, carries the moment of its newest sample (not the moment of
    /// this call), and has a low phase exactly while there are pulses.
    ///
    /// # Errors
    ///
    /// When the converter failed since the last call.
    fn sample(&mut self, now: Instant) -> Result<Option<PilotSample>, Self::Error>;

    /// Drives steady +12 V: no energy is offered.
    ///
    /// # Errors
    ///
    /// As [`set_duty`](Self::set_duty).
    fn set_steady_high(&mut self) -> Result<(), Self::Error> {
        self.set_duty(DutyPermille::from_permille(1000))
    }

    /// Drives steady −12 V: the EVSE is not available (state F).
    ///
    /// # Errors
    ///
    /// As [`set_duty`](Self::set_duty).
    fn set_steady_low(&mut self) -> Result<(), Self::Error> {
        self.set_duty(DutyPermille::ZERO)
    }
}

impl<T: ControlPilot + ?Sized> ControlPilot for &mut T {
    fn set_duty(&mut self, duty: DutyPermille) -> Result<(), Self::Error> {
        T::set_duty(self, duty)
    }

    fn set_switch(&mut self, switch: PilotSwitch) -> Result<(), Self::Error> {
        T::set_switch(self, switch)
    }

    fn sample(&mut self, now: Instant) -> Result<Option<PilotSample>, Self::Error> {
        T::sample(self, now)
    }

    fn set_steady_high(&mut self) -> Result<(), Self::Error> {
        T::set_steady_high(self)
    }

    fn set_steady_low(&mut self) -> Result<(), Self::Error> {
        T::set_steady_low(self)
    }
}
