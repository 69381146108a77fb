//! Why a current is what it is, and why there is none.

use core::fmt;

use crate::phase::Phase;
use crate::time::Duration;

/// What sets the present upper limit of the offered current.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LimitedBy {
    /// Nothing is offered, so nothing limits it.
    #[default]
    Nothing,
    /// MAX of this EVSE (configuration guide: MAX).
    Max,
    /// Rating of the charging cable.
    Cable,
    /// MAINS on this phase.
    Mains(Phase),
    /// CIRCUIT on this phase.
    Circuit(Phase),
    /// CAPACITY, the limit on the sum of the phases.
    Capacity,
    /// The quarter-hour average of the import.
    QuarterPeak,
    /// The grid relay is open.
    GridRelay,
    /// Limit of the OCPP central system.
    Ocpp,
    /// Current override set by an owner or an automation.
    Override,
    /// Derating because of the module temperature.
    Temperature,
    /// Share of this EVSE in its group.
    Share,
    /// Surplus of the solar system.
    Solar,
    /// First seconds of a charge at MIN.
    Start,
    /// Room was found; the current is rising step by step.
    Ramp,
    /// Meter data is too old to raise the current.
    StaleData,
    /// A load manager outside the charger gives the current.
    External,
}

impl LimitedBy {
    /// One short sentence for an owner.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Nothing => "No current is offered",
            Self::Max => "Limited by MAX",
            Self::Cable => "Limited by the charging cable",
            Self::Mains(Phase::L1) => "Limited by MAINS on L1",
            Self::Mains(Phase::L2) => "Limited by MAINS on L2",
            Self::Mains(Phase::L3) => "Limited by MAINS on L3",
            Self::Circuit(Phase::L1) => "Limited by CIRCUIT on L1",
            Self::Circuit(Phase::L2) => "Limited by CIRCUIT on L2",
            Self::Circuit(Phase::L3) => "Limited by CIRCUIT on L3",
            Self::Capacity => "Limited by CAPACITY",
            Self::QuarterPeak => "Limited by the quarter-hour peak",
            Self::GridRelay => "Limited by the grid relay",
            Self::Ocpp => "Limited by the OCPP central system",
            Self::Override => "Limited by the current override",
            Self::Temperature => "Limited by the temperature",
            Self::Share => "Limited by power share",
            Self::Solar => "Limited by the solar surplus",
            Self::Start => "Starting at MIN",
            Self::Ramp => "Rising to the room that was found",
            Self::StaleData => "Waiting for new meter data",
            Self::External => "Limited by an external load manager",
        }
    }
}

impl fmt::Display for LimitedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Why a vehicle does not get energy now.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum BlockReason {
    /// Just reset: the pilot, the sensors and the settings are being checked.
    #[default]
    Starting,
    /// No vehicle is connected.
    NoVehicle,
    /// Access is off.
    AccessOff,
    /// Access is paused.
    Paused,
    /// Stopped by a button until somebody asks again.
    StoppedByButton,
    /// Outside the charging window.
    Schedule,
    /// Not enough power for MIN.
    WaitingForPower,
    /// Not enough solar surplus.
    WaitingForSolar,
    /// A limit of this EVSE lies below MIN.
    CapBelowMin,
    /// Waiting for the restart delay to run out.
    ChargeDelay(Duration),
    /// A fault is set; the fault table says which and what to do.
    Fault,
    /// The vehicle does not ask for energy.
    EvNotReady,
    /// The vehicle asks for ventilation, which is not fitted.
    VentilationNeeded,
    /// Waiting for the first check of the vehicle's diode.
    DiodeCheck,
    /// The master has not granted the request yet.
    WaitingForMaster,
    /// The cable lock is not confirmed.
    LockNotConfirmed,
    /// The self-test of the residual-current monitor has not passed yet.
    ResidualCurrentTest,
    /// No valid charging cable is plugged in.
    NoCable,
    /// The contactor needs its minimum open time.
    Cooldown(Duration),
    /// The vehicle asked and stopped too often; waiting before the next try.
    Flapping(Duration),
    /// The number of phases is being changed.
    PhaseSwitch,
    /// The planning half of the charger does not answer.
    NoDirective,
    /// Mains voltage is missing.
    MainsLost,
    /// Waiting for the modem of the vehicle.
    Modem,
}

impl BlockReason {
    /// One short sentence for an owner.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Starting => "Starting up",
            Self::NoVehicle => "No vehicle connected",
            Self::AccessOff => "Access is off",
            Self::Paused => "Charging is paused",
            Self::StoppedByButton => "Stopped by the button",
            Self::Schedule => "Outside the charging window",
            Self::WaitingForPower => "Waiting for power",
            Self::WaitingForSolar => "Waiting for sun",
            Self::CapBelowMin => "A limit is below MIN",
            Self::ChargeDelay(_) => "Waiting before the next start",
            Self::Fault => "A fault prevents charging",
            Self::EvNotReady => "The vehicle does not ask for energy",
            Self::VentilationNeeded => "The vehicle asks for ventilation",
            Self::DiodeCheck => "Checking the vehicle",
            Self::WaitingForMaster => "Waiting for the master",
            Self::LockNotConfirmed => "The cable is not locked yet",
            Self::ResidualCurrentTest => "Testing the residual current monitor",
            Self::NoCable => "No valid charging cable",
            Self::Cooldown(_) => "The contactor must stay open a little longer",
            Self::Flapping(_) => "The vehicle started and stopped too often",
            Self::PhaseSwitch => "Changing the number of phases",
            Self::NoDirective => "The planning part does not answer",
            Self::MainsLost => "Mains voltage is missing",
            Self::Modem => "Talking to the vehicle",
        }
    }

    /// Time left until this reason may end by itself.
    #[must_use]
    pub const fn remaining(self) -> Option<Duration> {
        if let Self::ChargeDelay(left) | Self::Cooldown(left) | Self::Flapping(left) = self {
            Some(left)
        } else {
            None
        }
    }
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
