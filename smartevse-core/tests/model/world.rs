//! Everything around the charging control that may differ: a short list of
//! parts with a few values each.

use smartevse_core::pilot::PilotClass;

/// One part of the environment and its values; value 0 is the healthy one.
pub struct Part {
    pub name: &'static str,
    pub values: &'static [&'static str],
    /// So many values, from the first, belong to normal operation.
    pub normal: u8,
}

const fn part(name: &'static str, normal: u8, values: &'static [&'static str]) -> Part {
    Part {
        name,
        values,
        normal,
    }
}

pub const PILOT: usize = 0;
pub const DIODE: usize = 1;
pub const ACCESS: usize = 2;
pub const GRANT: usize = 3;
pub const IMPOSED: usize = 4;
pub const MONITOR: usize = 5;
pub const HEAT: usize = 6;
pub const MAIN: usize = 7;
pub const SECOND: usize = 8;
pub const LOCK: usize = 9;
pub const LEASE: usize = 10;
pub const PHASES: usize = 11;
pub const CABLE: usize = 12;
pub const HARDWARE: usize = 13;
pub const MAINS: usize = 14;
pub const MASTER: usize = 15;
pub const DUTY: usize = 16;
pub const LOCK_WISH: usize = 17;
pub const SETTINGS: usize = 18;
pub const VEHICLE: usize = 19;

/// The parts, by their numbers above.
pub const PARTS: [Part; 20] = [
    part(
        "pilot",
        3,
        &[
            "12 V", "9 V", "6 V", "3 V", "0 V", "-12 V", "mixed", "silent",
        ],
    ),
    part("diode", 1, &["good", "missing"]),
    part("access", 1, &["on", "off", "pause"]),
    part("grant", 1, &["16 A", "6 A", "none"]),
    part("imposed", 1, &["nothing", "LESS_6A", "CT_NOCOMM"]),
    part("monitor", 1, &["sound", "tripped", "dead"]),
    part("heat", 1, &["25 C", "66 C", "90 C", "missing"]),
    part("main feedback", 1, &["follows", "closed", "open"]),
    part("second feedback", 1, &["follows", "closed", "open"]),
    part("lock", 1, &["follows", "unlocked", "between"]),
    part("lease", 1, &["renewed", "expired"]),
    part("phases", 2, &["three", "one"]),
    part("cable", 1, &["32 A", "open", "shorted"]),
    part(
        "hardware",
        1,
        &["sound", "contactor", "pilot output", "lock", "temperature"],
    ),
    part("mains", 1, &["present", "lost"]),
    part("master", 3, &["waiting", "grants B", "grants C"]),
    part("fixed duty", 1, &["none", "0", "133"]),
    part("lock wish", 1, &["auto", "keep", "release"]),
    part("settings", 1, &["as built", "fixed cable", "MAX 8 A"]),
    part(
        "vehicle id",
        1,
        &["accepted", "not required", "missing", "refused"],
    ),
];

/// Value of the pilot without fresh samples.
pub const SILENT: u8 = 7;

/// Values of the pilot of a vehicle that is gone, rests and asks.
pub const GONE: u8 = 0;
pub const RESTS: u8 = 1;
pub const ASKS: u8 = 2;

/// One value for each part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct World([u8; PARTS.len()]);

impl World {
    pub const fn get(&self, part: usize) -> u8 {
        self.0[part]
    }

    pub const fn set(&mut self, part: usize, value: u8) {
        self.0[part] = value;
    }

    /// Number of parts that are not as in normal operation.
    pub fn unhealthy(&self) -> usize {
        let parts = self.0.iter().zip(&PARTS);
        parts.filter(|(value, part)| **value >= part.normal).count()
    }

    /// Class that the vehicle sets while the pilot reaches it.
    pub fn class(&self) -> PilotClass {
        PilotClass::ALL[usize::from(self.get(PILOT))]
    }
}
