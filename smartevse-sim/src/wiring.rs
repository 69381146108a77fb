//! Values of settings from scenarios and vectors.

use std::fmt;

use smartevse_core::registry::{self, SettingId};
use smartevse_core::settings::{self, Settings};
use smartevse_types::Mode;

use crate::scenario::Scenario;

/// A value that a setting does not take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadSetting {
    /// The setting.
    pub id: SettingId,
    /// The value as it was given.
    pub value: String,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not take {}", self.id.name(), self.value)
    }
}

impl std::error::Error for BadSetting {}

/// Makes settings of single values; the rest has its default.
///
/// # Errors
///
/// The first value that a setting does not take.
pub fn settings_of(values: &[(SettingId, u16)]) -> Result<Settings, BadSetting> {
    let loaded = settings::load(values.iter().copied()).settings;
    match values.iter().find(|(id, raw)| loaded.value(*id) != *raw) {
        None => Ok(loaded),
        Some((id, raw)) => Err(BadSetting {
            id: *id,
            value: raw.to_string(),
        }),
    }
}

/// Reads the value of a setting from a number or its text on the LCD.
///
/// # Errors
///
/// The text, if the setting has no such option.
pub fn parse_value(id: SettingId, text: &str) -> Result<u16, BadSetting> {
    registry::parse_value(id, text).ok_or_else(|| BadSetting {
        id,
        value: format!("\"{text}\""),
    })
}

/// Settings of one charger of a scenario: a fixed cable, the first one with
/// readings through the API. With power share the first one is the master.
///
/// # Errors
///
/// The first value that a setting does not take.
pub fn scenario_settings(scenario: &Scenario, evse: usize) -> Result<Settings, BadSetting> {
    let s = &scenario.settings;
    let api = |id| parse_value(id, "API");
    let mut values = vec![
        (SettingId::Config, parse_value(SettingId::Config, "Fixed")?),
        (SettingId::Mode, mode_value(scenario.mode)),
        (SettingId::Max, s.max_a),
        (SettingId::Min, s.min_a),
        (SettingId::Mains, s.mains_a),
        (SettingId::Circuit, s.circuit_a),
        (SettingId::Start, s.start_a),
        (SettingId::Stop, s.stop_min),
        (SettingId::Import, s.import_a),
        (SettingId::Capacity, s.capacity_a),
        (SettingId::CapStop, s.cap_stop_min),
        (SettingId::Contact2, s.contact2.raw()),
        (SettingId::Priority, s.priority.raw()),
        (SettingId::Rotation, s.rotation_min),
        (SettingId::IdleTmo, s.idle_timeout_s),
    ];
    if scenario.power_share {
        let role = u16::try_from(evse + 1).unwrap_or(u16::MAX);
        values.push((SettingId::PwrShare, role));
    }
    if evse == 0 {
        values.push((SettingId::MainsMet, api(SettingId::MainsMet)?));
    }
    let own_meter = match evse {
        0 => scenario.plan.ev_meter,
        _ => scenario.plan.each_ev_meter,
    };
    if own_meter {
        values.push((SettingId::EvMeter, api(SettingId::EvMeter)?));
    }
    if scenario.has_relay() && evse == 0 {
        let relay = parse_value(SettingId::Switch, "Grid Relay")?;
        values.push((SettingId::Switch, relay));
    }
    settings_of(&values)
}

/// Stored number of a mode.
#[must_use]
pub const fn mode_value(mode: Mode) -> u16 {
    mode as u16
}
