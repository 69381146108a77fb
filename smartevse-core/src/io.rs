//! What the board samples and what it drives: plain levels, complete at each
//! poll.

use smartevse_types::{Celsius, DutyPermille, Instant, MilliVolts, Ohms};

use crate::options::LockKind;

/// Smallest and largest voltage of a group of samples.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct MilliVoltRange {
    /// Smallest sample.
    pub min: MilliVolts,
    /// Largest sample.
    pub max: MilliVolts,
}

impl MilliVoltRange {
    /// Makes a range from two figures in millivolts.
    #[must_use]
    pub const fn from_milli(min: i32, max: i32) -> Self {
        Self {
            min: MilliVolts::from_milli(min),
            max: MilliVolts::from_milli(max),
        }
    }
}

/// Summary of the control-pilot samples, in volts at the connector.
///
/// `from` and `at` say which span the summary speaks for: a board with a ring
/// of 25 samples at 1 kHz gives `at − 25 ms` and the moment of its newest
/// sample. A gap between two summaries is a gap in supervision.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PilotSample {
    /// Oldest moment that the summary speaks for.
    pub from: Instant,
    /// Moment of the newest sample.
    pub at: Instant,
    /// High phase, or the steady level while there is no pulse width.
    pub high: MilliVoltRange,
    /// Low phase; absent while there is no pulse width.
    pub low: Option<MilliVoltRange>,
}

/// What the proximity contact shows.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ProximityInput {
    /// Not sampled yet, or the sensor failed: no energy.
    #[default]
    Missing,
    /// A resistance between the contact and protective earth.
    Resistance(Ohms),
    /// Nothing is connected, and the board can tell.
    Open,
    /// Open or 1.5 kΩ: the board cannot tell them apart.
    OpenOrA13,
}

/// Level of the residual-current monitor.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ResidualCurrentInput {
    /// No monitor is connected. With RCMON enabled this is a fault.
    #[default]
    NotFitted,
    /// No residual current.
    Normal,
    /// Residual current, or a broken wire.
    Fault,
}

/// Temperature of the module.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum TemperatureInput {
    /// Not measured yet: no energy.
    #[default]
    Missing,
    /// The board has no sensor; the installation answers for the temperature.
    NotFitted,
    /// A measurement.
    Measured(Celsius),
    /// The sensor could not be read.
    Failed,
}

/// Position of a contactor as an auxiliary contact reports it.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ContactorFeedback {
    /// No feedback is wired.
    #[default]
    NotFitted,
    /// Reads open.
    Open,
    /// Reads closed.
    Closed,
}

/// Position of the cable lock, polarity already applied.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LockFeedback {
    /// No feedback is wired.
    #[default]
    NotFitted,
    /// Between its positions or not read yet.
    Unknown,
    /// Reads unlocked.
    Unlocked,
    /// Reads locked.
    Locked,
}

/// Raw level of the external switch input.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SwitchInput {
    /// No input is wired: reads as open.
    #[default]
    NotFitted,
    /// Contact open.
    Open,
    /// Contact closed.
    Closed,
}

/// Presence of the mains voltage.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum MainsInput {
    /// The board cannot tell.
    #[default]
    NotFitted,
    /// Voltage present.
    Present,
    /// Voltage lost: power will be gone soon.
    Lost,
}

bitflags::bitflags! {
    /// Parts of the board that refused a command or a reading, reported by
    /// `Board::drive` and by sampling, and fed into the next poll.
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct HardwareFaults: u16 {
        /// The pilot generator refused a duty or the isolation switch.
        const PILOT_OUTPUT = 1;
        /// The pilot could not be sampled.
        const PILOT_SAMPLE = 2;
        /// A contactor output refused its level.
        const CONTACTOR = 4;
        /// The cable-lock driver refused its level.
        const LOCK = 8;
        /// The test output of the residual-current monitor refused its level.
        const RESIDUAL_CURRENT = 16;
        /// The proximity contact could not be sampled.
        const PROXIMITY = 32;
        /// The temperature could not be sampled.
        const TEMPERATURE = 64;
        /// The external switch could not be read.
        const SWITCH = 128;
        /// The status light refused its colour.
        const LIGHT = 256;
    }
}

/// Everything the board sampled for one poll.
///
/// Nothing known is the default, and nothing known never closes a contactor.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Inputs {
    /// Control pilot; `None` = never sampled.
    pub pilot: Option<PilotSample>,
    /// Proximity contact.
    pub proximity: ProximityInput,
    /// Residual-current monitor.
    pub residual_current: ResidualCurrentInput,
    /// An interrupt latched a residual-current edge since the last poll.
    pub residual_current_edge: bool,
    /// Module temperature.
    pub temperature: TemperatureInput,
    /// Feedback of the main contactor.
    pub contactor1: ContactorFeedback,
    /// Feedback of the second contactor.
    pub contactor2: ContactorFeedback,
    /// Feedback of the cable lock.
    pub lock: LockFeedback,
    /// External switch.
    pub switch: SwitchInput,
    /// Mains voltage.
    pub mains: MainsInput,
    /// Parts that failed since the last poll.
    pub hardware: HardwareFaults,
}

/// Position of a contactor as commanded.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Contactor {
    /// No current can flow.
    #[default]
    Open,
    /// Current can flow.
    Closed,
}

impl Contactor {
    /// Whether current can flow.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Closed)
    }
}

/// Switch between the pilot generator and the connector.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PilotSwitch {
    /// The vehicle sees no pilot at all.
    #[default]
    Isolated,
    /// The vehicle sees the pilot.
    Closed,
}

/// Drive of the cable lock.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LockDrive {
    /// No voltage at the actuator.
    #[default]
    Off,
    /// Moves towards locked.
    Lock,
    /// Moves towards unlocked.
    Unlock,
}

/// Colour of the status light.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rgb {
    /// Red, 0..=255.
    pub red: u8,
    /// Green, 0..=255.
    pub green: u8,
    /// Blue, 0..=255.
    pub blue: u8,
}

/// Everything the board drives, complete at each poll.
///
/// The default is the safe state: contactors open, pilot isolated, steady
/// +12 V behind the isolation.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Outputs {
    /// Pilot duty. 1000 ‰ = steady +12 V, 0 ‰ = steady −12 V.
    pub duty: DutyPermille,
    /// Isolation switch of the pilot.
    pub pilot_switch: PilotSwitch,
    /// Main contactor.
    pub contactor1: Contactor,
    /// Second contactor (L2 and L3).
    pub contactor2: Contactor,
    /// Cable lock.
    pub lock: LockDrive,
    /// Type of the actuator of the cable lock, as the settings have it.
    pub lock_kind: LockKind,
    /// Test output of the residual-current monitor.
    pub residual_current_test: bool,
    /// Status light.
    pub light: Rgb,
}

impl Outputs {
    /// The state that every pin has before any code runs.
    pub const SAFE: Self = Self {
        duty: DutyPermille::from_permille(1000),
        pilot_switch: PilotSwitch::Isolated,
        contactor1: Contactor::Open,
        contactor2: Contactor::Open,
        lock: LockDrive::Off,
        lock_kind: LockKind::Disabled,
        residual_current_test: false,
        light: Rgb {
            red: 0,
            green: 0,
            blue: 0,
        },
    };
}

impl Default for Outputs {
    fn default() -> Self {
        Self::SAFE
    }
}

/// When a part must be polled again although nothing changes.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Deadline {
    /// The state can change by itself at this moment.
    pub state: Instant,
    /// A fresh pilot sample must have come by this moment.
    pub sample: Instant,
}

impl Deadline {
    /// The earlier of the two moments.
    #[must_use]
    pub const fn earliest(self) -> Instant {
        self.state.earliest(self.sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_nothing_is_known_then_the_outputs_are_safe() {
        let out = Outputs::default();
        assert!(!out.contactor1.is_closed() && !out.contactor2.is_closed());
        assert_eq!(out.pilot_switch, PilotSwitch::Isolated);
        assert_eq!(Inputs::default().pilot, None);
    }
}
