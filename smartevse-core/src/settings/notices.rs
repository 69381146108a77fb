//! What the one who changes settings should know.

use bitflags::bitflags;

bitflags! {
    /// Changes that were made besides the wanted ones.
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Notices: u16 {
        /// MODE became Normal: there is no mains meter (menu rule X1).
        const MODE_FORCED_NORMAL = 1;
        /// MIN became MAX (menu rule X2, decision 23).
        const MIN_LOWERED = 1 << 1;
        /// CONTACT 2 became Always On: a node has no Auto (menu rule X5,
        /// decision 18).
        const CONTACT2_ALWAYS_ON = 1 << 2;
        /// SWITCH became Disabled: a node has no Grid Relay (menu rule X6).
        const SWITCH_DISABLED = 1 << 3;
        /// MAINS ADR became 10, the address of a Sensorbox (menu rule X8).
        const SENSORBOX_ADDRESS = 1 << 4;
        /// RFID stayed as it was: Learn and Delete are never stored (menu rule
        /// X12).
        const READER_MODE_NOT_STORED = 1 << 5;
        /// All cards are erased and RFID became Disabled (menu rule X11).
        const CARDS_ERASED = 1 << 6;
        /// FUNCTION became 4 (menu rule X13).
        const FUNCTION_SET = 1 << 7;
        /// Stored values were illegal and became defaults (menu rule X23).
        const DEFAULTS_TAKEN = 1 << 8;
    }
}

bitflags! {
    /// Combinations that are accepted although they are hardly meant.
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct ConfigWarnings: u8 {
        /// CIRCUIT is below MIN (menu rule X3).
        const CIRCUIT_BELOW_MIN = 1;
        /// MAINS is below MIN (menu rule X3).
        const MAINS_BELOW_MIN = 1 << 1;
        /// CAPACITY is below MIN on the phases in use (menu rule X3).
        const CAPACITY_BELOW_MIN = 1 << 2;
        /// MAINS above 100 A with a Sensorbox: its readings are doubled (menu
        /// rule X9).
        const LARGE_TRANSFORMERS = 1 << 3;
        /// A card reader and a toggle switch share a pin (menu rule X27,
        /// decision 71).
        const READER_WITH_TOGGLE = 1 << 4;
        /// EV meter and mains meter have the same address (menu rule X28,
        /// decision 59).
        const METER_ADDRESS_CLASH = 1 << 5;
        /// In Solar a charge begins with less surplus than MIN needs
        /// (regulation 6.5).
        const SOLAR_STARTS_BELOW_MIN = 1 << 6;
    }
}

const NOTICES: &[(Notices, &str)] = &[
    (
        Notices::MODE_FORCED_NORMAL,
        "MODE set to Normal: no mains meter is configured",
    ),
    (Notices::MIN_LOWERED, "MIN lowered to MAX"),
    (
        Notices::CONTACT2_ALWAYS_ON,
        "CONTACT 2 set to Always On: Auto is not possible on a node",
    ),
    (
        Notices::SWITCH_DISABLED,
        "SWITCH set to Disabled: Grid Relay is not possible on a node",
    ),
    (
        Notices::SENSORBOX_ADDRESS,
        "MAINS ADR set to 10, the address of the Sensorbox",
    ),
    (
        Notices::READER_MODE_NOT_STORED,
        "RFID unchanged: Learn and Delete act only while selected",
    ),
    (
        Notices::CARDS_ERASED,
        "all cards erased, RFID set to Disabled",
    ),
    (Notices::FUNCTION_SET, "FUNCTION set to 4: input registers"),
    (
        Notices::DEFAULTS_TAKEN,
        "illegal stored values replaced by defaults",
    ),
];

const WARNINGS: &[(ConfigWarnings, &str)] = &[
    (
        ConfigWarnings::CIRCUIT_BELOW_MIN,
        "CIRCUIT is below MIN: charging is not possible",
    ),
    (
        ConfigWarnings::MAINS_BELOW_MIN,
        "MAINS is below MIN: charging is not possible",
    ),
    (
        ConfigWarnings::CAPACITY_BELOW_MIN,
        "CAPACITY is below MIN on all phases: charging is not possible",
    ),
    (
        ConfigWarnings::LARGE_TRANSFORMERS,
        "MAINS above 100 A: transformers of 200 A : 50 mA are assumed",
    ),
    (
        ConfigWarnings::READER_WITH_TOGGLE,
        "a card reader can share its pin with a push button only",
    ),
    (
        ConfigWarnings::METER_ADDRESS_CLASH,
        "EV ADR equals the address of the mains meter: the EV meter is not read",
    ),
    (
        ConfigWarnings::SOLAR_STARTS_BELOW_MIN,
        "START and IMPORT are below MIN on all phases: charging goes on and off while the sun is weak",
    ),
];

impl Notices {
    /// One sentence for each flag.
    pub fn texts(self) -> impl Iterator<Item = &'static str> {
        NOTICES
            .iter()
            .filter(move |row| self.contains(row.0))
            .map(|row| row.1)
    }
}

impl ConfigWarnings {
    /// One sentence for each flag.
    pub fn texts(self) -> impl Iterator<Item = &'static str> {
        WARNINGS
            .iter()
            .filter(move |row| self.contains(row.0))
            .map(|row| row.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_all_flags_are_set_then_each_has_its_text() {
        assert_eq!(
            Notices::all().texts().count(),
            Notices::all().iter().count()
        );
        assert_eq!(
            ConfigWarnings::all().texts().count(),
            ConfigWarnings::all().iter().count()
        );
        assert!(Notices::MIN_LOWERED.texts().eq(["MIN lowered to MAX"]));
    }
}
