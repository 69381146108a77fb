//! RS485: one pair of wires for both directions.

use embedded_hal::digital::OutputPin;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

/// What failed on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineError<E> {
    /// The serial port.
    Port(E),
    /// The direction pin.
    Direction,
}

impl<E: core::fmt::Debug> core::fmt::Display for LineError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Port(error) => write!(f, "serial port: {error:?}"),
            Self::Direction => f.write_str("direction pin"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for LineError<E> {}

impl<E: embedded_io_async::Error> embedded_io_async::Error for LineError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Port(error) => error.kind(),
            Self::Direction => ErrorKind::Other,
        }
    }
}

/// A serial port behind a transceiver with a direction pin, HIGH = transmit.
///
/// The line is driven from the first byte written until `flush` returns; the
/// receiver is off meanwhile, so that nothing sent is received.
#[derive(Debug)]
pub struct HalfDuplex<U, D> {
    port: U,
    direction: D,
}

impl<U: ErrorType, D: OutputPin> HalfDuplex<U, D> {
    /// Makes a line that listens.
    ///
    /// # Errors
    ///
    /// [`LineError::Direction`] when the pin refuses.
    pub fn new(port: U, mut direction: D) -> Result<Self, LineError<U::Error>> {
        direction.set_low().map_err(|_| LineError::Direction)?;
        Ok(Self { port, direction })
    }

    /// Lets the line listen, whatever it did before.
    ///
    /// # Errors
    ///
    /// [`LineError::Direction`] when the pin refuses.
    pub fn listen(&mut self) -> Result<(), LineError<U::Error>> {
        self.direction.set_low().map_err(|_| LineError::Direction)
    }
}

impl<U: ErrorType, D> ErrorType for HalfDuplex<U, D> {
    type Error = LineError<U::Error>;
}

impl<U: Read, D: OutputPin> Read for HalfDuplex<U, D> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.port.read(buf).await.map_err(LineError::Port)
    }
}

impl<U: Write, D: OutputPin> Write for HalfDuplex<U, D> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        self.direction
            .set_high()
            .map_err(|_| LineError::Direction)?;
        self.port.write(buf).await.map_err(LineError::Port)
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        let sent = self.port.flush().await.map_err(LineError::Port);
        let listens = self.listen();
        sent.and(listens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;
    use core::convert::Infallible;
    use embassy_futures::block_on;
    use smartevse_core::contract;

    /// A transceiver that notes bytes written while it did not drive.
    struct Wire<'a> {
        drives: &'a Cell<bool>,
        lost: &'a Cell<usize>,
        fails: bool,
    }

    impl ErrorType for Wire<'_> {
        type Error = ErrorKind;
    }

    impl Read for Wire<'_> {
        async fn read(&mut self, _buf: &mut [u8]) -> Result<usize, ErrorKind> {
            core::future::pending().await
        }
    }

    impl Write for Wire<'_> {
        async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
            if !self.drives.get() {
                self.lost.set(self.lost.get() + buf.len());
            }
            Ok(buf.len().min(3))
        }

        async fn flush(&mut self) -> Result<(), ErrorKind> {
            if self.fails {
                return Err(ErrorKind::TimedOut);
            }
            Ok(())
        }
    }

    struct Direction<'a>(&'a Cell<bool>);

    impl embedded_hal::digital::ErrorType for Direction<'_> {
        type Error = Infallible;
    }

    impl OutputPin for Direction<'_> {
        fn set_low(&mut self) -> Result<(), Infallible> {
            self.0.set(false);
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            self.0.set(true);
            Ok(())
        }
    }

    fn exercise(fails: bool) -> (bool, bool, usize) {
        let (drives, lost) = (Cell::new(true), Cell::new(0));
        let wire = Wire {
            drives: &drives,
            lost: &lost,
            fails,
        };
        let mut line = HalfDuplex::new(wire, Direction(&drives)).unwrap();
        assert!(!drives.get());
        let verdict = block_on(contract::meter_bus(&mut line));
        (verdict.is_ok(), drives.get(), lost.get())
    }

    #[test]
    fn when_bytes_are_written_then_the_line_is_driven_until_they_left() {
        assert_eq!(exercise(false), (true, false, 0));
    }

    #[test]
    fn when_the_port_fails_then_the_line_listens_again() {
        assert_eq!(exercise(true), (false, false, 0));
    }
}
