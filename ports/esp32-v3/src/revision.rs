//! The two revisions of the v3 board and their pins.

/// Revision of the board; the firmware finds it out when it starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revision {
    /// ESP32-WROOM-32E.
    V30,
    /// ESP32-MINI-1 (ESP32-U4WDH).
    V31,
}

/// Package number of the ESP32-U4WDH.
const MINI: u8 = 4;

impl Revision {
    /// Gives the revision for a chip package (eFuse word 3, bits 11:9).
    #[must_use]
    pub const fn of_package(package: u8) -> Self {
        if package == MINI {
            Self::V31
        } else {
            Self::V30
        }
    }
}

/// One signal of the board with its GPIO on each revision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signal {
    /// Name on the schematic.
    pub name: &'static str,
    /// GPIO on v3.0.
    pub v30: Option<u8>,
    /// GPIO on v3.1.
    pub v31: Option<u8>,
    /// Direction, level at the start, meaning.
    pub note: &'static str,
}

impl Signal {
    /// Gives the GPIO on a revision.
    #[must_use]
    pub const fn gpio(&self, revision: Revision) -> Option<u8> {
        match revision {
            Revision::V30 => self.v30,
            Revision::V31 => self.v31,
        }
    }
}

/// Same GPIO on both revisions.
const fn both(name: &'static str, gpio: u8, note: &'static str) -> Signal {
    moved(name, gpio, gpio, note)
}

/// Another GPIO on v3.1.
const fn moved(name: &'static str, v30: u8, v31: u8, note: &'static str) -> Signal {
    Signal {
        name,
        v30: Some(v30),
        v31: Some(v31),
        note,
    }
}

/// Fitted on v3.1 only.
const fn only_v31(name: &'static str, gpio: u8, note: &'static str) -> Signal {
    Signal {
        name,
        v30: None,
        v31: Some(gpio),
        note,
    }
}

/// The pins of the board. The README shows this table; a test keeps it so.
pub const SIGNALS: &[Signal] = &[
    both("TEMP", 36, "analogue in, ADC1 channel 0, 6 dB"),
    both("CP_IN", 39, "analogue in, ADC1 channel 3, 11 dB"),
    both("PP_IN", 34, "analogue in, ADC1 channel 6, 6 dB"),
    both("LOCK_IN", 35, "in, divider on the board"),
    both(
        "CP_OUT",
        19,
        "out, LEDC, 1 kHz 10 bit; starts at steady +12 V",
    ),
    both("CPOFF", 15, "out, starts HIGH: pilot isolated"),
    both("SSR1", 32, "out, starts LOW: contactor 1 open"),
    both("SSR2", 27, "out, starts LOW: contactor 2 open"),
    moved("ACTA", 17, 10, "out, starts LOW: lock lead R"),
    moved("ACTB", 18, 9, "out, starts LOW: lock lead W"),
    moved("RCM_FAULT", 13, 38, "in, HIGH = fault; pull-up"),
    moved(
        "SW_IN",
        16,
        23,
        "open drain: switch (LOW = pressed) and 1-Wire reader",
    ),
    both("LEDR", 2, "out, LEDC, 5 kHz 8 bit, HIGH = on"),
    both("LEDG", 4, "out, LEDC, 5 kHz 8 bit, HIGH = on"),
    both("LEDB", 12, "out, LEDC, 5 kHz 8 bit, HIGH = on"),
    both("LCD_LED", 14, "out, LEDC, 5 kHz 8 bit"),
    both("LCD_SCK", 26, "out"),
    both("LCD_MOSI", 33, "out, shared with button >"),
    both("LCD_A0", 25, "out, shared with button o"),
    both(
        "BUTTON_LEFT",
        0,
        "in, button < and boot strap, never driven",
    ),
    both("LCD_RST", 5, "out, active LOW"),
    both("RS485_TX", 21, "UART1"),
    moved("RS485_RX", 23, 37, "UART1"),
    both("RS485_DIR", 22, "out, HIGH = transmit"),
    only_v31("BUZZER", 18, "out, LEDC"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Boards 1.1: value 4 means v3.1, everything else v3.0.
    #[test]
    fn when_the_package_is_four_then_the_revision_is_v31() {
        for package in 0..=7 {
            let v31 = Revision::of_package(package) == Revision::V31;
            assert_eq!(v31, package == 4);
        }
    }

    #[test]
    fn when_on_one_revision_then_no_gpio_is_used_twice() {
        for revision in [Revision::V30, Revision::V31] {
            let mut seen = 0_u64;
            for gpio in SIGNALS.iter().filter_map(|signal| signal.gpio(revision)) {
                assert_eq!(seen >> gpio & 1, 0, "GPIO{gpio} on {revision:?}");
                seen |= 1 << gpio;
            }
            // Flash of the module: 6..=11 on v3.0; 6..=8, 11, 16, 17 on v3.1.
            let flash = if revision == Revision::V30 {
                0xFC0
            } else {
                0x3_09C0
            };
            assert_eq!(seen & flash, 0);
        }
    }

    /// GPIO34 to 39 can only be read.
    #[test]
    fn when_a_signal_is_an_output_then_its_gpio_can_drive() {
        for signal in SIGNALS
            .iter()
            .filter(|signal| signal.note.starts_with("out"))
        {
            for revision in [Revision::V30, Revision::V31] {
                assert!(signal.gpio(revision).is_none_or(|gpio| gpio < 34));
            }
        }
    }

    /// The pins that the firmware takes are those of the table.
    #[test]
    fn when_the_board_is_claimed_then_its_pins_are_those_of_the_table() {
        extern crate std;
        let source = include_str!("chip/board/esp32.rs");
        let used = |gpio: u8| {
            let name = std::format!("p.GPIO{gpio}");
            source
                .match_indices(&name)
                .any(|(at, _)| !source[at + name.len()..].starts_with(|c: char| c.is_ascii_digit()))
        };
        for gpio in 0..40 {
            let listed = |revision| SIGNALS.iter().any(|row| row.gpio(revision) == Some(gpio));
            let listed = listed(Revision::V30) || listed(Revision::V31);
            assert_eq!(used(gpio), listed, "GPIO{gpio}");
        }
    }

    #[test]
    fn when_the_readme_is_read_then_it_shows_this_table() {
        extern crate std;
        let readme = include_str!("../README.md");
        let gpio = |gpio: Option<u8>| gpio.map_or("-".into(), |gpio| std::format!("{gpio}"));
        for signal in SIGNALS {
            let v31 = if signal.v31 == signal.v30 {
                "=".into()
            } else {
                gpio(signal.v31)
            };
            let row = std::format!(
                "| {} | {} | {v31} | {} |",
                signal.name,
                gpio(signal.v30),
                signal.note
            );
            assert!(readme.contains(&row), "{row}");
        }
    }
}
