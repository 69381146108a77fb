//! The meters: ids, names and what they can be used for.

use crate::profile::{self, Profile};

/// How the values of a meter reach the charger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// No meter.
    None,
    /// Modbus registers described by a [`Profile`].
    Modbus,
    /// Sensorbox: Modbus with rules of its own.
    Sensorbox,
    /// Registers that the user describes.
    Custom,
    /// Fed over REST or MQTT.
    Fed,
    /// Polled over HTTP.
    Http,
}

/// A meter of the catalogue (meters specification §5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Meter {
    /// No meter.
    #[default]
    Disabled,
    /// Sensorbox 1.5 or 2.
    Sensorbox,
    /// Phoenix Contact EEM-350-D-MCB.
    PhoenixContact,
    /// Finder 7E.78.8.400.0212.
    Finder7E,
    /// Eastron SDM630, SDM72D-M v2, SDM54.
    Eastron3P,
    /// Eastron three-phase, fed from below.
    InvEastron,
    /// ABB B21, B23, B24.
    Abb,
    /// SunSpec meter behind a SolarEdge inverter.
    SolarEdge,
    /// WAGO 879-30x0, Inepro PRO380-Mod.
    Wago,
    /// Fed over REST or MQTT.
    Api,
    /// Eastron SDM120, SDM220, SDM230.
    Eastron1P,
    /// Finder 7M.38.8.400.0212.
    Finder7M,
    /// Sinotimer DTS6619.
    Sinotimer,
    /// HomeWizard P1.
    HomeWizard,
    /// Schneider iEM3x5x.
    Schneider,
    /// Chint DTSU666.
    Chint,
    /// Carlo Gavazzi EM330, EM340, ET340.
    CarloGavazzi,
    /// Orno OR-WE-516, 517.
    Orno3P,
    /// Orno OR-WE-514, 515.
    Orno1P,
    /// Registers described by the user.
    Custom,
    /// Acrel ADL400-D, phase B only.
    AcrelSingle,
    /// Acrel ADL400-D.
    AcrelMain,
    /// Chint DDSU666.
    Chint1P,
    /// ABB EV3.
    AbbEv3,
    /// Janitza B23, B24.
    Janitza,
    /// DZG DVH4013, DVH4014.
    Dzg,
    /// Orno OR-WE-525, 526.
    Orno525,
}

/// Device names that people look for, and the meter that reads them.
///
/// Upper case without spaces, dashes and slashes, as [`Meter::for_device`]
/// compares them.
const DEVICES: &[(&str, Meter)] = &[
    ("SENSORBOX2", Meter::Sensorbox),
    ("EEM350DMCB", Meter::PhoenixContact),
    ("SDM630", Meter::Eastron3P),
    ("SDM630V2", Meter::Eastron3P),
    ("SDM72DV2", Meter::Eastron3P),
    ("SDM72DMV2", Meter::Eastron3P),
    ("SDM54", Meter::Eastron3P),
    ("B21", Meter::Abb),
    ("B23", Meter::Abb),
    ("B24", Meter::Abb),
    ("PRO380", Meter::Wago),
    ("PRO380MOD", Meter::Wago),
    ("SDM120", Meter::Eastron1P),
    ("SDM220", Meter::Eastron1P),
    ("SDM230", Meter::Eastron1P),
    ("DTS6619", Meter::Sinotimer),
    ("DTSU666", Meter::Chint),
    ("EM330", Meter::CarloGavazzi),
    ("EM340", Meter::CarloGavazzi),
    ("ET330", Meter::CarloGavazzi),
    ("ET340", Meter::CarloGavazzi),
    ("ORWE516", Meter::Orno3P),
    ("ORWE517", Meter::Orno3P),
    ("ORWE514", Meter::Orno1P),
    ("ORWE515", Meter::Orno1P),
    ("ADL400D", Meter::AcrelMain),
    ("DDSU666", Meter::Chint1P),
    ("JANITZAB23", Meter::Janitza),
    ("JANITZAB24", Meter::Janitza),
    ("DVH4013", Meter::Dzg),
    ("DVH4014", Meter::Dzg),
    ("ORWE525", Meter::Orno525),
    ("ORWE526", Meter::Orno525),
];

/// One line of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The meter.
    pub meter: Meter,
    /// The number in settings and on the network; never re-used.
    pub id: u8,
    /// The name in REST and MQTT, at most 9 characters.
    pub name: &'static str,
    /// How its values arrive.
    pub source: Source,
    /// 1 or 3; the phases it measures at most.
    pub phases: u8,
    /// Its registers, if this crate reads it.
    pub profile: Option<&'static Profile>,
}

const fn entry(meter: Meter, id: u8, name: &'static str, source: Source, phases: u8) -> Entry {
    Entry {
        meter,
        id,
        name,
        source,
        phases,
        profile: None,
    }
}

const fn modbus(meter: Meter, id: u8, name: &'static str, profile: &'static Profile) -> Entry {
    Entry {
        meter,
        id,
        name,
        source: Source::Modbus,
        phases: profile.phases,
        profile: Some(profile),
    }
}

/// All meters in the order of their ids, which is also the order on the LCD.
pub static CATALOGUE: [Entry; 27] = {
    use Meter as M;
    use Source as S;
    [
        entry(M::Disabled, 0, "Disabled", S::None, 3),
        entry(M::Sensorbox, 1, "Sensorbox", S::Sensorbox, 3),
        modbus(M::PhoenixContact, 2, "Phoenix C", &profile::PHOENIX),
        modbus(M::Finder7E, 3, "Finder 7E", &profile::FINDER_7E),
        modbus(M::Eastron3P, 4, "Eastron3P", &profile::EASTRON_3P),
        modbus(M::InvEastron, 5, "InvEastrn", &profile::INV_EASTRON),
        modbus(M::Abb, 6, "ABB", &profile::ABB),
        modbus(M::SolarEdge, 7, "SolarEdge", &profile::SOLAR_EDGE),
        modbus(M::Wago, 8, "WAGO", &profile::WAGO),
        entry(M::Api, 9, "API", S::Fed, 3),
        modbus(M::Eastron1P, 10, "Eastron1P", &profile::EASTRON_1P),
        modbus(M::Finder7M, 11, "Finder 7M", &profile::FINDER_7M),
        modbus(M::Sinotimer, 12, "Sinotimer", &profile::SINOTIMER),
        entry(M::HomeWizard, 13, "HmWzrd P1", S::Http, 3),
        modbus(M::Schneider, 14, "Schneider", &profile::SCHNEIDER),
        modbus(M::Chint, 15, "Chint", &profile::CHINT),
        modbus(M::CarloGavazzi, 16, "C.Gavazzi", &profile::GAVAZZI),
        modbus(M::Orno3P, 17, "Orno 3P", &profile::ORNO_3P),
        modbus(M::Orno1P, 18, "Orno 1P", &profile::ORNO_1P),
        entry(M::Custom, 19, "Custom", S::Custom, 3),
        modbus(M::AcrelSingle, 20, "AcrelEVL2", &profile::ACREL_SINGLE),
        modbus(M::AcrelMain, 21, "AcrelMain", &profile::ACREL_MAIN),
        modbus(M::Chint1P, 64, "Chint 1P", &profile::CHINT_1P),
        modbus(M::AbbEv3, 65, "ABB EV3", &profile::ABB_EV3),
        modbus(M::Janitza, 66, "Janitza", &profile::JANITZA),
        modbus(M::Dzg, 67, "DZG", &profile::DZG),
        modbus(M::Orno525, 68, "Orno 525", &profile::ORNO_525),
    ]
};

impl Meter {
    /// The line of this meter in the catalogue.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        let [disabled, ..] = &CATALOGUE;
        CATALOGUE
            .iter()
            .find(|line| line.meter == self)
            .unwrap_or(disabled)
    }

    /// The number in settings and on the network.
    #[must_use]
    pub fn id(self) -> u8 {
        self.entry().id
    }

    /// The meter with this number.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        CATALOGUE
            .iter()
            .find(|line| line.id == id)
            .map(|line| line.meter)
    }

    /// The name in REST and MQTT.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The name on the LCD, which follows the configuration guide (decision 53).
    #[must_use]
    pub fn lcd_name(self) -> &'static str {
        if self == Self::InvEastron {
            "InvEastron"
        } else {
            self.name()
        }
    }

    /// The meter with this published or LCD name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        CATALOGUE
            .iter()
            .map(|line| line.meter)
            .find(|meter| meter.name() == name || meter.lcd_name() == name)
    }

    /// The meter that reads this device; case, spaces, dashes and slashes do not count.
    ///
    /// Names of the catalogue are found as well. A device that is not listed is
    /// not necessarily unknown under another name.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartevse_meters::Meter;
    ///
    /// assert_eq!(Meter::for_device("SDM72D-M v2"), Some(Meter::Eastron3P));
    /// assert_eq!(Meter::for_device("Pro380-Mod"), Some(Meter::Wago));
    /// ```
    #[must_use]
    pub fn for_device(name: &str) -> Option<Self> {
        let listed = DEVICES.iter().find(|(device, _)| is_same(device, name));
        listed.map(|(_, meter)| *meter).or_else(|| {
            CATALOGUE
                .iter()
                .map(|line| line.meter)
                .find(|meter| is_same(meter.name(), name) || is_same(meter.lcd_name(), name))
        })
    }

    /// How its values arrive.
    #[must_use]
    pub fn source(self) -> Source {
        self.entry().source
    }

    /// Its registers; `None` when it is not read by a profile.
    #[must_use]
    pub fn profile(self) -> Option<&'static Profile> {
        self.entry().profile
    }
}

/// Whether two device names have the same letters and digits.
fn is_same(a: &str, b: &str) -> bool {
    let letters = |name: &str| {
        let kept = |c: &u8| !matches!(c, b' ' | b'-' | b'/');
        let mut code = [0_u8; 24];
        let bytes = name.bytes().filter(kept).map(|c| c.to_ascii_uppercase());
        code.iter_mut().zip(bytes).for_each(|(slot, c)| *slot = c);
        (code, name.bytes().filter(kept).count())
    };
    letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// meters 15.19
    #[test]
    fn when_looked_up_by_id_or_name_then_the_meter_is_found() {
        for line in &CATALOGUE {
            assert_eq!(Meter::from_id(line.id), Some(line.meter));
            assert_eq!(Meter::from_name(line.name), Some(line.meter));
            assert_eq!(line.meter.id(), line.id);
            assert!(line.name.len() <= 9 && line.name.is_ascii());
        }
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(Meter::from_id(22), None);
    }

    /// meters 14: devices that are read as another one
    #[test]
    fn when_looked_up_by_device_then_its_meter_is_found() {
        for (device, meter) in [
            ("SDM54", Meter::Eastron3P),
            ("sdm72d-m V2", Meter::Eastron3P),
            ("PRO380-Mod", Meter::Wago),
            ("OR-WE-526", Meter::Orno525),
            ("ABB", Meter::Abb),
            ("inveastron", Meter::InvEastron),
        ] {
            assert_eq!(Meter::for_device(device), Some(meter), "{device}");
        }
        assert_eq!(Meter::for_device("SDM72D"), None);
        assert!(DEVICES.iter().all(|(name, _)| name.len() <= 24));
    }

    /// decision 53
    #[test]
    fn when_named_as_on_the_lcd_then_inv_eastron_is_found() {
        assert_eq!(Meter::from_name("InvEastron"), Some(Meter::InvEastron));
        assert_eq!(Meter::InvEastron.name(), "InvEastrn");
    }
}
