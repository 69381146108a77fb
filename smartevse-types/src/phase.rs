//! The three phases of a mains connection.

use core::fmt;

use crate::units::DeciAmps;

/// One phase of the mains.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Phase 1.
    L1,
    /// Phase 2.
    L2,
    /// Phase 3.
    L3,
}

impl Phase {
    /// All phases in order.
    pub const ALL: [Self; 3] = [Self::L1, Self::L2, Self::L3];

    /// Name as printed on a terminal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

bitflags::bitflags! {
    /// A set of phases, for instance those that an EVSE can load.
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct PhaseSet: u8 {
        /// Phase 1.
        const L1 = 1;
        /// Phase 2.
        const L2 = 2;
        /// Phase 3.
        const L3 = 4;
    }
}

impl PhaseSet {
    /// All three phases.
    pub const THREE: Self = Self::all();
    /// The phase that a single-phase vehicle is assumed to use
    /// (installation guide: L1).
    pub const SINGLE: Self = Self::L1;

    /// Number of phases in the set.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.bits().count_ones() as u8
    }

    /// Whether a phase belongs to the set.
    #[must_use]
    pub const fn has(self, phase: Phase) -> bool {
        let bit = match phase {
            Phase::L1 => Self::L1,
            Phase::L2 => Self::L2,
            Phase::L3 => Self::L3,
        };
        self.contains(bit)
    }
}

/// One value for each phase.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PerPhase<T>([T; 3]);

impl<T: Copy> PerPhase<T> {
    /// Makes the three values from an array, L1 first.
    #[must_use]
    pub const fn new(values: [T; 3]) -> Self {
        Self(values)
    }

    /// The same value on each phase.
    #[must_use]
    pub const fn splat(value: T) -> Self {
        Self([value; 3])
    }

    /// The values as an array, L1 first.
    #[must_use]
    pub const fn as_array(&self) -> [T; 3] {
        self.0
    }

    /// The value of one phase.
    #[must_use]
    #[inline(never)]
    pub const fn of(&self, phase: Phase) -> T {
        let [l1, l2, l3] = self.0;
        match phase {
            Phase::L1 => l1,
            Phase::L2 => l2,
            Phase::L3 => l3,
        }
    }

    /// Replaces the value of one phase.
    pub fn set(&mut self, phase: Phase, value: T) {
        let [l1, l2, l3] = &mut self.0;
        match phase {
            Phase::L1 => *l1 = value,
            Phase::L2 => *l2 = value,
            Phase::L3 => *l3 = value,
        }
    }

    /// Applies a function to each value.
    #[must_use]
    pub fn map<U: Copy>(self, f: impl FnMut(T) -> U) -> PerPhase<U> {
        PerPhase(self.0.map(f))
    }

    /// Phases with their values, L1 first.
    pub fn iter(self) -> impl Iterator<Item = (Phase, T)> {
        Phase::ALL.into_iter().zip(self.0)
    }
}

impl PerPhase<DeciAmps> {
    /// Signed sum over the phases.
    #[must_use]
    pub fn sum(self) -> DeciAmps {
        self.0.into_iter().sum()
    }

    /// Largest value over the phases (signed).
    #[must_use]
    pub fn max(self) -> DeciAmps {
        let [l1, l2, l3] = self.0;
        l1.max(l2).max(l3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_counted_then_the_set_gives_its_phases() {
        assert_eq!(PhaseSet::THREE.count(), 3);
        assert_eq!(PhaseSet::SINGLE.count(), 1);
        assert!(PhaseSet::THREE.has(Phase::L2));
        assert!(!PhaseSet::SINGLE.has(Phase::L2));
    }

    #[test]
    fn when_summed_then_export_offsets_import() {
        let net = PerPhase::new([100, -40, 7]).map(DeciAmps::from_deci);
        assert_eq!(net.sum(), DeciAmps::from_deci(67));
        assert_eq!(net.max(), DeciAmps::from_deci(100));
        assert_eq!(net.of(Phase::L2), DeciAmps::from_deci(-40));
    }

    #[test]
    fn when_one_phase_is_set_then_the_others_stay() {
        let mut net = PerPhase::splat(0_u8);
        net.set(Phase::L3, 9);
        assert_eq!(net.as_array(), [0, 0, 9]);
        assert_eq!(net.iter().last(), Some((Phase::L3, 9)));
    }
}
