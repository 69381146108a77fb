//! What is known about a setting, whatever its value.

use bitflags::bitflags;

use super::SettingId;
use crate::command::Origin;

/// One option of a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Choice {
    /// Stored number; it never changes (menu specification §2.2).
    pub value: u16,
    /// Text on the LCD.
    pub text: &'static str,
}

/// Unit of a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// Amperes.
    Amps,
    /// Amperes of export, shown with a minus sign.
    AmpsExport,
    /// Minutes.
    Minutes,
    /// Seconds.
    Seconds,
    /// Degrees Celsius.
    Celsius,
    /// Modbus address.
    Address,
    /// Modbus register.
    Register,
}

/// Values inside a range that are not allowed, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Gap {
    /// First forbidden value.
    pub from: u16,
    /// Last forbidden value.
    pub to: u16,
}

/// Kind of a setting with its legal values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// One of a list, in the order in which the menu cycles through it.
    Options(&'static [Choice]),
    /// A number.
    Number {
        /// Unit.
        unit: Unit,
        /// Smallest value.
        min: u16,
        /// Largest value.
        max: u16,
        /// Forbidden values in between.
        gap: Option<Gap>,
        /// 0 means "Disabled" and is shown so.
        zero_disables: bool,
    },
    /// Exponent of a divisor, shown as 10 to the power of the value.
    PowerOfTen {
        /// Largest exponent.
        max: u16,
    },
    /// Four decimal digits, 0..=9999.
    Pin,
    /// An action without a value.
    Action,
}

impl Kind {
    /// A number from `min` to `max`.
    #[must_use]
    pub const fn number(unit: Unit, min: u16, max: u16) -> Self {
        Self::Number {
            unit,
            min,
            max,
            gap: None,
            zero_disables: false,
        }
    }

    /// 0 for "Disabled", or a number from `least` to `max`.
    #[must_use]
    pub const fn zero_or(unit: Unit, least: u16, max: u16) -> Self {
        let gap = match least {
            0 | 1 => None,
            _ => Some(Gap {
                from: 1,
                to: least.saturating_sub(1),
            }),
        };
        Self::Number {
            unit,
            min: 0,
            max,
            gap,
            zero_disables: true,
        }
    }

    /// Whether the value can be chosen, whatever the other settings are.
    #[must_use]
    pub const fn accepts(&self, value: u16) -> bool {
        match self {
            Self::Options(choices) => text_of(choices, value).is_some(),
            Self::Number { min, max, gap, .. } => {
                *min <= value && value <= *max && !in_gap(*gap, value)
            }
            Self::PowerOfTen { max } => value <= *max,
            Self::Pin => value <= 9999,
            Self::Action => false,
        }
    }

    /// Smallest and largest value; `None` for an action.
    #[must_use]
    pub fn bounds(&self) -> Option<(u16, u16)> {
        match self {
            Self::Options(choices) => {
                let values = || choices.iter().map(|c| c.value);
                Some((values().min()?, values().max()?))
            }
            Self::Number { min, max, .. } => Some((*min, *max)),
            Self::PowerOfTen { max } => Some((0, *max)),
            Self::Pin => Some((0, 9999)),
            Self::Action => None,
        }
    }
}

const fn in_gap(gap: Option<Gap>, value: u16) -> bool {
    match gap {
        Some(gap) => gap.from <= value && value <= gap.to,
        None => false,
    }
}

/// Text of the option with this number.
pub(super) const fn text_of(choices: &[Choice], value: u16) -> Option<&'static str> {
    let mut rest = choices;
    while let [choice, tail @ ..] = rest {
        if choice.value == value {
            return Some(choice.text);
        }
        rest = tail;
    }
    None
}

/// Type under which a value is stored by existing devices. A key of one type
/// cannot be read as another (menu specification §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyType {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// One byte, 0 or 1.
    Bool,
}

/// Storage key in namespace `settings` of existing devices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StorageKey {
    /// Name, at most 15 characters.
    pub name: &'static str,
    /// Type.
    pub kind: KeyType,
}

bitflags! {
    /// Origins that may change a setting (menu specification §2.5).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct Writers: u16 {
        /// Menu on the LCD.
        const LCD = 1;
        /// Key or switch at the device.
        const BUTTON = 1 << 1;
        /// Card reader.
        const CARD = 1 << 2;
        /// REST.
        const REST = 1 << 3;
        /// MQTT.
        const MQTT = 1 << 4;
        /// OCPP central system.
        const OCPP = 1 << 5;
        /// Modbus write from the trusted bus.
        const BUS = 1 << 6;
        /// Vendor app.
        const APP = 1 << 7;
        /// Delayed start or stop.
        const SCHEDULE = 1 << 8;
    }
}

impl Writers {
    /// The flag of an origin.
    #[must_use]
    pub const fn of(origin: Origin) -> Self {
        match origin {
            Origin::Lcd => Self::LCD,
            Origin::Button => Self::BUTTON,
            Origin::Card => Self::CARD,
            Origin::Rest => Self::REST,
            Origin::Mqtt => Self::MQTT,
            Origin::Ocpp => Self::OCPP,
            Origin::Bus => Self::BUS,
            Origin::App => Self::APP,
            Origin::Schedule => Self::SCHEDULE,
        }
    }
}

/// Roles in which a setting may be changed. The bus is exempt: a node takes
/// over what its Master broadcasts (menu specification §2.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoleRule {
    /// In every role.
    Any,
    /// PWR SHARE Disabled or Master.
    NotOnNode,
    /// PWR SHARE Master; over REST also Disabled (decision 37).
    MasterOnly,
}

/// When a changed value takes effect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// At once: a limit that is lowered acts without delay (decision 16).
    AtOnce,
    /// When no energy flows: the second contactor never switches and the
    /// regulator never changes during a charge (menu rule X20).
    WhenNotCharging,
    /// When no vehicle is connected: the meaning of the proximity contact and
    /// of the lock feedback stays the same during a connection (I-32).
    WhenUnplugged,
    /// At the next start of the charger.
    AtRestart,
}

/// Facts of one setting.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SettingFacts {
    /// Identity.
    pub id: SettingId,
    /// Label on the LCD, at most 9 characters.
    pub label: &'static str,
    /// Kind and legal values.
    pub kind: Kind,
    /// Default of the configuration guide.
    pub default: u16,
    /// Key in the storage of existing devices.
    pub key: Option<StorageKey>,
    /// Modbus holding register.
    pub register: Option<u16>,
    /// Origins that may change it.
    pub writers: Writers,
    /// Roles in which it may be changed.
    pub role: RoleRule,
    /// When a change takes effect.
    pub effect: Effect,
}

impl SettingFacts {
    /// Whether a value may be stored and be in force. The transient modes of
    /// the card reader (3 to 5) may not (menu rules X11 and X12).
    #[must_use]
    pub const fn may_hold(&self, value: u16) -> bool {
        match self.id as u8 {
            id if id == SettingId::Rfid as u8 => {
                self.kind.accepts(value) && !matches!(value, 3..=5)
            }
            id if id == SettingId::AppPin as u8 => value == 0,
            _ => self.kind.accepts(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu specification §2: 0 for "Disabled", then nothing up to the least.
    #[test]
    fn when_zero_disables_then_the_figures_below_the_least_are_refused() {
        let capacity = Kind::zero_or(Unit::Amps, 10, 600);
        for (value, legal) in [
            (0, true),
            (1, false),
            (9, false),
            (10, true),
            (600, true),
            (601, false),
        ] {
            assert_eq!(capacity.accepts(value), legal, "{value}");
        }
        let timer = Kind::zero_or(Unit::Minutes, 1, 60);
        assert!(timer.accepts(0) && timer.accepts(1) && !timer.accepts(61));
        let free = Kind::zero_or(Unit::Amps, 0, 48);
        assert!(free.accepts(0) && free.accepts(48));
        let current = Kind::number(Unit::Amps, 6, 16);
        assert!(!current.accepts(5) && current.accepts(6) && !current.accepts(17));
    }
}
