//! The panel: LCD and three buttons.
//!
//! The display is initialised and dark; drawing comes with the menu.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiBus;

/// Start-up of an ST7565 or ST7567 with 128 × 64 dots: bias 1/9, segments
/// normal, rows reversed, resistor ratio 4, booster 4×, contrast 0x24, RAM
/// shown, not inverted, first page, first column, on (boards specification
/// §1.9).
pub const START_UP: [u8; 15] = [
    0xA2, 0xA0, 0xC8, 0x24, 0xF8, 0x01, 0x81, 0x24, 0xA6, 0xA4, 0x2F, 0xB0, 0x10, 0x00, 0xAF,
];

/// Speed of the display, Hz (SPI mode 3).
pub const LCD_SPEED: u32 = 10_000_000;

/// Reset pulse of the display and the pause behind it, µs.
const RESET_US: u32 = 4;

/// The display on its bus.
#[derive(Debug)]
pub struct Lcd<S, O> {
    bus: S,
    select: O,
    data: O,
    reset: O,
}

impl<S: SpiBus, O: OutputPin> Lcd<S, O> {
    /// Joins the bus, chip select (low = selected), A0 (high = data) and reset
    /// (low = reset).
    #[must_use]
    pub const fn new(bus: S, select: O, data: O, reset: O) -> Self {
        Self {
            bus,
            select,
            data,
            reset,
        }
    }

    /// Resets and starts the display. Call it 200 ms after power-up, in a
    /// context that may wait for some microseconds.
    ///
    /// # Errors
    ///
    /// Those of the bus. A display that is not fitted cannot be noticed.
    pub fn start(&mut self, delay: &mut impl DelayNs) -> Result<(), S::Error> {
        // A pin of a display that refuses its level leaves it dark, no more.
        let _ = self.reset.set_low();
        delay.delay_us(RESET_US);
        let _ = self.reset.set_high();
        delay.delay_us(RESET_US);
        self.command(&START_UP)
    }

    /// Sends command bytes.
    ///
    /// # Errors
    ///
    /// Those of the bus.
    pub fn command(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        let _ = self.data.set_low();
        let _ = self.select.set_low();
        let sent = self.bus.write(bytes).and_then(|()| self.bus.flush());
        let _ = self.select.set_high();
        sent
    }
}
