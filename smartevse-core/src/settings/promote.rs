//! From stored values to values in force.

use super::Settings;
use super::values::set_value;
use crate::registry::{Effect, SettingId, SettingSet};

/// What decides whether a changed setting may take effect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Situation {
    /// Energy may flow: a contactor is closed, or state C.
    pub charging: bool,
    /// A vehicle is connected.
    pub plugged: bool,
    /// The charger starts: everything takes effect.
    pub restarting: bool,
}

impl Situation {
    /// Whether a change with this moment may take effect now.
    #[must_use]
    pub const fn allows(self, effect: Effect) -> bool {
        self.restarting
            || match effect {
                Effect::AtOnce => true,
                Effect::WhenNotCharging => !self.charging,
                Effect::WhenUnplugged => !self.charging && !self.plugged,
                Effect::AtRestart => false,
            }
    }
}

/// Settings that rules tie to one another across moments (menu rules X1, X5,
/// X6, X8). MIN and MAX (X2) take effect together anyway.
const TIED: SettingSet = SettingSet::of(&[
    SettingId::Mode,
    SettingId::PwrShare,
    SettingId::MainsMet,
    SettingId::MainsAdr,
    SettingId::Contact2,
    SettingId::Switch,
]);

/// Brings stored values into force whose moment has come, and tells which
/// settings still wait.
///
/// If the mixture of old and new values would be a contradiction, the settings
/// involved wait together until all of them may change: what is in force is at
/// every moment either the old or the new choice, never a third one.
#[must_use]
pub fn promote(
    stored: &Settings,
    in_force: &Settings,
    situation: Situation,
) -> (Settings, SettingSet) {
    if stored == in_force {
        return (*in_force, SettingSet::default());
    }
    let ready = stored
        .differences(in_force)
        .iter()
        .filter(|id| situation.allows(id.facts().effect))
        .collect::<SettingSet>();
    let next = mixed(stored, in_force, ready)
        .or_else(|| mixed(stored, in_force, without(ready, TIED)))
        .unwrap_or(*in_force);
    (next, stored.differences(&next))
}

fn without(set: SettingSet, other: SettingSet) -> SettingSet {
    set.iter().filter(|id| !other.contains(*id)).collect()
}

/// Values in force with `ready` taken from the stored ones, if that is valid.
fn mixed(stored: &Settings, in_force: &Settings, ready: SettingSet) -> Option<Settings> {
    let mut values = *in_force.values();
    for id in ready.iter() {
        set_value(&mut values, id, stored.value(id));
    }
    Settings::from_values(values).ok()
}
