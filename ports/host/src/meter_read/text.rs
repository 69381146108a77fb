//! Readings and registers for people.

use smartevse_meters::sensorbox::SensorboxReading;
use smartevse_meters::{ReadKind, Transaction, Values};
use smartevse_types::PerPhase;

use crate::offline::say;

/// Registers on one line.
const WORDS: usize = 12;

/// Name of a kind of reading.
#[must_use]
pub const fn name(kind: ReadKind) -> &'static str {
    match kind {
        ReadKind::Currents => "currents",
        ReadKind::PhasePower => "phase power",
        ReadKind::Power => "power",
        ReadKind::Import => "import",
        ReadKind::Export => "export",
        ReadKind::Voltages => "voltages",
        ReadKind::Frequency => "frequency",
        ReadKind::PhaseImport => "phase import",
    }
}

/// What is asked for.
#[must_use]
pub fn question(kind: ReadKind, question: &Transaction) -> String {
    let register = question.register();
    format!(
        "{}: function {}, register {register} (0x{register:04X}), {} registers",
        name(kind),
        question.function().code(),
        question.quantity()
    )
}

/// Registers as they came, in hexadecimal.
#[must_use]
pub fn raw(data: &[u8]) -> String {
    let words: Vec<String> = data
        .chunks(2)
        .map(|word| word.iter().map(|byte| format!("{byte:02X}")).collect())
        .collect();
    let lines: Vec<String> = words.chunks(WORDS).map(|line| line.join(" ")).collect();
    line("raw", &lines.join("\n              "))
}

fn line(name: &str, value: &str) -> String {
    format!("  {name:<11} {value}")
}

fn phases<T: Copy>(values: PerPhase<T>, show: impl Fn(T) -> String) -> String {
    values.as_array().map(show).join(", ")
}

/// A whole number of thousandths.
fn thousandths(value: i64, unit: &str) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:03} {unit}", size / 1_000, size % 1_000)
}

/// Prints what a reply said.
pub fn print(values: &Values) {
    let known = [
        (
            "current",
            values
                .currents
                .map(|v| phases(v, |i| thousandths(i.as_milli().into(), "A"))),
        ),
        (
            "power",
            values
                .phase_power
                .map(|v| phases(v, |p| format!("{} W", p.as_watts()))),
        ),
        (
            "total power",
            values.power.map(|p| format!("{} W", p.as_watts())),
        ),
        (
            "import",
            values.import.map(|e| thousandths(e.as_wh(), "kWh")),
        ),
        (
            "export",
            values.export.map(|e| thousandths(e.as_wh(), "kWh")),
        ),
        (
            "voltage",
            values.voltages.map(|v| {
                phases(v, |u| {
                    format!("{}.{} V", u.as_deci() / 10, u.as_deci() % 10)
                })
            }),
        ),
        (
            "frequency",
            values
                .frequency
                .map(|f| format!("{}.{:02} Hz", f.as_centi() / 100, f.as_centi() % 100)),
        ),
        (
            "phase import",
            values
                .phase_import
                .map(|v| phases(v, |e| thousandths(e.as_wh(), "kWh"))),
        ),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            say(&line(name, &value));
        }
    }
}

/// Prints what a Sensorbox says besides the currents.
pub fn print_box(reading: &SensorboxReading) {
    let wires = if reading.wires() & 0b10 == 0 {
        "four"
    } else {
        "three"
    };
    say(&line("measured by", reading.source.name()));
    say(&line("software", &reading.software.to_string()));
    say(&line(
        "hardware",
        &format!("0x{:02X}, {wires} wires", reading.hardware),
    ));
    if let Some(dsmr) = reading.dsmr {
        say(&line("DSMR", &format!("{}.{}", dsmr / 10, dsmr % 10)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_registers_are_printed_then_they_are_words() {
        assert_eq!(raw(&[0x41, 0x80, 0, 1]), "  raw         4180 0001");
        assert_eq!(raw(&[0; 26]).lines().count(), 2);
    }

    #[test]
    fn when_a_value_is_small_and_negative_then_its_sign_stays() {
        assert_eq!(thousandths(-123, "A"), "-0.123 A");
        assert_eq!(thousandths(16_000, "A"), "16.000 A");
    }
}
