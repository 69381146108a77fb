//! A serial line in memory.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

/// What a line does to the bytes on it. The default is a good line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineNoise {
    /// Every so many bytes one is lost; 0 = never.
    pub loses_every: u32,
    /// Every so many bytes one bit is wrong; 0 = never.
    pub flips_every: u32,
    /// The transceiver is dead: every call fails.
    pub dead: bool,
}

/// One direction of the line.
#[derive(Debug, Default)]
struct Wire {
    bytes: VecDeque<u8>,
    carried: u32,
    waiting: Option<Waker>,
}

impl Wire {
    fn carry(&mut self, byte: u8, noise: LineNoise) {
        self.carried = self.carried.wrapping_add(1);
        let due = |every: u32| every > 0 && self.carried.is_multiple_of(every);
        if due(noise.loses_every) {
            return;
        }
        let flip = if due(noise.flips_every) { 0x10 } else { 0 };
        self.bytes.push_back(byte ^ flip);
    }
}

/// One end of a serial line.
///
/// It does not receive what it sends. `read` waits for the first byte and may
/// be dropped without losing any.
#[derive(Clone, Debug)]
pub struct SerialEnd {
    sends: Rc<RefCell<Wire>>,
    receives: Rc<RefCell<Wire>>,
    noise: LineNoise,
}

/// Makes a line and gives its two ends.
#[must_use]
pub fn serial_line() -> (SerialEnd, SerialEnd) {
    let (there, back) = (
        Rc::new(RefCell::new(Wire::default())),
        Rc::new(RefCell::new(Wire::default())),
    );
    let end = |sends: &Rc<_>, receives: &Rc<_>| SerialEnd {
        sends: Rc::clone(sends),
        receives: Rc::clone(receives),
        noise: LineNoise::default(),
    };
    (end(&there, &back), end(&back, &there))
}

impl SerialEnd {
    /// Spoils what this end sends from now on.
    pub fn set_noise(&mut self, noise: LineNoise) {
        self.noise = noise;
    }

    /// Bytes that have come and were not read yet.
    #[must_use]
    pub fn received(&self) -> usize {
        self.receives.borrow().bytes.len()
    }

    fn works(&self) -> Result<(), ErrorKind> {
        if self.noise.dead {
            return Err(ErrorKind::Other);
        }
        Ok(())
    }
}

impl ErrorType for SerialEnd {
    type Error = ErrorKind;
}

impl Read for SerialEnd {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.works()?;
        if buffer.is_empty() {
            return Ok(0);
        }
        poll_fn(|context| {
            let mut wire = self.receives.borrow_mut();
            let count = wire.bytes.len().min(buffer.len());
            if count == 0 {
                wire.waiting = Some(context.waker().clone());
                return Poll::Pending;
            }
            for (to, from) in buffer.iter_mut().zip(wire.bytes.drain(..count)) {
                *to = from;
            }
            Poll::Ready(Ok(count))
        })
        .await
    }
}

impl Write for SerialEnd {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.works()?;
        let mut wire = self.sends.borrow_mut();
        for byte in bytes {
            wire.carry(*byte, self.noise);
        }
        if let Some(waker) = wire.waiting.take() {
            waker.wake();
        }
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.works()
    }
}
