//! Wear, strange content and records of a newer firmware.

use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;
use smartevse::Stored;
use smartevse::core::event::Record;
use smartevse::core::options::RfidMode;
use smartevse::core::records::settings::number_of;
use smartevse::core::records::{Frame, Key};
use smartevse::core::registry::SettingId;
use smartevse::core::settings::{Notices, load};
use smartevse::storage::{FlashPermit, StorageError, Store};
use smartevse::types::Access;
use smartevse_sim::flash::{FlashDefects, SimFlash};
use smartevse_sim::random::Random;

use super::rig::{RECORDS, SimStore, Values, flash, open, save, settle};

/// Menu 12, 34: what did not change is not written.
#[test]
fn when_a_value_is_stored_already_then_nothing_is_written() {
    let mut values = Values::virgin();
    values.access = Some(smartevse::core::records::access::AccessRecord::default());
    let (mut store, restored) = open(flash(3));
    assert_eq!(restored.stored, Stored::Blank);
    for record in RECORDS {
        assert!(save(&mut store, FlashPermit::Append, record, &values));
    }
    settle(&mut store, FlashPermit::Append, &values);
    let before = store.flash().work();
    for record in RECORDS {
        assert!(save(&mut store, FlashPermit::Append, record, &values));
    }
    settle(&mut store, FlashPermit::Erase, &values);
    assert_eq!(store.flash().work(), before);
}

#[test]
fn when_blocks_are_used_for_years_then_they_wear_alike() {
    let mut values = Values::virgin();
    let mut random = Random::new(5);
    let (mut store, _) = open(flash(5));
    for n in 0..4_000 {
        let record = RECORDS[n % RECORDS.len()];
        values.change(record, &mut random);
        assert!(save(&mut store, FlashPermit::Erase, record, &values));
    }
    let erased = store.flash().erasures();
    let (least, most) = (erased.iter().min().unwrap(), erased.iter().max().unwrap());
    assert!(*least > 5 && most - least <= 2, "{erased:?}");
}

/// A block whose bits do not come back is left alone.
#[test]
fn when_a_block_is_worn_then_the_others_do_its_work() {
    let mut values = Values::virgin();
    let mut random = Random::new(6);
    let (mut store, _) = open(flash(4));
    for n in 0..600 {
        if n == 200 {
            store.flash().set_defects(FlashDefects {
                worn_bits: 1,
                ..FlashDefects::default()
            });
        }
        if n == 202 {
            store.flash().set_defects(FlashDefects::default());
        }
        let record = RECORDS[n % RECORDS.len()];
        values.change(record, &mut random);
        assert!(save(&mut store, FlashPermit::Erase, record, &values));
    }
    let (_, restored) = open(store.into_flash());
    for record in RECORDS {
        assert!(Values::of(&restored).agrees(&values, record));
    }
}

/// Charging 11.2 rules 2 and 4: foreign content is no virgin device.
#[test]
fn when_the_flash_holds_something_else_then_it_is_broken_until_saved() {
    let mut flash = flash(3);
    let stock = [0x5A; 256];
    for block in [0, 4096] {
        block_on(flash.write(block, &stock)).unwrap();
    }
    let (mut store, restored) = open(flash);
    assert_eq!(restored.stored, Stored::Broken);
    assert_eq!(restored.setup().first_access(), Access::Off);
    let values = Values::of(&restored);
    assert!(save(
        &mut store,
        FlashPermit::Erase,
        Record::Settings,
        &values
    ));
    settle(&mut store, FlashPermit::Erase, &values);
    let (_, restored) = open(store.into_flash());
    assert_eq!(restored.stored, Stored::Intact);
    assert_eq!(restored.report.damaged, 0);
}

/// Charging 11.2 rule 4: access was never stored.
#[test]
fn when_only_settings_are_stored_then_cards_decide_about_access() {
    for (rfid, access) in [
        (RfidMode::Disabled, Access::On),
        (RfidMode::EnableAll, Access::Off),
    ] {
        let mut values = Values::virgin();
        values.settings = load([(SettingId::Rfid, rfid.raw())]).settings;
        let (mut store, _) = open(flash(2));
        assert!(save(
            &mut store,
            FlashPermit::Append,
            Record::Settings,
            &values
        ));
        let (_, restored) = open(store.into_flash());
        assert_eq!(restored.setup().first_access(), access);
    }
}

/// Puts a record behind the last one, as another firmware would.
fn append_foreign(flash: &mut SimFlash, frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = [0xFF; 256];
    let length = frame.emit(&mut bytes).unwrap();
    let used = |block: &usize| flash.content()[*block..*block + 4096].iter();
    let block = [0, 4096, 8192]
        .into_iter()
        .rfind(|block| used(block).any(|byte| *byte != 0xFF))
        .unwrap();
    let last = used(&block).rposition(|byte| *byte != 0xFF).unwrap();
    let offset = block + (last + 1).next_multiple_of(4);
    let padded = length.next_multiple_of(4);
    block_on(flash.write(u32::try_from(offset).unwrap(), &bytes[..padded])).unwrap();
    bytes[..length].to_vec()
}

/// A flash on which a newer firmware left a record or settings of its own.
fn with_foreign(key: Key, payload: &[u8]) -> (SimStore, smartevse::storage::Restored, Vec<u8>) {
    let values = Values::virgin();
    let (mut store, _) = open(flash(3));
    assert!(save(
        &mut store,
        FlashPermit::Append,
        Record::Settings,
        &values
    ));
    settle(&mut store, FlashPermit::Append, &values);
    let mut flash = store.into_flash();
    let frame = Frame {
        key,
        version: 1,
        payload,
    };
    let bytes = append_foreign(&mut flash, &frame);
    let (store, restored) = open(flash);
    (store, restored, bytes)
}

fn use_for_long(store: &mut SimStore, values: &mut Values) {
    let mut random = Random::new(7);
    for n in 0..600 {
        let record = RECORDS[n % RECORDS.len()];
        values.change(record, &mut random);
        assert!(save(store, FlashPermit::Erase, record, values));
    }
    assert!(store.flash().work().erases > 3);
}

#[test]
fn when_a_newer_firmware_left_a_record_then_it_outlives_every_erase() {
    let key = Key::new(60).unwrap();
    let (mut store, restored, bytes) = with_foreign(key, b"newer than this");
    assert_eq!(restored.stored, Stored::Intact);
    use_for_long(&mut store, &mut Values::of(&restored));
    let flash = store.into_flash();
    let mut content = flash.content().windows(bytes.len());
    assert!(content.any(|window| window == bytes));
}

/// D-128, D-226: nobody knows any more what is missing, also at the next start.
#[test]
fn when_the_note_of_stored_keys_is_unreadable_then_it_is_broken_until_saved() {
    let (mut store, mut restored, _) = with_foreign(Key::PRESENT, &[1]);
    for _ in 0..3 {
        assert_eq!(restored.stored, Stored::Broken);
        settle(&mut store, FlashPermit::Erase, &Values::of(&restored));
        (store, restored) = open(store.into_flash());
    }
    let mut values = Values::of(&restored);
    values.settings = load([(SettingId::Max, 10)]).settings;
    assert!(save(
        &mut store,
        FlashPermit::Append,
        Record::Settings,
        &values
    ));
    settle(&mut store, FlashPermit::Append, &values);
    let (_, restored) = open(store.into_flash());
    assert_eq!(restored.stored, Stored::Intact);
}

/// Menu rule X23: illegal values are reported; unknown ones are kept.
#[test]
fn when_settings_hold_unknown_and_illegal_values_then_they_are_told() {
    let max = number_of(SettingId::Max);
    let payload = [200, 7, 0, max, 81, 0, number_of(SettingId::Mains), 40, 0];
    let (mut store, restored, _) = with_foreign(Key::SETTINGS, &payload);
    let report = restored.report;
    assert!(report.replaced.iter().eq([SettingId::Max]));
    assert_eq!(report.notices, Notices::DEFAULTS_TAKEN);
    assert!(report.missing.contains(SettingId::Min) && report.missing.len() == 40);
    assert_eq!(restored.loaded.settings.value(SettingId::Mains), 40);
    let mut values = Values::of(&restored);
    use_for_long(&mut store, &mut values);
    let (_, again) = open(store.into_flash());
    assert!(again.report.unknown.iter().eq([(200, 7)]));
    assert_eq!(again.loaded.settings, values.settings);
}

#[test]
fn when_the_flash_is_too_small_then_it_is_refused() {
    let refused = block_on(Store::open(flash(1)));
    assert!(matches!(refused, Err(StorageError::Geometry)));
}
