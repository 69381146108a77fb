//! Menu invariants 5, 20 to 23 and 30: stepping through values and rows.

use proptest::prelude::*;
use smartevse_core::command::Origin;
use smartevse_core::options::Role;
use smartevse_core::registry::{Kind, SettingId, SettingSet};
use smartevse_core::settings::{ApplyContext, Patch, apply};
use smartevse_menu::Row;
use smartevse_menu::values::{Choosing, Direction, Stride};

use crate::rig::{LEFT, RIGHT, Rig, settings};
use crate::scenes::rig_with;

fn ids() -> impl Strategy<Value = SettingId> {
    prop::sample::select(SettingId::ALL.to_vec())
}

fn choosing(role: u16, ocpp: bool) -> Choosing {
    Choosing {
        role: Role::from_raw(role).unwrap(),
        context: ApplyContext { ocpp },
    }
}

fn is_steppable(id: SettingId) -> bool {
    !matches!(id.facts().kind, Kind::Pin | Kind::Action)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Menu invariant 20: what can be chosen is what the station accepts.
    #[test]
    fn when_a_value_can_be_chosen_then_the_station_accepts_it(
        id in ids(), value in prop_oneof![0..30_u16, any::<u16>()], role in 0..9_u16, ocpp: bool,
    ) {
        let choosing = choosing(role, ocpp);
        let live = settings(&[(SettingId::PwrShare, role)]);
        let patch = Patch::new().with(SettingId::PwrShare, role).with(id, value);
        // Alone the role of a value decides; as a draft the whole is judged.
        let alone = Patch::new().with(id, value);
        let judged = apply(&live, &alone, Origin::Lcd, choosing.context);
        let rows = smartevse_menu::visibility::visible(|id| live.value(id), Default::default());
        if id != SettingId::PwrShare && rows.contains(id) && id != SettingId::EmFunction {
            prop_assert_eq!(choosing.allows(id, value), judged.is_ok());
        }
        if choosing.allows(id, value) {
            prop_assert!(apply(&live, &patch, Origin::Lcd, choosing.context).is_ok());
        }
    }

    /// Menu invariant 21: n presses right and n left are a circle.
    #[test]
    fn when_presses_go_there_and_back_then_the_value_is_the_same(
        id in ids().prop_filter("steps", |id| is_steppable(*id)),
        seed: u16, presses in 0..80_u8, role in 0..9_u16, ocpp: bool,
    ) {
        let choosing = choosing(role, ocpp);
        let legal: Vec<_> = (0..=600).filter(|value| choosing.allows(id, *value)).collect();
        let start = legal[usize::from(seed) % legal.len()];
        let step = |value, to| choosing.step(id, value, to, Stride::PRESS).unwrap();
        let mut value = start;
        for _ in 0..presses {
            value = step(value, Direction::Up);
            prop_assert!(choosing.allows(id, value));
        }
        for _ in 0..presses {
            value = step(value, Direction::Down);
            prop_assert!(choosing.allows(id, value));
        }
        prop_assert_eq!(value, start);
    }

    /// Menu invariant 30: k + 1 presses go once round the rows.
    #[test]
    fn when_rows_are_walked_then_the_ring_closes(bits: u64) {
        let mut set = SettingSet::from(bits);
        set.insert(SettingId::Mode);
        for to in [Direction::Up, Direction::Down] {
            let mut row = Row::Setting(SettingId::Mode);
            for at in 0..=set.len() {
                prop_assert!(row.is_visible(set));
                prop_assert!(at == 0 || row != Row::Setting(SettingId::Mode));
                row = row.step(set, to, true).unwrap();
            }
            prop_assert_eq!(row, Row::Setting(SettingId::Mode));
        }
    }
}

/// Values that appear while a button is held, with their moments (ms).
fn held(id: SettingId, from: u16, button: smartevse_core::hardware::ButtonSet) -> Vec<(u64, u16)> {
    let mut rig: Rig = rig_with(id, Some(from));
    rig.edit(id);
    let start = rig.now;
    rig.levels(button);
    let mut seen = vec![(0, rig.menu.editing().unwrap())];
    while rig.now.since(start).as_secs() < 40 {
        let output = rig.poll();
        let value = rig.menu.editing().unwrap();
        if seen.last().unwrap().1 != value {
            seen.push((rig.now.since(start).as_millis(), value));
        }
        rig.now = output.deadline;
    }
    seen
}

/// Menu invariant 22: monotone, never slower, never smaller steps, no wrap,
/// the end of the widest range within 20 s.
#[test]
fn when_a_button_is_held_then_the_value_runs_to_its_end_and_stays() {
    for id in SettingId::ALL
        .iter()
        .filter(|id| matches!(id.facts().kind, Kind::Number { .. }))
    {
        let (min, max) = id.facts().kind.bounds().unwrap();
        let gap = match id.facts().kind {
            Kind::Number { gap, .. } => gap,
            _ => None,
        };
        let seen = held(*id, min, RIGHT);
        let (end, last) = *seen.last().unwrap();
        assert_eq!(last, max, "{id}");
        assert!(end <= 20_000, "{id} takes {end} ms");
        for pair in seen.windows(2) {
            assert!(pair[0].1 < pair[1].1, "{id}");
        }
        for three in seen.windows(3).skip(1) {
            let (before, after) = (three[1].0 - three[0].0, three[2].0 - three[1].0);
            assert!(after <= before, "{id}: {three:?}");
            let (step, next) = (three[1].1 - three[0].1, three[2].1 - three[1].1);
            let jump = gap.is_some_and(|gap| three[1].1 == gap.to + 1);
            // A step that ends on a multiple may be a shorter one.
            let aligned = next < step && three[2].1 % 10 == 0;
            assert!(
                jump || aligned || next >= step || three[2].1 == max,
                "{id}: {three:?}"
            );
        }
    }
}

/// Menu invariant 23: at most 120 fresh presses besides holds.
#[test]
fn when_any_register_is_wanted_then_few_presses_reach_it() {
    for wanted in [1, 9, 12_345, 40_191, 65_533] {
        let mut rig = rig_with(SettingId::EmPowReg, None);
        rig.edit(SettingId::EmPowReg);
        let mut presses = 0;
        while rig.menu.editing() != Some(wanted) {
            let value = rig.menu.editing().unwrap();
            let button = if value < wanted { RIGHT } else { LEFT };
            presses += 1;
            if value.abs_diff(wanted) <= 40 {
                rig.press(button);
            } else {
                hold_past(&mut rig, button, wanted);
            }
        }
        assert!(presses <= 120, "{wanted} takes {presses} presses");
    }
}

/// Holds a button until the value has reached or passed the wanted one.
fn hold_past(rig: &mut Rig, button: smartevse_core::hardware::ButtonSet, wanted: u16) {
    let below = rig.menu.editing().unwrap() < wanted;
    rig.levels(button);
    while (rig.menu.editing().unwrap() < wanted) == below {
        rig.now = rig.poll().deadline;
    }
    rig.levels(smartevse_core::hardware::ButtonSet::empty());
    rig.wait(50);
}
