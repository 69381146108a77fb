//! Meter types as values of MAINS MET and EV METER.

use super::Choice;

/// Number of "no meter".
pub const METER_DISABLED: u8 = 0;

/// Number of the Sensorbox; a mains meter only.
pub const SENSORBOX: u8 = 1;

/// Modbus address of a Sensorbox (menu rule X8).
pub const SENSORBOX_ADDRESS: u16 = 10;

/// Number of the meter that the user describes.
pub const CUSTOM_METER: u8 = 19;

const API: u8 = 9;
const P1: u8 = 13;

/// How a meter is read (menu specification §1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MeterClass {
    /// No meter.
    Off,
    /// Sensorbox.
    Sensorbox,
    /// Fed over REST or MQTT.
    Api,
    /// HomeWizard P1 over HTTP.
    P1,
    /// Read over Modbus; the custom meter included.
    Modbus,
}

impl MeterClass {
    /// Class of the meter with this number.
    #[must_use]
    pub const fn of(meter: u8) -> Self {
        match meter {
            METER_DISABLED => Self::Off,
            SENSORBOX => Self::Sensorbox,
            API => Self::Api,
            P1 => Self::P1,
            _ => Self::Modbus,
        }
    }

    /// Whether the meter has an address on the Modbus line.
    #[must_use]
    pub const fn is_on_bus(self) -> bool {
        matches!(self, Self::Modbus | Self::Sensorbox)
    }
}

const fn meter(value: u16, text: &'static str) -> Choice {
    Choice { value, text }
}

/// Options of MAINS MET (meters specification §5, decisions 19 and 53). Number
/// 20 measures one phase only and therefore cannot guard the mains.
pub(super) const MAINS_METERS: &[Choice] = &[
    meter(0, "Disabled"),
    meter(1, "Sensorbox"),
    meter(2, "Phoenix C"),
    meter(3, "Finder 7E"),
    meter(4, "Eastron3P"),
    meter(5, "InvEastron"),
    meter(6, "ABB"),
    meter(7, "SolarEdge"),
    meter(8, "WAGO"),
    meter(9, "API"),
    meter(10, "Eastron1P"),
    meter(11, "Finder 7M"),
    meter(12, "Sinotimer"),
    meter(13, "HmWzrd P1"),
    meter(14, "Schneider"),
    meter(15, "Chint"),
    meter(16, "C.Gavazzi"),
    meter(17, "Orno 3P"),
    meter(18, "Orno 1P"),
    meter(19, "Custom"),
    meter(21, "AcrelMain"),
    meter(64, "Chint 1P"),
    meter(65, "ABB EV3"),
    meter(66, "Janitza"),
    meter(67, "DZG"),
    meter(68, "Orno 525"),
];

/// Options of EV METER: the catalogue without Sensorbox and HmWzrd P1 (menu
/// specification §3.3).
pub(super) const EV_METERS: &[Choice] = &[
    meter(0, "Disabled"),
    meter(2, "Phoenix C"),
    meter(3, "Finder 7E"),
    meter(4, "Eastron3P"),
    meter(5, "InvEastron"),
    meter(6, "ABB"),
    meter(7, "SolarEdge"),
    meter(8, "WAGO"),
    meter(9, "API"),
    meter(10, "Eastron1P"),
    meter(11, "Finder 7M"),
    meter(12, "Sinotimer"),
    meter(14, "Schneider"),
    meter(15, "Chint"),
    meter(16, "C.Gavazzi"),
    meter(17, "Orno 3P"),
    meter(18, "Orno 1P"),
    meter(19, "Custom"),
    meter(20, "AcrelEVL2"),
    meter(21, "AcrelMain"),
    meter(64, "Chint 1P"),
    meter(65, "ABB EV3"),
    meter(66, "Janitza"),
    meter(67, "DZG"),
    meter(68, "Orno 525"),
];

/// Spellings that clients send besides the LCD text (decision 53).
pub(super) const METER_ALIASES: &[Choice] = &[meter(5, "InvEastrn")];
