//! The meters that the settings put on the serial line.

use heapless::Vec;
use smartevse::meter_line::{LineMeter, MeterLine, MeterRole};
use smartevse_core::settings::Settings;
use smartevse_meters::{BusConfig, Meter};

use crate::line::{BAUD, CHARACTER_BITS};

/// What the settings say about meters: type and address of the mains meter and
/// of the EV meter.
#[must_use]
pub fn choice(settings: &Settings) -> [u8; 4] {
    [
        settings.mains_met(),
        settings.mains_adr(),
        settings.ev_meter(),
        settings.ev_adr(),
    ]
}

/// Gives the chosen meters that are read over the line.
#[must_use]
pub fn chosen([mains, mains_address, ev, ev_address]: [u8; 4]) -> Vec<LineMeter, 2> {
    [
        (MeterRole::Mains, mains, mains_address),
        (MeterRole::Ev, ev, ev_address),
    ]
    .into_iter()
    .filter_map(|(role, id, address)| {
        let meter = Meter::from_id(id)?;
        let row = LineMeter {
            role,
            meter,
            address,
        };
        // A meter that is fed from elsewhere is not on the line.
        MeterLine::new(BusConfig::tcp(), &[row]).ok().map(|_| row)
    })
    .collect()
}

/// Plans the readings of these meters; `None` when there are none.
#[must_use]
pub fn line(meters: &[LineMeter]) -> Option<MeterLine> {
    if meters.is_empty() {
        return None;
    }
    MeterLine::new(BusConfig::rtu(BAUD, CHARACTER_BITS), meters).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;

    #[test]
    fn when_a_meter_is_on_the_bus_then_it_is_read_at_its_address() {
        let eastron = u16::from(Meter::Eastron3P.id());
        let settings = load([(SettingId::MainsMet, eastron), (SettingId::MainsAdr, 12)]).settings;
        let meters = chosen(choice(&settings));
        assert_eq!(meters.len(), 1);
        assert_eq!(meters[0].meter, Meter::Eastron3P);
        assert_eq!(meters[0].address, 12);
        assert!(line(&meters).is_some());
    }

    #[test]
    fn when_a_meter_is_fed_or_absent_then_the_line_is_silent() {
        let api = u16::from(Meter::Api.id());
        for stored in [None, Some((SettingId::MainsMet, api))] {
            let settings = load(stored).settings;
            assert!(chosen(choice(&settings)).is_empty());
        }
        assert!(line(&[]).is_none());
    }
}
