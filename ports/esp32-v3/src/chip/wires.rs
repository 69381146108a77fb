//! Pins of the chip in the roles of the wires.

use core::convert::Infallible;

use embassy_time::Delay;
use embedded_hal::digital::{self, InputPin};
use esp_hal::gpio::interconnect::InputSignal;
use esp_hal::gpio::{DriveMode, Flex, Input, InputConfig, Level, OutputConfig, Pull};
use smartevse_core::adapters::{SharedBus, SharedWire, SharedWires, SlotLine, St7565};

use super::claim::{PanelPins, Pin};
use super::safe::output;
use crate::facts::RISE_US;

/// Makes an input.
#[must_use]
pub fn input(pin: Pin, pull: Pull) -> Input<'static> {
    Input::new(pin, InputConfig::default().with_pull(pull))
}

/// Waits without giving way, µs.
fn pass_us(us: u32) {
    esp_hal::delay::Delay::new().delay_micros(us);
}

/// The level of a pin that somebody else drives.
pub struct Watched(InputSignal<'static>);

impl digital::ErrorType for Watched {
    type Error = Infallible;
}

impl InputPin for Watched {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.level() == Level::High)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.level() == Level::Low)
    }
}

/// Open-drain line of switch and card reader.
#[derive(Debug)]
pub struct OpenDrain(Flex<'static>);

/// Makes the line of switch and card reader: one end for the switch, one for
/// the reader.
#[must_use]
pub fn switch_line(pin: Pin) -> (Watched, OpenDrain) {
    let mut pin = Flex::new(pin);
    pin.set_level(Level::High);
    pin.apply_output_config(
        &OutputConfig::default()
            .with_drive_mode(DriveMode::OpenDrain)
            .with_pull(Pull::Up),
    );
    pin.set_input_enable(true);
    pin.set_output_enable(true);
    (Watched(pin.peripheral_input()), OpenDrain(pin))
}

impl SlotLine for OpenDrain {
    fn pull_low(&mut self, low: bool) {
        self.0.set_level((!low).into());
    }

    fn is_high(&mut self) -> bool {
        self.0.is_high()
    }

    fn pass(&mut self, us: u32) {
        if us > 0 {
            pass_us(us);
        }
    }

    fn undisturbed<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R {
        critical_section::with(|_| part(self))
    }
}

/// A wire that the display and a button share.
#[derive(Debug)]
pub struct Shared(Flex<'static>);

impl SharedWire for Shared {
    fn drive(&mut self, high: bool) {
        self.0.set_level(high.into());
    }

    fn look(&mut self) -> bool {
        self.0.set_output_enable(false);
        pass_us(RISE_US);
        let high = self.0.is_high();
        self.0.set_output_enable(true);
        high
    }
}

/// Display and buttons of the board.
pub type Panel = SharedBus<Flex<'static>, Shared, Input<'static>, Flex<'static>, Delay>;

/// Joins the pins of display and buttons.
#[must_use]
pub fn panel(pins: PanelPins) -> Panel {
    let wires = SharedWires {
        clock: output(pins.clock, Level::High),
        data: Shared(output(pins.data, Level::High)),
        select: Shared(output(pins.select, Level::High)),
        left: input(pins.left, Pull::Up),
        reset: pins.reset.map(|pin| output(pin, Level::High)),
    };
    St7565::new(wires, Delay)
}
