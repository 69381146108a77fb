//! The meters that the settings put on the serial line.

use smartevse_core::settings::Settings;
use smartevse_meters::catalogue::Source;
use smartevse_meters::{BusConfig, Meter};

use crate::meter_line::{LineMeter, MeterLine, MeterRole, MeterSettings};
use crate::wiring::meter_settings;

/// Speed of the meter line, bit/s (configuration guide: 9600 8N1).
pub const LINE_BAUD: u32 = 9_600;

/// Bits of a character on the meter line: 8N1 with its start bit.
pub const CHARACTER_BITS: u8 = 10;

/// What the settings say about meters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MeterChoice {
    /// Type and address of the mains meter.
    pub mains: (u8, u8),
    /// Type and address of the EV meter.
    pub ev: (u8, u8),
    /// What a Custom meter or a Sensorbox among them needs; the defaults when
    /// there is none, so that a change of it disturbs no other meter.
    pub settings: MeterSettings,
}

impl MeterChoice {
    /// Takes it from the settings in force.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let chosen = [settings.mains_met(), settings.ev_meter()];
        let has = |source| {
            chosen
                .iter()
                .filter_map(|id| Meter::from_id(*id))
                .any(|meter| meter.source() == source)
        };
        let all = meter_settings(settings);
        let mut needed = MeterSettings::default();
        if has(Source::Custom) {
            needed.custom = all.custom;
        }
        if has(Source::Sensorbox) {
            needed.sensorbox = all.sensorbox;
        }
        Self {
            mains: (settings.mains_met(), settings.mains_adr()),
            ev: (settings.ev_meter(), settings.ev_adr()),
            settings: needed,
        }
    }
}

/// Plans the readings of the chosen meters that are read over the serial line;
/// `None` when there are none.
///
/// A meter that is fed from elsewhere, or cannot be read, does not take the
/// other one along.
#[must_use]
pub fn meter_line(choice: MeterChoice) -> Option<MeterLine> {
    let config = BusConfig::rtu(LINE_BAUD, CHARACTER_BITS);
    let settings = &choice.settings;
    let build = |meters: &[LineMeter]| MeterLine::with_settings(config, meters, settings).ok();
    let meter = |role, (id, address)| {
        let meter = Meter::from_id(id)?;
        let meter = LineMeter {
            role,
            meter,
            address,
        };
        build(&[meter]).map(|_| meter)
    };
    match (
        meter(MeterRole::Mains, choice.mains),
        meter(MeterRole::Ev, choice.ev),
    ) {
        (Some(mains), Some(ev)) => build(&[mains, ev]),
        (Some(one), None) | (None, Some(one)) => build(&[one]),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;

    const EASTRON: u8 = 4;

    #[test]
    fn when_meters_are_on_the_line_then_they_are_read() {
        for (mains, ev) in [(EASTRON, 0), (0, EASTRON), (EASTRON, EASTRON)] {
            let choice = MeterChoice {
                mains: (mains, 12),
                ev: (ev, 13),
                ..MeterChoice::default()
            };
            assert!(meter_line(choice).is_some(), "{choice:?}");
        }
    }

    #[test]
    fn when_a_meter_is_fed_or_absent_then_it_does_not_disturb_the_other() {
        let api = Meter::Api.id();
        for (mains, ev, any) in [
            (0, 0, false),
            (api, 0, false),
            (api, EASTRON, true),
            (EASTRON, api, true),
            (EASTRON, 255, true),
        ] {
            let choice = MeterChoice {
                mains: (mains, 12),
                ev: (ev, 13),
                ..MeterChoice::default()
            };
            assert_eq!(meter_line(choice).is_some(), any, "{choice:?}");
        }
    }

    #[test]
    fn when_the_settings_change_then_the_choice_does() {
        let stored = [
            (SettingId::MainsMet, EASTRON.into()),
            (SettingId::MainsAdr, 12),
        ];
        let choice = MeterChoice::of(&load(stored).settings);
        assert_eq!(choice.mains, (EASTRON, 12));
        assert_ne!(choice, MeterChoice::of(&load([]).settings));
    }

    /// A line is built anew for what its meters need, not for other meters' settings.
    #[test]
    fn when_meter_settings_change_then_only_their_meter_is_built_anew() {
        let custom = Meter::Custom.id();
        let sensorbox = Meter::Sensorbox.id();
        for (meter, setting, value, differs) in [
            (custom, SettingId::EmCurReg, 12, true),
            (custom, SettingId::Mains, 40, false),
            (sensorbox, SettingId::Grid, 1, true),
            (sensorbox, SettingId::EmCurReg, 12, false),
            (EASTRON, SettingId::EmCurReg, 12, false),
        ] {
            let meter = (SettingId::MainsMet, u16::from(meter));
            let before = MeterChoice::of(&load([meter]).settings);
            let after = MeterChoice::of(&load([meter, (setting, value)]).settings);
            assert_eq!(before != after, differs, "{meter:?} {setting:?}");
            assert!(meter_line(before).is_some(), "{meter:?}");
        }
    }
}
