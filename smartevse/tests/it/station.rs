//! A station from plug to unplug.

use smartevse::core::command::{Command, Origin, Refused};
use smartevse::core::io::Inputs;
use smartevse::core::state::ChargeState;
use smartevse::types::{Access, BlockReason, DeciAmps, Instant};
use smartevse::{Manager, Setup, Station};

use crate::bench::{self, Bench, Car};

#[test]
fn when_a_car_asks_then_it_charges_and_stops_in_order() {
    let mut bench = Bench::charging(&bench::setup());
    assert_eq!(bench.station.status().state, ChargeState::C);
    bench.car = Car::Connected;
    bench.tick();
    assert!(!bench.outputs.contactor1.is_closed());
    bench.car = Car::Away;
    bench.run_ms(1_000);
    assert_eq!(bench.station.status().state, ChargeState::A);
    assert_eq!(bench.station.status().block, Some(BlockReason::NoVehicle));
}

/// Menu 5.6, D-221: EXIT of the menu ends the restart delay; nobody elsewhere
/// can, and a shortage that lasts goes on.
#[test]
fn when_the_menu_is_left_through_exit_then_the_delay_ends() {
    let mut bench = Bench::charging(&bench::setup());
    let granted = |bench: &mut Bench, deci| {
        bench.station.event(bench::grant(bench.now, deci));
        bench.run_ms(20_000);
        bench.station.status().block
    };
    let wish = |bench: &mut Bench, origin| {
        let answer = bench.station.command(bench.now, origin, Command::EndDelays);
        bench.run_ms(20);
        answer
    };
    bench.car = Car::Connected;
    assert_eq!(granted(&mut bench, 0), Some(BlockReason::WaitingForPower));
    assert!(wish(&mut bench, Origin::Lcd).is_ok());
    assert_eq!(bench.station.status().state, ChargeState::B1);
    let delayed = granted(&mut bench, 160);
    assert!(matches!(delayed, Some(BlockReason::ChargeDelay(_))));
    assert_eq!(wish(&mut bench, Origin::Rest), Err(Refused::LocalOnly));
    assert_eq!(bench.station.status().state, ChargeState::B1);
    assert!(wish(&mut bench, Origin::Lcd).is_ok());
    assert_eq!(bench.station.status().state, ChargeState::B);
}

/// `Inputs::default()` can never close a contactor.
#[test]
fn when_nothing_is_known_then_nothing_closes() {
    let mut station = Station::new(&bench::setup(), Instant::ZERO);
    station.event(bench::grant(Instant::ZERO, 160));
    for tick in 0..10_000 {
        let out = station.poll(Instant::from_millis(tick * 10), &Inputs::default());
        assert!(!out.contactor1.is_closed() && !out.contactor2.is_closed());
    }
}

/// Contract 2: a manager that stops renewing its directive ends the charge in
/// the orderly way: pilot steady, then open.
#[test]
fn when_the_directive_expires_then_charging_ends_in_order() {
    use smartevse::core::charger::Charger;

    let setup = bench::setup();
    let mut charger = Charger::new(setup.facts, setup.boot, Instant::ZERO);
    let mut manager = Manager::new(&setup, Instant::ZERO);
    manager.event(bench::grant(Instant::ZERO, 160));
    let mut inputs = bench::inputs();
    let mut outputs = smartevse::core::io::Outputs::SAFE;
    let mut directive = manager.poll(Instant::ZERO, &charger.status());
    let (mut silent_since, mut steady, mut open) = (None, None, None);
    for tick in 1..6_000_u64 {
        let now = Instant::from_millis(tick * 10);
        let before = Instant::from_millis((tick - 1) * 10);
        let car = if tick < 1_000 { Car::Away } else { Car::Asks };
        inputs.pilot = Some(bench::pilot(car, &outputs, before, now));
        if tick < 2_500 {
            directive = manager.poll(now, &charger.status());
        } else {
            silent_since.get_or_insert(now);
        }
        outputs = charger.poll(now, &inputs, &directive);
        if let Some(since) = silent_since {
            if steady.is_none() && outputs.duty.as_permille() == 1000 {
                steady = Some(now.since(since).as_millis());
                assert!(outputs.contactor1.is_closed(), "the grace time comes first");
                assert_eq!(charger.status().state, ChargeState::C1);
            }
            if open.is_none() && !outputs.contactor1.is_closed() {
                open = Some(now.since(since).as_millis());
            }
        } else if tick == 2_499 {
            assert!(outputs.contactor1.is_closed());
        }
    }
    let (steady, open) = (steady.unwrap(), open.unwrap());
    assert!((900..=1_100).contains(&steady), "steady after {steady} ms");
    assert!(
        (steady + 5_900..=steady + 6_100).contains(&open),
        "open after {open} ms"
    );
    assert_eq!(charger.status().block, Some(BlockReason::NoDirective));
}

/// I-11: access off ends the offer within one poll.
#[test]
fn when_access_ends_then_the_offer_ends_in_the_next_poll() {
    let mut bench = Bench::charging(&bench::setup());
    let off = Command::SetAccess(Access::Off);
    bench.station.command(bench.now, Origin::Rest, off).unwrap();
    bench.tick();
    assert_eq!(bench.outputs.duty.as_permille(), 1000);
    assert!(bench.outputs.contactor1.is_closed());
    bench.run_ms(6_100);
    assert!(!bench.outputs.contactor1.is_closed());
    assert_eq!(bench.station.status().block, Some(BlockReason::AccessOff));
}

/// R-14, I-17: an override never raises the offer above MAX and the grant.
#[test]
fn when_an_override_is_set_then_it_only_lowers() {
    let mut bench = Bench::charging(&bench::setup());
    let set = |deci| Command::SetOverride(DeciAmps::from_deci(deci));
    bench
        .station
        .command(bench.now, Origin::Rest, set(110))
        .unwrap();
    bench.run_ms(100);
    assert_eq!(bench.station.status().offered, DeciAmps::from_deci(110));
    bench.station.event(bench::grant(bench.now, 80));
    bench.run_ms(100);
    assert_eq!(bench.station.status().offered, DeciAmps::from_deci(80));
    bench
        .station
        .command(bench.now, Origin::Rest, set(0))
        .unwrap();
    bench.station.event(bench::grant(bench.now, 400));
    bench.run_ms(30_000);
    assert_eq!(bench.station.status().offered, DeciAmps::from_deci(160));
}

#[test]
fn when_default_then_access_is_off() {
    let bench = {
        let mut bench = Bench::new(&Setup {
            planning: smartevse::Planning::External,
            ..Setup::default()
        });
        bench.run_ms(10_000);
        bench.car = Car::Asks;
        bench.run_ms(20_000);
        bench
    };
    assert_eq!(bench.station.status().state, ChargeState::A);
    assert!(bench.station.status().vehicle_present);
    assert_eq!(bench.station.status().block, Some(BlockReason::AccessOff));
}

/// Charging 12.1: a pending start takes the access away until it comes.
#[test]
fn when_a_start_is_delayed_then_the_car_waits_for_it() {
    use smartevse::core::event::{Event, Fact};
    use smartevse::core::schedule::Schedule;

    let mut bench = Bench::new(&bench::setup());
    bench.run_ms(10_000);
    bench.station.event(Event {
        at: bench.now,
        fact: Fact::LocalTime(50_000),
    });
    let schedule = Schedule::new(50_000, Some(50_060), Some(50_090), false);
    let command = Command::SetSchedule(schedule);
    bench
        .station
        .command(bench.now, Origin::Rest, command)
        .unwrap();
    bench.car = Car::Asks;
    bench.run_ms(30_000);
    assert_eq!(bench.station.status().state, ChargeState::A);
    assert_eq!(bench.station.status().block, Some(BlockReason::Schedule));
    bench.run_ms(40_000);
    assert!(
        bench.outputs.contactor1.is_closed(),
        "{:?}",
        bench.station.status()
    );
    bench.run_ms(30_000);
    assert!(!bench.outputs.contactor1.is_closed());
    assert_eq!(bench.station.manager().access().access(), Access::Off);
}
