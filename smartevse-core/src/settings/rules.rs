//! Rules between settings (menu specification §4).

use smartevse_types::Mode;

use super::values::{Values, set_value, value_of};
use super::{ConfigWarnings, Notices, Settings};
use crate::options::{Contact2, Role, SwitchKind};
use crate::registry::{MeterClass, SENSORBOX, SENSORBOX_ADDRESS, SettingId};

/// MAINS above which the doubled range of a Sensorbox is assumed, A (X9).
const LARGE_TRANSFORMERS_ABOVE: u16 = 100;

/// Mode of these values.
pub(super) fn mode(values: &Values) -> Mode {
    match value_of(values, SettingId::Mode) {
        1 => Mode::Smart,
        2 => Mode::Solar,
        _ => Mode::Normal,
    }
}

/// Role of these values.
pub(super) fn role(values: &Values) -> Role {
    Role::from_raw(value_of(values, SettingId::PwrShare)).unwrap_or(Role::Disabled)
}

/// Whether Smart or Solar is wanted without a mains meter. A node needs none:
/// its Master has it (X1).
pub(super) fn lacks_mains_meter(values: &Values) -> bool {
    mode(values) != Mode::Normal
        && value_of(values, SettingId::MainsMet) == 0
        && !role(values).is_node()
}

/// Whether the option exists in the roles Disabled and Master only (menu
/// specification §3.3).
pub(super) fn is_option_off_nodes(id: SettingId, value: u16) -> bool {
    (id == SettingId::Contact2 && value == Contact2::Auto.raw())
        || (id == SettingId::Switch && value == SwitchKind::GridRelay.raw())
}

/// One row: where `applies`, `id` becomes what `value` says.
struct Rule {
    notice: Notices,
    applies: fn(&Values) -> bool,
    id: SettingId,
    value: fn(&Values) -> u16,
}

/// No rule changes what another one tests, so their order has no meaning and a
/// second pass finds nothing.
const RULES: &[Rule] = &[
    Rule {
        notice: Notices::MODE_FORCED_NORMAL,
        applies: lacks_mains_meter,
        id: SettingId::Mode,
        value: |_| 0,
    },
    Rule {
        notice: Notices::MIN_LOWERED,
        applies: |v| value_of(v, SettingId::Min) > value_of(v, SettingId::Max),
        id: SettingId::Min,
        value: |v| value_of(v, SettingId::Max),
    },
    Rule {
        notice: Notices::CONTACT2_ALWAYS_ON,
        applies: |v| node_with(v, SettingId::Contact2),
        id: SettingId::Contact2,
        value: |_| Contact2::AlwaysOn.raw(),
    },
    Rule {
        notice: Notices::SWITCH_DISABLED,
        applies: |v| node_with(v, SettingId::Switch),
        id: SettingId::Switch,
        value: |_| SwitchKind::Disabled.raw(),
    },
    Rule {
        notice: Notices::SENSORBOX_ADDRESS,
        applies: |v| {
            value_of(v, SettingId::MainsMet) == u16::from(SENSORBOX)
                && value_of(v, SettingId::MainsAdr) != SENSORBOX_ADDRESS
        },
        id: SettingId::MainsAdr,
        value: |_| SENSORBOX_ADDRESS,
    },
];

fn node_with(values: &Values, id: SettingId) -> bool {
    role(values).is_node() && is_option_off_nodes(id, value_of(values, id))
}

/// Removes contradictions between legal values and says which.
pub(super) fn normalise(values: &mut Values) -> Notices {
    let mut notices = Notices::empty();
    for rule in RULES {
        if (rule.applies)(values) {
            let value = (rule.value)(values);
            set_value(values, rule.id, value);
            notices |= rule.notice;
        }
    }
    notices
}

/// Phases that a vehicle loads, as far as the settings tell: CONTACT 2 alone
/// decides; Auto can choose one phase in Solar (regulation 8.1).
fn phases(settings: &Settings) -> u16 {
    let solar = settings.mode() == Mode::Solar;
    match settings.contact2() {
        Contact2::AlwaysOff => 1,
        Contact2::SolarOff | Contact2::Auto if solar => 1,
        Contact2::NotPresent | Contact2::SolarOff | Contact2::AlwaysOn | Contact2::Auto => 3,
    }
}

/// Whether the level of the switch input counts, not a push (X16, X27).
pub(super) const fn is_toggle(switch: SwitchKind) -> bool {
    matches!(
        switch,
        SwitchKind::AccessSwitch
            | SwitchKind::SmartSolarSwitch
            | SwitchKind::GridRelay
            | SwitchKind::CustomSwitch
    )
}

fn addresses_clash(settings: &Settings) -> bool {
    MeterClass::of(settings.ev_meter()).is_on_bus()
        && MeterClass::of(settings.mains_met()).is_on_bus()
        && settings.ev_adr() == settings.mains_adr()
}

/// Combinations that are allowed but hardly meant.
pub(super) fn warnings(settings: &Settings) -> ConfigWarnings {
    let least = settings.min().times(phases(settings));
    let capacity = settings.capacity();
    let sensorbox = settings.mains_met() == SENSORBOX;
    let mains = settings.mains();
    let reader = settings.value(SettingId::Rfid) != 0;
    let rows = [
        (
            ConfigWarnings::CIRCUIT_BELOW_MIN,
            settings.circuit() < settings.min(),
        ),
        (ConfigWarnings::MAINS_BELOW_MIN, mains < settings.min()),
        (
            ConfigWarnings::CAPACITY_BELOW_MIN,
            capacity.as_amps() != 0 && capacity < least,
        ),
        (
            ConfigWarnings::LARGE_TRANSFORMERS,
            sensorbox && mains.as_amps() > LARGE_TRANSFORMERS_ABOVE,
        ),
        (
            ConfigWarnings::READER_WITH_TOGGLE,
            reader && is_toggle(settings.switch()),
        ),
        (
            ConfigWarnings::METER_ADDRESS_CLASH,
            addresses_clash(settings),
        ),
        (
            ConfigWarnings::SOLAR_STARTS_BELOW_MIN,
            settings.mode() == Mode::Solar && settings.start() + settings.import() < least,
        ),
    ];
    rows.into_iter()
        .filter_map(|(flag, raised)| raised.then_some(flag))
        .collect()
}
