//! Bits that flip.

use smartevse::Stored;
use smartevse::core::event::Record;
use smartevse::core::records::{Frame, Key};
use smartevse::storage::{Done, FlashPermit};
use smartevse::types::Access;
use smartevse_sim::flash::SimFlash;
use smartevse_sim::random::Random;

use super::rig::{RECORDS, Values, flash, open, save, settle, step};

/// A flash after some changes, and every value that was ever stored.
fn used(blocks: usize, changes: usize) -> (SimFlash, Vec<Values>) {
    let mut random = Random::new(9);
    let mut values = Values::virgin();
    let mut history = vec![values.clone()];
    let (mut store, _) = open(flash(blocks));
    for n in 0..changes {
        let record = RECORDS[n % RECORDS.len()];
        values.change(record, &mut random);
        assert!(save(&mut store, FlashPermit::Erase, record, &values));
        history.push(values.clone());
    }
    settle(&mut store, FlashPermit::Erase, &values);
    (store.into_flash(), history)
}

fn key_bit(record: Record) -> u64 {
    1 << match record {
        Record::Settings => Key::SETTINGS,
        Record::Access => Key::ACCESS,
        Record::Latches => Key::LATCHES,
        Record::Cards => Key::CARDS,
        Record::Energy => Key::ENERGY,
    }
    .number()
}

/// Menu 6, charging 11.2: never a value that was not stored, unless the report
/// says so.
#[test]
fn when_any_bit_flips_then_each_value_was_stored_or_is_reported() {
    let (flash, history) = used(2, 60);
    let mut reported = 0;
    for bit in 0..flash.content().len() * 8 {
        let mut flipped = flash.clone();
        flipped.flip_bit(bit);
        let (_, restored) = open(flipped);
        let found = Values::of(&restored);
        let unreadable = restored.report.unreadable;
        reported += u32::from(unreadable != 0);
        assert_ne!(restored.stored, Stored::Blank, "bit {bit}");
        // The ledger decides nothing: the charger starts without it.
        let needed = unreadable & !key_bit(Record::Energy);
        assert_eq!(restored.stored == Stored::Broken, needed != 0);
        for record in RECORDS {
            let known = history.iter().any(|values| values.agrees(&found, record));
            let told = unreadable & key_bit(record) != 0 || restored.stored == Stored::Broken;
            assert!(known || told, "bit {bit}: {record:?}");
        }
    }
    assert!(reported > 0, "no flip was ever noticed");
}

/// A bit that flips while the store is open does not outlast the next move.
#[test]
fn when_a_bit_flips_while_running_then_newer_values_win() {
    let (flash, history) = used(3, 40);
    let last = history.last().unwrap();
    for bit in (0..flash.content().len() * 8).step_by(131) {
        let (mut store, _) = open(flash.clone());
        store.flash().flip_bit(bit);
        let mut values = last.clone();
        let mut random = Random::new(bit as u64);
        for n in 0..60 {
            let record = RECORDS[n % RECORDS.len()];
            values.change(record, &mut random);
            // A word that cannot be written is skipped at the next call.
            for _ in 0..400 {
                if let Ok(Done::Saved(..)) = step(&mut store, FlashPermit::Erase, record, &values) {
                    break;
                }
            }
        }
        // The word may be met only now.
        let mut turn = || step(&mut store, FlashPermit::Erase, None, &values);
        assert!((0..2_000).any(|_| matches!(turn(), Ok(Done::Idle))));
        let (_, restored) = open(store.into_flash());
        assert_eq!(restored.stored, Stored::Intact, "bit {bit}");
        for record in RECORDS {
            let found = Values::of(&restored);
            assert!(found.agrees(&values, record), "bit {bit}: {record:?}");
        }
    }
}

/// Destroys every record with this key.
fn destroy(flash: &mut SimFlash, key: Key) -> usize {
    let content = flash.content().to_vec();
    let is_record = |offset: &usize| {
        let end = content.len().min(offset + 256);
        Frame::parse(&content[*offset..end]).is_ok_and(|frame| frame.key == key)
    };
    let found: Vec<usize> = (0..content.len()).step_by(4).filter(is_record).collect();
    for offset in &found {
        flash.flip_bit((offset + 5) * 8);
    }
    found.len()
}

/// D-219: nothing is decided by the ledger, so the charger starts without it,
/// and the next record makes it good.
#[test]
fn when_the_energy_ledger_is_destroyed_then_the_charger_starts_without_it() {
    let (mut flash, history) = used(3, 40);
    assert!(destroy(&mut flash, Key::ENERGY) > 0);
    let (mut store, restored) = open(flash);
    assert_eq!(restored.stored, Stored::Intact);
    assert_eq!(restored.report.unreadable, key_bit(Record::Energy));
    assert_eq!(restored.energy, None);
    let mut values = Values::of(&restored);
    assert!(values.agrees(history.last().unwrap(), Record::Access));
    values.energy = history.last().unwrap().energy;
    assert!(save(
        &mut store,
        FlashPermit::Append,
        Record::Energy,
        &values
    ));
    let (_, restored) = open(store.into_flash());
    assert_eq!(
        (restored.energy, restored.report.unreadable),
        (values.energy, 0)
    );
}

/// Charging 11.2 rules 2 and 4: access off and a fault, until the settings are
/// saved.
#[test]
fn when_every_copy_of_a_record_is_destroyed_then_the_store_is_broken_until_saved() {
    for (key, record) in [
        (Key::ACCESS, Record::Access),
        (Key::SETTINGS, Record::Settings),
        (Key::LATCHES, Record::Latches),
        (Key::CARDS, Record::Cards),
    ] {
        let (mut flash, history) = used(3, 40);
        assert!(destroy(&mut flash, key) > 0);
        let (mut store, restored) = open(flash);
        assert_eq!(restored.stored, Stored::Broken, "{record:?}");
        assert_eq!(restored.report.unreadable, key_bit(record));
        assert_eq!(restored.setup().first_access(), Access::Off);
        let mut values = Values::of(&restored);
        let last = history.last().unwrap();
        for other in RECORDS {
            let kept = values.agrees(last, other);
            assert!(kept || other == record || record == Record::Cards);
        }
        // Saving something else does not make good what is missing.
        values.access = Some(values.access.unwrap_or_default());
        if record != Record::Access {
            assert!(save(
                &mut store,
                FlashPermit::Append,
                Record::Access,
                &values
            ));
            let (reopened, again) = open(store.into_flash());
            assert_eq!(again.stored, Stored::Broken);
            store = reopened;
        }
        assert!(save(
            &mut store,
            FlashPermit::Erase,
            Record::Settings,
            &values
        ));
        settle(&mut store, FlashPermit::Erase, &values);
        let (_, again) = open(store.into_flash());
        assert_eq!(again.stored, Stored::Intact, "{record:?}");
    }
}
