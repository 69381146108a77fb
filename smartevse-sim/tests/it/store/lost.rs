//! A store of which nothing can be read any more.

use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;
use smartevse::Stored;
use smartevse::core::event::Record;
use smartevse::core::records::Key;
use smartevse::core::records::access::AccessRecord;
use smartevse::core::registry::SettingId;
use smartevse::core::settings::load;
use smartevse::storage::{Done, FlashPermit, Restored};
use smartevse::types::Access;
use smartevse_sim::flash::SimFlash;

use super::rig::{RECORDS, SimStore, Values, flash, open, save, settle, step};

const BLOCK: usize = 4096;

/// Settings as the installer left them and access on.
fn installed() -> Values {
    let mut values = Values::virgin();
    values.settings = load([(SettingId::Max, 10)]).settings;
    values.access = Some(AccessRecord {
        access: Access::On,
        ..AccessRecord::default()
    });
    values
}

/// Something else in every block.
fn foreign(blocks: usize) -> SimFlash {
    let mut flash = flash(blocks);
    for offset in (0..blocks * BLOCK).step_by(256) {
        block_on(flash.write(u32::try_from(offset).unwrap(), &[0x5A; 256])).unwrap();
    }
    flash
}

/// A store whose headers are gone; other blocks are erased.
fn beheaded(blocks: usize) -> SimFlash {
    let values = installed();
    let (mut store, _) = open(flash(blocks));
    for record in RECORDS {
        assert!(save(&mut store, FlashPermit::Erase, record, &values));
    }
    settle(&mut store, FlashPermit::Erase, &values);
    let mut flash = store.into_flash();
    for block in 0..blocks {
        if flash.content()[block * BLOCK] != 0xFF {
            flash.flip_bit(block * BLOCK * 8);
            flash.flip_bit((block * BLOCK + 32) * 8);
        }
    }
    flash
}

/// A lost block, and half of a header in one before or behind it.
fn begun(lost: usize) -> SimFlash {
    let mut flash = flash(2);
    let other = u32::try_from((1 - lost) * BLOCK).unwrap();
    block_on(flash.write(other, b"SEV1")).unwrap();
    for offset in (lost * BLOCK..(lost + 1) * BLOCK).step_by(256) {
        block_on(flash.write(u32::try_from(offset).unwrap(), &[0x5A; 256])).unwrap();
    }
    flash
}

fn kinds() -> Vec<SimFlash> {
    let mut kinds = vec![begun(0), begun(1)];
    for blocks in [2, 3, 5] {
        kinds.extend([foreign(blocks), beheaded(blocks)]);
    }
    kinds
}

fn bits(keys: &[Key]) -> u64 {
    keys.iter().fold(0, |bits, key| bits | 1 << key.number())
}

/// Nothing closes, and a fault says why.
fn assert_broken(restored: &Restored, when: &str) {
    assert_eq!(restored.stored, Stored::Broken, "{when}");
    assert_eq!(restored.setup().first_access(), Access::Off, "{when}");
}

/// Charging 11.2 rule 2, D-128, D-226: erasing what cannot be read does not
/// make a lost store a virgin one.
#[test]
fn when_a_lost_store_is_erased_then_it_stays_broken_until_the_settings_are_saved() {
    for (kind, mut flash) in kinds().into_iter().enumerate() {
        for start in 0..3 {
            let (mut store, restored) = open(flash);
            let when = format!("kind {kind}, start {start}");
            assert_broken(&restored, &when);
            let unreadable = bits(&[Key::SETTINGS, Key::ACCESS]);
            assert_eq!(restored.report.unreadable, unreadable, "{when}");
            let permit = [FlashPermit::Append, FlashPermit::Erase][start.min(1)];
            settle(&mut store, permit, &Values::of(&restored));
            flash = store.into_flash();
        }
        let (mut store, restored) = open(flash);
        let mut values = Values::of(&restored);
        values.settings = installed().settings;
        assert!(save(
            &mut store,
            FlashPermit::Append,
            Record::Settings,
            &values
        ));
        settle(&mut store, FlashPermit::Append, &values);
        let (_, restored) = open(store.into_flash());
        assert_eq!(restored.stored, Stored::Intact, "kind {kind}");
        assert_eq!(restored.loaded.settings, values.settings);
        assert_eq!(
            restored.access.map(|record| record.access),
            Some(Access::Off)
        );
        assert_eq!(restored.report.unreadable, 0);
    }
}

/// D-226: whoever takes the access in that session has not seen the settings.
#[test]
fn when_only_access_is_saved_on_a_lost_store_then_it_stays_broken() {
    for (kind, flash) in kinds().into_iter().enumerate() {
        for calls in 0..40 {
            let (mut store, _) = open(flash.clone());
            let values = installed();
            let unsaved = Some(Record::Access);
            for _ in 0..calls {
                step(&mut store, FlashPermit::Erase, unsaved, &values).unwrap();
            }
            let (mut store, restored) = open(store.into_flash());
            assert_broken(&restored, &format!("kind {kind}, {calls} calls"));
            settle(&mut store, FlashPermit::Erase, &values);
            let (_, restored) = open(store.into_flash());
            assert_broken(&restored, &format!("kind {kind}, {calls} calls, settled"));
        }
    }
}

/// What was asked to be saved since the store was lost.
struct Script {
    store: SimStore,
    values: Values,
    cuts: u64,
}

impl Script {
    /// One call; before it, the power is cut everywhere in it.
    fn call(mut self, record: Option<Record>, is_mended: bool) -> (Self, Done) {
        let before = self.store.into_flash();
        self.cuts += cut_everywhere(&before, record, &self.values, is_mended);
        (self.store, _) = open(before);
        let done = step(&mut self.store, FlashPermit::Erase, record, &self.values).unwrap();
        (self, done)
    }

    fn run(mut self, record: Option<Record>, is_mended: bool) -> Self {
        for _ in 0..100 {
            let done;
            (self, done) = self.call(record, is_mended);
            if matches!(done, Done::Idle | Done::Saved(..)) {
                return self;
            }
        }
        panic!("{record:?} never ends");
    }
}

/// The charger is broken after every cut, or everything that counts is saved.
fn cut_everywhere(
    before: &SimFlash,
    record: Option<Record>,
    values: &Values,
    is_mended: bool,
) -> u64 {
    let (mut whole, _) = open(before.clone());
    let from = before.work().steps;
    step(&mut whole, FlashPermit::Erase, record, values).unwrap();
    let steps = whole.into_flash().work().steps - from;
    let seeds = if steps == 1 { 60 } else { 3 };
    for cut in 0..steps {
        for seed in 0..seeds {
            let mut flash = before.clone();
            flash.cut_power_after(u32::try_from(cut).unwrap(), seed);
            let (mut store, _) = open(flash);
            step(&mut store, FlashPermit::Erase, record, values).unwrap_err();
            let mut flash = store.into_flash();
            flash.restore_power();
            let when = format!("{record:?}, step {cut} of {steps}, seed {seed}");
            let (_, restored) = open(flash);
            if restored.stored == Stored::Broken || !is_mended {
                assert_broken(&restored, &when);
            } else {
                assert_eq!(restored.stored, Stored::Intact, "{when}");
                assert_eq!(restored.loaded.settings, values.settings, "{when}");
                assert_eq!(restored.access, values.access, "{when}");
            }
        }
    }
    steps * seeds
}

/// Charging 11.2 rule 2, D-226: with the power cut at every step of the way
/// from a lost store to a mended one.
#[test]
fn when_the_power_is_cut_while_a_lost_store_is_mended_then_it_is_never_virgin() {
    for flash in kinds() {
        for access_first in [false, true] {
            let mut script = Script {
                store: open(flash.clone()).0,
                values: installed(),
                cuts: 0,
            };
            if access_first {
                script = script.run(Some(Record::Access), false);
            }
            script = script.run(None, false);
            script = script.run(Some(Record::Settings), true);
            script = script.run(Some(Record::Access), true);
            script = script.run(None, true);
            assert!(script.cuts > 100, "{} cuts", script.cuts);
            let (_, restored) = open(script.store.into_flash());
            assert_eq!(restored.stored, Stored::Intact);
        }
    }
}
