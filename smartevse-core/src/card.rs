//! Identity of an RFID card.

use core::fmt;

/// UID of a card with its true length: 4, 6, 7 or 10 bytes.
///
/// Six bytes come from the older reader, which does not transmit the seventh
/// (charging specification §6.2).
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Uid {
    len: u8,
    bytes: [u8; 10],
}

impl Uid {
    /// Makes a UID from its bytes; `None` unless there are 4, 6, 7 or 10.
    #[must_use]
    pub fn new(uid: &[u8]) -> Option<Self> {
        if !matches!(uid.len(), 4 | 6 | 7 | 10) {
            return None;
        }
        let mut bytes = [0; 10];
        for (to, from) in bytes.iter_mut().zip(uid) {
            *to = *from;
        }
        Some(Self {
            len: u8::try_from(uid.len()).ok()?,
            bytes,
        })
    }

    /// Reads a UID from hexadecimal digits of either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 10];
        if !matches!(digits.len(), 8 | 12 | 14 | 20) {
            return None;
        }
        for (to, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            let high = char::from(*high).to_digit(16)?;
            let low = char::from(*low).to_digit(16)?;
            *to = u8::try_from(high << 4 | low).ok()?;
        }
        Self::new(bytes.get(..digits.len() / 2)?)
    }

    /// The bytes of the UID.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// Whether two UIDs are the same, in a time that does not depend on where
    /// they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let difference = self
            .bytes
            .iter()
            .zip(other.bytes)
            .fold(self.len ^ other.len, |d, (a, b)| d | (a ^ b));
        core::hint::black_box(difference) == 0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_parsed_then_it_prints_the_same() {
        for text in [
            "01020304",
            "04A1B2C3D4E5",
            "04A1B2C3D4E5F6",
            "0102030405060708090A",
        ] {
            let uid = Uid::parse(text).unwrap();
            assert_eq!(format!("{uid}"), text);
        }
        assert_eq!(Uid::parse("04A1B2"), None);
        assert_eq!(Uid::parse("04A1B2GG"), None);
        assert_eq!(Uid::parse("é1B2C3D4E5F"), None);
    }

    #[test]
    fn when_lengths_differ_then_no_match() {
        let six = Uid::new(&[4, 1, 2, 3, 4, 5]).unwrap();
        let seven = Uid::new(&[4, 1, 2, 3, 4, 5, 0]).unwrap();
        assert!(!six.matches(&seven));
        assert!(six.matches(&six));
    }

    /// Charging 6.3: every byte counts, also where two differences look alike.
    #[test]
    fn when_two_bytes_differ_alike_then_no_match() {
        let card = Uid::new(&[4, 1, 2, 3]).unwrap();
        for other in [[4, 0, 3, 3], [5, 0, 2, 3], [4, 1, 3, 2]] {
            assert!(!card.matches(&Uid::new(&other).unwrap()), "{other:?}");
        }
    }

    extern crate std;
    use std::format;
}
