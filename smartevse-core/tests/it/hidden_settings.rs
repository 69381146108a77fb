//! A setting that the menu hides keeps its value; what it does then is
//! documented (menu 3.1, 4 and 14, row 20).

use smartevse_core::command::Origin;
use smartevse_core::options::{Contact2, LockKind, SwitchKind};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{ApplyContext, Notices, Patch, Settings, apply};

type Pairs = &'static [(SettingId, u16)];

/// What a hidden setting does.
#[derive(Clone, Copy)]
enum Effect {
    /// It keeps its value.
    Kept,
    /// It takes this value, with a notice: its old one is not possible.
    Becomes(u16, Notices),
}

/// Setting, a value that is not its default, what makes its row visible, what
/// hides it.
struct Row(SettingId, u16, Pairs, Pairs, Effect);

const METER: Pairs = &[(SettingId::MainsMet, 4)];
const SMART: Pairs = &[(SettingId::MainsMet, 4), (SettingId::Mode, 1)];
const SOLAR: Pairs = &[(SettingId::MainsMet, 4), (SettingId::Mode, 2)];
const SENSORBOX: Pairs = &[(SettingId::MainsMet, 1)];
const CUSTOM: Pairs = &[(SettingId::MainsMet, 19)];
const EV: Pairs = &[(SettingId::EvMeter, 4)];
const NORMAL: Pairs = &[(SettingId::Mode, 0)];
const NO_METER: Pairs = &[(SettingId::MainsMet, 0)];
const OTHER_METER: Pairs = &[(SettingId::MainsMet, 5)];
const MASTER: Pairs = &[(SettingId::PwrShare, 1)];
const NODE: Pairs = &[(SettingId::PwrShare, 4)];
const ALONE: Pairs = &[(SettingId::PwrShare, 0)];
const WIFI: Pairs = &[(SettingId::Wifi, 1)];
const NO_WIFI: Pairs = &[(SettingId::Wifi, 0)];
const CAPACITY: Pairs = &[(SettingId::MainsMet, 4), (SettingId::Capacity, 30)];

use Effect::{Becomes, Kept};

/// Every conditional row of menu 3.1, at least once for each condition.
const ROWS: &[Row] = &[
    Row(SettingId::Lock, 2, &[], &[(SettingId::Config, 1)], Kept),
    Row(SettingId::MainsMet, 4, SMART, NORMAL, Kept),
    Row(SettingId::MainsMet, 4, SMART, NODE, Kept),
    Row(SettingId::Grid, 1, SENSORBOX, OTHER_METER, Kept),
    Row(SettingId::Grid, 1, SENSORBOX, NODE, Kept),
    Row(SettingId::Sb2Wifi, 1, SENSORBOX, NO_METER, Kept),
    Row(SettingId::MainsAdr, 20, METER, NO_METER, Kept),
    Row(SettingId::MainsAdr, 20, METER, NODE, Kept),
    Row(
        SettingId::MainsAdr,
        20,
        METER,
        SENSORBOX,
        Becomes(10, Notices::SENSORBOX_ADDRESS),
    ),
    Row(SettingId::EvMeter, 4, SMART, NORMAL, Kept),
    Row(SettingId::EvAdr, 20, EV, &[(SettingId::EvMeter, 0)], Kept),
    Row(SettingId::EmByteOrder, 3, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmDataType, 4, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmFunction, 3, CUSTOM, OTHER_METER, Kept),
    // X14: the number 8 means nothing special.
    Row(SettingId::EmVolReg, 8, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmVolDiv, 2, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmCurReg, 8, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmCurDiv, 2, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmPowReg, 8, CUSTOM, OTHER_METER, Kept),
    Row(SettingId::EmPowDiv, 2, CUSTOM, NODE, Kept),
    Row(SettingId::EmEneReg, 8, CUSTOM, NODE, Kept),
    Row(SettingId::EmEneDiv, 2, CUSTOM, NODE, Kept),
    Row(SettingId::Mains, 40, METER, NO_METER, Kept),
    Row(SettingId::Mains, 40, METER, NODE, Kept),
    Row(SettingId::Min, 8, METER, NO_METER, Kept),
    Row(SettingId::Circuit, 40, MASTER, NODE, Kept),
    Row(SettingId::Start, 9, SOLAR, NORMAL, Kept),
    Row(SettingId::Stop, 9, SOLAR, NORMAL, Kept),
    Row(SettingId::Import, 9, SOLAR, NODE, Kept),
    Row(SettingId::Contact2, 2, SMART, NORMAL, Kept),
    Row(
        SettingId::Contact2,
        Contact2::Auto as u16,
        SMART,
        NODE,
        Becomes(Contact2::AlwaysOn as u16, Notices::CONTACT2_ALWAYS_ON),
    ),
    Row(
        SettingId::Switch,
        SwitchKind::GridRelay as u16,
        &[],
        NODE,
        Becomes(SwitchKind::Disabled as u16, Notices::SWITCH_DISABLED),
    ),
    Row(SettingId::Autoupdate, 1, WIFI, NO_WIFI, Kept),
    Row(SettingId::AppServer, 1, WIFI, NO_WIFI, Kept),
    Row(SettingId::Capacity, 30, METER, NO_METER, Kept),
    Row(SettingId::Capacity, 30, METER, NODE, Kept),
    Row(
        SettingId::CapStop,
        9,
        CAPACITY,
        &[(SettingId::Capacity, 0)],
        Kept,
    ),
    Row(SettingId::Priority, 2, MASTER, ALONE, Kept),
    Row(SettingId::Rotation, 60, MASTER, NODE, Kept),
    Row(SettingId::IdleTmo, 90, MASTER, ALONE, Kept),
    // X1: a mode that is not possible without a meter.
    Row(
        SettingId::Mode,
        1,
        METER,
        NO_METER,
        Becomes(0, Notices::MODE_FORCED_NORMAL),
    ),
];

fn changed(settings: &Settings, pairs: &[(SettingId, u16)]) -> (Settings, Notices) {
    let patch: Patch = pairs.iter().copied().collect();
    let applied = apply(settings, &patch, Origin::Lcd, ApplyContext::default()).unwrap();
    (applied.settings, applied.notices)
}

/// Menu 12, 19 and 14, row 20.
#[test]
fn when_a_row_is_hidden_then_its_value_is_kept_or_the_notice_says_why_not() {
    for Row(id, value, shows, hides, effect) in ROWS {
        let (visible, _) = changed(&Settings::default(), shows);
        let (set, _) = changed(&visible, &[(*id, *value)]);
        assert_eq!(set.value(*id), *value, "{id}");
        let (hidden, notices) = changed(&set, hides);
        match effect {
            Kept => assert_eq!(hidden.value(*id), *value, "{id}"),
            Becomes(value, notice) => {
                assert_eq!(hidden.value(*id), *value, "{id}");
                assert!(notices.contains(*notice), "{id}");
            }
        }
        // Nothing else changed besides what the notices say.
        let asked = hides.iter().map(|(id, _)| *id);
        let others = set.differences(&hidden).iter();
        let others = others.filter(|other| other != id && !asked.clone().any(|id| id == *other));
        let told = notices.iter().count();
        assert!(others.count() <= told, "{id}");
    }
}

/// Menu rules X21, X28 and charging: what a hidden value does.
#[test]
fn when_a_hidden_value_would_act_then_only_the_documented_part_does() {
    let (socket, _) = changed(&Settings::default(), &[(SettingId::Lock, 2)]);
    let (fixed, _) = changed(&socket, &[(SettingId::Config, 1)]);
    assert_eq!(fixed.effective_lock(), LockKind::Disabled);
    let (again, _) = changed(&fixed, &[(SettingId::Config, 0)]);
    assert_eq!(again.effective_lock(), LockKind::Motor);
    // Without a mains meter CAPACITY guards nothing, and warns of nothing new.
    let (kept, _) = changed(&Settings::default(), CAPACITY);
    let (kept, _) = changed(&kept, NO_METER);
    assert_eq!(kept.capacity().as_amps(), 30);
    assert_eq!(kept.mains_met(), 0);
}

/// Every row with a condition is in the table.
#[test]
fn when_a_row_has_a_condition_then_the_table_has_it() {
    const ALWAYS: [SettingId; 8] = [
        SettingId::Config,
        SettingId::PwrShare,
        SettingId::Max,
        SettingId::Rcmon,
        SettingId::Rfid,
        SettingId::Wifi,
        SettingId::MaxTemp,
        SettingId::LcdPin,
    ];
    for id in SettingId::ALL {
        let listed = ROWS.iter().any(|row| row.0 == *id);
        let exempt = ALWAYS.contains(id) || *id == SettingId::AppPin;
        assert!(listed != exempt, "{id}");
    }
}
