//! What the menu shows or tests besides the snapshot of the station: facts of
//! the network, the card reader, the Sensorbox, OCPP and the product.

use smartevse_core::access::CardStatus;
use smartevse_core::options::SensorboxWifi;
use smartevse_core::sensorbox::SensorboxReport;
use smartevse_types::WattHours;

use crate::visibility::Facts;

/// Address in an IPv4 network.
pub type Address = [u8; 4];

/// Password of a set-up portal: 8 printable ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PortalPassword([u8; 8]);

impl PortalPassword {
    /// Makes a password; `None` unless all characters are printable ASCII.
    #[must_use]
    pub fn new(text: [u8; 8]) -> Option<Self> {
        let printable = text.iter().all(u8::is_ascii_graphic);
        printable.then_some(Self(text))
    }

    /// The password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// Wireless network of the charger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct WifiStatus {
    /// Own address; `None` = not connected.
    pub address: Option<Address>,
    /// The set-up portal runs with this password.
    pub portal: Option<PortalPassword>,
    /// The app server is connected.
    pub app_server: bool,
}

/// Wireless network of a Sensorbox 2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SensorboxWifiStatus {
    /// Mode that the box confirmed.
    pub mode: Option<SensorboxWifi>,
    /// Address of the box; `None` = not connected.
    pub address: Option<Address>,
    /// Password of its portal.
    pub portal: Option<PortalPassword>,
}

/// Result of the factory test of inputs and outputs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum IoTest {
    /// Not running, or failed at an unknown step.
    #[default]
    None,
    /// Failed at this step.
    Failed(u8),
    /// Passed.
    Passed,
}

/// A notice of the OCPP part, as long as it shall be shown (menu specification
/// §10.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OcppNotice {
    /// The card is authorised.
    Accepted,
    /// The card was rejected or is no longer authorised.
    Rejected,
    /// The authorisation timed out.
    Offline,
    /// The charger is reserved for somebody else.
    ReservedForOther,
    /// The vehicle was not plugged in in time.
    ConnectionTimeout,
    /// Started from afar without a vehicle.
    PlugIn,
    /// A transaction started.
    Started,
    /// A transaction ended.
    Stopped,
}

/// Status of the OCPP connector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Connector {
    /// Available.
    Available,
    /// Preparing.
    Preparing {
        /// A vehicle is plugged in.
        plugged: bool,
    },
    /// Charging or suspended.
    Charging,
    /// Finishing.
    Finishing {
        /// The cable is locked until the card is shown.
        locked: bool,
    },
    /// Reserved.
    Reserved,
    /// Unavailable.
    Unavailable,
    /// Faulted.
    Faulted,
}

/// The active OCPP part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OcppStatus {
    /// Notice to show now.
    pub notice: Option<OcppNotice>,
    /// Status of the connector.
    pub connector: Connector,
    /// Why the connector is not available: shown small, at most 25 characters;
    /// empty = nothing to say.
    pub reason: &'static str,
}

/// Names of the product.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Identity {
    /// Firmware version, at most 19 characters.
    pub version: &'static str,
    /// Serial number; the app PIN shows it.
    pub serial: u32,
}

/// Everything that the menu needs besides the snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Surroundings {
    /// Facts that steer the visible rows.
    pub facts: Facts,
    /// Wireless network of the charger.
    pub wifi: WifiStatus,
    /// Wireless network of the Sensorbox.
    pub sensorbox: SensorboxWifiStatus,
    /// Result of the latest card.
    pub card: CardStatus,
    /// The OCPP part; `None` = not active. Its texts are never shown then.
    pub ocpp: Option<OcppStatus>,
    /// Energy of the present session; `None` = not measured.
    pub charged: Option<WattHours>,
    /// Minutes that local time is ahead of UTC.
    pub zone_minutes: i16,
    /// Start of the delayed charging, seconds since 1970-01-01 UTC.
    pub planned_start: Option<u64>,
    /// Factory test.
    pub io_test: IoTest,
    /// Names of the product.
    pub identity: Identity,
    /// The LCD is locked: `lcd_lock` of the plan in the snapshot (menu
    /// specification §7).
    pub lcd_locked: bool,
    /// A random word. A new word is needed for each app PIN; the same word is
    /// never used twice.
    pub entropy: u32,
}

impl Surroundings {
    /// The same with what a Sensorbox told last, as the snapshot has it
    /// (menu specification §1 and §8.3).
    #[must_use]
    pub fn with_sensorbox(mut self, report: Option<&SensorboxReport>) -> Self {
        let Some(report) = report else {
            return self;
        };
        self.facts.sensorbox_version = report.version();
        self.facts.sensorbox_cts = report.has_transformers;
        let network = report.network.unwrap_or_default();
        self.sensorbox = SensorboxWifiStatus {
            mode: network.mode,
            address: network.is_connected.then_some(network.address),
            portal: network.password.and_then(PortalPassword::new),
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::sensorbox::SensorboxNetwork;

    /// Menu 1 and 8.3: the report of the box steers rows and context lines.
    #[test]
    fn when_a_sensorbox_was_seen_then_the_menu_knows_it() {
        let none = Surroundings::default().with_sensorbox(None);
        assert_eq!(none, Surroundings::default());
        let mut report = SensorboxReport {
            software: 3,
            has_transformers: true,
            network: Some(SensorboxNetwork {
                mode: Some(SensorboxWifi::Portal),
                is_connected: false,
                address: [192, 168, 1, 21],
                password: Some(*b"8a7b6c5d"),
            }),
        };
        let around = Surroundings::default().with_sensorbox(Some(&report));
        assert_eq!(around.facts.sensorbox_version, 2);
        assert!(around.facts.sensorbox_cts);
        assert_eq!(around.sensorbox.mode, Some(SensorboxWifi::Portal));
        assert_eq!(around.sensorbox.address, None, "not connected");
        assert_eq!(around.sensorbox.portal, PortalPassword::new(*b"8a7b6c5d"));
        report.software = 2;
        report.network = None;
        let around = Surroundings::default().with_sensorbox(Some(&report));
        assert_eq!(around.facts.sensorbox_version, 1);
        assert_eq!(around.sensorbox, SensorboxWifiStatus::default());
    }

    #[test]
    fn when_a_password_cannot_be_shown_then_there_is_none() {
        let password = PortalPassword::new(*b"0a1b2c3d").unwrap();
        assert_eq!(password.as_str(), "0a1b2c3d");
        assert_eq!(PortalPassword::new(*b"0a1b 2c3"), None);
        assert_eq!(PortalPassword::new([0xE9; 8]), None);
    }
}
