//! Requests: what may be asked, and how it is written into a frame.

use crate::crc::crc16;
use crate::error::EncodeError;

/// Longest RTU frame in bytes.
pub const MAX_RTU: usize = 256;
/// Longest Modbus TCP frame in bytes, header included.
pub const MAX_TCP: usize = 260;
/// Most registers in one read.
pub const MAX_READ: u16 = 125;
/// Most registers in one write.
pub const MAX_WRITE: u16 = 123;
/// Highest unit address.
pub const MAX_ADDRESS: u8 = 247;
/// Broadcast address of the Modbus standard.
pub const BROADCAST: u8 = 0;
/// Broadcast address among SmartEVSE units (meters specification §2.3).
pub const SMARTEVSE_BROADCAST: u8 = 9;

/// Tells whether units take a write to this address without replying.
#[must_use]
pub const fn is_broadcast(addr: u8) -> bool {
    addr == BROADCAST || addr == SMARTEVSE_BROADCAST
}

/// How frames travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Serial line, frames separated by silence and protected by a CRC.
    Rtu,
    /// TCP stream, frames with a header that carries a transaction id.
    Tcp,
}

/// A Modbus function code that this crate uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Function {
    /// 03: read holding registers.
    ReadHolding,
    /// 04: read input registers.
    ReadInput,
    /// 06: write one register.
    WriteSingle,
    /// 16: write several registers.
    WriteMultiple,
}

impl Function {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::ReadHolding => 3,
            Self::ReadInput => 4,
            Self::WriteSingle => 6,
            Self::WriteMultiple => 16,
        }
    }

    /// The function with this number, if it is one of ours.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            3 => Some(Self::ReadHolding),
            4 => Some(Self::ReadInput),
            6 => Some(Self::WriteSingle),
            16 => Some(Self::WriteMultiple),
            _ => None,
        }
    }

    /// Whether the reply carries registers.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self, Self::ReadHolding | Self::ReadInput)
    }
}

/// One question or order to a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request<'a> {
    /// Reads `count` holding registers.
    ReadHolding {
        /// First register.
        register: u16,
        /// Number of registers, 1–125.
        count: u16,
    },
    /// Reads `count` input registers.
    ReadInput {
        /// First register.
        register: u16,
        /// Number of registers, 1–125.
        count: u16,
    },
    /// Writes one register.
    WriteSingle {
        /// The register.
        register: u16,
        /// Its new value.
        value: u16,
    },
    /// Writes several registers in a row.
    WriteMultiple {
        /// First register.
        register: u16,
        /// Their new values, 1–123.
        values: &'a [u16],
    },
}

impl<'a> Request<'a> {
    /// Makes a read; `None` when the function does not read.
    #[must_use]
    pub const fn read(function: Function, register: u16, count: u16) -> Option<Self> {
        match function {
            Function::ReadHolding => Some(Self::ReadHolding { register, count }),
            Function::ReadInput => Some(Self::ReadInput { register, count }),
            Function::WriteSingle | Function::WriteMultiple => None,
        }
    }

    /// The function code of the request.
    #[must_use]
    pub const fn function(&self) -> Function {
        match self {
            Self::ReadHolding { .. } => Function::ReadHolding,
            Self::ReadInput { .. } => Function::ReadInput,
            Self::WriteSingle { .. } => Function::WriteSingle,
            Self::WriteMultiple { .. } => Function::WriteMultiple,
        }
    }

    /// The first register.
    #[must_use]
    pub const fn register(&self) -> u16 {
        match self {
            Self::ReadHolding { register, .. }
            | Self::ReadInput { register, .. }
            | Self::WriteSingle { register, .. }
            | Self::WriteMultiple { register, .. } => *register,
        }
    }

    /// The number of registers; a list that no frame holds counts as 65 535.
    #[must_use]
    pub fn quantity(&self) -> u16 {
        match self {
            Self::ReadHolding { count, .. } | Self::ReadInput { count, .. } => *count,
            Self::WriteSingle { .. } => 1,
            Self::WriteMultiple { values, .. } => u16::try_from(values.len()).unwrap_or(u16::MAX),
        }
    }

    /// Checks the request in the order of the meters specification §2.3.
    ///
    /// On TCP every unit number 0–255 is allowed, because a device with its own
    /// socket is often reached as unit 0 or 255 and nothing is broadcast there.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the order of [`EncodeError`].
    pub fn check(&self, transport: Transport, addr: u8) -> Result<(), EncodeError> {
        if transport == Transport::Rtu {
            if addr > MAX_ADDRESS {
                return Err(EncodeError::Address);
            }
            if self.function().is_read() && is_broadcast(addr) {
                return Err(EncodeError::BroadcastRead);
            }
        }
        let most = match self.function() {
            Function::ReadHolding | Function::ReadInput => MAX_READ,
            Function::WriteSingle => 1,
            Function::WriteMultiple => MAX_WRITE,
        };
        let quantity = self.quantity();
        if quantity == 0 || quantity > most {
            return Err(EncodeError::Quantity);
        }
        if u32::from(self.register()).saturating_add(u32::from(quantity)) > 65_536 {
            return Err(EncodeError::AddressOverflow);
        }
        Ok(())
    }

    /// Function code, register, and the number of registers or the value.
    #[inline]
    pub(crate) fn head(&self) -> [u8; 5] {
        let [r1, r0] = self.register().to_be_bytes();
        let second = match self {
            Self::WriteSingle { value, .. } => *value,
            Self::ReadHolding { .. } | Self::ReadInput { .. } | Self::WriteMultiple { .. } => {
                self.quantity()
            }
        };
        let [s1, s0] = second.to_be_bytes();
        [self.function().code(), r1, r0, s1, s0]
    }

    /// Appends function code and contents, without address and checksum.
    pub(crate) fn emit(&self, frame: &mut Frame) {
        frame.extend(&self.head());
        if let Self::WriteMultiple { values, .. } = self {
            frame.push(u8::try_from(values.len().saturating_mul(2)).unwrap_or(u8::MAX));
            frame.extend_words(values);
        }
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Bytes of one frame, ready to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    bytes: [u8; MAX_TCP],
    len: usize,
}

impl Frame {
    /// A frame without bytes.
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; MAX_TCP],
        len: 0,
    };

    /// A frame without bytes, to be filled by a [`Server`](crate::server::Server).
    #[must_use]
    pub const fn new() -> Self {
        Self::EMPTY
    }

    /// The bytes in the order of the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Forgets the bytes.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Appends a byte; a full frame ignores it (checked requests always fit).
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len = self.len.saturating_add(1);
        }
    }

    /// Consists of these bytes.
    #[inline]
    pub(crate) fn set(&mut self, bytes: [u8; 8]) {
        if let Some(slots) = self.bytes.first_chunk_mut() {
            *slots = bytes;
            self.len = bytes.len();
        }
    }

    /// Appends bytes; what does not fit is ignored as a whole.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        if let Some(slots) = self.bytes.get_mut(self.len..end) {
            let pairs = slots.iter_mut().zip(bytes);
            pairs.for_each(|(slot, byte)| *slot = *byte);
            self.len = end;
        }
    }

    /// Appends words, high byte first; what does not fit is ignored as a whole.
    pub(crate) fn extend_words(&mut self, words: &[u16]) {
        let end = self.len.saturating_add(words.len().saturating_mul(2));
        if let Some(slots) = self.bytes.get_mut(self.len..end) {
            for (slot, word) in slots.chunks_exact_mut(2).zip(words) {
                if let [high, low] = slot {
                    [*high, *low] = word.to_be_bytes();
                }
            }
            self.len = end;
        }
    }

    /// Appends the CRC of all bytes so far, low byte first.
    pub(crate) fn push_crc(&mut self) {
        self.extend(&crc16(self.as_bytes()).to_le_bytes());
    }

    /// Appends a word, high byte first.
    pub(crate) fn push_word(&mut self, word: u16) {
        let [high, low] = word.to_be_bytes();
        self.push(high);
        self.push(low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// meters 2.3
    #[test]
    fn when_several_checks_fail_then_the_first_one_is_told() {
        let empty = Request::ReadInput {
            register: 65_535,
            count: 0,
        };
        assert_eq!(empty.check(Transport::Rtu, 248), Err(EncodeError::Address));
        assert_eq!(
            empty.check(Transport::Rtu, 9),
            Err(EncodeError::BroadcastRead)
        );
        assert_eq!(empty.check(Transport::Rtu, 1), Err(EncodeError::Quantity));
        assert_eq!(empty.check(Transport::Tcp, 255), Err(EncodeError::Quantity));
    }

    /// meters 2.3
    #[test]
    fn when_a_write_is_too_long_then_it_is_refused() {
        let values = [0; 124];
        let long = Request::WriteMultiple {
            register: 0,
            values: &values,
        };
        assert_eq!(long.check(Transport::Rtu, 9), Err(EncodeError::Quantity));
        let fits = Request::WriteMultiple {
            register: 0,
            values: &values[..123],
        };
        assert_eq!(fits.check(Transport::Rtu, 0), Ok(()));
    }

    #[test]
    fn when_a_code_is_foreign_then_there_is_no_function() {
        assert_eq!(Function::from_code(5), None);
        assert_eq!(Function::from_code(16), Some(Function::WriteMultiple));
    }
}
