//! The meters that the settings put on the serial line.

use smartevse_core::settings::Settings;
use smartevse_meters::{BusConfig, Meter};

use crate::meter_line::{LineMeter, MeterLine, MeterRole};

/// Speed of the meter line, bit/s (configuration guide: 9600 8N1).
pub const LINE_BAUD: u32 = 9_600;

/// Bits of a character on the meter line: 8N1 with its start bit.
pub const CHARACTER_BITS: u8 = 10;

/// What the settings say about meters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct MeterChoice {
    /// Type and address of the mains meter.
    pub mains: (u8, u8),
    /// Type and address of the EV meter.
    pub ev: (u8, u8),
}

impl MeterChoice {
    /// Takes it from the settings in force.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            mains: (settings.mains_met(), settings.mains_adr()),
            ev: (settings.ev_meter(), settings.ev_adr()),
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
    let build = |meters: &[LineMeter]| MeterLine::new(config, meters).ok();
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
}
