//! Proximity pilot: the coding of the charging cable (charging specification
//! §1.5).

use smartevse_types::{Amps, Ohms};

use crate::io::ProximityInput;

/// Rating that the coding resistor of a cable stands for.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CableCoding {
    /// 1.5 kΩ: 13 A.
    A13,
    /// 680 Ω: 20 A in the norm, used as 16 A (decision 4).
    A20,
    /// 220 Ω: 32 A.
    A32,
    /// 100 Ω: 63 A.
    A63,
    /// No cable.
    Open,
    /// Contact shorted to protective earth.
    Short,
    /// No valid coding.
    Invalid,
}

/// Lowest resistance of each span and its coding, ascending.
const SPANS: [(u32, CableCoding); 10] = [
    (0, CableCoding::Short),
    (60, CableCoding::Invalid),
    (80, CableCoding::A63),
    (141, CableCoding::Invalid),
    (164, CableCoding::A32),
    (309, CableCoding::Invalid),
    (400, CableCoding::A20),
    (937, CableCoding::Invalid),
    (1_100, CableCoding::A13),
    (2_461, CableCoding::Invalid),
];

/// Above this resistance nothing is connected, ohms.
const OPEN_ABOVE: u32 = 4_500;

impl CableCoding {
    /// Reads a resistance between the contact and protective earth.
    ///
    /// The spans are those of IEC 61851-1 Table B.2; between them there is no
    /// valid coding.
    #[must_use]
    pub fn from_ohms(ohms: Ohms) -> Self {
        if ohms.as_ohms() > OPEN_ABOVE {
            return Self::Open;
        }
        SPANS
            .iter()
            .rev()
            .find(|(from, _)| *from <= ohms.as_ohms())
            .map_or(Self::Invalid, |(_, coding)| *coding)
    }

    /// Reads what the board delivers; `None` = it could not sample.
    ///
    /// A board that cannot tell an open contact from 1.5 kΩ gives 13 A.
    #[must_use]
    pub fn from_input(input: ProximityInput) -> Option<Self> {
        match input {
            ProximityInput::Missing => None,
            ProximityInput::Resistance(ohms) => Some(Self::from_ohms(ohms)),
            ProximityInput::Open => Some(Self::Open),
            ProximityInput::OpenOrA13 => Some(Self::A13),
        }
    }

    /// Largest current of the cable; `None` = no energy.
    ///
    /// 680 Ω stands for 16 A (decision 4).
    #[must_use]
    pub const fn limit(self) -> Option<Amps> {
        let amps = match self {
            Self::A13 => 13,
            Self::A20 => 16,
            Self::A32 => 32,
            Self::A63 => 63,
            Self::Open | Self::Short | Self::Invalid => return None,
        };
        Some(Amps::from_amps(amps))
    }

    /// Whether the contact shows a defect, not merely no cable.
    #[must_use]
    pub const fn is_defect(self) -> bool {
        matches!(self, Self::Short | Self::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(ohms: u32) -> Option<u16> {
        CableCoding::from_ohms(Ohms::from_ohms(ohms))
            .limit()
            .map(Amps::as_amps)
    }

    /// charging 1.5, decision 4
    #[test]
    fn when_the_resistor_is_nominal_then_the_limit_is_its_rating() {
        assert_eq!(limit(100), Some(63));
        assert_eq!(limit(220), Some(32));
        assert_eq!(limit(680), Some(16));
        assert_eq!(limit(1_500), Some(13));
    }

    /// charging 1.5
    #[test]
    fn when_the_resistance_lies_between_codings_then_no_energy() {
        for ohms in [
            0,
            59,
            60,
            79,
            141,
            163,
            309,
            399,
            937,
            1_099,
            2_461,
            4_501,
            u32::MAX,
        ] {
            assert_eq!(limit(ohms), None, "{ohms}");
        }
        for ohms in [80, 140, 164, 308, 400, 936, 1_100, 2_460] {
            assert!(limit(ohms).is_some(), "{ohms}");
        }
    }

    /// charging 1.5: short and invalid are faults, open is not.
    #[test]
    fn when_nothing_is_connected_then_no_defect() {
        assert!(!CableCoding::from_ohms(Ohms::from_ohms(10_000)).is_defect());
        assert!(CableCoding::from_ohms(Ohms::from_ohms(20)).is_defect());
        assert!(CableCoding::from_ohms(Ohms::from_ohms(350)).is_defect());
        assert_eq!(CableCoding::from_input(ProximityInput::Missing), None);
        assert_eq!(
            CableCoding::from_input(ProximityInput::OpenOrA13),
            Some(CableCoding::A13)
        );
    }

    /// charging 1.5: above 4.5 kΩ nothing is connected, at 4.5 kΩ something is
    /// wrong.
    #[test]
    fn when_the_resistance_is_at_the_last_border_then_still_a_defect() {
        let coding = |ohms| CableCoding::from_ohms(Ohms::from_ohms(ohms));
        assert_eq!(coding(4_500), CableCoding::Invalid);
        assert_eq!(coding(4_501), CableCoding::Open);
    }
}
