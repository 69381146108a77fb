//! Half-duplex serial line whose direction is a pin.

use embedded_hal::digital::OutputPin;
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};

/// Speed of the meter line, bit/s.
pub const BAUD: u32 = 9_600;

/// Bits of a character: 8N1.
pub const CHARACTER_BITS: u8 = 10;

/// Bytes of the receive ring: 533 ms of a line that never pauses.
pub const RING: usize = 512;

/// Why the line failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineError {
    /// The UART failed.
    Uart(ErrorKind),
    /// The direction pin refused its level.
    Direction,
}

impl core::fmt::Display for LineError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Uart(kind) => write!(f, "serial line: {kind:?}"),
            Self::Direction => f.write_str("direction pin refused its level"),
        }
    }
}

impl core::error::Error for LineError {}

impl Error for LineError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Uart(kind) => *kind,
            Self::Direction => ErrorKind::Other,
        }
    }
}

/// A line that drives from the first byte written and listens after `flush`.
///
/// Driver and receiver of the transceiver share the direction pin (high =
/// drive), so that nothing sent is received.
#[derive(Debug)]
pub struct HalfDuplex<T, R, D> {
    transmitter: T,
    receiver: R,
    direction: D,
}

impl<T, R, D: OutputPin> HalfDuplex<T, R, D> {
    /// Joins both halves of a UART and the direction pin, which is low.
    #[must_use]
    pub const fn new(transmitter: T, receiver: R, direction: D) -> Self {
        Self {
            transmitter,
            receiver,
            direction,
        }
    }

    fn listen(&mut self) -> Result<(), LineError> {
        self.direction.set_low().map_err(|_| LineError::Direction)
    }
}

fn uart(error: impl Error) -> LineError {
    LineError::Uart(error.kind())
}

impl<T, R, D> ErrorType for HalfDuplex<T, R, D> {
    type Error = LineError;
}

impl<T, R: Read, D> Read for HalfDuplex<T, R, D> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, LineError> {
        self.receiver.read(bytes).await.map_err(uart)
    }
}

impl<T: Write, R, D: OutputPin> Write for HalfDuplex<T, R, D> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, LineError> {
        self.direction
            .set_high()
            .map_err(|_| LineError::Direction)?;
        let written = self.transmitter.write(bytes).await;
        if written.is_err() {
            self.listen()?;
        }
        written.map_err(uart)
    }

    async fn flush(&mut self) -> Result<(), LineError> {
        let flushed = self.transmitter.flush().await;
        self.listen()?;
        flushed.map_err(uart)
    }
}
