//! Display controller ST7565 or ST7567, 128 × 64 dots.

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::spi::SpiBus;
use embedded_hal_async::delay::DelayNs;

use crate::hardware::{ButtonSet, Buttons, ErrorKind, ErrorType};

/// Rows of eight pixels.
pub const DISPLAY_ROWS: u8 = 8;
/// Columns of the display.
pub const DISPLAY_COLUMNS: u8 = 128;

/// Commands after a reset: bias 1/9, segments normal, rows reversed, resistor
/// ratio 4, booster 4×, contrast 0x24, RAM shown, not inverted, supply on,
/// first page, first column (boards specification §1.9).
const START: [u8; 14] = [
    0xA2, 0xA0, 0xC8, 0x24, 0xF8, 0x01, 0x81, 0x24, 0xA6, 0xA4, 0x2F, 0xB0, 0x10, 0x00,
];
/// Switches the display on.
const ON: u8 = 0xAF;
/// The display needs this time after power-up, ms.
const POWER_UP_MS: u32 = 200;
/// Length of the reset pulse and of the pause behind it, µs.
const RESET_US: u32 = 4;
/// Time between two looks at the buttons, ms.
const LOOK_MS: u32 = 10;

/// The way to a display controller.
pub trait DisplayBus {
    /// Sends bytes: pixels, or commands.
    ///
    /// # Errors
    ///
    /// When a pin or the bus refuses.
    fn send(&mut self, pixels: bool, bytes: &[u8]) -> Result<(), ErrorKind>;

    /// Begins or ends the reset of the display; without a reset wire it does
    /// nothing.
    ///
    /// # Errors
    ///
    /// When the pin refuses.
    fn reset(&mut self, active: bool) -> Result<(), ErrorKind>;
}

/// The display on its bus. A display that is not fitted cannot be noticed.
#[derive(Debug)]
pub struct St7565<B, D> {
    bus: B,
    delay: D,
}

impl<B: DisplayBus, D: DelayNs> St7565<B, D> {
    /// Makes a display; nothing is sent.
    #[must_use]
    pub const fn new(bus: B, delay: D) -> Self {
        Self { bus, delay }
    }

    /// Resets and clears the display and switches it on; also repairs one that
    /// a contactor disturbed. Takes 200 ms.
    ///
    /// # Errors
    ///
    /// Those of the bus.
    pub async fn start(&mut self) -> Result<(), ErrorKind> {
        self.delay.delay_ms(POWER_UP_MS).await;
        self.bus.reset(true)?;
        self.delay.delay_us(RESET_US).await;
        self.bus.reset(false)?;
        self.delay.delay_us(RESET_US).await;
        self.bus.send(false, &START)?;
        for row in 0..DISPLAY_ROWS {
            self.write(row, 0, &[0; DISPLAY_COLUMNS as usize])?;
        }
        self.bus.send(false, &[ON])
    }

    /// Writes columns of eight pixels, the lowest bit on top.
    ///
    /// What lies outside the display is left out.
    ///
    /// # Errors
    ///
    /// Those of the bus.
    pub fn write(&mut self, row: u8, column: u8, pixels: &[u8]) -> Result<(), ErrorKind> {
        if row >= DISPLAY_ROWS || column >= DISPLAY_COLUMNS {
            return Ok(());
        }
        let address = [0xB0 | row, 0x10 | column >> 4, column & 0x0F];
        self.bus.send(false, &address)?;
        let room = usize::from(DISPLAY_COLUMNS.saturating_sub(column));
        let shown = pixels.get(..room).unwrap_or(pixels);
        self.bus.send(true, shown)
    }
}

/// SPI (mode 3) with select (low = selected), A0 (high = pixels) and reset (low
/// = reset).
#[derive(Debug)]
pub struct SpiWires<S, O> {
    /// The bus.
    pub bus: S,
    /// Chip select.
    pub select: O,
    /// A0.
    pub data: O,
    /// Reset.
    pub reset: O,
}

impl<S: SpiBus, O: OutputPin> DisplayBus for SpiWires<S, O> {
    fn send(&mut self, pixels: bool, bytes: &[u8]) -> Result<(), ErrorKind> {
        let data = self.data.set_state(pixels.into());
        data.map_err(|_| ErrorKind::Output)?;
        self.select.set_low().map_err(|_| ErrorKind::Output)?;
        let sent = self.bus.write(bytes).and_then(|()| self.bus.flush());
        self.select.set_high().map_err(|_| ErrorKind::Output)?;
        sent.map_err(|_| ErrorKind::Other)
    }

    fn reset(&mut self, active: bool) -> Result<(), ErrorKind> {
        let set = self.reset.set_state((!active).into());
        set.map_err(|_| ErrorKind::Output)
    }
}

/// A wire that is an output for the display and an input for a button.
pub trait SharedWire {
    /// Drives the wire.
    fn drive(&mut self, high: bool);

    /// Lets the wire go, waits until its pull-up has settled and reads it; the
    /// wire is driven again with its former level.
    fn look(&mut self) -> bool;
}

/// The wires of a panel whose display and buttons share two of them.
#[derive(Debug)]
pub struct SharedWires<C, W, L, R> {
    /// Clock, high at rest (SPI mode 3).
    pub clock: C,
    /// Data, shared with button ">".
    pub data: W,
    /// A0 (high = pixels), shared with button "o".
    pub select: W,
    /// Button "<".
    pub left: L,
    /// Reset of the display, active low; `None` where it is joined to another.
    pub reset: Option<R>,
}

/// Display and buttons on shared wires: one object.
///
/// The bytes are clocked out by the processor: a full picture takes some
/// milliseconds, in a context of low priority. A button press while a byte is
/// clocked out cannot disturb the display, which reads the driven level.
pub type SharedBus<C, W, L, R, D> = St7565<SharedWires<C, W, L, R>, D>;

impl<C, W, L, R> DisplayBus for SharedWires<C, W, L, R>
where
    C: OutputPin,
    W: SharedWire,
    R: OutputPin,
{
    fn send(&mut self, pixels: bool, bytes: &[u8]) -> Result<(), ErrorKind> {
        self.select.drive(pixels);
        for byte in bytes {
            for place in (0..8).rev() {
                self.clock.set_low().map_err(|_| ErrorKind::Output)?;
                self.data.drive(byte >> place & 1 == 1);
                self.clock.set_high().map_err(|_| ErrorKind::Output)?;
            }
        }
        Ok(())
    }

    fn reset(&mut self, active: bool) -> Result<(), ErrorKind> {
        let Some(pin) = &mut self.reset else {
            return Ok(());
        };
        let set = pin.set_state((!active).into());
        set.map_err(|_| ErrorKind::Output)
    }
}

impl<C, W: SharedWire, L: InputPin, R, D> SharedBus<C, W, L, R, D> {
    /// Reads the buttons; a wire that is low is pressed.
    ///
    /// # Errors
    ///
    /// When a pin cannot be read.
    pub fn pressed(&mut self) -> Result<ButtonSet, ErrorKind> {
        let mut pressed = ButtonSet::empty();
        pressed.set(ButtonSet::RIGHT, !self.bus.data.look());
        pressed.set(ButtonSet::MIDDLE, !self.bus.select.look());
        let left = self.bus.left.is_low().map_err(|_| ErrorKind::Input)?;
        pressed.set(ButtonSet::LEFT, left);
        Ok(pressed)
    }
}

impl<B, D> ErrorType for St7565<B, D> {
    type Error = ErrorKind;
}

impl<C, W, L, R, D> Buttons for SharedBus<C, W, L, R, D>
where
    W: SharedWire,
    L: InputPin,
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
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    extern crate std;
    use super::*;
    use core::cell::RefCell;
    use core::convert::Infallible;
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};
    use embedded_hal::{digital, spi};
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
                Wire::Data => desk.data = false,
                Wire::Select => desk.select = false,
                Wire::Left => panic!("not an output"),
            }
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            let mut desk = self.1.borrow_mut();
            match self.0 {
                Wire::Data => desk.data = true,
                Wire::Select => desk.select = true,
                Wire::Clock | Wire::Reset | Wire::Left => {}
            }
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

    type Panel = SharedBus<Pin, Pin, Pin, Pin, NoWait>;

    /// Runs a future that never waits.
    fn block_on<F: Future>(future: F) -> F::Output {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn panel() -> (Panel, Rc<RefCell<Desk>>) {
        let desk = Rc::new(RefCell::new(Desk::default()));
        desk.borrow_mut().clock = true;
        let pin = |wire: Wire| Pin(wire, desk.clone());
        let wires = SharedWires {
            clock: pin(Wire::Clock),
            data: pin(Wire::Data),
            select: pin(Wire::Select),
            left: pin(Wire::Left),
            reset: Some(pin(Wire::Reset)),
        };
        (St7565::new(wires, NoWait), desk)
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
        assert_eq!(panel.pressed(), Ok(ButtonSet::empty()));
        for bits in 0..8 {
            desk.borrow_mut().pressed = bits;
            let expected = ButtonSet::from_bits_truncate(bits);
            let known = ButtonSet::from_bits_truncate(!bits);
            assert_eq!(block_on(panel.wait_change(known)), Ok(expected));
        }
    }

    /// A bus that shows its bytes with the levels of A0 and select.
    struct Spi(Rc<RefCell<Desk>>);

    impl spi::ErrorType for Spi {
        type Error = spi::ErrorKind;
    }

    impl SpiBus for Spi {
        fn write(&mut self, words: &[u8]) -> Result<(), spi::ErrorKind> {
            let mut desk = self.0.borrow_mut();
            assert!(!desk.select, "the display is not selected");
            let data = desk.data;
            desk.bytes.extend(words.iter().map(|byte| (data, *byte)));
            Ok(())
        }

        fn read(&mut self, _: &mut [u8]) -> Result<(), spi::ErrorKind> {
            Err(spi::ErrorKind::Other)
        }

        fn transfer(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), spi::ErrorKind> {
            Err(spi::ErrorKind::Other)
        }

        fn transfer_in_place(&mut self, _: &mut [u8]) -> Result<(), spi::ErrorKind> {
            Err(spi::ErrorKind::Other)
        }

        fn flush(&mut self) -> Result<(), spi::ErrorKind> {
            Ok(())
        }
    }

    /// Boards 1.9, over SPI.
    #[test]
    fn when_on_a_bus_then_it_is_selected_and_starts_alike() {
        let desk = Rc::new(RefCell::new(Desk::default()));
        let pin = |wire| Pin(wire, desk.clone());
        let wires = SpiWires {
            bus: Spi(desk.clone()),
            select: pin(Wire::Select),
            data: pin(Wire::Data),
            reset: pin(Wire::Reset),
        };
        let mut display = St7565::new(wires, NoWait);
        block_on(display.start()).unwrap();
        let desk = desk.borrow();
        assert_eq!((desk.resets, desk.select), (1, true));
        assert_eq!(desk.bytes[..14], START.map(|byte| (false, byte)));
        assert_eq!(desk.bytes.len(), 14 + 8 * (3 + 128) + 1);
    }
}
