//! Stories of several steps: latches, retries, lock-outs and what ends them.

use smartevse_core::command::{Command, Origin, Refused};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::faults::Faults;
use smartevse_core::io::{LockDrive, PilotSwitch};
use smartevse_sim::bench::Bench;
use smartevse_sim::car::{CarModel, Sleep};
use smartevse_sim::evse_board::BoardFaults;
use smartevse_sim::happening::Happening;
use smartevse_types::{Access, BlockReason, Duration};

use crate::site::{charging, complete, happen, healthy, healthy_charges, secs, whole};

fn broken(faults: BoardFaults) -> Happening {
    Happening::Board(faults)
}

fn has(fault: Faults) -> impl Fn(&Bench) -> bool {
    move |bench| bench.status().faults.contains(fault)
}

fn waits(bench: &mut Bench, span: u64, holds: impl Fn(&Bench) -> bool) -> Duration {
    bench
        .wait_for(secs(span), holds)
        .unwrap()
        .unwrap_or_else(|| panic!("never within {span} s: {:?}", bench.status()))
}

/// The vehicle at the bench must not get energy for a span.
fn stays_open(bench: &mut Bench, span: u64) -> ChargerStatus {
    let closed = bench.wait_for(secs(span), Bench::is_closed).unwrap();
    assert_eq!(closed, None);
    bench.status()
}

/// No pulse and no way to charge: isolated, −12 V or steady +12 V.
fn offers_nothing(bench: &Bench) -> bool {
    let duty = bench.outputs().duty.as_permille();
    bench.outputs().pilot_switch == PilotSwitch::Isolated || duty == 0 || duty == 1000
}

/// Charging 4.3, I-16, S16: a welded main contactor is found 500 ms after the
/// command, the cable stays locked, and only service ends it.
#[test]
fn when_the_main_contactor_is_welded_then_it_latches_and_never_unlocks() {
    let mut bench = charging(&complete(), healthy());
    happen(
        &mut bench,
        broken(BoardFaults {
            contactor1_stuck: true,
            ..BoardFaults::default()
        }),
    );
    happen(&mut bench, Happening::access(Access::Off));
    waits(&mut bench, 7, |bench| !bench.is_closed());
    let found = waits(&mut bench, 2, has(Faults::CONTACTOR_FAULT));
    println!(
        "welded main contactor: found {} ms after the command",
        found.as_micros() / 1_000
    );
    assert!(found >= Duration::from_millis(490) && found <= Duration::from_millis(520));
    happen(&mut bench, Happening::access(Access::On));
    happen(&mut bench, Happening::repaired());
    let status = stays_open(&mut bench, 120);
    assert_eq!(status.block, Some(BlockReason::Fault));
    assert!(status.latched.contains(Faults::CONTACTOR_FAULT));
    assert!(offers_nothing(&bench));
    happen(&mut bench, Happening::Unplug);
    let unlocked = bench
        .wait_for(secs(60), |bench| bench.outputs().lock == LockDrive::Unlock)
        .unwrap();
    assert_eq!(unlocked, None, "unlocks while the contactor reads closed");
    happen(&mut bench, whole());
    bench.restart();
    happen(&mut bench, Happening::Plug(healthy()));
    assert!(
        stays_open(&mut bench, 120)
            .faults
            .contains(Faults::CONTACTOR_FAULT)
    );
    happen(&mut bench, Happening::repaired());
    waits(&mut bench, 90, Bench::is_charging);
    assert_eq!(bench.unlocks_under_voltage(), 0);
}

/// Charging 4.3: a welded second contactor prevents the next closing.
#[test]
fn when_the_second_contactor_is_welded_then_it_latches() {
    let mut bench = charging(&complete(), healthy());
    happen(
        &mut bench,
        broken(BoardFaults {
            contactor2_stuck: true,
            ..BoardFaults::default()
        }),
    );
    bench.run(secs(5)).unwrap();
    assert!(bench.is_charging());
    happen(&mut bench, Happening::access(Access::Off));
    waits(&mut bench, 7, |bench| !bench.is_closed());
    let found = waits(&mut bench, 2, has(Faults::CONTACTOR_FAULT));
    println!(
        "welded second contactor: found {} ms after the main one opened",
        found.as_micros() / 1_000
    );
    assert!(found <= Duration::from_millis(620));
    happen(&mut bench, Happening::access(Access::On));
    stays_open(&mut bench, 120);
    happen(&mut bench, Happening::repaired());
    stays_open(&mut bench, 90);
    happen(&mut bench, whole());
    bench.run(secs(1)).unwrap();
    happen(&mut bench, Happening::repaired());
    waits(&mut bench, 90, Bench::is_charging);
}

/// Charging 4.3: open again after 500 ms, one retry after 60 s, then latched.
#[test]
fn when_the_contactor_does_not_close_then_one_retry_follows_and_it_latches() {
    let mut bench = Bench::new(&complete());
    happen(
        &mut bench,
        broken(BoardFaults {
            contactor1_stuck: true,
            ..BoardFaults::default()
        }),
    );
    happen(&mut bench, Happening::Plug(healthy()));
    for closing in 1..=2 {
        waits(&mut bench, 90, Bench::is_closed);
        let opened = waits(&mut bench, 2, |bench| !bench.is_closed());
        println!(
            "contactor does not close: opened {} ms after closing {closing}",
            opened.as_micros() / 1_000
        );
        assert!(opened >= Duration::from_millis(490) && opened <= Duration::from_millis(520));
        assert!(has(Faults::CONTACTOR_FAULT)(&bench));
    }
    let status = stays_open(&mut bench, 300);
    assert_eq!(status.closings, 2);
    assert!(status.latched.contains(Faults::CONTACTOR_FAULT));
    happen(&mut bench, whole());
    stays_open(&mut bench, 120);
    happen(&mut bench, Happening::repaired());
    waits(&mut bench, 90, Bench::is_charging);
}

/// Charging 4.3: a contactor that drops out while charging is treated alike.
#[test]
fn when_the_contactor_drops_then_it_opens_and_retries_once() {
    let mut bench = charging(&complete(), healthy());
    happen(
        &mut bench,
        broken(BoardFaults {
            contactor1_dropped: true,
            ..BoardFaults::default()
        }),
    );
    let opened = waits(&mut bench, 2, |bench| !bench.is_closed());
    println!(
        "contactor drops: opened after {} ms",
        opened.as_micros() / 1_000
    );
    assert!(opened <= Duration::from_millis(560));
    waits(&mut bench, 90, Bench::is_closed);
    waits(&mut bench, 2, |bench| !bench.is_closed());
    assert!(
        stays_open(&mut bench, 200)
            .latched
            .contains(Faults::CONTACTOR_FAULT)
    );
    happen(&mut bench, whole());
    happen(&mut bench, Happening::repaired());
    waits(&mut bench, 90, Bench::is_charging);
}

/// I-08, I-23, charging 8, S7: only a local press after one normal second
/// resets a trip; a restart does not.
#[test]
fn when_residual_current_trips_then_only_a_late_local_press_resets_it() {
    let mut bench = charging(&complete(), healthy());
    let trip = BoardFaults {
        residual_current: true,
        ..BoardFaults::default()
    };
    happen(&mut bench, broken(trip));
    let opened = waits(&mut bench, 1, |bench| !bench.is_closed());
    assert!(opened <= Duration::from_millis(20));
    bench.run(secs(5)).unwrap();
    happen(&mut bench, Happening::key());
    bench.run(secs(1)).unwrap();
    assert!(has(Faults::RCM_TRIPPED)(&bench));
    happen(&mut bench, whole());
    bench.restart();
    assert!(
        stays_open(&mut bench, 120)
            .faults
            .contains(Faults::RCM_TRIPPED)
    );
    let remote = Happening::Wish(Origin::Rest, Command::ResetResidualCurrent);
    assert_eq!(bench.happen(&remote), Err(Refused::LocalOnly));
    assert!(
        stays_open(&mut bench, 5)
            .faults
            .contains(Faults::RCM_TRIPPED)
    );
    happen(&mut bench, Happening::key());
    waits(&mut bench, 90, Bench::is_charging);
}

/// Charging 8 rule 3: a monitor that does not react is tried once more after
/// 60 s; only a restart ends it then.
#[test]
fn when_the_self_test_fails_then_it_is_repeated_once_and_latches() {
    let deaf = BoardFaults {
        residual_current_deaf: true,
        ..BoardFaults::default()
    };
    let mut bench = Bench::new(&complete());
    happen(&mut bench, broken(deaf));
    happen(&mut bench, Happening::Plug(healthy()));
    waits(&mut bench, 20, has(Faults::RCM_TEST));
    happen(&mut bench, whole());
    let again = waits(&mut bench, 90, Bench::is_charging);
    println!(
        "self-test repaired before its retry: charges after {:.1} s",
        again.as_micros() as f64 / 1e6
    );
    let mut bench = Bench::new(&complete());
    happen(&mut bench, broken(deaf));
    happen(&mut bench, Happening::Plug(healthy()));
    stays_open(&mut bench, 120);
    happen(&mut bench, whole());
    assert!(
        stays_open(&mut bench, 300)
            .faults
            .contains(Faults::RCM_TEST)
    );
    bench.restart();
    waits(&mut bench, 90, Bench::is_charging);
}

/// I-14, charging 2.5 rule 10, S15: six closings in five minutes, then a
/// lock-out of five minutes.
#[test]
fn when_a_vehicle_toggles_then_it_is_locked_out_after_six_closings() {
    let mut bench = Bench::new(&complete());
    bench.run(secs(10)).unwrap();
    happen(
        &mut bench,
        Happening::Plug(CarModel {
            toggles_every_s: Some(8.0),
            ..healthy()
        }),
    );
    let locked_out = |bench: &Bench| matches!(bench.status().block, Some(BlockReason::Flapping(_)));
    waits(&mut bench, 290, locked_out);
    let status = stays_open(&mut bench, 290);
    assert_eq!(status.closings, 6);
    assert_eq!(bench.outputs().duty.as_permille(), 1000);
    waits(&mut bench, 60, Bench::is_closed);
    healthy_charges(&mut bench);
}

/// I-13, I-22: a vehicle that toggles fast cannot make the contactor chatter;
/// the lock-out may delay the next vehicle.
#[test]
fn when_a_vehicle_toggles_fast_then_the_contactor_rests_two_seconds() {
    let mut bench = Bench::new(&complete());
    bench.run(secs(10)).unwrap();
    happen(
        &mut bench,
        Happening::Plug(CarModel {
            toggles_every_s: Some(1.0),
            ..healthy()
        }),
    );
    bench.run(secs(100)).unwrap();
    assert!(bench.status().closings <= 6);
    happen(&mut bench, Happening::Unplug);
    bench.run(secs(300)).unwrap();
    assert_eq!(bench.unlocks_under_voltage(), 0);
    healthy_charges(&mut bench);
}

/// Charging 2.5 rule 4: the third pilot fault of a plug-in period lasts until
/// the vehicle is unplugged.
#[test]
fn when_the_pilot_fails_three_times_then_only_unplugging_helps() {
    let mut bench = charging(&complete(), healthy());
    for fault in 1..=3 {
        happen(
            &mut bench,
            Happening::Car(CarModel {
                shorted: true,
                ..healthy()
            }),
        );
        waits(&mut bench, 1, |bench| !bench.is_closed());
        bench.run(secs(2)).unwrap();
        happen(&mut bench, Happening::Car(healthy()));
        if fault < 3 {
            waits(&mut bench, 150, Bench::is_charging);
        }
    }
    assert!(
        stays_open(&mut bench, 600)
            .faults
            .contains(Faults::PILOT_FAULT)
    );
    healthy_charges(&mut bench);
}

/// Charging 2.5 rule 9: a vehicle that wakes of an isolated pilot wakes when
/// the charger has paused.
#[test]
fn when_a_vehicle_wakes_of_isolation_only_then_a_pause_wakes_it() {
    let mut bench = Bench::new(&complete());
    bench.run(secs(10)).unwrap();
    happen(
        &mut bench,
        Happening::Plug(CarModel {
            sleep: Sleep::UntilIsolated(4.0),
            ..healthy()
        }),
    );
    assert_eq!(
        stays_open(&mut bench, 90).block,
        Some(BlockReason::EvNotReady)
    );
    happen(&mut bench, Happening::House([30.0; 3]));
    waits(&mut bench, 60, |bench| {
        bench.outputs().pilot_switch == PilotSwitch::Isolated
    });
    happen(&mut bench, Happening::House([0.0; 3]));
    let took = waits(&mut bench, 150, Bench::is_charging);
    println!(
        "wakes of isolation: charges {:.1} s after power returned",
        took.as_micros() as f64 / 1e6
    );
}
