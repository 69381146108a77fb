//! Permits, headroom and the reserve.

use smartevse::core::card::Uid;
use smartevse::core::event::Record;
use smartevse::core::hardware::{LARGEST_APPEND, Storage};
use smartevse::core::records::energy::EnergyRecord;
use smartevse::storage::{Done, FlashPermit};
use smartevse::types::Access;
use smartevse_sim::clock::SimClock;
use smartevse_sim::flash::SimFlash;
use smartevse_sim::random::Random;

use super::rig::{RECORDS, SimStore, Values, flash, open, save, settle, step};

/// Values with a full list of cards of the longest kind.
fn full() -> Values {
    let mut values = Values::virgin();
    for n in 0..100 {
        let card = Uid::new(&[n, 1, 2, 3, 4, 5, 6, 7, 8, 9]).unwrap();
        values.cards.store(card);
    }
    values
}

fn filled(blocks: usize, values: &Values) -> SimStore {
    let (mut store, _) = open(flash(blocks));
    for record in RECORDS {
        assert!(save(&mut store, FlashPermit::Erase, record, values));
    }
    store
}

/// Design: one operation per call, and none that the permit does not cover.
#[test]
fn when_a_permit_is_given_then_the_flash_does_no_more_than_it_allows() {
    let clock = SimClock::new();
    let (mut store, _) = open(SimFlash::new(3, clock.clone()));
    let mut random = Random::new(4);
    let mut values = Values::virgin();
    let mut erases = 0;
    for _ in 0..4_000 {
        let record = RECORDS[random.next_bits() as usize % RECORDS.len()];
        values.change(record, &mut random);
        let permit = match random.next_bits() % 4 {
            0 => FlashPermit::Nothing,
            1 => FlashPermit::Erase,
            _ => FlashPermit::Append,
        };
        let (before, start) = (store.flash().work(), clock.now());
        let done = step(&mut store, permit, record, &values).unwrap();
        let (after, spent) = (store.flash().work(), clock.now().since(start));
        let (writes, erased) = (after.writes - before.writes, after.erases - before.erases);
        match permit {
            FlashPermit::Nothing => assert_eq!((done, writes, erased), (Done::Waiting, 0, 0)),
            FlashPermit::Append => assert!(writes <= 1 && erased == 0),
            FlashPermit::Erase => assert!(writes + erased <= 1),
        }
        if erased == 0 {
            assert!(spent <= SimFlash::LONGEST_APPEND);
        }
        assert!(spent <= SimFlash::LONGEST_ERASE);
        erases += erased;
    }
    assert!(erases > 10, "{erases}");
    assert!(store.flash().work().longest_write <= LARGEST_APPEND);
}

/// Design: inside each window to erase, storage makes room for a whole charge.
#[test]
fn when_a_window_to_erase_has_passed_then_a_whole_charge_can_be_appended() {
    for (blocks, start) in [
        (2, Values::virgin()),
        (3, full()),
        (4, full()),
        (16, full()),
    ] {
        let mut store = filled(blocks, &start);
        let mut random = Random::new(blocks as u64);
        let mut values = start;
        for charge in 0..120 {
            settle(&mut store, FlashPermit::Erase, &values);
            let before = store.flash().work().erases;
            for n in 0..20 {
                let record = RECORDS[[0, 1, 0, 1, 4, 1, 0, 1, 2, 3][n % 10]];
                values.change(record, &mut random);
                let kept = save(&mut store, FlashPermit::Append, record, &values);
                assert!(kept, "{blocks} blocks, charge {charge}, {record:?}");
            }
            assert_eq!(store.flash().work().erases, before);
        }
        let (_, restored) = open(store.into_flash());
        for record in RECORDS {
            assert!(Values::of(&restored).agrees(&values, record));
        }
    }
}

/// Decision 70: access off is stored in any state; the reserve is for that.
#[test]
fn when_ordinary_records_find_no_room_then_access_off_still_does() {
    for blocks in [2, 3, 5] {
        let mut values = Values::virgin();
        let mut store = filled(blocks, &values);
        let mut random = Random::new(3);
        let mut written = 0;
        loop {
            values.change(Record::Settings, &mut random);
            if !save(&mut store, FlashPermit::Append, Record::Settings, &values) {
                break;
            }
            written += 1;
            assert!(written < 5_000);
        }
        let unsaved = values.clone();
        for n in 0..20 {
            let access = [Access::Off, Access::On][n % 2];
            let mut record = values.access.unwrap_or_default();
            record.access = access;
            values.access = Some(record);
            assert!(save(
                &mut store,
                FlashPermit::Append,
                Record::Access,
                &values
            ));
        }
        assert_eq!(store.flash().work().erases, 0);
        // The next window makes everything good.
        assert!(save(
            &mut store,
            FlashPermit::Erase,
            Record::Settings,
            &unsaved
        ));
        settle(&mut store, FlashPermit::Erase, &values);
        let (_, restored) = open(store.into_flash());
        assert_eq!(restored.loaded.settings, unsaved.settings);
        assert_eq!(restored.access, values.access);
    }
}

/// D-227: the ledger is the least important record. After weeks of charging
/// without a window to erase, the others find the room of a whole charge.
#[test]
fn when_it_charges_for_weeks_without_a_window_then_the_ledger_leaves_the_room() {
    for (blocks, start) in [(2, Values::virgin()), (3, full()), (16, full())] {
        let mut values = start;
        let mut store = filled(blocks, &values);
        settle(&mut store, FlashPermit::Erase, &values);
        let before = store.flash().work().erases;
        let mut kept = values.energy;
        let mut waited = 0;
        for hour in 0..24 * 7 * 12 {
            values.energy = Some(EnergyRecord {
                imported: hour,
                last_import: Some(hour),
                ..EnergyRecord::default()
            });
            if save(&mut store, FlashPermit::Append, Record::Energy, &values) {
                kept = values.energy;
            } else {
                waited += 1;
            }
        }
        assert!(kept.is_some() && waited > 0, "{blocks} blocks");
        let mut random = Random::new(11);
        for n in 0..16 {
            for record in [
                Record::Settings,
                Record::Cards,
                Record::Latches,
                Record::Access,
            ] {
                let often = matches!(record, Record::Latches | Record::Access);
                if often || n % 8 == 0 {
                    values.change(record, &mut random);
                    let kept = save(&mut store, FlashPermit::Append, record, &values);
                    assert!(kept, "{blocks} blocks, change {n}, {record:?}");
                }
            }
        }
        assert_eq!(store.flash().work().erases, before);
        let (mut store, restored) = open(store.into_flash());
        assert_eq!(restored.energy, kept);
        // The next window makes room for it.
        assert!(save(
            &mut store,
            FlashPermit::Erase,
            Record::Energy,
            &values
        ));
        let (_, restored) = open(store.into_flash());
        for record in RECORDS {
            assert!(Values::of(&restored).agrees(&values, record), "{record:?}");
        }
    }
}

/// However long no window opens: nothing is erased, nothing stored is lost.
#[test]
fn when_no_window_ever_opens_then_records_wait_and_nothing_is_lost() {
    let mut values = full();
    let mut store = filled(3, &values);
    let mut random = Random::new(8);
    let mut stored = values.clone();
    let mut refused = 0;
    for n in 0..2_000 {
        let record = RECORDS[n % RECORDS.len()];
        values.change(record, &mut random);
        if save(&mut store, FlashPermit::Append, record, &values) {
            match record {
                Record::Settings => stored.settings = values.settings,
                Record::Access => stored.access = values.access,
                Record::Latches => stored.boot = values.boot,
                Record::Cards => stored.cards = values.cards.clone(),
                Record::Energy => stored.energy = values.energy,
            }
        } else {
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(store.flash().work().erases, 0);
    let (mut store, restored) = open(store.into_flash());
    for record in RECORDS {
        assert!(Values::of(&restored).agrees(&stored, record), "{record:?}");
    }
    for record in RECORDS {
        assert!(save(&mut store, FlashPermit::Erase, record, &values));
    }
    let (_, restored) = open(store.into_flash());
    for record in RECORDS {
        assert!(Values::of(&restored).agrees(&values, record), "{record:?}");
    }
}
