//! Which records the station wants to have stored.

use smartevse::core::command::{Command, Origin};
use smartevse::core::directive::ChargerStatus;
use smartevse::core::event::{Event, Fact, MeterReading, Record};
use smartevse::core::faults::Faults;
use smartevse::core::schedule::Schedule;
use smartevse::core::state::ChargeState;
use smartevse::types::{Instant, WattHours};
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

/// Menu 2.6 and 7: the LCD lock is stored with the access, and restored.
#[test]
fn when_the_lcd_is_locked_then_access_is_unsaved_and_the_lock_comes_back() {
    let now = Instant::from_millis(10);
    let mut manager = Manager::new(&Setup::default(), Instant::ZERO);
    let lock = Command::SetLcdLock(true);
    manager.command(now, Origin::Lcd, lock).unwrap();
    assert_eq!(unsaved(&manager), [(Record::Access, 1)]);
    let status = status(Faults::empty());
    assert!(manager.snapshot(&status).plan.lcd_lock);
    let setup = Setup {
        lcd_lock: manager.contents(&status).access.lcd_lock,
        ..Setup::default()
    };
    let restarted = Manager::new(&setup, Instant::ZERO);
    assert!(restarted.snapshot(&status).plan.lcd_lock);
    assert_eq!(unsaved(&restarted), []);
}

/// Meters 10, D-219: the ledger is to be stored when a charge begins and when
/// the vehicle has left, and goes on after a restart.
#[test]
fn when_a_vehicle_charges_then_the_ledger_is_unsaved_and_comes_back() {
    let mut manager = Manager::new(&Setup::default(), Instant::ZERO);
    let reading = |wh| Event {
        at: Instant::from_millis(10),
        fact: Fact::EvMeter(MeterReading {
            import: Some(WattHours::from_wh(wh)),
            ..MeterReading::default()
        }),
    };
    let charging = ChargerStatus {
        state: ChargeState::C,
        vehicle_present: true,
        ..status(Faults::empty())
    };
    manager.event(reading(7_000));
    manager.poll(Instant::from_millis(10), &charging);
    assert_eq!(unsaved(&manager), [(Record::Energy, 1)]);
    manager.event(reading(7_400));
    manager.poll(Instant::from_secs(60), &charging);
    assert_eq!(unsaved(&manager), [(Record::Energy, 1)]);
    let setup = Setup {
        energy: manager.contents(&charging).energy,
        ..Setup::default()
    };
    manager.poll(Instant::from_secs(70), &status(Faults::empty()));
    assert_eq!(unsaved(&manager), [(Record::Energy, 2)]);
    let mut restarted = Manager::new(&setup, Instant::ZERO);
    restarted.event(reading(7_410));
    restarted.poll(Instant::from_millis(10), &charging);
    let charged = restarted.snapshot(&charging).plan.charged;
    assert_eq!(charged, Some(WattHours::from_wh(410)));
    assert_eq!(unsaved(&restarted), []);
}
