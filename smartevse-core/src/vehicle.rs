//! Identity of a vehicle (EVCCID), as its modem tells it, and its check.

use core::fmt;

/// Longest vehicle id, characters (charging specification §12.4).
const LONGEST: usize = 31;

/// Id of a vehicle: 1 to 31 printable ASCII characters, compared exactly.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VehicleId {
    len: u8,
    bytes: [u8; LONGEST],
}

impl VehicleId {
    /// Makes an id from its text; `None` unless it has 1 to 31 printable ASCII
    /// characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if text.is_empty() || text.len() > LONGEST || !printable {
            return None;
        }
        let mut bytes = [0; LONGEST];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Some(Self {
            len: u8::try_from(text.len()).ok()?,
            bytes,
        })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.len)).unwrap_or(&[]);
        core::str::from_utf8(used).unwrap_or("")
    }
}

impl fmt::Display for VehicleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the modem found out, compared with the required vehicle id.
///
/// Nothing known is the default, and it lets no vehicle through.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum VehicleCheck {
    /// A vehicle id is required and not known yet.
    #[default]
    Missing,
    /// None is required, and none is known yet.
    NotRequired,
    /// The vehicle told its id, and it may charge.
    Accepted,
    /// The vehicle told another id than the required one.
    Refused,
}

impl VehicleCheck {
    /// Compares what the modem received with what is required; `None` = nothing
    /// received, nothing required (charging specification §12.4).
    #[must_use]
    pub fn of(required: Option<&VehicleId>, received: Option<&VehicleId>) -> Self {
        match (required, received) {
            (None, None) => Self::NotRequired,
            (None, Some(_)) => Self::Accepted,
            (Some(_), None) => Self::Missing,
            (Some(wanted), Some(told)) if wanted == told => Self::Accepted,
            (Some(_), Some(_)) => Self::Refused,
        }
    }

    /// The modem need not wait any longer.
    #[must_use]
    pub const fn is_answered(self) -> bool {
        matches!(self, Self::Accepted | Self::Refused)
    }

    /// The vehicle may charge.
    #[must_use]
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted | Self::NotRequired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<VehicleId> {
        VehicleId::new(text)
    }

    /// charging 12.4: exact string of at most 31 characters.
    #[test]
    fn when_a_text_is_no_vehicle_id_then_none() {
        let long = "0123456789012345678901234567890";
        assert_eq!(id(long).unwrap().as_str(), long);
        for text in ["", "01234567890123456789012345678901", "a\tb", "é"] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    /// charging 12.4, T29, T30
    #[test]
    fn when_compared_then_only_the_exact_id_is_accepted() {
        use VehicleCheck::{Accepted, Missing, NotRequired, Refused};
        for (required, received, expected) in [
            ("", "", NotRequired),
            ("", "DE01", Accepted),
            ("DE01", "", Missing),
            ("DE01", "DE01", Accepted),
            ("DE01", "de01", Refused),
            ("DE01", "DE01 ", Refused),
            ("DE01", "DE0", Refused),
        ] {
            let check = VehicleCheck::of(id(required).as_ref(), id(received).as_ref());
            assert_eq!(check, expected, "{required} {received}");
            assert_eq!(check.is_answered(), !received.is_empty());
        }
        assert!(!VehicleCheck::default().is_accepted());
    }
}
