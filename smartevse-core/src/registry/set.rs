//! Sets of settings.

use super::SettingId;

/// A set of settings, iterated in the order of the menu.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "u64", into = "u64"))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SettingSet(u64);

const _: () = assert!(SettingId::COUNT < 64, "the set holds at most 63 settings");

const fn bit(id: SettingId) -> u64 {
    1 << (id as u8)
}

impl SettingSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// All settings.
    pub const ALL: Self = Self((1 << SettingId::COUNT) - 1);

    /// Makes a set of these settings.
    #[must_use]
    pub const fn of(ids: &[SettingId]) -> Self {
        let mut bits = 0;
        let mut rest = ids;
        while let [id, tail @ ..] = rest {
            bits |= bit(*id);
            rest = tail;
        }
        Self(bits)
    }

    /// Adds a setting.
    pub const fn insert(&mut self, id: SettingId) {
        self.0 |= bit(id);
    }

    /// Removes a setting.
    pub const fn remove(&mut self, id: SettingId) {
        self.0 &= !bit(id);
    }

    /// Whether the setting is in the set.
    #[must_use]
    pub const fn contains(self, id: SettingId) -> bool {
        self.0 & bit(id) != 0
    }

    /// Whether a setting is in both sets.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Settings that are in one of the sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether no setting is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of settings in the set.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Walks over the settings in the order of the menu.
    pub fn iter(self) -> impl Iterator<Item = SettingId> {
        SettingId::ALL
            .iter()
            .copied()
            .filter(move |id| self.contains(*id))
    }
}

impl From<u64> for SettingSet {
    /// Bits that belong to no setting are dropped.
    fn from(bits: u64) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl From<SettingSet> for u64 {
    fn from(set: SettingSet) -> Self {
        set.0
    }
}

impl FromIterator<SettingId> for SettingSet {
    fn from_iter<I: IntoIterator<Item = SettingId>>(ids: I) -> Self {
        ids.into_iter().fold(Self::EMPTY, |mut set, id| {
            set.insert(id);
            set
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_settings_are_inserted_then_they_come_back_in_menu_order() {
        let mut set = SettingSet::of(&[SettingId::IdleTmo, SettingId::Mode]);
        set.insert(SettingId::Mains);
        set.remove(SettingId::Lock);
        assert!(
            set.iter()
                .eq([SettingId::Mode, SettingId::Mains, SettingId::IdleTmo])
        );
        set.remove(SettingId::Mode);
        assert_eq!((set.len(), set.contains(SettingId::Mode)), (2, false));
    }

    #[test]
    fn when_bits_belong_to_no_setting_then_they_are_dropped() {
        assert_eq!(SettingSet::from(u64::MAX), SettingSet::ALL);
        assert_eq!(SettingSet::ALL.iter().count(), SettingId::COUNT);
        assert!(SettingSet::from(1 << 63).is_empty());
    }

    #[test]
    fn when_sets_are_joined_then_they_have_the_settings_of_both() {
        let one: SettingSet = [SettingId::Min].into_iter().collect();
        let two: SettingSet = [SettingId::Max, SettingId::Min].into_iter().collect();
        assert_eq!((one.union(two), one.union(two).len()), (two, 2));
        assert!(one.intersects(two) && !one.intersects(SettingSet::EMPTY));
        assert!(SettingSet::EMPTY.is_empty() && !one.is_empty());
        assert_eq!(SettingSet::from(u64::from(two)), two);
        assert_eq!(SettingSet::from(u64::MAX), SettingSet::ALL);
    }
}
