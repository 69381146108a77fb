//! The kinds of charger that are walked, each with the parts that matter to it.

use smartevse_core::charger::BoardFacts;
use smartevse_core::directive::ChargerConfig;
use smartevse_core::options::{CableKind, LockKind};

use super::world::{
    ACCESS, CABLE, DIODE, DUTY, GRANT, HARDWARE, HEAT, IMPOSED, LEASE, LOCK, LOCK_WISH, MAIN,
    MAINS, MASTER, MONITOR, PHASES, PILOT, SECOND, SETTINGS, VEHICLE,
};

/// A charger as it is built and set up.
pub struct Station {
    pub name: &'static str,
    pub ventilation: bool,
    /// Residual-current monitor with test input, and RCMON.
    pub monitor: bool,
    /// Auxiliary contacts.
    pub feedback: bool,
    pub lock: bool,
    pub node: bool,
    pub fixed_cable: bool,
    pub modem: bool,
    /// The pilot is measured in front of the isolation switch: while isolated
    /// the board reads its own 12 V, else 0 V.
    pub measures_generator: bool,
    /// Parts of the environment that change.
    pub parts: &'static [usize],
}

/// The walks.
pub const STATIONS: [Station; 5] = [
    Station {
        name: "socket with monitor and feedback",
        ventilation: false,
        monitor: true,
        feedback: true,
        lock: false,
        node: false,
        fixed_cable: false,
        modem: false,
        measures_generator: true,
        parts: &[
            PILOT, DIODE, ACCESS, GRANT, IMPOSED, MONITOR, HEAT, MAIN, SECOND, LEASE, PHASES,
            CABLE, HARDWARE, MAINS, DUTY, SETTINGS,
        ],
    },
    Station {
        name: "socket with lock",
        ventilation: false,
        monitor: false,
        feedback: true,
        lock: true,
        node: false,
        fixed_cable: false,
        modem: false,
        measures_generator: true,
        parts: &[
            PILOT, ACCESS, GRANT, MAIN, LOCK, LEASE, HARDWARE, MAINS, LOCK_WISH,
        ],
    },
    Station {
        name: "node",
        ventilation: false,
        monitor: false,
        feedback: false,
        lock: false,
        node: true,
        fixed_cable: false,
        modem: false,
        measures_generator: false,
        parts: &[PILOT, DIODE, ACCESS, GRANT, IMPOSED, LEASE, PHASES, MASTER],
    },
    Station {
        name: "fixed cable with ventilation",
        ventilation: true,
        monitor: false,
        feedback: false,
        lock: false,
        node: false,
        fixed_cable: true,
        modem: false,
        measures_generator: false,
        parts: &[
            PILOT, DIODE, ACCESS, GRANT, IMPOSED, HEAT, LEASE, PHASES, MAINS,
        ],
    },
    Station {
        name: "socket with modem",
        ventilation: false,
        monitor: false,
        feedback: true,
        lock: false,
        node: false,
        fixed_cable: false,
        modem: true,
        measures_generator: true,
        parts: &[PILOT, DIODE, ACCESS, GRANT, MAIN, LEASE, HARDWARE, VEHICLE],
    },
];

impl Station {
    pub fn facts(&self) -> BoardFacts {
        BoardFacts {
            ventilation: self.ventilation,
            modem: self.modem,
            residual_current_test: self.monitor,
            ..BoardFacts::default()
        }
    }

    /// The settings as built.
    pub fn config(&self) -> ChargerConfig {
        ChargerConfig {
            cable: if self.fixed_cable {
                CableKind::Fixed
            } else {
                CableKind::Socket
            },
            lock: if self.lock {
                LockKind::Solenoid
            } else {
                LockKind::Disabled
            },
            residual_current: self.monitor,
            ..ChargerConfig::default()
        }
    }
}
