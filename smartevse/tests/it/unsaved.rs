//! Which records the station wants to have stored.

use smartevse::core::command::{Command, Origin};
use smartevse::core::directive::ChargerStatus;
use smartevse::core::event::{Event, Fact, Record};
use smartevse::core::faults::Faults;
use smartevse::core::schedule::Schedule;
use smartevse::types::Instant;
use smartevse::{Manager, Setup};

fn status(latched: Faults) -> ChargerStatus {
    ChargerStatus {
        at: Instant::from_millis(10),
        latched,
        ..ChargerStatus::default()
    }
}

fn unsaved(manager: &Manager) -> Vec<(Record, u32)> {
    manager.records().unsaved().collect()
}

/// I-23, D-70: a fault that latches is to be stored, and so is its end.
#[test]
fn when_a_fault_latches_or_ends_then_the_record_is_unsaved() {
    let mut manager = Manager::new(&Setup::default(), Instant::ZERO);
    manager.poll(Instant::ZERO, &ChargerStatus::default());
    assert_eq!(unsaved(&manager), []);
    manager.poll(Instant::from_millis(10), &status(Faults::RCM_TRIPPED));
    assert_eq!(unsaved(&manager), [(Record::Latches, 1)]);
    manager.poll(Instant::from_millis(20), &status(Faults::RCM_TRIPPED));
    manager.poll(Instant::from_millis(30), &status(Faults::empty()));
    assert_eq!(unsaved(&manager), [(Record::Latches, 2)]);
}

/// Before its first poll the charging control tells nothing: the stored
/// latches stay.
#[test]
fn when_the_charger_was_not_polled_yet_then_the_latches_stay() {
    let setup = Setup {
        boot: smartevse::core::charger::BootRecord {
            latched: Faults::CONTACTOR_FAULT,
        },
        ..Setup::default()
    };
    let mut manager = Manager::new(&setup, Instant::ZERO);
    manager.poll(Instant::ZERO, &ChargerStatus::default());
    manager.poll(Instant::from_millis(10), &status(Faults::CONTACTOR_FAULT));
    assert_eq!(unsaved(&manager), []);
}

/// Charging 12.1: what is left of a schedule is stored.
#[test]
fn when_the_cable_lock_or_a_schedule_changes_then_access_is_unsaved() {
    let now = Instant::from_millis(10);
    let mut manager = Manager::new(&Setup::default(), Instant::ZERO);
    let lock = Command::SetCableLock(true);
    manager.command(now, Origin::Rest, lock).unwrap();
    assert_eq!(unsaved(&manager), [(Record::Access, 1)]);
    let schedule = Schedule::new(0, Some(100), Some(200), false);
    let wish = Command::SetSchedule(schedule);
    manager.command(now, Origin::Rest, wish).unwrap();
    let stored = unsaved(&manager)[0].1;
    for local in [150, 250] {
        let fact = Fact::LocalTime(local);
        manager.event(Event { at: now, fact });
        manager.poll(now, &status(Faults::empty()));
    }
    assert!(unsaved(&manager)[0].1 > stored);
}
