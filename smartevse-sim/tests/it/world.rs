//! The plant as a whole.

use smartevse_core::event::Fact;
use smartevse_core::hardware::Board;
use smartevse_core::io::{Contactor, Inputs, Outputs, PilotSwitch, SwitchInput};
use smartevse_sim::car::CarModel;
use smartevse_sim::evse_board::BoardFaults;
use smartevse_sim::site::{MeterModel, Series};
use smartevse_sim::world::{Visit, World, WorldPlan};
use smartevse_types::{Duration, DutyPermille, Instant};

fn charging() -> Outputs {
    Outputs {
        duty: DutyPermille::from_permille(267),
        pilot_switch: PilotSwitch::Closed,
        contactor1: Contactor::Closed,
        contactor2: Contactor::Closed,
        ..Outputs::SAFE
    }
}

/// A world whose vehicle charges with 16 A since 20 s.
fn charging_world(plan: WorldPlan) -> World {
    let mut world = World::new(plan);
    world.plug(0, CarModel::default());
    world.drive(0, &charging());
    world.advance(Instant::from_secs(20));
    assert_eq!(world.car_a(0), [16.0; 3]);
    world
}

#[test]
fn when_a_contactor_opens_under_load_then_it_is_counted_and_the_current_is_zero() {
    let mut world = charging_world(WorldPlan::default());
    world.drive(0, &Outputs::SAFE);
    assert_eq!(world.car_a(0), [0.0; 3]);
    assert_eq!(world.opens_under_load(), 1);
    world.drive(0, &charging());
    world.drive(0, &Outputs::SAFE);
    assert_eq!(world.opens_under_load(), 1);
}

#[test]
fn when_the_contactor_is_welded_then_the_current_flows_on() {
    let mut world = charging_world(WorldPlan::default());
    world.board(0).unwrap().set_faults(BoardFaults {
        contactor1_stuck: true,
        contactor2_stuck: true,
        ..BoardFaults::default()
    });
    world.drive(0, &Outputs::SAFE);
    assert_eq!(world.car_a(0), [16.0; 3]);
    assert_eq!(world.opens_under_load(), 0);
}

#[test]
fn when_the_second_contactor_is_open_then_one_conductor_remains() {
    let mut world = charging_world(WorldPlan::default());
    world.drive(
        0,
        &Outputs {
            contactor2: Contactor::Open,
            ..charging()
        },
    );
    assert_eq!(world.car_a(0), [16.0, 0.0, 0.0]);
}

#[test]
fn when_the_timetable_says_so_then_the_vehicle_comes_and_goes() {
    let visit = |from, to| Visit {
        evse: 0,
        from: Instant::from_secs(from),
        to: Some(Instant::from_secs(to)),
        car: CarModel::default(),
    };
    let mut world = World::new(WorldPlan {
        visits: vec![visit(0, 10), visit(10, 30)],
        ..WorldPlan::default()
    });
    assert!(world.car(0).is_some());
    world.advance(Instant::from_millis(29_900));
    assert!(world.car(0).is_some());
    world.advance(Instant::from_secs(30));
    assert!(world.car(0).is_none());
}

#[test]
fn when_surplus_covers_the_vehicle_then_only_the_rest_is_imported() {
    let mut world = charging_world(WorldPlan {
        house: Series::constant([-16.0; 3]),
        ..WorldPlan::default()
    });
    let before = world.energies();
    world.set_house([-8.0, -8.0, -8.0]);
    world.advance(Instant::from_secs(20 + 3_600));
    let after = world.energies();
    let imported = after.grid_import_wh - before.grid_import_wh;
    assert!((imported - 8.0 * 3.0 * 230.0).abs() < 1.0);
    let share = after.ev_grid_import_wh - before.ev_grid_import_wh;
    assert!((share - imported).abs() < 1e-6);
}

#[test]
fn when_the_meter_delivers_then_the_time_is_that_of_the_measurement() {
    let mut world = World::new(WorldPlan {
        mains_meter: MeterModel {
            period: Duration::from_secs(2),
            latency: Duration::from_millis(400),
            ..MeterModel::default()
        },
        battery: Some(Series::constant([3.0, 0.0, 0.0])),
        ev_meter: true,
        ..WorldPlan::default()
    });
    world.advance(Instant::from_millis(899));
    assert!(world.take_delivery().is_none());
    world.advance(Instant::from_millis(900));
    let mut kinds = Vec::new();
    while let Some(delivery) = world.take_delivery() {
        assert_eq!(delivery.event.at, Instant::from_millis(500));
        if let Fact::Battery(amps) = delivery.event.fact {
            assert_eq!(amps.as_deci(), 30);
        }
        let name = format!("{:?}", delivery.event.fact);
        kinds.push(name.split('(').next().unwrap().to_owned());
    }
    assert_eq!(kinds, ["Mains", "Battery", "EvMeter"]);
}

#[test]
fn when_the_relay_opens_then_the_switch_shows_it() {
    let mut world = World::new(WorldPlan {
        relay_open: Some((Instant::from_secs(5), Instant::from_secs(9))),
        ..WorldPlan::default()
    });
    for (s, expected) in [
        (1, SwitchInput::Closed),
        (5, SwitchInput::Open),
        (9, SwitchInput::Closed),
    ] {
        world.advance(Instant::from_secs(s));
        let mut inputs = Inputs::default();
        world.sample(0, &mut inputs);
        assert_eq!(inputs.switch, expected, "{s}");
    }
}

/// Steps of any length lead to the same plant: real time may be irregular.
#[test]
fn when_time_advances_irregularly_then_the_plant_is_the_same() {
    let plan = || WorldPlan {
        house: Series::new(
            Duration::from_secs(5),
            vec![[3.0, 4.0, 5.0], [9.0, -4.0, 1.0]],
        ),
        visits: vec![Visit {
            evse: 0,
            from: Instant::from_secs(3),
            to: Some(Instant::from_secs(40)),
            car: CarModel::default(),
        }],
        ..WorldPlan::default()
    };
    let (mut even, mut odd) = (World::new(plan()), World::new(plan()));
    even.drive(0, &charging());
    odd.drive(0, &charging());
    for ms in (0..60_000).step_by(10) {
        even.advance(Instant::from_millis(ms));
    }
    for ms in [17, 1_234, 3_333, 20_001, 20_002, 47_000, 59_990] {
        odd.advance(Instant::from_millis(ms));
    }
    assert!((even.energy_wh(0) - odd.energy_wh(0)).abs() < 1e-9);
    assert_eq!(even.net_deci(), odd.net_deci());
    assert!((even.energies().grid_import_wh - odd.energies().grid_import_wh).abs() < 1e-9);
}

#[test]
fn when_a_program_knows_boards_only_then_the_port_runs_the_plant() {
    let mut world = World::new(WorldPlan::default());
    world.plug(0, CarModel::default());
    let mut port = world.port(0);
    let mut inputs = Inputs::default();
    for ms in (0..20_000).step_by(10) {
        port.sample(Instant::from_millis(ms), &mut inputs);
        assert!(port.drive(&charging()).is_empty());
    }
    assert_eq!(inputs.pilot.unwrap().high.max.as_milli(), 6_000);
    assert_eq!(world.car_a(0), [16.0; 3]);
}

/// The board of a world keeps the contract of every board.
#[test]
fn when_a_board_is_idle_then_it_keeps_the_contract() {
    let mut world = World::new(WorldPlan::default());
    let verdict = smartevse_core::contract::board(&mut world.port(0), Instant::from_secs(1));
    assert_eq!(verdict, Ok(()));
}
