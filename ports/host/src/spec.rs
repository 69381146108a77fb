//! Where the readings of a meter come from.

use std::fmt;
use std::path::PathBuf;

use smartevse_core::registry::SettingId;

use crate::http::query::Pairs;

/// Source of the readings of one meter, as given on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MeterSpec {
    /// The simulated site.
    Sim,
    /// Readings are posted to the network interface.
    Api,
    /// A meter on a real line.
    Modbus(ModbusSpec),
    /// A HomeWizard P1 or kWh meter.
    HomeWizard(HomeWizardPlace),
}

/// Why a group takes no meters on real lines.
pub const NOT_IN_A_GROUP: &str =
    "a group of chargers needs meters that are simulated or api: its line is a simulated one";

impl MeterSpec {
    /// Whether it is a real device.
    #[must_use]
    pub const fn is_device(&self) -> bool {
        match self {
            Self::Sim | Self::Api => false,
            Self::Modbus(_) | Self::HomeWizard(_) => true,
        }
    }
}

/// Where a HomeWizard meter is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HomeWizardPlace {
    /// Host name or address and port.
    At(String),
    /// The first one that is found on the local network.
    Auto,
}

impl fmt::Display for HomeWizardPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::At(peer) => peer,
            Self::Auto => "HomeWizard, searched",
        })
    }
}

/// A meter on a real line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModbusSpec {
    /// The line.
    pub line: LineSpec,
    /// Name of the meter type, as on the LCD.
    pub kind: String,
    /// Unit address; `None` = the default of the setting.
    pub address: Option<u8>,
    /// Settings that only this meter type has.
    pub options: Vec<(SettingId, u16)>,
}

/// Type that stands for the stored one.
const AS_STORED: &str = "menu";

impl ModbusSpec {
    /// Whether type, address and description are those of the stored settings.
    #[must_use]
    pub fn is_as_stored(&self) -> bool {
        self.kind.eq_ignore_ascii_case(AS_STORED)
    }
}

/// A line to a meter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineSpec {
    /// A serial line with Modbus RTU, 8N1.
    Serial {
        /// Device file.
        path: PathBuf,
        /// Bits per second; default 9600.
        baud: u32,
    },
    /// A TCP connection with Modbus TCP.
    Tcp {
        /// Host name or address and port.
        peer: String,
    },
}

impl LineSpec {
    /// Whether both are the same device or peer, whatever their speed.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Serial { path: a, .. }, Self::Serial { path: b, .. }) => a == b,
            _ => self == other,
        }
    }
}

impl fmt::Display for LineSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial { path, .. } => write!(f, "{}", path.display()),
            Self::Tcp { peer } => f.write_str(peer),
        }
    }
}

/// Options that describe a Custom meter (meters specification §8).
const CUSTOM_OPTIONS: &[(&str, SettingId)] = &[
    ("order", SettingId::EmByteOrder),
    ("datatype", SettingId::EmDataType),
    ("function", SettingId::EmFunction),
    ("vol_reg", SettingId::EmVolReg),
    ("vol_div", SettingId::EmVolDiv),
    ("cur_reg", SettingId::EmCurReg),
    ("cur_div", SettingId::EmCurDiv),
    ("pow_reg", SettingId::EmPowReg),
    ("pow_div", SettingId::EmPowDiv),
    ("ene_reg", SettingId::EmEneReg),
    ("ene_div", SettingId::EmEneDiv),
];

/// Options of a Sensorbox.
const SENSORBOX_OPTIONS: &[(&str, SettingId)] = &[("grid", SettingId::Grid)];

/// Port of a HomeWizard meter.
const HTTP_PORT: u16 = 80;

/// Default speed of a serial line.
const BAUD: u32 = 9_600;

/// Reads a `SPEC` of the command line.
///
/// # Errors
///
/// One sentence on what is wrong.
pub fn parse(text: &str) -> Result<MeterSpec, String> {
    let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
    match (scheme, rest) {
        ("sim", "") => Ok(MeterSpec::Sim),
        ("api", "") => Ok(MeterSpec::Api),
        ("modbus-rtu", rest) => modbus(rest, serial),
        ("modbus-tcp", rest) => modbus(rest, tcp),
        ("homewizard", place) => homewizard(place),
        _ => Err(format!(
            "\"{text}\" is no meter: use sim, api, modbus-rtu:PATH?type=NAME&address=A, \
             modbus-tcp:HOST:PORT?type=NAME&address=A or homewizard:HOST"
        )),
    }
}

fn modbus(
    rest: &str,
    line: impl Fn(&str, &Pairs) -> Result<LineSpec, String>,
) -> Result<MeterSpec, String> {
    let (place, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
    let options = Pairs::parse(query).map_err(|_| format!("\"{query}\" has a malformed %"))?;
    let kind = options.get("type").filter(|kind| !kind.is_empty());
    let kind = kind.unwrap_or_default();
    let known = options_of(kind);
    if let Some(name) = options.names().find(|name| !is_option(name, known)) {
        return Err(format!("a meter has no option \"{name}\"{}", owner(name)));
    }
    let line = line(place, &options)?;
    if kind.is_empty() {
        return Err("a meter needs type=NAME".to_owned());
    }
    Ok(MeterSpec::Modbus(ModbusSpec {
        line,
        kind: kind.to_owned(),
        address: options.get("address").map(address).transpose()?,
        options: values(&options, known)?,
    }))
}

/// Options that only this meter type has.
fn options_of(kind: &str) -> &'static [(&'static str, SettingId)] {
    match kind.to_ascii_lowercase().as_str() {
        "custom" => CUSTOM_OPTIONS,
        "sensorbox" => SENSORBOX_OPTIONS,
        _ => &[],
    }
}

fn is_option(name: &str, special: &[(&str, SettingId)]) -> bool {
    let special = special.iter().map(|(option, _)| *option);
    ["type", "address", "baud"]
        .into_iter()
        .chain(special)
        .any(|option| option.eq_ignore_ascii_case(name))
}

/// Says which meter type has this option.
fn owner(name: &str) -> &'static str {
    if is_option(name, CUSTOM_OPTIONS) {
        ": only type=Custom has it"
    } else if is_option(name, SENSORBOX_OPTIONS) {
        ": only type=Sensorbox has it"
    } else {
        ""
    }
}

fn values(options: &Pairs, known: &[(&str, SettingId)]) -> Result<Vec<(SettingId, u16)>, String> {
    let given = known
        .iter()
        .filter_map(|(name, id)| Some((name, *id, options.get(name)?)));
    given
        .map(|(name, id, text)| {
            number(text)
                .filter(|value| id.facts().kind.accepts(*value))
                .map(|value| (id, value))
                .ok_or_else(|| format!("{name}={text} is not allowed"))
        })
        .collect()
}

/// A number as manuals of meters print it: decimal, or hexadecimal with 0x.
fn number(text: &str) -> Option<u16> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn homewizard(place: &str) -> Result<MeterSpec, String> {
    if place == "auto" {
        return Ok(MeterSpec::HomeWizard(HomeWizardPlace::Auto));
    }
    let has_port = place.contains(':') && !place.ends_with(']');
    let peer = if has_port {
        place.to_owned()
    } else {
        format!("{place}:{HTTP_PORT}")
    };
    let host = |c: char| c.is_ascii_alphanumeric() || "-._:[]%".contains(c);
    match tcp(&peer, &Pairs::default()) {
        Ok(_) if peer.chars().all(host) => Ok(MeterSpec::HomeWizard(HomeWizardPlace::At(peer))),
        Ok(_) | Err(_) => Err(format!("\"{place}\" is not HOST or HOST:PORT")),
    }
}

fn serial(place: &str, options: &Pairs) -> Result<LineSpec, String> {
    if place.is_empty() {
        return Err("modbus-rtu needs the path of a serial line".to_owned());
    }
    let baud = match options.get("baud") {
        None => BAUD,
        Some(text) => match text.parse() {
            Ok(baud @ 1_200..=921_600) => baud,
            Ok(_) | Err(_) => return Err(format!("baud={text} is no speed of a serial line")),
        },
    };
    let path = PathBuf::from(place);
    Ok(LineSpec::Serial { path, baud })
}

fn tcp(place: &str, _options: &Pairs) -> Result<LineSpec, String> {
    let valid = place
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|p| p > 0));
    if valid {
        let peer = place.to_owned();
        Ok(LineSpec::Tcp { peer })
    } else {
        Err(format!("\"{place}\" is not HOST:PORT"))
    }
}

fn address(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(address @ 1..=247) => Ok(address),
        Ok(_) | Err(_) => Err(format!("address={text} is not 1..247")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_serial_line_is_given_then_all_its_parts_are_read() {
        let spec = parse("modbus-rtu:/dev/ttyUSB0?type=Orno%203P&address=12&baud=19200");
        let expected = ModbusSpec {
            line: LineSpec::Serial {
                path: PathBuf::from("/dev/ttyUSB0"),
                baud: 19_200,
            },
            kind: "Orno 3P".to_owned(),
            address: Some(12),
            options: Vec::new(),
        };
        assert_eq!(spec, Ok(MeterSpec::Modbus(expected)));
    }

    #[test]
    fn when_a_peer_is_given_then_host_and_port_stay_together() {
        let spec = parse("modbus-tcp:[::1]:502?type=Eastron3P");
        let expected = ModbusSpec {
            line: LineSpec::Tcp {
                peer: "[::1]:502".to_owned(),
            },
            kind: "Eastron3P".to_owned(),
            address: None,
            options: Vec::new(),
        };
        assert_eq!(spec, Ok(MeterSpec::Modbus(expected)));
    }

    /// Meters 8: the whole description fits into the argument.
    #[test]
    fn when_a_custom_meter_is_described_then_its_settings_are_read() {
        let text = "modbus-tcp:h:502?type=custom&order=3&datatype=1&function=3\
                    &cur_reg=0x9CFF&cur_div=2&vol_reg=65530";
        let Ok(MeterSpec::Modbus(spec)) = parse(text) else {
            panic!("{:?}", parse(text));
        };
        for expected in [
            (SettingId::EmByteOrder, 3),
            (SettingId::EmDataType, 1),
            (SettingId::EmFunction, 3),
            (SettingId::EmCurReg, 40_191),
            (SettingId::EmCurDiv, 2),
            (SettingId::EmVolReg, 65_530),
        ] {
            assert!(spec.options.contains(&expected), "{expected:?}: {spec:?}");
        }
        assert_eq!(spec.options.len(), 6);
    }

    #[test]
    fn when_a_homewizard_is_given_then_its_port_is_80_without_another() {
        for (text, peer) in [
            ("homewizard:p1meter-1.local", "p1meter-1.local:80"),
            ("homewizard:10.0.0.7:8080", "10.0.0.7:8080"),
            ("homewizard:[::1]", "[::1]:80"),
            ("homewizard:[::1]:81", "[::1]:81"),
        ] {
            let place = HomeWizardPlace::At(peer.to_owned());
            assert_eq!(parse(text), Ok(MeterSpec::HomeWizard(place)));
        }
        let searched = MeterSpec::HomeWizard(HomeWizardPlace::Auto);
        assert_eq!(parse("homewizard:auto"), Ok(searched));
    }

    #[test]
    fn when_a_spec_is_wrong_then_one_sentence_says_why() {
        for (text, part) in [
            ("", "no meter"),
            ("sim:x", "no meter"),
            ("homewizard:", "HOST"),
            ("homewizard:a/b", "HOST"),
            ("homewizard:a:0", "HOST"),
            ("modbus-tcp:h:5?type=ABB&cur_reg=1", "only type=Custom"),
            ("modbus-tcp:h:5?type=ABB&grid=1", "only type=Sensorbox"),
            (
                "modbus-tcp:h:5?type=Custom&order=4",
                "order=4 is not allowed",
            ),
            ("modbus-tcp:h:5?type=Custom&cur_div=8", "cur_div=8 is not"),
            ("modbus-tcp:h:5?type=Custom&cur_reg=65531", "not allowed"),
            ("modbus-tcp:h:5?type=Custom&pow_reg=0xG", "not allowed"),
            ("modbus-rtu:/dev/x", "type=NAME"),
            ("modbus-rtu:", "path"),
            ("modbus-rtu:/dev/x?type=ABB&address=0", "1..247"),
            ("modbus-rtu:/dev/x?type=ABB&adress=5", "no option"),
            ("modbus-rtu:/dev/x?type=ABB&baud=7", "no speed"),
            ("modbus-tcp:host?type=ABB", "HOST:PORT"),
            ("modbus-tcp:host:0?type=ABB", "HOST:PORT"),
            ("modbus-tcp:host:5?type=%zz", "malformed"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }

    #[test]
    fn when_no_line_is_needed_then_a_word_is_enough() {
        assert_eq!(parse("sim"), Ok(MeterSpec::Sim));
        assert_eq!(parse("api"), Ok(MeterSpec::Api));
    }
}
