//! What a change of settings sets in motion.

use bitflags::bitflags;

use super::Settings;
use super::rules::is_toggle;
use crate::registry::{CUSTOM_METER, SettingId, SettingSet};

bitflags! {
    /// What has to be done once because settings changed.
    ///
    /// The same function tells it for stored values and for values in force:
    /// whoever acts on the role or on the contactors compares the latter.
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct SettingEvents: u16 {
        /// PWR SHARE changed: Modbus client or server, address (menu rule X7).
        const ROLE_CHANGED = 1;
        /// EV METER, EV ADR or the custom meter in use as EV meter changed
        /// (menu rule X10).
        const EV_METER_CHANGED = 1 << 1;
        /// MAINS MET, MAINS ADR or the custom meter in use as mains meter
        /// changed: older readings do not count.
        const MAINS_METER_CHANGED = 1 << 2;
        /// SWITCH changed: a limit of the grid relay ends unless it is Grid
        /// Relay again (menu rule X16).
        const SWITCH_CHANGED = 1 << 3;
        /// The new SWITCH is a toggle: its level is read at once (menu rule
        /// X16).
        const SWITCH_RESAMPLE = 1 << 4;
        /// All cards shall be erased once (menu rule X11).
        const ERASE_CARDS = 1 << 5;
        /// CAPACITY became 0: a running capacity timer ends (menu rule X15).
        const CAPACITY_OFF = 1 << 6;
        /// WIFI changed (menu rules X17, X18).
        const WIFI_CHANGED = 1 << 7;
        /// APP SERVR changed: the connection is restarted (menu rule X19).
        const APP_SERVER_CHANGED = 1 << 8;
        /// GRID changed: register 0x800 of the Sensorbox (menu rule X24).
        const GRID_CHANGED = 1 << 9;
        /// SB2 WIFI changed: register 0x801 of the Sensorbox (menu rule X25).
        const SENSORBOX_WIFI_CHANGED = 1 << 10;
        /// CONTACT 2 changed: the phases are chosen anew (menu rule X20).
        const CONTACT2_CHANGED = 1 << 11;
        /// LCD PIN changed: sessions of remote buttons end (menu
        /// specification §7).
        const LCD_PIN_CHANGED = 1 << 12;
    }
}

const CUSTOM: SettingSet = SettingSet::of(&[
    SettingId::EmByteOrder,
    SettingId::EmDataType,
    SettingId::EmFunction,
    SettingId::EmVolReg,
    SettingId::EmVolDiv,
    SettingId::EmCurReg,
    SettingId::EmCurDiv,
    SettingId::EmPowReg,
    SettingId::EmPowDiv,
    SettingId::EmEneReg,
    SettingId::EmEneDiv,
]);

/// Settings whose change alone is the event.
const DIRECT: &[(SettingEvents, SettingSet)] = &[
    (
        SettingEvents::ROLE_CHANGED,
        SettingSet::of(&[SettingId::PwrShare]),
    ),
    (
        SettingEvents::EV_METER_CHANGED,
        SettingSet::of(&[SettingId::EvMeter, SettingId::EvAdr]),
    ),
    (
        SettingEvents::MAINS_METER_CHANGED,
        SettingSet::of(&[SettingId::MainsMet, SettingId::MainsAdr]),
    ),
    (
        SettingEvents::SWITCH_CHANGED,
        SettingSet::of(&[SettingId::Switch]),
    ),
    (
        SettingEvents::WIFI_CHANGED,
        SettingSet::of(&[SettingId::Wifi]),
    ),
    (
        SettingEvents::APP_SERVER_CHANGED,
        SettingSet::of(&[SettingId::AppServer]),
    ),
    (
        SettingEvents::GRID_CHANGED,
        SettingSet::of(&[SettingId::Grid]),
    ),
    (
        SettingEvents::SENSORBOX_WIFI_CHANGED,
        SettingSet::of(&[SettingId::Sb2Wifi]),
    ),
    (
        SettingEvents::CONTACT2_CHANGED,
        SettingSet::of(&[SettingId::Contact2]),
    ),
    (
        SettingEvents::LCD_PIN_CHANGED,
        SettingSet::of(&[SettingId::LcdPin]),
    ),
];

impl SettingEvents {
    /// Events of a change from one state of the settings to another.
    #[must_use]
    pub fn between(before: &Settings, after: &Settings) -> Self {
        let changed = before.differences(after);
        let direct = DIRECT
            .iter()
            .filter(|row| row.1.intersects(changed))
            .map(|row| row.0)
            .collect::<Self>();
        direct | Self::conditional(changed, after)
    }

    fn conditional(changed: SettingSet, after: &Settings) -> Self {
        let custom = changed.intersects(CUSTOM);
        let switch = changed.contains(SettingId::Switch);
        let capacity = changed.contains(SettingId::Capacity);
        let mut events = Self::empty();
        events.set(Self::SWITCH_RESAMPLE, switch && is_toggle(after.switch()));
        events.set(
            Self::CAPACITY_OFF,
            capacity && after.capacity().as_amps() == 0,
        );
        events.set(
            Self::EV_METER_CHANGED,
            custom && after.ev_meter() == CUSTOM_METER,
        );
        events.set(
            Self::MAINS_METER_CHANGED,
            custom && after.mains_met() == CUSTOM_METER,
        );
        events
    }
}
