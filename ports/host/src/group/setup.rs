//! What the chargers of a simulated group start with.

use smartevse::{Planning, Setup, Stored};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{Settings, load};
use smartevse_meters::Meter;
use smartevse_sim::simulate;
use smartevse_types::Access;

/// Number of PWR SHARE that is the master; Node k has k more.
const MASTER: u16 = 1;

/// The settings of a charger, as the master of a group.
#[must_use]
pub fn as_master(settings: &Settings) -> Settings {
    let kept = SettingId::ALL.iter().map(|id| (*id, settings.value(*id)));
    load(kept.chain([(SettingId::PwrShare, MASTER)])).settings
}

/// Settings of a node of the demonstration: those that ship, with its role, the
/// mode of its master and an EV meter of its own.
#[must_use]
pub fn demo_node(evse: usize, master: &Settings) -> Settings {
    let number = u16::try_from(evse).unwrap_or(u16::MAX);
    load([
        (SettingId::PwrShare, MASTER.saturating_add(number)),
        (SettingId::Mode, master.value(SettingId::Mode)),
        (SettingId::EvMeter, u16::from(Meter::Api.id())),
    ])
    .settings
}

/// What a node starts with.
#[must_use]
pub fn setup_of(evse: usize, settings: Settings) -> Setup<'static> {
    Setup {
        facts: simulate::board_facts(),
        settings,
        access: Access::On,
        stored: Stored::Intact,
        planning: Planning::Regulated,
        serial: u32::try_from(evse).unwrap_or(u32::MAX),
        ..Setup::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::options::Role;

    /// Power share 1: EVSE 0 is the master, EVSE k Node k.
    #[test]
    fn when_a_group_is_made_then_each_charger_has_its_own_role() {
        let settings = load([(SettingId::Max, 13), (SettingId::Mode, 1)]).settings;
        let master = as_master(&settings);
        assert_eq!((master.role(), master.max().as_amps()), (Role::Master, 13));
        for evse in 1..8 {
            let node = demo_node(evse, &master);
            assert!(node.role().is_node(), "{evse}");
            assert_eq!(node.value(SettingId::PwrShare), 1 + evse as u16);
            assert_eq!(node.mode(), master.mode());
            assert_eq!(setup_of(evse, node).serial, evse as u32);
        }
    }
}
