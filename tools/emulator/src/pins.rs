//! The pins of the board, as the port's documentation assigns them.

use rigless::device::Level;
use rigless::soc::stm32f427::Stm32f427;
use rigless::soc::stm32f427::peripherals::gpio::Pin;
use rigless::soc::stm32f427::peripherals::spi::Select;
use rigless::time::VirtualNanos;

/// One pin of the part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PinAt {
    /// Port, 0 = A.
    port: usize,
    /// Number, 0 to 15.
    number: u8,
}

const fn pin(port: usize, number: u8) -> PinAt {
    PinAt { port, number }
}

const A: usize = 0;
const B: usize = 1;

/// Pilot pulse, TIM1 channel 1.
pub const CP_OUT: PinAt = pin(A, 8);
/// High isolates the pilot; pulled up at reset (JTDI).
pub const CP_OFF: PinAt = pin(A, 15);
/// High closes the first contactor.
pub const SSR1: PinAt = pin(B, 10);
/// High closes the second contactor.
pub const SSR2: PinAt = pin(B, 5);
/// Lock actuator, first half bridge.
pub const ACT_A: PinAt = pin(B, 7);
/// Lock actuator, second half bridge.
pub const ACT_B: PinAt = pin(B, 8);
/// High lets the RS-485 transceiver send.
pub const RS485_DE: PinAt = pin(B, 2);
/// Feedback of the lock.
pub const LOCK_IN: PinAt = pin(B, 3);
/// Residual current monitor: high = fault.
pub const RCM_FAULT: PinAt = pin(B, 9);
/// Self-test of the residual current monitor, active low.
pub const RCM_TEST: PinAt = pin(B, 6);
/// Push button, low = pressed.
pub const SWITCH: PinAt = pin(B, 4);

/// A0 of the display: high = dots, low = commands.
pub const LCD_A0: PinAt = pin(B, 14);
/// Button "<", low = pressed.
pub const BUTTON_LEFT: PinAt = pin(A, 0);
/// Button "o", low = pressed.
pub const BUTTON_MIDDLE: PinAt = pin(A, 11);
/// Button ">", low = pressed.
pub const BUTTON_RIGHT: PinAt = pin(A, 12);

/// Chip select of the display.
pub fn lcd_select() -> Option<Select> {
    Some(Select {
        port: "GPIOB",
        pin: Pin::new(12)?,
        active: Level::Low,
    })
}

/// What the circuit outside holds on a pin that the part does not drive.
const OUTSIDE: [(PinAt, Level); 13] = [
    (CP_OFF, Level::High),
    (SSR1, Level::Low),
    (SSR2, Level::Low),
    (ACT_A, Level::Low),
    (ACT_B, Level::Low),
    (RS485_DE, Level::Low),
    (LOCK_IN, Level::Low),
    (SWITCH, Level::High),
    (RCM_TEST, Level::High),
    (RCM_FAULT, Level::Low),
    (BUTTON_LEFT, Level::High),
    (BUTTON_MIDDLE, Level::High),
    (BUTTON_RIGHT, Level::High),
];

/// Puts the idle levels of the circuit outside on the pins.
pub fn fit(mcu: &mut Stm32f427) {
    for (at, level) in OUTSIDE {
        drive(mcu, VirtualNanos(0), at, level);
    }
}

/// Drives a pin from outside.
pub fn drive(mcu: &mut Stm32f427, now: VirtualNanos, at: PinAt, level: Level) {
    let Some(pin) = Pin::new(at.number) else {
        return;
    };
    mcu.drive_port(now, at.port, |gpio, registers, context| {
        gpio.drive(pin, Some(level), registers, context);
    });
}

/// Whether a wire soldered to the pin would be high.
pub fn is_high(mcu: &mut Stm32f427, at: PinAt) -> bool {
    let Some(pin) = Pin::new(at.number) else {
        return false;
    };
    let (gpio, registers) = mcu.port(at.port);
    gpio.level(pin, registers) == Level::High
}

/// Alternate function that the pin carries, if it carries one.
pub fn function(mcu: &mut Stm32f427, at: PinAt) -> Option<u8> {
    let pin = Pin::new(at.number)?;
    let (_, registers) = mcu.port(at.port);
    rigless::soc::stm32f427::peripherals::gpio::Gpio::function(pin, registers)
}
