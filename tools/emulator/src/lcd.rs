//! The display: an ST7565 on SPI2, as far as the firmware uses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rigless::chip::Timeline;
use rigless::chip::spi::Peer;
use rigless::snapshot::Store;

/// Rows of eight dots, and columns of the controller's memory.
const PAGES: usize = 8;
const COLUMNS: usize = 132;

/// Columns and rows that are visible.
const WIDTH: usize = 128;
const HEIGHT: usize = PAGES * 8;

/// What the controller holds.
#[derive(Debug)]
pub struct Screen {
    dots: [[u8; COLUMNS]; PAGES],
    page: usize,
    column: usize,
    /// The next byte belongs to the command before.
    argument: bool,
    on: bool,
    inverted: bool,
    /// Level of A0: dots, otherwise commands.
    data: bool,
}

impl Default for Screen {
    /// After power-up the memory holds anything.
    fn default() -> Self {
        Self {
            dots: [[0x55; COLUMNS]; PAGES],
            page: 0,
            column: 0,
            argument: false,
            on: false,
            inverted: false,
            data: false,
        }
    }
}

impl Screen {
    /// Sets the level of A0.
    pub fn set_data(&mut self, high: bool) {
        self.data = high;
    }

    /// Takes a byte.
    pub fn take(&mut self, byte: u8) {
        if self.data {
            let page = self.dots.get_mut(self.page);
            if let Some(column) = page.and_then(|page| page.get_mut(self.column)) {
                *column = byte;
                self.column += 1;
            }
        } else if !std::mem::take(&mut self.argument) {
            self.command(byte);
        }
    }

    fn command(&mut self, byte: u8) {
        let low = usize::from(byte & 0x0F);
        match byte {
            0x00..=0x0F => self.column = self.column & 0xF0 | low,
            0x10..=0x1F => self.column = self.column & 0x0F | low << 4,
            0xB0..=0xBF => self.page = low,
            0x81 | 0xF8 => self.argument = true,
            0xA6 | 0xA7 => self.inverted = byte == 0xA7,
            0xAE | 0xAF => self.on = byte == 0xAF,
            _ => {}
        }
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let byte = self.dots.get(y / 8).and_then(|page| page.get(x));
        let set = byte.is_some_and(|byte| byte >> (y % 8) & 1 == 1);
        self.on && set != self.inverted
    }

    /// The picture as text, as the golden pictures of the menu are written:
    /// `#` is a dark dot, what is empty at the right is left out.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for y in 0..HEIGHT {
            let dot = |x| if self.is_dark(x, y) { '#' } else { '.' };
            let row: String = (0..WIDTH).map(dot).collect();
            text.push_str(row.trim_end_matches('.'));
            text.push('\n');
        }
        text
    }
}

/// The display on its wires.
#[derive(Clone, Debug, Default)]
pub struct Lcd(Arc<Mutex<Screen>>);

impl Lcd {
    /// Looks at the display.
    pub fn screen(&self) -> MutexGuard<'_, Screen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Lcd {}

impl Peer for Lcd {
    fn transfer(&mut self, mosi: u32, _bits: u8, _context: &mut Timeline<'_, '_>) -> u32 {
        self.screen().take((mosi & 0xFF) as u8);
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_dots_are_sent_then_they_stand_where_the_commands_said() {
        let mut screen = Screen::default();
        let commands = [0x81, 0xAE, 0xA6, 0xAF, 0xB0, 0x10, 0x00];
        commands.into_iter().for_each(|byte| screen.take(byte));
        screen.set_data(true);
        (0..WIDTH).for_each(|_| screen.take(0));
        screen.set_data(false);
        [0xB0, 0x11, 0x02]
            .into_iter()
            .for_each(|byte| screen.take(byte));
        screen.set_data(true);
        screen.take(0b10);
        let text = screen.text();
        let rows: Vec<&str> = text.lines().take(2).collect();
        assert_eq!(rows, ["".to_owned(), format!("{}#", ".".repeat(18))]);
    }
}
