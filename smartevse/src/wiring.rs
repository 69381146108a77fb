//! The one place that turns settings into the configurations of the parts.

use smartevse_core::directive::ChargerConfig;
use smartevse_core::options::{Contact2, Grid, Priority, Role};
use smartevse_core::settings::{CustomQuantity, Settings};
use smartevse_meters::Meter;
use smartevse_meters::custom::{CustomSettings, CustomValue};
use smartevse_meters::sensorbox::{Installation, SensorboxConfig};
use smartevse_share as share;
use smartevse_types::{Duration, Mode, PhaseSet};

use crate::meter_line::MeterSettings;

/// Meter id of "Disabled" (meters specification §5).
pub const METER_DISABLED: u8 = 0;

/// Settings of the charging control.
#[must_use]
pub fn charger_config(settings: &Settings) -> ChargerConfig {
    ChargerConfig {
        min: settings.min().min(settings.max()),
        max: settings.max(),
        cable: settings.config(),
        lock: settings.effective_lock(),
        residual_current: settings.rcmon(),
        max_temperature: settings.max_temp(),
        contact2: settings.contact2(),
        ..ChargerConfig::default()
    }
}

/// Settings of the regulation.
#[must_use]
pub fn regulation_config(settings: &Settings) -> share::Config {
    share::Config {
        mode: settings.mode(),
        mains: settings.mains(),
        min: settings.min(),
        max: settings.max(),
        circuit: settings.circuit(),
        capacity: settings.capacity(),
        cap_stop: settings.cap_stop(),
        start: settings.start(),
        stop: settings.stop(),
        import: settings.import(),
        role: match settings.role() {
            Role::Disabled => share::Role::StandAlone,
            Role::Master => share::Role::Master,
            Role::Node1
            | Role::Node2
            | Role::Node3
            | Role::Node4
            | Role::Node5
            | Role::Node6
            | Role::Node7 => share::Role::Node,
        },
        has_mains_meter: settings.mains_met() != METER_DISABLED,
        has_ev_meter: settings.ev_meter() != METER_DISABLED,
        has_circuit_meter: false,
        normal_respects_mains: false,
        contact2: match settings.contact2() {
            Contact2::NotPresent => share::Contact2::NotPresent,
            Contact2::AlwaysOff => share::Contact2::AlwaysOff,
            Contact2::SolarOff => share::Contact2::SolarOff,
            Contact2::AlwaysOn => share::Contact2::AlwaysOn,
            Contact2::Auto => share::Contact2::Auto,
        },
        quarter: None,
        tuning: share::RegulationTuning::default(),
    }
}

/// Settings of the scheduler of a group.
#[must_use]
pub fn share_config(settings: &Settings, mode: Mode) -> share::ShareConfig {
    let seconds = u64::from(settings.idle_tmo().as_secs());
    share::ShareConfig {
        mode,
        priority: match settings.priority() {
            Priority::ModbusAddress => share::Priority::ModbusAddress,
            Priority::FirstConnected => share::Priority::FirstConnected,
            Priority::LastConnected => share::Priority::LastConnected,
        },
        rotation: settings.rotation(),
        idle_tmo: Duration::from_secs(seconds),
        ..share::ShareConfig::default()
    }
}

/// Settings of the Custom meter and of a Sensorbox (meters specification §7, §8).
#[must_use]
pub fn meter_settings(settings: &Settings) -> MeterSettings {
    let custom = settings.custom_meter();
    MeterSettings {
        custom: CustomSettings {
            byte_order: custom.byte_order as u8,
            data_type: custom.data_type as u8,
            function: custom.function as u8,
            voltages: custom_value(custom.voltage),
            currents: custom_value(custom.current),
            power: custom_value(custom.power),
            import: custom_value(custom.energy),
        },
        sensorbox: SensorboxConfig {
            installation: Installation {
                three_wire: settings.grid() == Grid::ThreeWire,
                mains_a: settings.mains().as_amps(),
            },
            is_node: settings.role().is_node(),
        },
    }
}

/// Whether the EV meter is another device now, or is read in another way.
pub(crate) fn is_other_ev_meter(before: &Settings, now: &Settings) -> bool {
    let place = |settings: &Settings| (settings.ev_meter(), settings.ev_adr());
    let custom = |settings| meter_settings(settings).custom;
    place(before) != place(now)
        || (now.ev_meter() == Meter::Custom.id() && custom(before) != custom(now))
}

const fn custom_value(quantity: CustomQuantity) -> CustomValue {
    CustomValue {
        register: quantity.register,
        divisor: quantity.power_of_ten,
    }
}

/// Whether the vehicle may be charged on three phases (regulation
/// specification §8.1). `chosen` is the choice of Auto in Solar.
#[must_use]
pub fn three_phase(contact2: Contact2, mode: Mode, chosen: bool) -> bool {
    match contact2 {
        Contact2::NotPresent | Contact2::AlwaysOn => true,
        Contact2::AlwaysOff => false,
        Contact2::SolarOff => mode != Mode::Solar,
        Contact2::Auto => mode != Mode::Solar || chosen,
    }
}

/// Phases that the vehicle can load.
#[must_use]
pub const fn phases(three_phase: bool) -> PhaseSet {
    if three_phase {
        PhaseSet::THREE
    } else {
        PhaseSet::SINGLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;

    /// Meters 10: what another counter says is no energy of this charge.
    #[test]
    fn when_the_ev_meter_is_another_device_then_that_is_told() {
        let custom = u16::from(Meter::Custom.id());
        for (kind, setting, value, other) in [
            (4, SettingId::EvAdr, 13, true),
            (4, SettingId::EvMeter, 10, true),
            (4, SettingId::EmEneReg, 72, false),
            (4, SettingId::MainsAdr, 50, false),
            (custom, SettingId::EmEneReg, 72, true),
        ] {
            let with = |more| {
                let stored = [(SettingId::EvMeter, kind), (SettingId::EvAdr, 12)];
                load(stored.into_iter().chain(more)).settings
            };
            let (before, now) = (with(None), with(Some((setting, value))));
            assert_eq!(is_other_ev_meter(&before, &now), other, "{setting:?}");
        }
    }

    /// Meters 7 and 8: what the user has set reaches the readers.
    #[test]
    fn when_meters_need_settings_then_they_get_them() {
        let settings = load([
            (SettingId::MainsMet, 1),
            (SettingId::Mains, 125),
            (SettingId::Grid, 1),
            (SettingId::EmByteOrder, 3),
            (SettingId::EmDataType, 1),
            (SettingId::EmFunction, 3),
            (SettingId::EmCurReg, 40_191),
            (SettingId::EmCurDiv, 2),
            (SettingId::EmEneReg, 72),
        ])
        .settings;
        let meters = meter_settings(&settings);
        assert!(meters.sensorbox.installation.three_wire);
        assert_eq!(meters.sensorbox.installation.mains_a, 125);
        assert!(!meters.sensorbox.is_node);
        let custom = meters.custom;
        assert_eq!(
            (custom.byte_order, custom.data_type, custom.function),
            (3, 1, 3)
        );
        let currents = (custom.currents.register, custom.currents.divisor);
        assert_eq!(currents, (40_191, 2));
        assert_eq!(custom.import.register, 72);
        assert!(meters.reader(Meter::Custom).is_ok());
    }

    /// The defaults of settings and meter library are the same.
    #[test]
    fn when_nothing_is_set_then_the_custom_meter_is_the_library_s() {
        let custom = meter_settings(&load([]).settings).custom;
        assert_eq!(custom, CustomSettings::default());
    }

    /// Regulation 8.1, the whole table.
    #[test]
    fn when_the_mode_changes_then_the_phases_follow_contact2() {
        let rows = [
            (Contact2::NotPresent, [true, true, true]),
            (Contact2::AlwaysOff, [false, false, false]),
            (Contact2::SolarOff, [true, true, false]),
            (Contact2::AlwaysOn, [true, true, true]),
            (Contact2::Auto, [true, true, false]),
        ];
        for (contact2, expected) in rows {
            let modes = [Mode::Normal, Mode::Smart, Mode::Solar];
            assert_eq!(
                modes.map(|mode| three_phase(contact2, mode, false)),
                expected
            );
        }
        assert!(three_phase(Contact2::Auto, Mode::Solar, true));
    }
}
