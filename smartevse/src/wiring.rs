//! The one place that turns settings into the configurations of the parts.

use smartevse_core::directive::ChargerConfig;
use smartevse_core::options::{Contact2, Role};
use smartevse_core::settings::Settings;
use smartevse_share as share;
use smartevse_types::{Mode, PhaseSet};

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
        normal_respects_mains: false,
        tuning: share::RegulationTuning::default(),
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
