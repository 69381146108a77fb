//! Which rows the menu offers (menu specification §3.1), as data.
//!
//! A condition tests the stored value of another setting, never whether that
//! setting's own row is shown (decision 20).

use smartevse_core::registry::{SettingId, SettingSet};

/// Observations that are no settings but steer the rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Facts {
    /// Version of the Sensorbox: 0 = none seen, 1, 2.
    pub sensorbox_version: u8,
    /// The Sensorbox delivers readings of current transformers, not of P1.
    pub sensorbox_cts: bool,
}

/// One test.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// The setting has one of these values.
    OneOf(SettingId, &'static [u16]),
    /// The setting has none of these values.
    NoneOf(SettingId, &'static [u16]),
    /// The Sensorbox measures with current transformers.
    SensorboxCts,
    /// The Sensorbox has this version.
    SensorboxVersion(u8),
}

/// The row is visible when every test of one of the groups holds.
struct Rule {
    id: SettingId,
    any: &'static [&'static [Test]],
}

const SMART_OR_SOLAR: Test = Test::OneOf(SettingId::Mode, &[1, 2]);
const SOLAR: Test = Test::OneOf(SettingId::Mode, &[2]);
const SOCKET: Test = Test::OneOf(SettingId::Config, &[0]);
const DISABLED: Test = Test::OneOf(SettingId::PwrShare, &[0]);
const MASTER: Test = Test::OneOf(SettingId::PwrShare, &[1]);
/// PWR SHARE Disabled or Master.
const NOT_A_NODE: Test = Test::OneOf(SettingId::PwrShare, &[0, 1]);
const WIFI: Test = Test::OneOf(SettingId::Wifi, &[1]);
const CAPACITY: Test = Test::NoneOf(SettingId::Capacity, &[0]);

const MAINS_METER: Test = Test::NoneOf(SettingId::MainsMet, &[0]);
const SENSORBOX: Test = Test::OneOf(SettingId::MainsMet, &[1]);
/// Neither Disabled, Sensorbox, API nor HmWzrd P1: read over Modbus.
const MAINS_METER_ON_BUS: Test = Test::NoneOf(SettingId::MainsMet, &[0, 1, 9, 13]);
const CUSTOM_MAINS_METER: Test = Test::OneOf(SettingId::MainsMet, &[19]);
const EV_METER: Test = Test::NoneOf(SettingId::EvMeter, &[0]);
const EV_METER_ON_BUS: Test = Test::NoneOf(SettingId::EvMeter, &[0, 1, 9, 13]);
const CUSTOM_EV_METER: Test = Test::OneOf(SettingId::EvMeter, &[19]);

const ALWAYS: &[&[Test]] = &[&[]];
const CUSTOM: &[&[Test]] = &[
    &[CUSTOM_MAINS_METER, NOT_A_NODE],
    &[CUSTOM_EV_METER, NOT_A_NODE],
];
const METERED: &[&[Test]] = &[&[MAINS_METER, NOT_A_NODE]];
const SOLAR_ONLY: &[&[Test]] = &[&[SOLAR, NOT_A_NODE]];
const CONNECTED: &[&[Test]] = &[&[WIFI]];
const MASTER_ONLY: &[&[Test]] = &[&[MASTER]];

const fn rule(id: SettingId, any: &'static [&'static [Test]]) -> Rule {
    Rule { id, any }
}

/// One rule for each setting, in the order of the menu.
static RULES: [Rule; SettingId::COUNT] = [
    rule(SettingId::Mode, ALWAYS),
    rule(SettingId::Config, ALWAYS),
    rule(SettingId::Lock, &[&[SOCKET]]),
    rule(SettingId::PwrShare, ALWAYS),
    rule(SettingId::MainsMet, &[&[SMART_OR_SOLAR, NOT_A_NODE]]),
    rule(
        SettingId::Grid,
        &[&[SENSORBOX, Test::SensorboxCts, NOT_A_NODE]],
    ),
    rule(
        SettingId::Sb2Wifi,
        &[&[SENSORBOX, Test::SensorboxVersion(2), NOT_A_NODE]],
    ),
    rule(SettingId::MainsAdr, &[&[MAINS_METER_ON_BUS, NOT_A_NODE]]),
    rule(SettingId::EvMeter, &[&[SMART_OR_SOLAR]]),
    rule(SettingId::EvAdr, &[&[EV_METER_ON_BUS]]),
    rule(SettingId::EmByteOrder, CUSTOM),
    rule(SettingId::EmDataType, CUSTOM),
    rule(SettingId::EmFunction, CUSTOM),
    rule(SettingId::EmVolReg, CUSTOM),
    rule(SettingId::EmVolDiv, CUSTOM),
    rule(SettingId::EmCurReg, CUSTOM),
    rule(SettingId::EmCurDiv, CUSTOM),
    rule(SettingId::EmPowReg, CUSTOM),
    rule(SettingId::EmPowDiv, CUSTOM),
    rule(SettingId::EmEneReg, CUSTOM),
    rule(SettingId::EmEneDiv, CUSTOM),
    rule(SettingId::Mains, METERED),
    rule(SettingId::Min, METERED),
    rule(SettingId::Max, ALWAYS),
    rule(
        SettingId::Circuit,
        &[&[MASTER], &[DISABLED, SMART_OR_SOLAR, EV_METER]],
    ),
    rule(SettingId::Start, SOLAR_ONLY),
    rule(SettingId::Stop, SOLAR_ONLY),
    rule(SettingId::Import, SOLAR_ONLY),
    rule(SettingId::Contact2, &[&[SMART_OR_SOLAR]]),
    rule(SettingId::Switch, ALWAYS),
    rule(SettingId::Rcmon, ALWAYS),
    rule(SettingId::Rfid, ALWAYS),
    rule(SettingId::Wifi, ALWAYS),
    rule(SettingId::Autoupdate, CONNECTED),
    rule(SettingId::AppPin, CONNECTED),
    rule(SettingId::AppServer, CONNECTED),
    rule(SettingId::MaxTemp, ALWAYS),
    rule(SettingId::Capacity, METERED),
    rule(SettingId::CapStop, &[&[CAPACITY, NOT_A_NODE]]),
    rule(SettingId::LcdPin, ALWAYS),
    rule(SettingId::Priority, MASTER_ONLY),
    rule(SettingId::Rotation, MASTER_ONLY),
    rule(SettingId::IdleTmo, MASTER_ONLY),
];

const _: () = {
    let mut rules: &[Rule] = &RULES;
    let mut ids = SettingId::ALL;
    while let ([rule, more_rules @ ..], [id, more_ids @ ..]) = (rules, ids) {
        assert!(rule.id as u8 == *id as u8, "a rule is missing or misplaced");
        rules = more_rules;
        ids = more_ids;
    }
};

impl Test {
    fn holds(self, value: impl Fn(SettingId) -> u16, facts: Facts) -> bool {
        match self {
            Self::OneOf(id, values) => values.contains(&value(id)),
            Self::NoneOf(id, values) => !values.contains(&value(id)),
            Self::SensorboxCts => facts.sensorbox_cts,
            Self::SensorboxVersion(version) => facts.sensorbox_version == version,
        }
    }
}

/// Settings whose rows are visible with these values and facts; the row EXIT
/// follows always.
///
/// # Examples
///
/// ```
/// use smartevse_core::registry::SettingId;
/// use smartevse_core::settings::Settings;
/// use smartevse_menu::visibility::{Facts, visible};
///
/// let settings = Settings::default();
/// let rows = visible(|id| settings.value(id), Facts::default());
/// assert!(rows.contains(SettingId::Mode) && !rows.contains(SettingId::Mains));
/// ```
#[must_use]
pub fn visible(value: impl Fn(SettingId) -> u16, facts: Facts) -> SettingSet {
    let holds = |test: &Test| test.holds(&value, facts);
    RULES
        .iter()
        .filter(|rule| rule.any.iter().any(|tests| tests.iter().all(holds)))
        .map(|rule| rule.id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::settings::Settings;

    fn shown(values: &[(SettingId, u16)], facts: Facts) -> SettingSet {
        let base = Settings::default();
        let value = |id| {
            let chosen = values.iter().rev().find(|row| row.0 == id);
            chosen.map_or_else(|| base.value(id), |row| row.1)
        };
        visible(value, facts)
    }

    /// Menu invariant 8 and 12: ten rows are always there; LOCK is the
    /// eleventh with a socket.
    #[test]
    fn when_nothing_was_chosen_then_the_rows_are_those_that_are_always_there() {
        let rows = shown(&[(SettingId::Config, 1)], Facts::default());
        assert_eq!(rows.len(), 10);
        assert_eq!(shown(&[], Facts::default()).len(), 11);
    }

    /// Ambiguous spot A1: stored values count in Normal as well.
    #[test]
    fn when_a_meter_is_stored_then_normal_shows_its_address() {
        let rows = shown(&[(SettingId::MainsMet, 4)], Facts::default());
        assert!(rows.contains(SettingId::MainsAdr) && !rows.contains(SettingId::MainsMet));
    }

    /// Ambiguous spots A10 and A11: the Sensorbox must have been seen.
    #[test]
    fn when_the_sensorbox_was_seen_then_its_rows_appear() {
        let values = [(SettingId::MainsMet, 1)];
        let seen = Facts {
            sensorbox_version: 2,
            sensorbox_cts: true,
        };
        for (facts, rows) in [(Facts::default(), false), (seen, true)] {
            let set = shown(&values, facts);
            assert_eq!(set.contains(SettingId::Grid), rows);
            assert_eq!(set.contains(SettingId::Sb2Wifi), rows);
            assert!(!set.contains(SettingId::MainsAdr));
        }
    }
}
