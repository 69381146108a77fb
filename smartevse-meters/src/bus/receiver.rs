//! Bytes of a reply as they arrive.

use smartevse_types::Instant;

use crate::error::ModbusError;
use crate::framing::tcp_frame_len;
use crate::pdu::MAX_TCP;

/// Collects the bytes of one frame.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    bytes: [u8; MAX_TCP],
    len: usize,
    /// Whether more bytes came than any frame has.
    overrun: bool,
    /// When the last bytes came.
    pub(super) last: Instant,
    /// By when the rest of the frame must have come.
    pub(super) end_by: Instant,
}

impl Receiver {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; MAX_TCP],
            len: 0,
            overrun: false,
            last: Instant::ZERO,
            end_by: Instant::ZERO,
        }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.overrun = false;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// The frame as far as a decoder may see it: a frame that was too long for
    /// the buffer must never look like a whole one.
    pub(super) fn frame(&self) -> Result<&[u8], ModbusError> {
        if self.overrun {
            Err(ModbusError::TooLong)
        } else {
            Ok(self.as_bytes())
        }
    }

    pub(super) fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.len) {
            Some(slot) => {
                *slot = byte;
                self.len = self.len.saturating_add(1);
            }
            None => self.overrun = true,
        }
    }

    pub(super) fn extend(&mut self, bytes: &[u8], now: Instant) {
        bytes.iter().for_each(|byte| self.push(*byte));
        self.last = now;
    }

    /// Whether a serial reply has the length that was announced: the one asked
    /// for, or five bytes for an exception.
    pub(super) fn is_complete_rtu(&self, expected: usize) -> bool {
        let expected = match self.as_bytes() {
            [_, function, ..] if function & 0x80 != 0 => 5,
            _ => expected,
        };
        self.len == expected && !self.overrun
    }

    /// Whether a whole TCP frame has come.
    pub(super) fn is_complete_tcp(&self) -> Result<bool, ModbusError> {
        let length = tcp_frame_len(self.as_bytes())?;
        Ok(length.is_some_and(|length| self.len >= length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_more_bytes_come_than_a_frame_has_then_it_is_too_long() {
        let mut receiver = Receiver::new();
        receiver.extend(&[0; 300], Instant::ZERO);
        assert_eq!(receiver.frame(), Err(ModbusError::TooLong));
        receiver.clear();
        assert_eq!(receiver.frame(), Ok(&[][..]));
    }

    #[test]
    fn when_an_exception_comes_then_five_bytes_are_all() {
        let mut receiver = Receiver::new();
        receiver.extend(&[12, 0x84, 2, 0x53, 2], Instant::ZERO);
        assert!(receiver.is_complete_rtu(29));
    }
}
