//! The column of texts that the menu adds to the registry.

use smartevse_core::registry::{SettingId, format_value};

use crate::line::Line;

/// Texts of one setting. Label, options and unit are those of the registry.
#[derive(Clone, Copy, Debug)]
pub struct RowTexts {
    /// The setting.
    pub id: SettingId,
    /// Help line, at most 51 characters (menu specification §2.4).
    pub help: &'static str,
}

/// Label of the row that leaves the menu.
pub const EXIT_LABEL: &str = "EXIT";
/// Value of the row that leaves the menu.
pub const EXIT_VALUE: &str = "MENU";
/// Says in the help of MODE why rows are missing in Normal (menu
/// specification §14, 16).
pub const HELP_MODE_NORMAL: &str = "Normal, Smart or Solar EVSE mode; more settings in Smart/Solar";

const fn texts(id: SettingId, help: &'static str) -> RowTexts {
    RowTexts { id, help }
}

/// Texts of all settings in the order of the menu.
pub static TEXTS: [RowTexts; SettingId::COUNT] = [
    texts(SettingId::Mode, "Normal, Smart or Solar EVSE mode"),
    texts(SettingId::Config, "Fixed Cable or Type 2 Socket"),
    texts(SettingId::Lock, "Cable locking actuator type"),
    texts(
        SettingId::PwrShare,
        "Share Power between multiple SmartEVSEs (2-8)",
    ),
    texts(SettingId::MainsMet, "Type of mains electric meter"),
    texts(
        SettingId::Grid,
        "Grid type to which the Sensorbox is connected",
    ),
    texts(SettingId::Sb2Wifi, "Connect Sensorbox-2 to WiFi"),
    texts(SettingId::MainsAdr, "Address of mains electric meter"),
    texts(SettingId::EvMeter, "Type of EV electric meter"),
    texts(SettingId::EvAdr, "Address of EV electric meter"),
    texts(
        SettingId::EmByteOrder,
        "Byte order of custom electric meter",
    ),
    texts(SettingId::EmDataType, "Data type of custom electric meter"),
    texts(
        SettingId::EmFunction,
        "Modbus Function of custom electric meter",
    ),
    texts(
        SettingId::EmVolReg,
        "Register for Voltage (V) of custom electric meter",
    ),
    texts(
        SettingId::EmVolDiv,
        "Divisor for Voltage (V) of custom electric meter",
    ),
    texts(
        SettingId::EmCurReg,
        "Register for Current (A) of custom electric meter",
    ),
    texts(
        SettingId::EmCurDiv,
        "Divisor for Current (A) of custom electric meter",
    ),
    texts(
        SettingId::EmPowReg,
        "Register for Power (W) of custom electric meter",
    ),
    texts(
        SettingId::EmPowDiv,
        "Divisor for Power (W) of custom electric meter",
    ),
    texts(
        SettingId::EmEneReg,
        "Register for Energy (kWh) of custom electric meter",
    ),
    texts(
        SettingId::EmEneDiv,
        "Divisor for Energy (kWh) of custom electric meter",
    ),
    texts(SettingId::Mains, "Max MAINS Current (per phase)"),
    texts(
        SettingId::Min,
        "MIN Charge Current the EV will accept (per phase)",
    ),
    texts(
        SettingId::Max,
        "MAX Charge Current for this EVSE (per phase)",
    ),
    texts(SettingId::Circuit, "EVSE Circuit max Current"),
    texts(
        SettingId::Start,
        "Surplus energy start Current (sum of phases)",
    ),
    texts(SettingId::Stop, "Stop solar charging at 6A after this time"),
    texts(
        SettingId::Import,
        "Allow grid power when solar charging (sum of phase)",
    ),
    texts(SettingId::Contact2, "Contactor2 (C2) behaviour"),
    texts(SettingId::Switch, "Switch function control on pin SW"),
    texts(SettingId::Rcmon, "Residual Current Monitor on pin RCM"),
    texts(SettingId::Rfid, "RFID reader, learn/remove cards"),
    texts(SettingId::Wifi, "Connect SmartEVSE to WiFi"),
    texts(SettingId::Autoupdate, "Automatic Firmware Update"),
    texts(SettingId::AppPin, "Generate Pairing PIN for SmartEVSE App"),
    texts(
        SettingId::AppServer,
        "Cloud connection for SmartEVSE App features",
    ),
    texts(
        SettingId::MaxTemp,
        "Maximum temperature for the EVSE module",
    ),
    texts(
        SettingId::Capacity,
        "Capacity Rate limit on sum of MAINS Current (A)",
    ),
    texts(
        SettingId::CapStop,
        "Stop Capacity Rate limit charging after X minutes",
    ),
    texts(
        SettingId::LcdPin,
        "Pin code to operate LCD from web interface",
    ),
    texts(SettingId::Priority, "Priority strategy for load sharing"),
    texts(SettingId::Rotation, "Rotation interval in minutes (0=off)"),
    texts(SettingId::IdleTmo, "Idle timeout in seconds (anti-flap)"),
];

const _: () = {
    let mut rows: &[RowTexts] = &TEXTS;
    let mut ids = SettingId::ALL;
    while let ([row, more_rows @ ..], [id, more_ids @ ..]) = (rows, ids) {
        assert!(row.id as u8 == *id as u8, "a text is missing or misplaced");
        assert!(row.help.len() <= 51, "a help line is too long");
        rows = more_rows;
        ids = more_ids;
    }
};

/// Help line of a setting.
#[must_use]
pub fn help(id: SettingId) -> &'static str {
    TEXTS.get(id.index()).map_or("", |row| row.help)
}

/// Value as the LCD shows it, at most 11 characters.
#[must_use]
pub fn value_line(id: SettingId, value: u16) -> Line {
    let mut line = Line::EMPTY;
    // Writing to a line cannot fail.
    let _ = format_value(id, value, &mut line);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::registry::{Kind, SETTINGS};

    /// Menu invariant 1: labels are unique, ASCII, at most 9 characters.
    #[test]
    fn when_the_registry_is_walked_then_every_row_has_its_texts() {
        for row in &SETTINGS {
            assert!(!row.label.is_empty() && row.label.len() <= 9 && row.label.is_ascii());
            assert_eq!(SETTINGS.iter().filter(|r| r.label == row.label).count(), 1);
            assert!(!help(row.id).is_empty(), "{}", row.id);
        }
        assert_eq!(TEXTS.len(), SETTINGS.len());
    }

    /// Menu invariant 5: 11 characters for every legal value.
    #[test]
    fn when_any_legal_value_is_shown_then_it_has_at_most_11_characters() {
        for row in &SETTINGS {
            for value in 0..=u16::MAX {
                if row.kind.accepts(value) {
                    let chars = value_line(row.id, value).chars();
                    assert!((1..=11).contains(&chars), "{} {value}", row.id);
                }
            }
            if let Kind::Action = row.kind {
                assert_eq!(value_line(row.id, 0).as_str(), "Create PIN");
            }
        }
    }

    /// Menu specification §2.3.
    #[test]
    fn when_values_are_shown_then_they_have_the_form_of_the_guide() {
        for (id, value, text) in [
            (SettingId::Mains, 25, "25 A"),
            (SettingId::Min, 6, " 6 A"),
            (SettingId::Start, 4, "- 4 A"),
            (SettingId::Capacity, 0, "Disabled"),
            (SettingId::Stop, 10, "10 min"),
            (SettingId::Rotation, 30, "30 min"),
            (SettingId::IdleTmo, 60, "60 s"),
            (SettingId::MaxTemp, 65, "65 C"),
            (SettingId::LcdPin, 478, "0478"),
            (SettingId::MainsAdr, 10, "10 (0A)"),
            (SettingId::EmPowReg, 40191, "40191 9CFF"),
            (SettingId::EmVolDiv, 3, "1000"),
        ] {
            assert_eq!(value_line(id, value).as_str(), text);
        }
    }
}
