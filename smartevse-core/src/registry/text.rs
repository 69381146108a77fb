//! Values as text: LCD out, command lines and REST in.

use core::fmt::{Result, Write};

use super::facts::text_of;
use super::meters::METER_ALIASES;
use super::{Choice, Kind, SettingId, Unit};

const DISABLED: &str = "Disabled";

/// Reads a value from its stored number or, for options and for 0 where it
/// means "Disabled", from its LCD text in either case.
///
/// `None` unless the value is legal. The rules between settings are those of
/// [`apply`](crate::settings::apply).
#[must_use]
pub fn parse_value(id: SettingId, text: &str) -> Option<u16> {
    let text = text.trim();
    let kind = id.facts().kind;
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = if digits {
        text.parse().ok()?
    } else {
        named_value(id, &kind, text)?
    };
    kind.accepts(value).then_some(value)
}

fn named_value(id: SettingId, kind: &Kind, text: &str) -> Option<u16> {
    match kind {
        Kind::Options(choices) => {
            let meter = matches!(id, SettingId::MainsMet | SettingId::EvMeter);
            let aliases = if meter { METER_ALIASES } else { &[] };
            choices
                .iter()
                .chain(aliases)
                .find(|c| c.is_named(text))
                .map(|c| c.value)
        }
        Kind::Number {
            zero_disables: true,
            ..
        } if text.eq_ignore_ascii_case(DISABLED) => Some(0),
        Kind::Number { .. } | Kind::PowerOfTen { .. } | Kind::Pin | Kind::Action => None,
    }
}

impl Choice {
    fn is_named(&self, text: &str) -> bool {
        self.text.eq_ignore_ascii_case(text)
    }
}

/// Writes a value as the LCD shows it, at most 11 characters (menu
/// specification §2.3). A number without an option is written as a number.
///
/// # Errors
///
/// Those of `out`.
pub fn format_value(id: SettingId, value: u16, out: &mut impl Write) -> Result {
    match id.facts().kind {
        Kind::Options(choices) => match text_of(choices, value) {
            Some(text) => out.write_str(text),
            None => write!(out, "{value}"),
        },
        Kind::Number {
            zero_disables: true,
            ..
        } if value == 0 => out.write_str(DISABLED),
        Kind::Number { unit, .. } => format_number(unit, value, out),
        Kind::PowerOfTen { .. } => format_power(value, out),
        Kind::Pin => write!(out, "{value:04}"),
        Kind::Action => out.write_str("Create PIN"),
    }
}

fn format_number(unit: Unit, value: u16, out: &mut impl Write) -> Result {
    match unit {
        Unit::Amps => write!(out, "{value:2} A"),
        Unit::AmpsExport => write!(out, "-{value:2} A"),
        Unit::Minutes => write!(out, "{value:2} min"),
        Unit::Seconds => write!(out, "{value} s"),
        Unit::Celsius => write!(out, "{value:2} C"),
        Unit::Address | Unit::Register if value < 4096 => write!(out, "{value} ({value:02X})"),
        Unit::Address | Unit::Register => write!(out, "{value} {value:X}"),
    }
}

fn format_power(exponent: u16, out: &mut impl Write) -> Result {
    match 10_u32.checked_pow(u32::from(exponent)) {
        Some(power) => write!(out, "{power}"),
        None => write!(out, "1E{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_an_option_is_given_as_text_then_its_number_is_found() {
        assert_eq!(parse_value(SettingId::Contact2, "solar off"), Some(2));
        assert_eq!(parse_value(SettingId::Grid, "3Wire"), Some(1));
        assert_eq!(parse_value(SettingId::Grid, "3"), None);
        assert_eq!(parse_value(SettingId::Capacity, "disabled"), Some(0));
        assert_eq!(parse_value(SettingId::Mains, "disabled"), None);
    }

    /// Decision 53.
    #[test]
    fn when_the_old_meter_name_is_given_then_it_is_accepted() {
        assert_eq!(parse_value(SettingId::EvMeter, "InvEastrn"), Some(5));
        assert_eq!(parse_value(SettingId::MainsMet, "InvEastron"), Some(5));
        assert_eq!(parse_value(SettingId::Mode, "InvEastrn"), None);
    }

    #[test]
    fn when_a_number_is_no_number_or_illegal_then_none() {
        for text in [
            "",
            " ",
            "-1",
            "+7",
            "6.5",
            "65536",
            "99999999999",
            "٧",
            "5",
            "17",
        ] {
            assert_eq!(parse_value(SettingId::Min, text), None, "{text}");
        }
        assert_eq!(parse_value(SettingId::Min, " 7 "), Some(7));
        assert_eq!(parse_value(SettingId::LcdPin, "0478"), Some(478));
        assert_eq!(parse_value(SettingId::AppPin, "0"), None);
    }
}
