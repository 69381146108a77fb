//! A station with its store, before and after a restart.

use embassy_futures::block_on;
use smartevse::core::command::{Command, Origin};
use smartevse::core::event::{Event, Fact};
use smartevse::core::io::Inputs;
use smartevse::core::registry::SettingId;
use smartevse::core::schedule::Schedule;
use smartevse::core::settings::Patch;
use smartevse::storage::{Done, FlashPermit};
use smartevse::types::{Access, Instant};
use smartevse::{Station, Stored};

use super::rig::{SimStore, flash, open};

/// Runs for a second; the store gets a turn every 100 ms.
fn run(station: &mut Station, store: &mut SimStore, from: u64) -> u64 {
    for tick in from..from + 100 {
        let now = Instant::from_millis(tick * 10);
        station.poll(now, &Inputs::default());
        if tick % 10 != 0 {
            continue;
        }
        let status = station.status();
        let manager = station.manager();
        let permit = FlashPermit::of(status, manager.access().access(), now);
        let unsaved = manager.records().unsaved();
        let done = block_on(store.step(permit, unsaved, &manager.contents(&status)));
        if let Done::Saved(record, version) = done.unwrap() {
            let fact = Fact::Stored(record, version);
            station.event(Event { at: now, fact });
        }
    }
    from + 100
}

/// Decision 70: access off is stored within a second; settings and schedule
/// outlive the restart as well.
#[test]
fn when_values_change_then_they_are_stored_within_a_second_and_restored() {
    let (mut store, restored) = open(flash(4));
    assert_eq!(restored.stored, Stored::Blank);
    let mut station = Station::new(&restored.setup(), Instant::ZERO);
    let mut tick = run(&mut station, &mut store, 0);
    assert_eq!(station.manager().access().access(), Access::On);
    assert_eq!(store.flash().work().writes, 0);
    let now = Instant::from_millis(tick * 10);
    let schedule = Schedule::new(0, Some(5_000), Some(6_000), true);
    for command in [
        Command::Change(Patch::new().with(SettingId::Max, 13)),
        Command::SetSchedule(schedule),
        Command::SetCableLock(true),
        Command::SetAccess(Access::Off),
    ] {
        station.command(now, Origin::Lcd, command).unwrap();
    }
    assert_eq!(station.manager().records().unsaved().count(), 2);
    tick = run(&mut station, &mut store, tick);
    assert_eq!(station.manager().records().unsaved().count(), 0);
    run(&mut station, &mut store, tick);

    let (_, restored) = open(store.into_flash());
    assert_eq!(restored.stored, Stored::Intact);
    let again = Station::new(&restored.setup(), Instant::ZERO);
    assert_eq!(again.manager().access().access(), Access::Off);
    assert_eq!(again.snapshot().settings.value(SettingId::Max), 13);
    let access = restored.access.unwrap();
    assert_eq!((access.schedule, access.cable_lock), (schedule, true));
}
