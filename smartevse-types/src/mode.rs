//! Charging mode and access.

use core::fmt;

/// How the charge current is chosen (configuration guide: MODE).
///
/// The numbers are the stored ones.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum Mode {
    /// Charge with MAX; only CIRCUIT of a Master, the grid relay and the
    /// temperature may lower it. MAINS and CAPACITY do not apply.
    #[default]
    Normal = 0,
    /// Charge with as much as MAINS, CIRCUIT and CAPACITY leave, up to MAX.
    Smart = 1,
    /// Follow the exported surplus plus IMPORT, between MIN and MAX.
    Solar = 2,
}

impl Mode {
    /// Text on the LCD and in MQTT.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Smart => "Smart",
            Self::Solar => "Solar",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Authorisation to charge. The numbers are the published ones.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum Access {
    /// Nobody may charge.
    #[default]
    Off = 0,
    /// A connected vehicle may charge.
    On = 1,
    /// Charging is suspended; a running transaction stays open.
    Pause = 2,
}

impl Access {
    /// Text used in the charging vectors and on the dashboard.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::On => "On",
            Self::Pause => "Pause",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
