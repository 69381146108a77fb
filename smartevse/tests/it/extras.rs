//! Options that have no row in the menu.

use smartevse::core::directive::ChargerStatus;
use smartevse::core::event::{Event, Fact, MeterReading};
use smartevse::core::registry::SettingId;
use smartevse::core::settings::load;
use smartevse::types::{Access, DeciAmps, Duration, Instant, PerPhase, Watts};
use smartevse::{Extras, Manager, Setup};

/// Smart with a house that draws 10 A on each phase: 6.9 kW.
fn may_charge(extras: Extras) -> bool {
    let stored = [
        (SettingId::MainsMet, 9),
        (SettingId::Mode, 1),
        (SettingId::Mains, 25),
    ];
    let setup = Setup {
        settings: load(stored).settings,
        access: Access::On,
        extras,
        ..Setup::default()
    };
    let mut manager = Manager::new(&setup, Instant::ZERO);
    let mut now = Instant::ZERO;
    let mut available = false;
    for _ in 0..30 {
        now += Duration::from_secs(1);
        let reading = MeterReading {
            currents: Some(PerPhase::splat(DeciAmps::from_deci(100))),
            ..MeterReading::default()
        };
        manager.event(Event {
            at: now,
            fact: Fact::Mains(reading),
        });
        let status = ChargerStatus {
            at: now,
            cap: DeciAmps::from_deci(160),
            ..ChargerStatus::default()
        };
        available = manager.poll(now, &status).grant.available;
    }
    available
}

fn quarter(watts: i32) -> Extras {
    Extras {
        quarter_limit: Some(Watts::from_watts(watts)),
        ..Extras::NONE
    }
}

/// Regulation 10.3: opt-in; the limit of a quarter of an hour reaches the
/// regulator of the charger.
#[test]
fn when_a_quarter_limit_is_given_then_it_is_kept() {
    assert!(may_charge(Extras::NONE));
    assert!(may_charge(quarter(15_000)));
    assert!(!may_charge(quarter(5_000)));
}
