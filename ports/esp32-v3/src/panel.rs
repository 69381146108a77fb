//! Display and buttons: one object, because they share two wires.

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs;
use smartevse_core::hardware::{ButtonSet, Buttons, ErrorKind, ErrorType};

/// Rows of eight pixels.
pub const ROWS: u8 = 8;
/// Columns of the display.
pub const COLUMNS: u8 = 128;

/// Commands after a reset: bias, direction, supply, contrast (boards 1.9).
const START: [u8; 14] = [
    0xA2, 0xA0, 0xC8, 0x24, 0xF8, 0x01, 0x81, 0x24, 0xA6, 0xA4, 0x2F, 0xB0, 0x10, 0x00,
];
/// Switches the display on.
const ON: u8 = 0xAF;
/// The display needs this time after power-up, ms.
const POWER_UP_MS: u32 = 200;
/// Length of the reset pulse, µs.
const RESET_US: u32 = 4;
/// Time between two looks at the buttons, ms.
const LOOK_MS: u32 = 10;

/// A wire that is an output for the display and an input for a button.
pub trait SharedWire {
    /// Drives the wire.
    fn drive(&mut self, high: bool);

    /// Lets the wire go, waits until its pull-up has settled and reads it; the
    /// wire is driven again with its former level.
    fn look(&mut self) -> bool;
}

/// Display (ST7565, 128 × 64) and the three buttons.
///
/// The bytes are clocked out by the processor, from a context of low priority:
/// a full picture takes about 3 ms of it. A button press while a byte is
/// clocked out cannot disturb the display, which reads the driven level.
#[derive(Debug)]
pub struct FrontPanel<C, M, A, L, R, D> {
    clock: C,
    data: M,
    select: A,
    left: L,
    reset: R,
    delay: D,
}

/// The wires of a front panel.
#[derive(Debug)]
pub struct Wires<C, M, A, L, R> {
    /// Clock, HIGH at rest (SPI mode 3).
    pub clock: C,
    /// Data, shared with button ">".
    pub data: M,
    /// Command (LOW) or data (HIGH), shared with button "o".
    pub select: A,
    /// Button "<".
    pub left: L,
    /// Reset of the display, active LOW.
    pub reset: R,
}

impl<C, M, A, L, R, D> FrontPanel<C, M, A, L, R, D>
where
    C: OutputPin,
    M: SharedWire,
    A: SharedWire,
    L: InputPin,
    R: OutputPin,
    D: DelayNs,
{
    /// Makes a panel; nothing is sent.
    pub fn new(wires: Wires<C, M, A, L, R>, delay: D) -> Self {
        Self {
            clock: wires.clock,
            data: wires.data,
            select: wires.select,
            left: wires.left,
            reset: wires.reset,
            delay,
        }
    }

    /// Resets and clears the display and switches it on; also repairs one that
    /// a contactor disturbed.
    ///
    /// # Errors
    ///
    /// When a pin refuses its level.
    pub async fn start(&mut self) -> Result<(), ErrorKind> {
        self.clock.set_high().map_err(|_| ErrorKind::Output)?;
        self.delay.delay_ms(POWER_UP_MS).await;
        self.reset.set_low().map_err(|_| ErrorKind::Output)?;
        self.delay.delay_us(RESET_US).await;
        self.reset.set_high().map_err(|_| ErrorKind::Output)?;
        self.delay.delay_us(RESET_US).await;
        self.send(false, &START)?;
        for row in 0..ROWS {
            self.write(row, 0, &[0; COLUMNS as usize])?;
        }
        self.send(false, &[ON])
    }

    /// Writes columns of eight pixels, the lowest bit on top.
    ///
    /// What lies outside the display is left out.
    ///
    /// # Errors
    ///
    /// When a pin refuses its level.
    pub fn write(&mut self, row: u8, column: u8, pixels: &[u8]) -> Result<(), ErrorKind> {
        if row >= ROWS || column >= COLUMNS {
            return Ok(());
        }
        self.send(false, &[0xB0 | row, 0x10 | column >> 4, column & 0x0F])?;
        let room = usize::from(COLUMNS.saturating_sub(column));
        let shown = pixels.get(..room).unwrap_or(pixels);
        self.send(true, shown)
    }

    /// Sends bytes, most significant bit first.
    fn send(&mut self, data: bool, bytes: &[u8]) -> Result<(), ErrorKind> {
        self.select.drive(data);
        for byte in bytes {
            for place in (0..8).rev() {
                self.clock.set_low().map_err(|_| ErrorKind::Output)?;
                self.data.drive(byte >> place & 1 == 1);
                self.clock.set_high().map_err(|_| ErrorKind::Output)?;
            }
        }
        Ok(())
    }

    /// Reads the buttons; a wire that is LOW is pressed.
    ///
    /// # Errors
    ///
    /// When a pin cannot be read.
    pub fn pressed(&mut self) -> Result<ButtonSet, ErrorKind> {
        let mut pressed = ButtonSet::empty();
        pressed.set(ButtonSet::RIGHT, !self.data.look());
        pressed.set(ButtonSet::MIDDLE, !self.select.look());
        let left = self.left.is_low().map_err(|_| ErrorKind::Input)?;
        pressed.set(ButtonSet::LEFT, left);
        Ok(pressed)
    }
}

impl<C, M, A, L, R, D> ErrorType for FrontPanel<C, M, A, L, R, D> {
    type Error = ErrorKind;
}

impl<C, M, A, L, R, D> Buttons for FrontPanel<C, M, A, L, R, D>
where
    C: OutputPin,
    M: SharedWire,
    A: SharedWire,
    L: InputPin,
    R: OutputPin,
    D: DelayNs,
{
    async fn wait_change(&mut self, known: ButtonSet) -> Result<ButtonSet, ErrorKind> {
        loop {
            let pressed = self.pressed()?;
            if pressed != known {
                return Ok(pressed);
            }
            self.delay.delay_ms(LOOK_MS).await;
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use core::cell::RefCell;
    use core::convert::Infallible;
    use embassy_futures::block_on;
    use embedded_hal::digital;
    use smartevse_core::contract;
    use std::rc::Rc;
    use std::vec::Vec;

    /// Wires and display: bytes that arrived with their select level.
    #[derive(Default)]
    struct Desk {
        clock: bool,
        data: bool,
        select: bool,
        shift: (u8, u8),
        bytes: Vec<(bool, u8)>,
        pressed: u8,
        resets: u32,
    }

    #[derive(Clone)]
    enum Wire {
        Clock,
        Data,
        Select,
        Left,
        Reset,
    }

    struct Pin(Wire, Rc<RefCell<Desk>>);

    impl digital::ErrorType for Pin {
        type Error = Infallible;
    }

    impl OutputPin for Pin {
        fn set_low(&mut self) -> Result<(), Infallible> {
            let mut desk = self.1.borrow_mut();
            match self.0 {
                Wire::Clock => desk.clock = false,
                Wire::Reset => desk.resets += 1,
                Wire::Data | Wire::Select | Wire::Left => panic!("not an output"),
            }
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            let mut desk = self.1.borrow_mut();
            if matches!(self.0, Wire::Clock) && !desk.clock {
                desk.clock = true;
                let (bits, count) = desk.shift;
                desk.shift = (bits << 1 | u8::from(desk.data), count + 1);
                if desk.shift.1 == 8 {
                    let byte = (desk.select, desk.shift.0);
                    desk.bytes.push(byte);
                    desk.shift = (0, 0);
                }
            }
            Ok(())
        }
    }

    impl InputPin for Pin {
        fn is_high(&mut self) -> Result<bool, Infallible> {
            Ok(self.1.borrow().pressed & 1 == 0)
        }

        fn is_low(&mut self) -> Result<bool, Infallible> {
            Ok(self.1.borrow().pressed & 1 == 1)
        }
    }

    impl SharedWire for Pin {
        fn drive(&mut self, high: bool) {
            let mut desk = self.1.borrow_mut();
            match self.0 {
                Wire::Data => desk.data = high,
                Wire::Select => desk.select = high,
                Wire::Clock | Wire::Left | Wire::Reset => panic!("not shared"),
            }
        }

        fn look(&mut self) -> bool {
            let desk = self.1.borrow();
            assert!(desk.clock, "looked while a bit was sent");
            match self.0 {
                Wire::Data => desk.pressed & 4 == 0,
                Wire::Select => desk.pressed & 2 == 0,
                Wire::Clock | Wire::Left | Wire::Reset => panic!("not shared"),
            }
        }
    }

    struct NoWait;

    impl DelayNs for NoWait {
        async fn delay_ns(&mut self, _ns: u32) {}
    }

    type Panel = FrontPanel<Pin, Pin, Pin, Pin, Pin, NoWait>;

    fn panel() -> (Panel, Rc<RefCell<Desk>>) {
        let desk = Rc::new(RefCell::new(Desk::default()));
        desk.borrow_mut().clock = true;
        let pin = |wire: Wire| Pin(wire, desk.clone());
        let wires = Wires {
            clock: pin(Wire::Clock),
            data: pin(Wire::Data),
            select: pin(Wire::Select),
            left: pin(Wire::Left),
            reset: pin(Wire::Reset),
        };
        (FrontPanel::new(wires, NoWait), desk)
    }

    /// Boards 1.9: the commands of the start, then a clear picture.
    #[test]
    fn when_started_then_the_display_is_reset_cleared_and_on() {
        let (mut panel, desk) = panel();
        block_on(panel.start()).unwrap();
        let desk = desk.borrow();
        assert_eq!(desk.resets, 1);
        let commands = START.map(|byte| (false, byte));
        assert_eq!(desk.bytes[..14], commands);
        assert_eq!(desk.bytes.last(), Some(&(false, ON)));
        let pixels = desk.bytes.iter().filter(|(data, _)| *data);
        assert_eq!(pixels.clone().count(), 1024);
        assert!(pixels.clone().all(|(_, byte)| *byte == 0));
    }

    #[test]
    fn when_a_row_is_written_then_it_is_addressed_and_cut_off_at_the_edge() {
        let (mut panel, desk) = panel();
        panel.write(3, 0x5A, &[0x81]).unwrap();
        let expected = [(false, 0xB3), (false, 0x15), (false, 0x0A), (true, 0x81)];
        assert_eq!(desk.borrow().bytes, expected);
        panel.write(0, 126, &[1; 9]).unwrap();
        panel.write(8, 0, &[1]).unwrap();
        panel.write(0, 128, &[1]).unwrap();
        assert_eq!(desk.borrow().bytes.len(), 4 + 3 + 2);
    }

    #[test]
    fn when_buttons_are_pressed_then_each_is_told_apart() {
        let (mut panel, desk) = panel();
        assert_eq!(block_on(contract::buttons(&mut panel)), Ok(()));
        for bits in 0..8 {
            desk.borrow_mut().pressed = bits;
            let seen = panel.pressed().unwrap();
            assert_eq!(seen, ButtonSet::from_bits_truncate(bits));
        }
    }
}
