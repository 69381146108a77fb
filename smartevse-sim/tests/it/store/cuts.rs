//! The power is cut at every step of a long script.

use smartevse::Stored;
use smartevse::core::event::Record;
use smartevse::storage::{Done, FlashPermit};
use smartevse_sim::flash::SimFlash;
use smartevse_sim::random::Random;

use super::rig::{RECORDS, SimStore, Values, flash, open, save, step};

/// What is stored for certain, and what is being stored.
struct Expected {
    old: Values,
    new: Values,
    /// Something was ever stored completely.
    any: bool,
}

/// After a cut every record is old or new, nothing is reported as broken, and
/// the store goes on.
fn check(flash: SimFlash, expected: &Expected, goes_on: bool, cut: &str) {
    let (mut store, restored) = open(flash);
    let found = Values::of(&restored);
    for record in RECORDS {
        let old = found.agrees(&expected.old, record);
        assert!(
            old || found.agrees(&expected.new, record),
            "{record:?} {cut}"
        );
    }
    assert_ne!(restored.stored, Stored::Broken, "{cut}");
    assert!(!expected.any || restored.stored == Stored::Intact, "{cut}");
    assert_eq!(restored.report.unreadable, 0, "{cut}");
    if goes_on {
        let record = Record::Settings;
        assert!(save(&mut store, FlashPermit::Erase, record, &expected.new));
        let (_, again) = open(store.into_flash());
        assert!(Values::of(&again).agrees(&expected.new, record), "{cut}");
    }
}

/// Cuts the power at every step of one call and checks each time.
fn cut_everywhere(before: &SimFlash, record: Option<Record>, expected: &Expected) -> u64 {
    let (mut whole, _) = open(before.clone());
    let from = before.work().steps;
    step(&mut whole, FlashPermit::Erase, record, &expected.new).unwrap();
    let steps = whole.into_flash().work().steps - from;
    // An erase is one step that can end in many ways.
    let seeds = if steps == 1 { 100 } else { 3 };
    for cut in 0..steps {
        for seed in 0..seeds {
            let mut flash = before.clone();
            flash.cut_power_after(u32::try_from(cut).unwrap(), seed);
            let (mut store, _) = open(flash);
            step(&mut store, FlashPermit::Erase, record, &expected.new).unwrap_err();
            let mut flash = store.into_flash();
            flash.restore_power();
            let cut = format!("{record:?}, step {cut} of {steps}, seed {seed}");
            check(flash, expected, seed == 0, &cut);
        }
    }
    steps
}

/// A script that is played call by call.
struct Script {
    store: SimStore,
    expected: Expected,
    cuts: u64,
}

impl Script {
    /// One call; before it, the power is cut everywhere in it.
    fn call(mut self, record: Option<Record>) -> (Self, Done) {
        let before = self.store.into_flash();
        self.cuts += cut_everywhere(&before, record, &self.expected);
        // A restart before every call is no cut, but must not matter.
        (self.store, _) = open(before);
        let done = step(
            &mut self.store,
            FlashPermit::Erase,
            record,
            &self.expected.new,
        );
        // The first write is the header of a block.
        self.expected.any |= self.store.flash().work().writes > 1;
        (self, done.unwrap())
    }

    fn save(mut self, record: Record) -> Self {
        loop {
            let done;
            (self, done) = self.call(Some(record));
            match done {
                Done::Worked => {}
                Done::Saved(..) => break,
                Done::Idle | Done::Waiting => panic!("{done:?}"),
            }
        }
        self.expected.old = self.expected.new.clone();
        self
    }

    fn settle(mut self) -> Self {
        loop {
            let done;
            (self, done) = self.call(None);
            match done {
                Done::Worked => {}
                Done::Idle => return self,
                Done::Saved(..) | Done::Waiting => panic!("{done:?}"),
            }
        }
    }
}

fn play(blocks: usize, changes: usize, seed: u64) -> (u64, u32) {
    let mut random = Random::new(seed);
    let mut script = Script {
        store: open(flash(blocks)).0,
        expected: Expected {
            old: Values::virgin(),
            new: Values::virgin(),
            any: false,
        },
        cuts: 0,
    };
    for _ in 0..changes {
        let record = RECORDS[random.next_bits() as usize % RECORDS.len()];
        script.expected.new.change(record, &mut random);
        script = script.save(record);
        if random.next_bits().is_multiple_of(3) {
            script = script.settle();
        }
    }
    let erased = script.store.flash().erasures().iter().sum();
    println!("{blocks} blocks: {} cuts, {erased} erased", script.cuts);
    (script.cuts, erased)
}

/// Charging 11.2, decision 70: old or new, at every step of 200 changes.
#[test]
fn when_the_power_is_cut_anywhere_then_each_record_is_old_or_new() {
    let (cuts, erased) = play(3, 200, 1);
    assert!(cuts > 2_000 && erased > 0, "{cuts} cuts, {erased} erased");
}

/// The smallest flash: one block is in use, one in reserve.
#[test]
fn when_there_are_two_blocks_only_then_a_cut_loses_nothing_either() {
    let (cuts, erased) = play(2, 120, 2);
    assert!(cuts > 1_000 && erased > 0, "{cuts} cuts, {erased} erased");
}
