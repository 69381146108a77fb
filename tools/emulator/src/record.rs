//! What a test observes of the firmware: pins, registers, counts.

use smartevse_sim::connector::PilotSeen;

/// Counts since the start of the run; no time enters them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Writes of the first contactor's pin: one in each 10 ms poll of the
    /// firmware, which writes all outputs every time.
    pub polls: u32,
    /// Times the firmware fed the watchdog.
    pub feeds: u32,
    /// Injected groups started by TIM1.
    pub triggers: u32,
    /// Reads of the pilot's result register.
    pub samples: u32,
    /// Resets of the part.
    pub resets: u32,
    /// Characters sent on the RS-485 line.
    pub sent: u32,
    /// Stops at which a character was on its way while the transceiver
    /// listened.
    pub sent_without_direction: u32,
}

/// A change of a contactor pin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Levels of both contactor pins after it.
    pub contactors: [bool; 2],
    /// Counts at that moment.
    pub counts: Counts,
    /// Emulated time, microseconds: information only.
    pub at_us: u64,
}

/// State of the rig after a step of the plant.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Emulated time, microseconds: information only.
    pub now_us: u64,
    /// Levels of both contactor pins.
    pub contactors: [bool; 2],
    /// What the car sees on the pilot.
    pub pilot: PilotSeen,
    /// Voltage at the converter, millivolts.
    pub converter_mv: u32,
    /// Current of the car per conductor, amperes.
    pub current_a: f64,
    /// Energy of the car, watt-hours.
    pub energy_wh: f64,
    /// Longest stall of the core by an erase of the flash, microseconds.
    pub longest_stall_us: u64,
    /// Counts.
    pub counts: Counts,
    /// Changes of the contactor pins since the last view.
    pub edges: Vec<Edge>,
}
