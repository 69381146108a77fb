//! Where the readings of a meter come from.

use std::fmt;
use std::path::PathBuf;

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
        ("homewizard", _) => Err("homewizard meters are not built yet".to_owned()),
        _ => Err(format!(
            "\"{text}\" is no meter: use sim, api, modbus-rtu:PATH?type=NAME&address=A or \
             modbus-tcp:HOST:PORT?type=NAME&address=A"
        )),
    }
}

fn modbus(
    rest: &str,
    line: impl Fn(&str, &Pairs) -> Result<LineSpec, String>,
) -> Result<MeterSpec, String> {
    let (place, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
    let options = Pairs::parse(query).map_err(|_| format!("\"{query}\" has a malformed %"))?;
    if let Some(name) = options.names().find(|name| !is_option(name)) {
        return Err(format!("a meter has no option \"{name}\""));
    }
    let kind = options.get("type").filter(|kind| !kind.is_empty());
    Ok(MeterSpec::Modbus(ModbusSpec {
        line: line(place, &options)?,
        kind: kind.ok_or("a meter needs type=NAME")?.to_owned(),
        address: options.get("address").map(address).transpose()?,
    }))
}

fn is_option(name: &str) -> bool {
    ["type", "address", "baud"]
        .iter()
        .any(|option| option.eq_ignore_ascii_case(name))
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
        };
        assert_eq!(spec, Ok(MeterSpec::Modbus(expected)));
    }

    #[test]
    fn when_a_spec_is_wrong_then_one_sentence_says_why() {
        for (text, part) in [
            ("", "no meter"),
            ("sim:x", "no meter"),
            ("homewizard:p1", "not built yet"),
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
