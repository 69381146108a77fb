//! Proximity pilot: the coding of the charging cable.

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
