//! Settings from storage.

use super::values::{Values, defaults, set_value, value_of};
use super::{Notices, Settings, rules};
use crate::registry::{SettingId, SettingSet};

/// Settings from storage, made valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Settings whose stored value was illegal; they have their default.
    pub replaced: SettingSet,
    /// What was changed.
    pub notices: Notices,
}

/// Makes settings of stored values.
///
/// Missing values become defaults, illegal ones become defaults with a notice
/// (menu rules X22, X23), contradictions are removed as in
/// [`apply`](super::apply). The last value of a setting counts. It never fails.
#[must_use]
pub fn load(stored: impl IntoIterator<Item = (SettingId, u16)>) -> Loaded {
    let mut values = defaults();
    for (id, value) in stored {
        set_value(&mut values, id, value);
    }
    let replaced = replace_illegal(&mut values);
    let mut notices = rules::normalise(&mut values);
    notices.set(Notices::DEFAULTS_TAKEN, !replaced.is_empty());
    Loaded {
        settings: Settings::trusted(values),
        replaced,
        notices,
    }
}

fn replace_illegal(values: &mut Values) -> SettingSet {
    let illegal = SettingId::ALL
        .iter()
        .copied()
        .filter(|id| !id.facts().may_hold(value_of(values, *id)))
        .collect::<SettingSet>();
    for id in illegal.iter() {
        set_value(values, id, id.facts().default);
    }
    illegal
}
