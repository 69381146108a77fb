//! Awkward vehicles and broken hardware in front of the whole station, in
//! closed loop, with both oracles at every poll.
//!
//! Times are those of charging specification §2.5 and §3.4, counted from the
//! cause to the output, with 10 ms between two polls.

use smartevse_core::faults::Faults;
use smartevse_core::io::HardwareFaults;
use smartevse_sim::bench::{Bench, BenchPlan};
use smartevse_sim::car::{CarModel, Sleep};
use smartevse_sim::evse_board::BoardFaults;
use smartevse_sim::happening::Happening;
use smartevse_types::{Access, BlockReason, Celsius, Duration, Ohms};

use crate::site::{charging, complete, happen, healthy, healthy_charges, secs};

/// Something that goes wrong while a vehicle charges.
struct Stop {
    name: &'static str,
    /// The vehicle that charges.
    car: CarModel,
    /// What happens, one millisecond after a poll.
    cause: Happening,
    /// The main contactor opens within these bounds, milliseconds.
    opens_ms: (u64, u64),
    /// Whether current flows in the moment of opening.
    under_load: bool,
    /// Flags that are set afterwards.
    fault: Faults,
    /// What the owner is told two seconds after the opening.
    told: fn(BlockReason) -> bool,
    /// What ends it, and how long charging may then take, seconds; `None` =
    /// nothing but another vehicle.
    cure: Option<(Vec<Happening>, u64)>,
}

/// The smallest bounds of an opening in the first poll that can see its cause.
const AT_ONCE: (u64, u64) = (0, 20);

/// Bounds of an opening after a tolerance of 100 ms (charging 2.5 rule 4).
const AFTER_TOLERANCE: (u64, u64) = (90, 150);

const fn car_fault(model: CarModel) -> Happening {
    Happening::Car(model)
}

fn board(faults: BoardFaults) -> Happening {
    Happening::Board(faults)
}

fn whole() -> Vec<Happening> {
    vec![board(BoardFaults::default())]
}

fn is_fault(reason: BlockReason) -> bool {
    matches!(reason, BlockReason::Fault)
}

/// A lasting pilot fault, or one that its restart delay outlives.
fn is_pilot(reason: BlockReason) -> bool {
    matches!(reason, BlockReason::Fault | BlockReason::ChargeDelay(_))
}

fn none() -> BoardFaults {
    BoardFaults::default()
}

fn vehicles() -> Vec<Stop> {
    vec![
        Stop {
            name: "diode lost",
            car: healthy(),
            cause: car_fault(CarModel {
                diode: false,
                ..healthy()
            }),
            opens_ms: AFTER_TOLERANCE,
            under_load: true,
            fault: Faults::PILOT_FAULT,
            told: is_pilot,
            cure: None,
        },
        Stop {
            name: "pilot shorted",
            car: healthy(),
            cause: car_fault(CarModel {
                shorted: true,
                ..healthy()
            }),
            opens_ms: AFTER_TOLERANCE,
            under_load: true,
            fault: Faults::PILOT_FAULT,
            told: is_pilot,
            cure: Some((vec![car_fault(healthy())], 90 + 60)),
        },
        Stop {
            name: "asks for ventilation",
            car: healthy(),
            cause: car_fault(CarModel {
                ventilated: true,
                ..healthy()
            }),
            opens_ms: AFTER_TOLERANCE,
            under_load: true,
            fault: Faults::empty(),
            told: |reason| {
                matches!(
                    reason,
                    BlockReason::VentilationNeeded
                        | BlockReason::ChargeDelay(_)
                        | BlockReason::Cooldown(_)
                )
            },
            cure: Some((vec![car_fault(healthy())], 90)),
        },
        Stop {
            name: "unplugged under load",
            car: healthy(),
            cause: Happening::Unplug,
            opens_ms: AT_ONCE,
            under_load: false,
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::NoVehicle,
            cure: Some((vec![Happening::Plug(healthy())], 90)),
        },
        Stop {
            name: "access off",
            car: healthy(),
            cause: Happening::access(Access::Off),
            opens_ms: (1_000, 3_200),
            under_load: false,
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::AccessOff,
            cure: Some((vec![Happening::access(Access::On)], 90)),
        },
        Stop {
            name: "access off, stops 3 s late",
            car: slow(3.0),
            cause: Happening::access(Access::Off),
            opens_ms: (3_000, 6_100),
            under_load: false,
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::AccessOff,
            cure: Some((vec![Happening::access(Access::On)], 90)),
        },
        Stop {
            name: "access off, stops 5 s late",
            car: slow(5.0),
            cause: Happening::access(Access::Off),
            opens_ms: (5_000, 6_100),
            under_load: false,
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::AccessOff,
            cure: Some((vec![Happening::access(Access::On)], 90)),
        },
        Stop {
            name: "access off, deaf",
            car: CarModel {
                deaf: true,
                ..healthy()
            },
            cause: Happening::access(Access::Off),
            opens_ms: (6_000, 6_110),
            under_load: true,
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::AccessOff,
            cure: Some((vec![Happening::access(Access::On)], 90)),
        },
    ]
}

/// A vehicle that reacts so many seconds late, but then at once.
fn slow(seconds: f64) -> CarModel {
    CarModel {
        asks_after_s: seconds,
        delay_s: seconds,
        stops_after_s: seconds,
        ramp_down_a_s: 40.0,
        ..healthy()
    }
}

fn hardware() -> Vec<Stop> {
    vec![
        Stop {
            name: "residual current",
            car: healthy(),
            cause: board(BoardFaults {
                residual_current: true,
                ..none()
            }),
            opens_ms: AT_ONCE,
            under_load: true,
            fault: Faults::RCM_TRIPPED,
            told: is_fault,
            cure: None,
        },
        Stop {
            name: "pilot samples frozen",
            car: healthy(),
            cause: board(BoardFaults {
                pilot_frozen: true,
                ..none()
            }),
            opens_ms: (40, 150),
            under_load: true,
            fault: Faults::PILOT_FAULT,
            told: is_pilot,
            cure: Some((whole(), 90 + 60)),
        },
        Stop {
            name: "pilot samples missing",
            car: healthy(),
            cause: board(BoardFaults {
                refused: HardwareFaults::PILOT_SAMPLE,
                ..none()
            }),
            opens_ms: (0, 150),
            under_load: true,
            fault: Faults::PILOT_FAULT,
            told: is_pilot,
            cure: Some((whole(), 90 + 60)),
        },
        Stop {
            name: "pilot output refuses",
            car: healthy(),
            cause: board(BoardFaults {
                refused: HardwareFaults::PILOT_OUTPUT,
                ..none()
            }),
            opens_ms: (0, 150),
            under_load: true,
            fault: Faults::PILOT_FAULT,
            told: is_pilot,
            cure: Some((whole(), 90 + 60)),
        },
        Stop {
            name: "lock reads unlocked",
            car: healthy(),
            cause: board(BoardFaults {
                lock_loose: true,
                ..none()
            }),
            opens_ms: (2_000, 7_200),
            under_load: false,
            fault: Faults::LOCK_FAULT,
            told: is_fault,
            cure: Some((whole(), 90)),
        },
        Stop {
            name: "temperature at MAX TEMP",
            car: healthy(),
            cause: Happening::Temperature(Celsius::from_celsius(65)),
            opens_ms: (1_000, 12_000),
            under_load: false,
            fault: Faults::TEMP_HIGH,
            told: is_fault,
            cure: Some((
                vec![Happening::Temperature(Celsius::from_celsius(55))],
                90 + 15,
            )),
        },
        Stop {
            name: "temperature 85 degrees",
            car: healthy(),
            cause: Happening::Temperature(Celsius::from_celsius(85)),
            opens_ms: (0, 5_000),
            under_load: true,
            fault: Faults::TEMP_HIGH,
            told: is_fault,
            cure: Some((
                vec![Happening::Temperature(Celsius::from_celsius(25))],
                90 + 15,
            )),
        },
        Stop {
            name: "temperature sensor failed",
            car: healthy(),
            cause: board(BoardFaults {
                temperature_failed: true,
                ..none()
            }),
            opens_ms: (10_000, 16_200),
            under_load: false,
            fault: Faults::SENSOR_FAULT,
            told: is_fault,
            cure: Some((whole(), 60 + 90)),
        },
        Stop {
            name: "mains lost",
            car: healthy(),
            cause: board(BoardFaults {
                mains_lost: true,
                ..none()
            }),
            opens_ms: AT_ONCE,
            under_load: true,
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::MainsLost,
            cure: Some((whole(), 90)),
        },
        Stop {
            name: "mains meter silent",
            car: healthy(),
            cause: Happening::MainsMeterSilent(true),
            opens_ms: (10_000, 19_000),
            under_load: false,
            fault: Faults::CT_NOCOMM,
            told: is_fault,
            cure: Some((vec![Happening::MainsMeterSilent(false)], 90)),
        },
        Stop {
            name: "cable coding shorted",
            car: healthy(),
            cause: Happening::Cable(Ohms::from_ohms(20)),
            opens_ms: (0, 150),
            under_load: true,
            fault: Faults::CABLE_FAULT,
            told: is_fault,
            cure: Some((vec![Happening::Cable(Ohms::from_ohms(220))], 90)),
        },
    ]
}

fn plan() -> BenchPlan {
    let mut plan = complete();
    plan.world.boards[0].mains_input = true;
    plan
}

/// Opening, flag, reason and way back of one row; gives the opening time and
/// the time until the vehicle charges again.
fn check(stop: &Stop) -> (Duration, Option<Duration>) {
    let mut bench = charging(&plan(), stop.car.clone());
    happen(&mut bench, stop.cause.clone());
    let opened = bench
        .wait_for(secs(30), |bench| !bench.is_closed())
        .unwrap_or_else(|why| panic!("{}: {why}", stop.name))
        .unwrap_or_else(|| panic!("{}: never opens", stop.name));
    let loads = bench.world().opens_under_load();
    bench
        .run(secs(2))
        .unwrap_or_else(|why| panic!("{}: {why}", stop.name));
    let status = bench.status();
    let (from, to) = stop.opens_ms;
    let ms = opened.as_micros() / 1_000;
    assert!(
        (from..=to).contains(&ms),
        "{}: opened after {ms} ms",
        stop.name
    );
    assert_eq!(loads, u32::from(stop.under_load), "{}: load", stop.name);
    assert!(
        status.faults.contains(stop.fault),
        "{}: {:?}",
        stop.name,
        status.faults
    );
    let block = status.block.unwrap();
    assert!((stop.told)(block), "{}: {block:?}", stop.name);
    let again = recovery(stop, &mut bench);
    assert_eq!(bench.unlocks_under_voltage(), 0, "{}", stop.name);
    (opened, again)
}

/// It stays open while the cause lasts, and charges again after the cure.
fn recovery(stop: &Stop, bench: &mut Bench) -> Option<Duration> {
    let closed = bench
        .wait_for(secs(200), Bench::is_closed)
        .unwrap_or_else(|why| panic!("{}: {why}", stop.name));
    assert_eq!(closed, None, "{}: closes with the cause", stop.name);
    let (cure, limit) = stop.cure.as_ref()?;
    for step in cure {
        happen(bench, step.clone());
    }
    let again = bench
        .wait_for(secs(*limit), Bench::is_charging)
        .unwrap_or_else(|why| panic!("{}: {why}", stop.name));
    assert!(
        again.is_some(),
        "{}: no way back: {:?}",
        stop.name,
        bench.status()
    );
    again
}

fn check_all(stops: &[Stop]) {
    for stop in stops {
        let (opened, again) = check(stop);
        let back = again.map_or_else(
            || "-".to_owned(),
            |span| format!("{:.1} s", span.as_micros() as f64 / 1e6),
        );
        println!(
            "{:<30} {:>6} ms  back after {back}",
            stop.name,
            opened.as_micros() / 1_000
        );
    }
}

/// I-06, I-07, I-10, I-11, charging 2.5 rules 1, 4, 5, 7: openings that the
/// vehicle causes.
#[test]
fn when_a_vehicle_goes_wrong_while_charging_then_it_opens_in_time_and_recovers() {
    check_all(&vehicles());
}

/// I-07, I-08, I-12, I-24, charging 3.4, 5.5, 8, 9, 11.2: openings that the
/// hardware causes.
#[test]
fn when_hardware_goes_wrong_while_charging_then_it_opens_in_time_and_recovers() {
    check_all(&hardware());
}

/// A vehicle or a board that must not get energy.
struct Refusal {
    name: &'static str,
    car: CarModel,
    faults: BoardFaults,
    /// Flags that are set when nothing more happens.
    fault: Faults,
    told: fn(BlockReason) -> bool,
    /// Whether a healthy vehicle charges at once afterwards.
    next_charges: bool,
}

fn refusals() -> Vec<Refusal> {
    vec![
        Refusal {
            name: "no diode",
            car: CarModel {
                diode: false,
                ..healthy()
            },
            faults: none(),
            fault: Faults::empty(),
            told: |reason| {
                matches!(
                    reason,
                    BlockReason::DiodeCheck | BlockReason::Fault | BlockReason::EvNotReady
                )
            },
            next_charges: true,
        },
        Refusal {
            name: "pilot shorted from the start",
            car: CarModel {
                shorted: true,
                ..healthy()
            },
            faults: none(),
            fault: Faults::PILOT_FAULT,
            told: is_pilot,
            next_charges: true,
        },
        Refusal {
            name: "ventilation not fitted",
            car: CarModel {
                ventilated: true,
                ..healthy()
            },
            faults: none(),
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::VentilationNeeded,
            next_charges: true,
        },
        Refusal {
            name: "asleep for ever",
            car: CarModel {
                sleep: Sleep::UntilSteadyLow(1e9),
                ..healthy()
            },
            faults: none(),
            fault: Faults::empty(),
            told: |reason| reason == BlockReason::EvNotReady,
            next_charges: true,
        },
        Refusal {
            name: "lock never locks",
            car: healthy(),
            faults: BoardFaults {
                lock_stuck: true,
                ..none()
            },
            fault: Faults::LOCK_FAULT,
            told: is_fault,
            next_charges: true,
        },
        Refusal {
            name: "lock driver refuses",
            car: healthy(),
            faults: BoardFaults {
                refused: HardwareFaults::LOCK,
                ..none()
            },
            fault: Faults::LOCK_FAULT,
            told: is_fault,
            next_charges: true,
        },
        Refusal {
            name: "residual-current test fails",
            car: healthy(),
            faults: BoardFaults {
                residual_current_deaf: true,
                ..none()
            },
            fault: Faults::RCM_TEST,
            told: is_fault,
            next_charges: false,
        },
        Refusal {
            name: "residual current from the start",
            car: healthy(),
            faults: BoardFaults {
                residual_current: true,
                ..none()
            },
            fault: Faults::RCM_TRIPPED,
            told: is_fault,
            next_charges: false,
        },
        Refusal {
            name: "no temperature",
            car: healthy(),
            faults: BoardFaults {
                temperature_failed: true,
                ..none()
            },
            fault: Faults::SENSOR_FAULT,
            told: |reason| matches!(reason, BlockReason::Starting | BlockReason::Fault),
            next_charges: false,
        },
        Refusal {
            name: "pilot never sampled",
            car: healthy(),
            faults: BoardFaults {
                refused: HardwareFaults::PILOT_SAMPLE,
                ..none()
            },
            fault: Faults::empty(),
            told: |reason| matches!(reason, BlockReason::Starting | BlockReason::Fault),
            next_charges: true,
        },
    ]
}

/// I-04, charging 1.3, 2.5 rules 6 and 11, 5.5, 8: what must never be closed.
#[test]
fn when_something_is_wrong_from_the_start_then_it_never_closes() {
    for row in refusals() {
        let mut bench = Bench::new(&plan());
        happen(&mut bench, board(row.faults));
        bench.run(secs(10)).unwrap();
        happen(&mut bench, Happening::Plug(row.car.clone()));
        let closed = bench
            .wait_for(secs(300), Bench::is_closed)
            .unwrap_or_else(|why| panic!("{}: {why}", row.name));
        assert_eq!(closed, None, "{}", row.name);
        let status = bench.status();
        println!("{:<32} {:?} {:?}", row.name, status.faults, status.block);
        assert!(
            status.faults.contains(row.fault),
            "{}: {:?}",
            row.name,
            status.faults
        );
        let block = status.block.unwrap();
        assert!((row.told)(block), "{}: {block:?}", row.name);
        happen(&mut bench, board(none()));
        if row.next_charges {
            healthy_charges(&mut bench);
        }
        assert_eq!(bench.unlocks_under_voltage(), 0, "{}", row.name);
    }
}

/// Vehicles that are odd but may charge, and how soon they must.
fn odd() -> Vec<(&'static str, CarModel, bool, u64)> {
    let car = healthy;
    vec![
        ("slow 3 s", slow(3.0), false, 90),
        ("slow 5 s", slow(5.0), false, 90),
        (
            "no switch S2",
            CarModel {
                always_asks: true,
                ..car()
            },
            false,
            90,
        ),
        (
            "ventilated",
            CarModel {
                ventilated: true,
                ..car()
            },
            true,
            90,
        ),
        (
            "asleep until -12 V for 3 s",
            CarModel {
                sleep: Sleep::UntilSteadyLow(3.0),
                ..car()
            },
            false,
            90,
        ),
        (
            "deaf",
            CarModel {
                deaf: true,
                ..car()
            },
            false,
            90,
        ),
    ]
}

/// I-22, charging 2.5 rules 2, 6 and 9: oddities that must not keep a vehicle
/// from charging.
#[test]
fn when_a_vehicle_is_only_odd_then_it_charges_within_90_s() {
    for (name, car, ventilation, limit) in odd() {
        let mut plan = plan();
        plan.facts.ventilation = ventilation;
        let mut bench = Bench::new(&plan);
        bench.run(secs(10)).unwrap();
        happen(&mut bench, Happening::Plug(car));
        let took = bench
            .wait_for(secs(limit), Bench::is_charging)
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        let took = took.unwrap_or_else(|| panic!("{name}: {:?}", bench.status()));
        println!(
            "{name:<32} charges after {:.1} s",
            took.as_micros() as f64 / 1e6
        );
        bench.run(secs(60)).unwrap();
        assert!(bench.is_charging(), "{name}: {:?}", bench.status());
        healthy_charges(&mut bench);
        assert_eq!(bench.unlocks_under_voltage(), 0, "{name}");
    }
}
