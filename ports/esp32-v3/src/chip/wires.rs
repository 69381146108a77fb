//! Pins of the chip in the roles of the wires.

use embassy_time::Delay;
use esp_hal::delay::Delay as Blocking;
use esp_hal::gpio::interconnect::InputSignal;
use esp_hal::gpio::{DriveMode, Flex, Input, InputConfig, Level, OutputConfig, Pull};
use smartevse::port::SlotPin;
use smartevse_core::adapters::{ProbedPin, SharedBus, SharedWire, SharedWires, St7565};

use super::claim::{PanelPins, Pin};
use super::safe::output;
use crate::facts::RISE_US;

/// Makes an input.
#[must_use]
pub fn input(pin: Pin, pull: Pull) -> Input<'static> {
    Input::new(pin, InputConfig::default().with_pull(pull))
}

/// The level of a pin that somebody else drives.
pub type Watched = ProbedPin<InputSignal<'static>>;

/// Open-drain line of switch and card reader.
pub type OpenDrain = SlotPin<Flex<'static>, Blocking>;

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
    let level = ProbedPin::new(pin.peripheral_input(), |pin| pin.level() == Level::High);
    (level, SlotPin::new(pin, Blocking::new()))
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
        Blocking::new().delay_micros(RISE_US);
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
