//! What a Sensorbox tells about itself, besides the currents of the mains.

use crate::options::SensorboxWifi;

/// Software versions whose wireless network is set up over the bus (meters
/// specification §7).
const SET_UP_OVER_BUS: [u8; 2] = [1, 3];

/// A Sensorbox as its latest reply shows it.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SensorboxReport {
    /// Software version: 0 original, 1 and 3 extended registers, 2 a wireless
    /// network that is set up without the charger.
    pub software: u8,
    /// A Sensorbox 2 that measures with current transformers, not over P1: GRID
    /// has a meaning.
    pub has_transformers: bool,
    /// Its wireless network; `None` = it has none that the bus can set up.
    pub network: Option<SensorboxNetwork>,
}

/// Wireless network of a Sensorbox 2.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SensorboxNetwork {
    /// Mode that the box reports; `None` = a code without meaning.
    pub mode: Option<SensorboxWifi>,
    /// It has joined a network.
    pub is_connected: bool,
    /// Its IPv4 address.
    pub address: [u8; 4],
    /// Password of its set-up portal, when it shows one.
    pub password: Option<[u8; 8]>,
}

impl SensorboxReport {
    /// Version as the menu counts it: 2 = SB2 WIFI has a meaning, else 1
    /// (menu specification §1).
    #[must_use]
    pub fn version(&self) -> u8 {
        if SET_UP_OVER_BUS.contains(&self.software) {
            2
        } else {
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meters 7: software 1 and 3 are set up over the bus, 2 by itself.
    #[test]
    fn when_the_software_is_known_then_the_menu_knows_the_version() {
        for (software, version) in [(0, 1), (1, 2), (2, 1), (3, 2), (4, 1)] {
            let report = SensorboxReport {
                software,
                ..SensorboxReport::default()
            };
            assert_eq!(report.version(), version, "{software}");
        }
    }
}
