//! A change of settings.

use super::values::{Values, set_value, value_of};
use crate::registry::{SettingId, SettingSet};

/// Wanted values of some settings. It may hold any number: [`apply`] judges.
///
/// [`apply`]: super::apply
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "super::serial::RawPatch", from = "super::serial::RawPatch")
)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patch {
    ids: SettingSet,
    /// 0 for settings that are not in the set.
    values: Values,
}

impl Default for Patch {
    fn default() -> Self {
        Self::new()
    }
}

impl Patch {
    /// Makes a patch that changes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ids: SettingSet::EMPTY,
            values: [0; SettingId::COUNT],
        }
    }

    /// Adds a value; a second value of the same setting replaces the first.
    #[must_use]
    pub fn with(mut self, id: SettingId, value: u16) -> Self {
        self.set(id, value);
        self
    }

    /// Sets a value; a second value of the same setting replaces the first.
    pub fn set(&mut self, id: SettingId, value: u16) {
        self.ids.insert(id);
        set_value(&mut self.values, id, value);
    }

    /// Settings in the patch.
    #[must_use]
    pub const fn ids(&self) -> SettingSet {
        self.ids
    }

    /// Wanted value of a setting.
    #[must_use]
    pub fn value(&self, id: SettingId) -> Option<u16> {
        self.ids.contains(id).then(|| value_of(&self.values, id))
    }

    /// Whether the patch changes nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Walks over the wanted values in the order of the menu.
    pub fn iter(&self) -> impl Iterator<Item = (SettingId, u16)> + '_ {
        self.ids.iter().map(|id| (id, value_of(&self.values, id)))
    }
}

impl FromIterator<(SettingId, u16)> for Patch {
    fn from_iter<I: IntoIterator<Item = (SettingId, u16)>>(pairs: I) -> Self {
        pairs
            .into_iter()
            .fold(Self::new(), |patch, (id, value)| patch.with(id, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_value_is_set_twice_then_the_last_counts() {
        let patch = Patch::new()
            .with(SettingId::Max, 20)
            .with(SettingId::Max, 32);
        assert_eq!(patch.value(SettingId::Max), Some(32));
        assert_eq!(patch.value(SettingId::Min), None);
        assert!(patch.iter().eq([(SettingId::Max, 32)]));
        assert!(Patch::new().is_empty());
    }
}
