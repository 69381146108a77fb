//! RS485: one pair of wires for both directions.

use core::fmt;

use embedded_hal::digital::OutputPin;
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};

/// Why a line failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HalfDuplexError {
    /// The serial port.
    Port(ErrorKind),
    /// The direction pin refused its level.
    Direction,
}

impl HalfDuplexError {
    fn port(error: impl Error) -> Self {
        Self::Port(error.kind())
    }
}

impl fmt::Display for HalfDuplexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(kind) => write!(f, "serial port: {kind:?}"),
            Self::Direction => f.write_str("direction pin refused its level"),
        }
    }
}

impl core::error::Error for HalfDuplexError {}

impl Error for HalfDuplexError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Port(kind) => *kind,
            Self::Direction => ErrorKind::Other,
        }
    }
}

/// A serial port behind a transceiver with a direction pin, high = transmit.
///
/// The line is driven from the first byte written until `flush` returns or a
/// write fails. Driver and receiver of the transceiver share the pin, so that
/// nothing sent is received. `flush` also makes a line listen whose write was
/// dropped half-way.
#[derive(Debug)]
pub struct HalfDuplex<T, R, D> {
    transmitter: T,
    receiver: R,
    direction: D,
}

impl<T, R, D: OutputPin> HalfDuplex<T, R, D> {
    /// Joins both halves of a port and the direction pin to a line that
    /// listens.
    ///
    /// # Errors
    ///
    /// [`HalfDuplexError::Direction`] when the pin refuses.
    pub fn new(transmitter: T, receiver: R, direction: D) -> Result<Self, HalfDuplexError> {
        let mut line = Self {
            transmitter,
            receiver,
            direction,
        };
        line.listen()?;
        Ok(line)
    }

    fn listen(&mut self) -> Result<(), HalfDuplexError> {
        self.direction
            .set_low()
            .map_err(|_| HalfDuplexError::Direction)
    }
}

impl<T, R, D> ErrorType for HalfDuplex<T, R, D> {
    type Error = HalfDuplexError;
}

impl<T, R: Read, D> Read for HalfDuplex<T, R, D> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, HalfDuplexError> {
        let read = self.receiver.read(buf).await;
        read.map_err(HalfDuplexError::port)
    }
}

impl<T: Write, R, D: OutputPin> Write for HalfDuplex<T, R, D> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, HalfDuplexError> {
        self.direction
            .set_high()
            .map_err(|_| HalfDuplexError::Direction)?;
        let written = self.transmitter.write(buf).await;
        if written.is_err() {
            self.listen()?;
        }
        written.map_err(HalfDuplexError::port)
    }

    async fn flush(&mut self) -> Result<(), HalfDuplexError> {
        let sent = self.transmitter.flush().await;
        self.listen()?;
        sent.map_err(HalfDuplexError::port)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    use super::*;
    use core::cell::Cell;
    use core::convert::Infallible;
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    /// A transceiver that notes bytes written while it did not drive.
    struct Wire<'a> {
        drives: &'a Cell<bool>,
        lost: &'a Cell<usize>,
        refuses: bool,
        fails: bool,
    }

    impl ErrorType for Wire<'_> {
        type Error = ErrorKind;
    }

    impl Read for Wire<'_> {
        async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
            Ok(buf.len())
        }
    }

    impl Write for Wire<'_> {
        async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
            if self.refuses {
                return Err(ErrorKind::Other);
            }
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

    /// Runs a future that never waits.
    fn run<F: Future>(future: F) -> F::Output {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    /// Sends eight bytes; gives the verdict, the direction and the bytes lost.
    fn exercise(refuses: bool, fails: bool) -> (bool, bool, usize) {
        let (drives, lost) = (Cell::new(true), Cell::new(0));
        let wire = || Wire {
            drives: &drives,
            lost: &lost,
            refuses,
            fails,
        };
        let mut line = HalfDuplex::new(wire(), wire(), Direction(&drives)).unwrap();
        assert!(!drives.get());
        let sent = run(line.write_all(&[0x55; 8]));
        assert_eq!(drives.get(), sent.is_ok());
        let verdict = sent.and(run(line.flush()));
        assert_eq!(run(line.read(&mut [0; 3])), Ok(3));
        (verdict.is_ok(), drives.get(), lost.get())
    }

    #[test]
    fn when_bytes_are_written_then_the_line_is_driven_until_they_left() {
        assert_eq!(exercise(false, false), (true, false, 0));
    }

    #[test]
    fn when_the_port_fails_then_the_line_listens_again() {
        assert_eq!(exercise(true, false), (false, false, 0));
        assert_eq!(exercise(false, true), (false, false, 0));
    }
}
