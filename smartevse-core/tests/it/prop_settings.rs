//! Properties of settings and of the rules between them.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test code"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_core::command::{Origin, Refused};
use smartevse_core::options::{Contact2, LockKind, RfidMode, Role, SwitchKind};
use smartevse_core::registry::{SettingId, SettingSet, Writers, parse_value};
use smartevse_core::settings::{
    Applied, ApplyContext, ConfigWarnings, InvalidSettings, Notices, Patch, SettingEvents,
    Settings, Situation, apply, load, promote,
};
use smartevse_types::Mode;

const OCPP: ApplyContext = ApplyContext { ocpp: true };

const ORIGINS: [Origin; 9] = [
    Origin::Lcd,
    Origin::Button,
    Origin::Card,
    Origin::Rest,
    Origin::Mqtt,
    Origin::Ocpp,
    Origin::Bus,
    Origin::App,
    Origin::Schedule,
];

fn legal_values(id: SettingId) -> Vec<u16> {
    (0..=u16::MAX).filter(|v| id.facts().may_hold(*v)).collect()
}

/// Menu 12, invariant 33: every legal value of every setting survives the menu
/// and storage.
#[test]
fn when_a_legal_value_is_applied_and_stored_then_it_comes_back() {
    let values = *master().values();
    for id in SettingId::ALL
        .iter()
        .copied()
        .filter(|id| *id != SettingId::AppPin)
    {
        for value in legal_values(id) {
            let mut base = values;
            base[SettingId::Max.index()] = if id == SettingId::Max { 16 } else { 80 };
            let base = Settings::from_values(base).unwrap();
            let patch = Patch::new().with(id, value);
            let applied = apply(&base, &patch, Origin::Lcd, OCPP).unwrap();
            assert_eq!(applied.settings.value(id), value, "{id}");
            let loaded = load(stored(&applied.settings));
            assert_eq!(loaded.settings, applied.settings, "{id} = {value}");
            assert!(loaded.notices.is_empty() && loaded.replaced.is_empty());
        }
    }
}

fn stored(settings: &Settings) -> Vec<(SettingId, u16)> {
    SettingId::ALL
        .iter()
        .map(|id| (*id, settings.value(*id)))
        .collect()
}

/// A Master with a mains meter: the settings with the most rights.
fn master() -> Settings {
    settings(&[(SettingId::PwrShare, 1), (SettingId::MainsMet, 4)])
}

fn settings(changes: &[(SettingId, u16)]) -> Settings {
    let patch = changes.iter().copied().collect();
    apply(&Settings::default(), &patch, Origin::Lcd, OCPP)
        .unwrap()
        .settings
}

fn change(
    base: &Settings,
    changes: &[(SettingId, u16)],
    origin: Origin,
) -> Result<Applied, Refused> {
    apply(base, &changes.iter().copied().collect(), origin, OCPP)
}

/// Menu X1.
#[test]
fn when_smart_has_no_mains_meter_then_the_menu_falls_back_and_others_are_refused() {
    let base = Settings::default();
    let smart = [(SettingId::Mode, 1)];
    let applied = change(&base, &smart, Origin::Lcd).unwrap();
    assert_eq!(applied.settings.mode(), Mode::Normal);
    assert_eq!(applied.notices, Notices::MODE_FORCED_NORMAL);
    assert!(applied.changed.is_empty());
    for origin in [
        Origin::Rest,
        Origin::Mqtt,
        Origin::Bus,
        Origin::App,
        Origin::Button,
    ] {
        assert_eq!(change(&base, &smart, origin), Err(Refused::NoMainsMeter));
        assert!(change(&master(), &smart, origin).is_ok());
    }
    let node = settings(&[(SettingId::PwrShare, 3)]);
    let applied = change(&node, &smart, Origin::Rest).unwrap();
    assert_eq!(applied.settings.mode(), Mode::Smart);
    let both = [(SettingId::MainsMet, 9), (SettingId::Mode, 2)];
    let applied = change(&base, &both, Origin::Lcd).unwrap();
    assert_eq!(applied.settings.mode(), Mode::Solar);
    let none = change(&applied.settings, &[(SettingId::MainsMet, 0)], Origin::Bus).unwrap();
    assert_eq!(none.notices, Notices::MODE_FORCED_NORMAL);
}

/// Menu X2, decision 23.
#[test]
fn when_min_exceeds_max_then_min_is_lowered() {
    let applied = change(
        &Settings::default(),
        &[(SettingId::Max, 10), (SettingId::Min, 12)],
        Origin::Lcd,
    )
    .unwrap();
    assert_eq!(applied.settings.min(), applied.settings.max());
    assert_eq!(applied.notices, Notices::MIN_LOWERED);
    assert_eq!(
        applied.changed,
        SettingSet::of(&[SettingId::Min, SettingId::Max])
    );
}

/// Menu X3, X9, X27, X28; regulation 6.5.
#[test]
fn when_a_combination_is_doubtful_then_it_is_accepted_with_a_warning() {
    let rows: [(&[(SettingId, u16)], ConfigWarnings); 13] = [
        (
            &[(SettingId::Circuit, 10), (SettingId::Min, 12)],
            ConfigWarnings::CIRCUIT_BELOW_MIN,
        ),
        (
            &[(SettingId::Mains, 10), (SettingId::Min, 12)],
            ConfigWarnings::MAINS_BELOW_MIN,
        ),
        (
            &[(SettingId::Capacity, 17)],
            ConfigWarnings::CAPACITY_BELOW_MIN,
        ),
        (
            &[(SettingId::Capacity, 17), (SettingId::Contact2, 1)],
            ConfigWarnings::empty(),
        ),
        (
            &[(SettingId::MainsMet, 1), (SettingId::Mains, 101)],
            ConfigWarnings::LARGE_TRANSFORMERS,
        ),
        (
            &[(SettingId::MainsMet, 1), (SettingId::Mains, 100)],
            ConfigWarnings::empty(),
        ),
        (
            &[(SettingId::Rfid, 1), (SettingId::Switch, 5)],
            ConfigWarnings::READER_WITH_TOGGLE,
        ),
        (
            &[(SettingId::Rfid, 1), (SettingId::Switch, 1)],
            ConfigWarnings::empty(),
        ),
        (
            &[
                (SettingId::MainsMet, 1),
                (SettingId::EvMeter, 4),
                (SettingId::EvAdr, 10),
            ],
            ConfigWarnings::METER_ADDRESS_CLASH,
        ),
        (
            &[
                (SettingId::MainsMet, 9),
                (SettingId::Mode, 2),
                (SettingId::Start, 17),
            ],
            ConfigWarnings::SOLAR_STARTS_BELOW_MIN,
        ),
        (
            &[
                (SettingId::MainsMet, 9),
                (SettingId::Mode, 2),
                (SettingId::Start, 17),
                (SettingId::Import, 1),
            ],
            ConfigWarnings::empty(),
        ),
        (
            &[
                (SettingId::MainsMet, 9),
                (SettingId::Mode, 2),
                (SettingId::Start, 5),
                (SettingId::Contact2, 4),
            ],
            ConfigWarnings::SOLAR_STARTS_BELOW_MIN,
        ),
        (
            &[(SettingId::MainsMet, 9), (SettingId::Start, 0)],
            ConfigWarnings::empty(),
        ),
    ];
    for (changes, expected) in rows {
        let applied = change(&Settings::default(), changes, Origin::Lcd).unwrap();
        assert_eq!(applied.warnings, expected, "{changes:?}");
        assert!(applied.notices.is_empty());
    }
}

/// Menu X5, X6, X7; decision 18.
#[test]
fn when_the_charger_becomes_a_node_then_options_of_the_master_end() {
    let base = settings(&[(SettingId::Contact2, 4), (SettingId::Switch, 5)]);
    let applied = change(&base, &[(SettingId::PwrShare, 4)], Origin::Lcd).unwrap();
    assert_eq!(applied.settings.contact2(), Contact2::AlwaysOn);
    assert_eq!(applied.settings.switch(), SwitchKind::Disabled);
    assert_eq!(applied.settings.role(), Role::Node3);
    assert_eq!(applied.settings.group_address(), Some(4));
    assert_eq!(
        applied.notices,
        Notices::CONTACT2_ALWAYS_ON | Notices::SWITCH_DISABLED
    );
    assert_eq!(
        applied.events,
        SettingEvents::ROLE_CHANGED
            | SettingEvents::SWITCH_CHANGED
            | SettingEvents::CONTACT2_CHANGED
    );
    for (id, value) in [(SettingId::Contact2, 4), (SettingId::Switch, 5)] {
        let refused = change(&applied.settings, &[(id, value)], Origin::Lcd);
        assert_eq!(refused, Err(Refused::NotForThisRole));
    }
    let refused = change(&applied.settings, &[(SettingId::Contact2, 4)], Origin::Mqtt);
    assert_eq!(refused, Err(Refused::NotForThisRole));
}

/// Menu X8, X10, X13.
#[test]
fn when_meters_change_then_addresses_follow_and_events_tell() {
    let base = settings(&[(SettingId::MainsMet, 4), (SettingId::MainsAdr, 30)]);
    let applied = change(&base, &[(SettingId::MainsMet, 1)], Origin::Lcd).unwrap();
    assert_eq!(applied.settings.mains_adr(), 10);
    assert_eq!(applied.notices, Notices::SENSORBOX_ADDRESS);
    assert_eq!(applied.events, SettingEvents::MAINS_METER_CHANGED);
    let applied = change(&base, &[(SettingId::EvMeter, 19)], Origin::Bus).unwrap();
    assert_eq!(applied.events, SettingEvents::EV_METER_CHANGED);
    let custom = change(&applied.settings, &[(SettingId::EmCurReg, 8)], Origin::Bus).unwrap();
    assert_eq!(custom.events, SettingEvents::EV_METER_CHANGED);
    assert_eq!(custom.settings.custom_meter().current.register, 8);
    let unused = change(&base, &[(SettingId::EmCurReg, 8)], Origin::Bus).unwrap();
    assert_eq!(unused.events, SettingEvents::empty());
    let three = change(&base, &[(SettingId::EmFunction, 3)], Origin::Bus).unwrap();
    let other = change(&three.settings, &[(SettingId::EmFunction, 0)], Origin::Bus).unwrap();
    assert_eq!(other.settings.value(SettingId::EmFunction), 4);
    assert_eq!(other.notices, Notices::FUNCTION_SET);
}

/// Menu X11, X12 and 6 (never saved); decision 44.
#[test]
fn when_the_reader_has_a_transient_mode_then_it_is_never_stored() {
    let base = settings(&[(SettingId::Rfid, 2)]);
    for value in [3, 4] {
        let applied = change(&base, &[(SettingId::Rfid, value)], Origin::Lcd).unwrap();
        assert_eq!(applied.settings, base);
        assert_eq!(applied.notices, Notices::READER_MODE_NOT_STORED);
        assert!(applied.events.is_empty());
    }
    let erased = change(&base, &[(SettingId::Rfid, 5)], Origin::Lcd).unwrap();
    assert_eq!(erased.settings.rfid(), RfidMode::Disabled);
    assert_eq!(erased.events, SettingEvents::ERASE_CARDS);
    let later = change(&erased.settings, &[(SettingId::Max, 20)], Origin::Lcd).unwrap();
    assert!(later.events.is_empty());
    let remote = [(SettingId::Rfid, 6)].into_iter().collect();
    let refused = apply(&base, &remote, Origin::Lcd, ApplyContext { ocpp: false });
    assert_eq!(refused, Err(Refused::OutOfRange(SettingId::Rfid)));
}

/// Menu X15, X16, X17, X19, X24, X25.
#[test]
fn when_settings_with_effects_change_then_each_event_comes_once() {
    let base = settings(&[(SettingId::Capacity, 100)]);
    let rows = [
        (SettingId::Capacity, 0, SettingEvents::CAPACITY_OFF),
        (SettingId::Capacity, 50, SettingEvents::empty()),
        (SettingId::Switch, 1, SettingEvents::SWITCH_CHANGED),
        (
            SettingId::Switch,
            2,
            SettingEvents::SWITCH_CHANGED | SettingEvents::SWITCH_RESAMPLE,
        ),
        (
            SettingId::Switch,
            5,
            SettingEvents::SWITCH_CHANGED | SettingEvents::SWITCH_RESAMPLE,
        ),
        (SettingId::Wifi, 2, SettingEvents::WIFI_CHANGED),
        (SettingId::AppServer, 1, SettingEvents::APP_SERVER_CHANGED),
        (SettingId::Grid, 1, SettingEvents::GRID_CHANGED),
        (SettingId::Sb2Wifi, 1, SettingEvents::SENSORBOX_WIFI_CHANGED),
        (SettingId::LcdPin, 1234, SettingEvents::LCD_PIN_CHANGED),
    ];
    for (id, value, expected) in rows {
        let applied = change(&base, &[(id, value)], Origin::Lcd).unwrap();
        assert_eq!(applied.events, expected, "{id}");
        let again = change(&applied.settings, &[(id, value)], Origin::Lcd).unwrap();
        assert!(again.events.is_empty() && again.changed.is_empty());
    }
}

/// Menu X21.
#[test]
fn when_the_cable_is_fixed_then_the_lock_is_off_but_kept() {
    let fixed = settings(&[(SettingId::Lock, 2), (SettingId::Config, 1)]);
    assert_eq!(fixed.lock(), LockKind::Motor);
    assert_eq!(fixed.effective_lock(), LockKind::Disabled);
    let socket = change(&fixed, &[(SettingId::Config, 0)], Origin::Lcd).unwrap();
    assert_eq!(socket.settings.effective_lock(), LockKind::Motor);
}

/// Menu 2.5, decision 37.
#[test]
fn when_the_role_hides_a_setting_then_it_cannot_be_written() {
    let alone = Settings::default();
    let node = settings(&[(SettingId::PwrShare, 2)]);
    let hidden = Err(Refused::NotForThisRole);
    let outcome =
        |base: &Settings, id, value, origin| change(base, &[(id, value)], origin).map(|_| ());
    for (id, value) in [
        (SettingId::Priority, 1),
        (SettingId::Rotation, 30),
        (SettingId::IdleTmo, 30),
    ] {
        for origin in [Origin::Lcd, Origin::Mqtt] {
            assert_eq!(outcome(&alone, id, value, origin), hidden);
            assert_eq!(outcome(&master(), id, value, origin), Ok(()));
        }
        assert_eq!(outcome(&alone, id, value, Origin::Rest), Ok(()));
        assert_eq!(outcome(&node, id, value, Origin::Rest), hidden);
    }
    for (id, value) in [
        (SettingId::Min, 8),
        (SettingId::Stop, 5),
        (SettingId::Capacity, 50),
    ] {
        assert_eq!(outcome(&node, id, value, Origin::Rest), hidden);
        assert_eq!(outcome(&alone, id, value, Origin::Rest), Ok(()));
    }
    assert_eq!(outcome(&node, SettingId::Mains, 30, Origin::Bus), Ok(()));
    assert_eq!(outcome(&node, SettingId::Mains, 30, Origin::Lcd), hidden);
    for origin in ORIGINS.into_iter().filter(|o| *o != Origin::Lcd) {
        let refused = change(&alone, &[(SettingId::LcdPin, 1)], origin);
        assert_eq!(refused, Err(Refused::NotPermitted(SettingId::LcdPin)));
    }
    let app = change(&master(), &[(SettingId::Capacity, 50)], Origin::App);
    assert_eq!(app, Err(Refused::NotPermitted(SettingId::Capacity)));
}

/// Menu X22, X23, X12, X13.
#[test]
fn when_stored_values_are_illegal_then_they_become_defaults_with_a_notice() {
    let loaded = load([
        (SettingId::Rotation, 5),
        (SettingId::IdleTmo, 1000),
        (SettingId::Priority, 9),
        (SettingId::Rfid, 3),
        (SettingId::AppPin, 7),
        (SettingId::EmFunction, 0),
        (SettingId::Mains, 9),
        (SettingId::Mains, 32),
        (SettingId::Mode, 2),
    ]);
    let expected = SettingSet::of(&[
        SettingId::Rotation,
        SettingId::IdleTmo,
        SettingId::Priority,
        SettingId::Rfid,
        SettingId::AppPin,
        SettingId::EmFunction,
    ]);
    assert_eq!(loaded.replaced, expected);
    assert_eq!(
        loaded.notices,
        Notices::DEFAULTS_TAKEN | Notices::MODE_FORCED_NORMAL
    );
    assert_eq!(loaded.settings.mains().as_amps(), 32);
    assert_eq!(load([]).settings, Settings::default());
}

/// Menu X20, I-32: a charge keeps what it started with.
#[test]
fn when_a_charge_runs_then_contact2_role_and_cable_wait() {
    let old = settings(&[
        (SettingId::Contact2, 4),
        (SettingId::MainsMet, 4),
        (SettingId::Mode, 2),
    ]);
    let changes = [
        (SettingId::PwrShare, 2),
        (SettingId::Config, 1),
        (SettingId::MainsMet, 0),
        (SettingId::Max, 10),
    ];
    let new = change(&old, &changes, Origin::Lcd).unwrap().settings;
    let charging = Situation {
        charging: true,
        plugged: true,
        restarting: false,
    };
    let (now, waiting) = promote(&new, &old, charging);
    assert_eq!(now.contact2(), Contact2::Auto);
    assert_eq!(
        (now.mode(), now.mains_met()),
        (Mode::Solar, 4),
        "no third choice"
    );
    assert_eq!(now.max().as_amps(), 10, "a limit acts at once");
    let held = [
        SettingId::Config,
        SettingId::PwrShare,
        SettingId::MainsMet,
        SettingId::Contact2,
    ];
    assert_eq!(waiting, SettingSet::of(&held));
    let paused = Situation {
        plugged: true,
        ..Situation::default()
    };
    let (now, waiting) = promote(&new, &now, paused);
    assert_eq!(waiting, SettingSet::of(&[SettingId::Config]));
    assert_eq!(
        promote(&new, &now, Situation::default()),
        (new, SettingSet::EMPTY)
    );
    let restart = Situation {
        restarting: true,
        ..charging
    };
    assert_eq!(promote(&new, &old, restart), (new, SettingSet::EMPTY));
}

/// Values cannot be made into settings that contradict one another.
#[test]
fn when_values_contradict_then_no_settings_are_made() {
    let mut values = *Settings::default().values();
    values[SettingId::Min.index()] = 16;
    values[SettingId::Max.index()] = 6;
    let refused = Settings::from_values(values);
    assert_eq!(
        refused,
        Err(InvalidSettings::Combination(Notices::MIN_LOWERED))
    );
    values[SettingId::Max.index()] = 5;
    let refused = Settings::from_values(values);
    assert_eq!(refused, Err(InvalidSettings::Value(SettingId::Max)));
}

fn any_id() -> impl Strategy<Value = SettingId> {
    (0..SettingId::COUNT).prop_map(|index| SettingId::ALL[index])
}

/// Mostly values near or in the range, sometimes anything.
fn any_pair() -> impl Strategy<Value = (SettingId, u16)> {
    (any_id(), any::<u16>(), 0..10_u8).prop_map(|(id, raw, dice)| {
        let (low, high) = id.facts().kind.bounds().unwrap_or((0, 1));
        let span = high.saturating_sub(low).saturating_add(1).max(1);
        match dice {
            0 => (id, raw),
            1 => (id, high.saturating_add(1)),
            _ => (id, low.saturating_add(raw % span)),
        }
    })
}

fn any_patch() -> impl Strategy<Value = Patch> {
    vec(any_pair(), 0..6).prop_map(|pairs| pairs.into_iter().collect())
}

fn any_settings() -> impl Strategy<Value = Settings> {
    vec(any_pair(), 0..80).prop_map(|pairs| load(pairs).settings)
}

fn any_origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        4 => Just(Origin::Lcd),
        4 => Just(Origin::Bus),
        2 => Just(Origin::Rest),
        1 => (0..ORIGINS.len()).prop_map(|index| ORIGINS[index]),
    ]
}

fn any_situation() -> impl Strategy<Value = Situation> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(charging, plugged, restarting)| {
        Situation {
            charging,
            plugged,
            restarting,
        }
    })
}

fn is_valid(settings: &Settings) -> bool {
    Settings::from_values(*settings.values()) == Ok(*settings)
}

/// Settings that the rules may change without being asked.
fn by_rule() -> SettingSet {
    SettingSet::of(&[
        SettingId::Mode,
        SettingId::Min,
        SettingId::Contact2,
        SettingId::Switch,
        SettingId::MainsAdr,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// Any patch from any origin gives valid settings or is refused; what
    /// nobody asked for changes only by a rule with a notice.
    #[test]
    fn when_any_patch_is_applied_then_settings_stay_valid(
        base in any_settings(), patch in any_patch(), origin in any_origin(), ocpp: bool,
    ) {
        prop_assert!(is_valid(&base));
        if let Ok(applied) = apply(&base, &patch, origin, ApplyContext { ocpp }) {
            prop_assert!(is_valid(&applied.settings));
            prop_assert_eq!(applied.changed, base.differences(&applied.settings));
            for id in applied.changed.iter().filter(|id| !patch.ids().contains(*id)) {
                prop_assert!(by_rule().contains(id) && !applied.notices.is_empty(), "{}", id);
            }
            for id in patch.ids().iter() {
                prop_assert!(id.facts().writers.contains(Writers::of(origin)));
            }
            prop_assert_eq!(applied.warnings, applied.settings.warnings());
        }
    }

    /// Applying the same patch again is accepted and changes nothing.
    #[test]
    fn when_a_patch_is_applied_twice_then_nothing_changes(
        base in any_settings(), patch in any_patch(), origin in any_origin(),
    ) {
        if let Ok(first) = apply(&base, &patch, origin, OCPP) {
            let second = apply(&first.settings, &patch, origin, OCPP);
            prop_assert_eq!(second.map(|a| (a.settings, a.changed)), Ok((first.settings, SettingSet::EMPTY)));
        }
    }

    /// Menu 12, invariants 32 and 33: normalisation happens once.
    #[test]
    fn when_anything_is_loaded_then_it_is_valid_and_loading_again_changes_nothing(
        pairs in vec((any_id(), any::<u16>()), 0..120),
    ) {
        let loaded = load(pairs);
        prop_assert!(is_valid(&loaded.settings));
        let again = load(stored(&loaded.settings));
        prop_assert_eq!(again.settings, loaded.settings);
        prop_assert!(again.replaced.is_empty() && again.notices.is_empty());
        let empty = apply(&loaded.settings, &Patch::new(), Origin::Lcd, OCPP).unwrap();
        prop_assert!(empty.changed.is_empty() && empty.notices.is_empty());
    }

    /// I-32: what is in force is valid, each value is the old or the new one,
    /// what may not change yet does not, and in the end all has arrived.
    #[test]
    fn when_stored_settings_are_promoted_then_they_arrive_in_valid_steps(
        stored in any_settings(),
        start in any_settings(),
        situations in vec(any_situation(), 0..6),
    ) {
        let mut in_force = start;
        for situation in situations {
            let (next, waiting) = promote(&stored, &in_force, situation);
            prop_assert!(is_valid(&next));
            prop_assert_eq!(waiting, stored.differences(&next));
            for id in next.differences(&in_force).iter() {
                prop_assert_eq!(next.value(id), stored.value(id));
                prop_assert!(situation.allows(id.facts().effect), "{} too early", id);
            }
            in_force = next;
        }
        let (next, waiting) = promote(&stored, &in_force, Situation::default());
        prop_assert_eq!((next, waiting), (stored, SettingSet::EMPTY));
    }

    /// A limit that is lowered never waits (decision 16).
    #[test]
    fn when_a_limit_changes_then_it_is_in_force_at_once(
        stored in any_settings(), in_force in any_settings(), situation in any_situation(),
    ) {
        let (next, _) = promote(&stored, &in_force, situation);
        for id in [SettingId::Mains, SettingId::Min, SettingId::Max, SettingId::Circuit,
            SettingId::Capacity, SettingId::CapStop, SettingId::MaxTemp, SettingId::Rcmon] {
            prop_assert_eq!(next.value(id), stored.value(id));
        }
    }

    /// Text from outside never panics and gives only legal values.
    #[test]
    fn when_any_text_is_parsed_then_the_value_is_legal(id in any_id(), text in ".{0,12}") {
        if let Some(value) = parse_value(id, &text) {
            prop_assert!(id.facts().kind.accepts(value));
        }
    }
}
