//! The pins of the board.

/// Part of the chip that a pin belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Function {
    /// Output, with its level before the first command.
    Output(bool),
    /// Input without pull (the board has one).
    Input,
    /// Input with the pull-up of the chip.
    InputPullUp,
    /// Converter input, with its channel of ADC1.
    Analog(u8),
    /// Another peripheral.
    Peripheral(&'static str),
}

/// One pin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pin {
    /// Signal of the board.
    pub signal: &'static str,
    /// Name of the pin.
    pub pin: &'static str,
    /// What drives or reads it.
    pub function: Function,
    /// What is connected, and what holds the level while the processor is in
    /// reset.
    pub circuit: &'static str,
}

const fn row(
    signal: &'static str,
    pin: &'static str,
    function: Function,
    circuit: &'static str,
) -> Pin {
    Pin {
        signal,
        pin,
        function,
        circuit,
    }
}

use Function::{Analog, Input, InputPullUp, Output, Peripheral};

/// Every pin of the board (boards specification §3.2).
pub const PINS: [Pin; 34] = [
    row(
        "CP_OUT",
        "PA8",
        Peripheral("TIM1_CH1"),
        "driver ±12 V, 1.00 kΩ 1 %",
    ),
    row(
        "CP_IN",
        "PA1",
        Analog(1),
        "40.2 kΩ, 10 kΩ to 3.3 V, 15 kΩ to ground, after a unity buffer",
    ),
    row(
        "PP_IN",
        "PA5",
        Analog(5),
        "1.00 kΩ 1 % to 3.3 V at the terminal, 10 kΩ in series",
    ),
    row("TEMP", "PA4", Analog(4), "MCP9700A"),
    row(
        "CPOFF",
        "PA15",
        Output(true),
        "analogue switch; pull-up of the chip at reset (JTDI): isolated",
    ),
    row(
        "SSR1",
        "PB10",
        Output(false),
        "10 kΩ to ground, 100 Ω to the relay of contactor 1",
    ),
    row(
        "SSR2",
        "PB5",
        Output(false),
        "10 kΩ to ground, 100 Ω to the relay of contactor 2",
    ),
    row(
        "ACTA",
        "PB7",
        Output(false),
        "lock driver, red lead; 10 kΩ to ground",
    ),
    row(
        "ACTB",
        "PB8",
        Output(false),
        "lock driver, white lead; 10 kΩ to ground",
    ),
    row(
        "LOCK_IN",
        "PB3",
        Input,
        "31.6 kΩ and 10 kΩ from the 12 V feedback wire",
    ),
    row(
        "RCM fault",
        "PB9",
        Input,
        "10 kΩ to 3.3 V, 100 Ω in series; high is a fault",
    ),
    row(
        "RCM test",
        "PB6",
        Output(true),
        "10 kΩ to 3.3 V; low runs the test",
    ),
    row(
        "SW",
        "PB4",
        Input,
        "10 kΩ to 3.3 V, 100 Ω in series; low is closed; reader line of a later release",
    ),
    row("RS485 TX", "PA2", Peripheral("USART2"), "transceiver"),
    row("RS485 RX", "PA3", Peripheral("USART2"), "transceiver"),
    row(
        "RS485 DE",
        "PB2",
        Output(false),
        "DE and /RE joined; 10 kΩ to ground",
    ),
    row(
        "LED R",
        "PA6",
        Peripheral("TIM3_CH1"),
        "N-channel transistor",
    ),
    row(
        "LED G",
        "PA7",
        Peripheral("TIM3_CH2"),
        "N-channel transistor",
    ),
    row(
        "LED B",
        "PB0",
        Peripheral("TIM3_CH3"),
        "N-channel transistor",
    ),
    row("LCD SCK", "PB13", Peripheral("SPI2"), "ST7565 or ST7567"),
    row("LCD MOSI", "PB15", Peripheral("SPI2"), "ST7565 or ST7567"),
    row("LCD CS", "PB12", Output(true), "low selects"),
    row("LCD A0", "PB14", Output(false), "high is data"),
    row("LCD RST", "PC13", Output(false), "low resets"),
    row(
        "LCD backlight",
        "PB1",
        Peripheral("TIM3_CH4"),
        "N-channel transistor",
    ),
    row("Button <", "PA0", InputPullUp, "to ground"),
    row("Button o", "PA11", InputPullUp, "to ground"),
    row("Button >", "PA12", InputPullUp, "to ground"),
    row("Console TX", "PA9", Peripheral("USART1"), "115200 8N1"),
    row("Console RX", "PA10", Peripheral("USART1"), "115200 8N1"),
    row("SWDIO", "PA13", Peripheral("SWD"), "do not use otherwise"),
    row("SWCLK", "PA14", Peripheral("SWD"), "do not use otherwise"),
    row(
        "Crystal",
        "PH0",
        Peripheral("HSE"),
        "needed: the pilot must keep ±0.5 %",
    ),
    row(
        "Crystal",
        "PH1",
        Peripheral("HSE"),
        "needed: the pilot must keep ±0.5 %",
    ),
];

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::collections::BTreeSet;
    use std::format;
    use std::string::{String, ToString};

    /// Pins that the firmware claims, `p.PXn` in its source.
    fn claimed() -> BTreeSet<String> {
        let source = include_str!("firmware/hardware.rs");
        source
            .split("p.P")
            .skip(1)
            .map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
                format!("P{}", &rest[..end])
            })
            .filter(|pin| pin.as_bytes()[1].is_ascii_uppercase() && pin.len() <= 4)
            .collect()
    }

    #[test]
    fn when_a_pin_is_in_the_table_then_it_is_there_once() {
        let pins: BTreeSet<_> = PINS.iter().map(|row| row.pin).collect();
        assert_eq!(pins.len(), PINS.len());
    }

    #[test]
    fn when_the_firmware_claims_a_pin_then_it_is_in_the_table_and_the_other_way_round() {
        let not_claimed = ["SWD", "HSE"].map(Peripheral);
        let table: BTreeSet<_> = PINS
            .iter()
            .filter(|row| !not_claimed.contains(&row.function))
            .map(|row| row.pin.to_string())
            .collect();
        assert_eq!(claimed(), table);
    }

    fn function(function: Function) -> String {
        match function {
            Output(high) => format!("output, {}", if high { "high" } else { "low" }),
            Input => "input".to_string(),
            InputPullUp => "input, pull-up".to_string(),
            Analog(channel) => format!("ADC1_IN{channel}"),
            Peripheral(name) => name.to_string(),
        }
    }

    /// The README shows this table; its text is made here.
    #[test]
    fn when_the_table_changes_then_the_readme_follows() {
        let readme = include_str!("../README.md");
        for row in &PINS {
            let line = format!(
                "| {} | {} | {} | {} |",
                row.signal,
                row.pin,
                function(row.function),
                row.circuit
            );
            assert!(readme.contains(&line), "the README lacks\n{line}");
        }
    }
}
