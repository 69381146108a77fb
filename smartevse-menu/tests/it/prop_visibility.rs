//! Menu invariants 6 to 14 over all values that can matter.

use proptest::prelude::*;
use smartevse_core::registry::{SettingId, SettingSet};
use smartevse_core::settings::Settings;
use smartevse_menu::Facts;
use smartevse_menu::visibility::visible;

/// Settings that the rows depend on.
const INFLUENCES: SettingSet = SettingSet::of(&[
    SettingId::Mode,
    SettingId::Config,
    SettingId::PwrShare,
    SettingId::MainsMet,
    SettingId::EvMeter,
    SettingId::Wifi,
    SettingId::Capacity,
]);

const ALWAYS: SettingSet = SettingSet::of(&[
    SettingId::Mode,
    SettingId::Config,
    SettingId::PwrShare,
    SettingId::Max,
    SettingId::Switch,
    SettingId::Rcmon,
    SettingId::Rfid,
    SettingId::Wifi,
    SettingId::MaxTemp,
    SettingId::LcdPin,
]);

const ON_A_NODE: &[SettingId] = &[
    SettingId::Lock,
    SettingId::EvMeter,
    SettingId::EvAdr,
    SettingId::Contact2,
    SettingId::Autoupdate,
    SettingId::AppPin,
    SettingId::AppServer,
];

/// Rows that come and go together.
const GROUPS: &[&[SettingId]] = &[
    &[SettingId::Priority, SettingId::Rotation, SettingId::IdleTmo],
    &[
        SettingId::EmByteOrder,
        SettingId::EmDataType,
        SettingId::EmFunction,
        SettingId::EmVolReg,
        SettingId::EmVolDiv,
        SettingId::EmCurReg,
        SettingId::EmCurDiv,
        SettingId::EmPowReg,
        SettingId::EmPowDiv,
        SettingId::EmEneReg,
        SettingId::EmEneDiv,
    ],
    &[SettingId::Start, SettingId::Stop, SettingId::Import],
    &[SettingId::Mains, SettingId::Min],
    &[
        SettingId::Autoupdate,
        SettingId::AppPin,
        SettingId::AppServer,
    ],
];

#[derive(Clone, Debug)]
struct Case {
    values: [u16; SettingId::COUNT],
    facts: Facts,
}

impl Case {
    fn value(&self, id: SettingId) -> u16 {
        self.values[id.index()]
    }

    fn rows(&self) -> SettingSet {
        visible(|id| self.value(id), self.facts)
    }

    fn with(&self, id: SettingId, value: u16) -> Self {
        let mut other = self.clone();
        other.values[id.index()] = value;
        other
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let meter = prop::sample::select(vec![0_u16, 1, 2, 4, 9, 13, 19, 64]);
    let influences = (
        0..3_u16,
        0..2_u16,
        0..9_u16,
        meter.clone(),
        meter,
        0..3_u16,
        prop::sample::select(vec![0_u16, 10, 600]),
    );
    (influences, 0..3_u8, any::<bool>()).prop_map(|(values, version, cts)| {
        let mut all = *Settings::default().values();
        let (mode, config, role, mains, ev, wifi, capacity) = values;
        let list = [mode, config, role, mains, ev, wifi, capacity];
        for (id, value) in INFLUENCES.iter().zip(list) {
            all[id.index()] = value;
        }
        Case {
            values: all,
            facts: Facts {
                sensorbox_version: version,
                sensorbox_cts: cts,
            },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Menu invariants 6, 8 and 12.
    #[test]
    fn when_other_settings_change_then_the_rows_stay(case in cases(), value: u16, at in 0..SettingId::COUNT) {
        let id = SettingId::ALL[at];
        let rows = case.rows();
        if !INFLUENCES.contains(id) {
            prop_assert_eq!(case.with(id, value).rows(), rows);
        }
        prop_assert!(ALWAYS.iter().all(|id| rows.contains(id)));
        prop_assert!((10..=42).contains(&rows.len()));
    }

    /// Menu invariants 9, 10 and 11.
    #[test]
    fn when_rows_are_shown_then_they_belong_together(case in cases()) {
        let rows = case.rows();
        if case.value(SettingId::PwrShare) >= 2 {
            let allowed = SettingSet::of(ON_A_NODE).union(ALWAYS);
            prop_assert!(rows.iter().all(|id| allowed.contains(id)));
        }
        for group in GROUPS {
            let count = group.iter().filter(|id| rows.contains(**id)).count();
            prop_assert!(count == 0 || count == group.len());
        }
        prop_assert_eq!(rows.contains(SettingId::Priority), case.value(SettingId::PwrShare) == 1);
        let sensorbox = SettingSet::of(&[SettingId::Grid, SettingId::Sb2Wifi]);
        prop_assert!(!(rows.contains(SettingId::MainsAdr) && rows.intersects(sensorbox)));
    }

    /// Menu invariant 13.
    #[test]
    fn when_wifi_or_config_change_then_only_their_rows_do(case in cases()) {
        let on = case.with(SettingId::Wifi, 1).rows();
        let off = case.with(SettingId::Wifi, 0).rows();
        prop_assert_eq!(on.len(), off.len() + 3);
        prop_assert!(off.iter().all(|id| on.contains(id)));
        let socket = case.with(SettingId::Config, 0).rows();
        let mut fixed = case.with(SettingId::Config, 1).rows();
        fixed.insert(SettingId::Lock);
        prop_assert_eq!(socket, fixed);
    }

    /// Menu invariant 14: what the older menu hides in Normal is shown here;
    /// it never shows more.
    #[test]
    fn when_the_older_menu_is_compared_then_it_shows_a_subset(case in cases()) {
        let rows = case.rows();
        let normal = case.value(SettingId::Mode) == 0;
        let hidden_in_normal = SettingSet::of(&[
            SettingId::Grid, SettingId::Sb2Wifi, SettingId::MainsAdr, SettingId::EvAdr,
            SettingId::Mains, SettingId::Min,
        ]).union(SettingSet::of(GROUPS[1]));
        let mut older = rows;
        for id in hidden_in_normal.iter().filter(|_| normal) {
            older.remove(id);
        }
        if case.value(SettingId::MainsMet) == 0 {
            older.remove(SettingId::CapStop);
        }
        prop_assert!(older.iter().all(|id| rows.contains(id)));
        if !normal && case.value(SettingId::MainsMet) != 0 {
            prop_assert_eq!(older, rows);
        }
    }
}
