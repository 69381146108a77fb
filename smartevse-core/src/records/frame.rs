//! The frame around every record.

use core::fmt;

use super::crc32;

/// Longest frame in bytes: what one append may write.
pub const LARGEST_FRAME: usize = crate::hardware::LARGEST_APPEND;

/// Longest payload in bytes.
pub const LARGEST_PAYLOAD: usize = LARGEST_FRAME - OVERHEAD;

/// Bytes in front of the payload: key, version, length.
const HEADER: usize = 4;

/// Bytes besides the payload.
const OVERHEAD: usize = HEADER + 4;

/// Name of a record in the store, 1 to 63. A number never changes its meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(u8);

impl Key {
    /// Number of keys, those that are not used included.
    pub const COUNT: u8 = 64;
    /// All settings.
    pub const SETTINGS: Self = Self(1);
    /// Access, delayed charging and locks.
    pub const ACCESS: Self = Self(2);
    /// Latched faults.
    pub const LATCHES: Self = Self(3);
    /// Energy ledger.
    pub const ENERGY: Self = Self(4);
    /// Which parts of the card list count.
    pub const CARDS: Self = Self(5);
    /// Which keys were ever stored.
    pub const PRESENT: Self = Self(6);

    /// Makes a key; `None` unless the number is 1 to 63.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number == 0 || number >= Self::COUNT {
            return None;
        }
        Some(Self(number))
    }

    /// Key of one part of the card list in one of its two banks.
    ///
    /// `None` unless the part is 0 to 9.
    #[must_use]
    pub const fn card_part(part: u8, second_bank: bool) -> Option<Self> {
        match (part, second_bank) {
            (0..=9, false) => Some(Self(part.saturating_add(16))),
            (0..=9, true) => Some(Self(part.saturating_add(32))),
            (_, _) => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Why bytes are not a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// Key or length are impossible, or bytes are missing.
    Shape,
    /// The checksum is another one: a bit changed, or writing was cut off.
    Checksum,
    /// Another record than the wanted one.
    OtherKey(Key),
    /// A version that this firmware does not know.
    Version(u8),
    /// The checksum is right, but the content has no meaning.
    Content,
    /// The record is longer than [`LARGEST_PAYLOAD`] or than the room given.
    TooLong,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => f.write_str("not a record"),
            Self::Checksum => f.write_str("wrong checksum"),
            Self::OtherKey(key) => write!(f, "another record ({})", key.number()),
            Self::Version(version) => write!(f, "unknown version {version}"),
            Self::Content => f.write_str("content without meaning"),
            Self::TooLong => f.write_str("record too long"),
        }
    }
}

impl core::error::Error for RecordError {}

/// One record as it is stored: key, version, length of the payload (little
/// endian, two bytes), payload, CRC-32 of all that (little endian).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// Which record.
    pub key: Key,
    /// Version of its content.
    pub version: u8,
    /// The content.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the frame at the beginning of bytes; what follows is ignored.
    ///
    /// # Errors
    ///
    /// `Shape` or `Checksum`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let [number, version, ..] = *bytes else {
            return Err(RecordError::Shape);
        };
        let key = Key::new(number).ok_or(RecordError::Shape)?;
        let length = Self::length(bytes).ok_or(RecordError::Shape)?;
        let frame = bytes.get(..length).ok_or(RecordError::Shape)?;
        let (body, sum) = frame.split_last_chunk().ok_or(RecordError::Shape)?;
        if crc32(body) != u32::from_le_bytes(*sum) {
            return Err(RecordError::Checksum);
        }
        let payload = body.get(HEADER..).ok_or(RecordError::Shape)?;
        Ok(Self {
            key,
            version,
            payload,
        })
    }

    /// Length in bytes of the frame that begins with these (at least four)
    /// bytes; `None` when no frame begins so.
    #[must_use]
    pub fn length(bytes: &[u8]) -> Option<usize> {
        let [number, _, low, high, ..] = *bytes else {
            return None;
        };
        Key::new(number)?;
        let payload = usize::from(u16::from_le_bytes([low, high]));
        let length = payload.checked_add(OVERHEAD)?;
        (length <= LARGEST_FRAME).then_some(length)
    }

    /// Writes the frame and gives its length.
    ///
    /// # Errors
    ///
    /// `TooLong`.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, RecordError> {
        let size = self.payload.len();
        let length = size.checked_add(OVERHEAD).ok_or(RecordError::TooLong)?;
        let out = out.get_mut(..length).ok_or(RecordError::TooLong)?;
        let short = u16::try_from(size).ok().filter(|_| length <= LARGEST_FRAME);
        let [low, high] = short.ok_or(RecordError::TooLong)?.to_le_bytes();
        let (body, sum) = out.split_last_chunk_mut().ok_or(RecordError::TooLong)?;
        let header = [self.key.number(), self.version, low, high];
        for (to, from) in body.iter_mut().zip(header.iter().chain(self.payload)) {
            *to = *from;
        }
        *sum = crc32(body).to_le_bytes();
        Ok(length)
    }

    /// Gives the payload if the frame is the wanted record in this version.
    ///
    /// # Errors
    ///
    /// `OtherKey` or `Version`.
    pub fn expect(&self, key: Key, version: u8) -> Result<&'a [u8], RecordError> {
        if self.key != key {
            return Err(RecordError::OtherKey(self.key));
        }
        if self.version != version {
            return Err(RecordError::Version(self.version));
        }
        Ok(self.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(payload: &[u8]) -> ([u8; LARGEST_FRAME], usize) {
        let mut out = [0xFF; LARGEST_FRAME];
        let frame = Frame {
            key: Key::ACCESS,
            version: 3,
            payload,
        };
        let length = frame.emit(&mut out).unwrap();
        (out, length)
    }

    #[test]
    fn when_a_frame_was_written_then_it_is_read_back() {
        for size in [0, 1, 21, LARGEST_PAYLOAD] {
            let payload = [0x5A; LARGEST_PAYLOAD];
            let (bytes, length) = framed(&payload[..size]);
            assert_eq!(Frame::length(&bytes), Some(length));
            let frame = Frame::parse(&bytes).unwrap();
            assert_eq!(frame.expect(Key::ACCESS, 3), Ok(&payload[..size]));
            assert_eq!(frame.expect(Key::ACCESS, 2), Err(RecordError::Version(3)));
            let other = frame.expect(Key::CARDS, 3);
            assert_eq!(other, Err(RecordError::OtherKey(Key::ACCESS)));
        }
    }

    /// Every single bit counts.
    #[test]
    fn when_one_bit_flips_then_nothing_is_read() {
        let (bytes, length) = framed(b"one hundred and one");
        for bit in 0..length * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Frame::parse(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn when_bytes_are_missing_or_too_many_then_it_is_no_frame() {
        let (bytes, length) = framed(b"abc");
        for end in 0..length {
            assert!(Frame::parse(&bytes[..end]).is_err(), "{end}");
        }
        assert_eq!(Frame::length(&[0xFF; 8]), None);
        assert_eq!(Frame::length(&[0; 8]), None);
        assert_eq!(Frame::length(&[1, 0, 0xF9, 0]), None);
        let long = Frame {
            key: Key::ACCESS,
            version: 1,
            payload: &[0; LARGEST_PAYLOAD + 1],
        };
        assert_eq!(long.emit(&mut [0; 300]), Err(RecordError::TooLong));
        assert_eq!(long.emit(&mut [0; 10]), Err(RecordError::TooLong));
    }

    #[test]
    fn when_a_part_is_named_then_its_keys_are_its_own() {
        assert_eq!(Key::card_part(0, false).map(Key::number), Some(16));
        assert_eq!(Key::card_part(9, true).map(Key::number), Some(41));
        assert_eq!(Key::card_part(10, false), None);
        assert_eq!((Key::new(0), Key::new(64)), (None, None));
    }
}
