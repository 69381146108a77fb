//! What happens to a group when something breaks: never more than CIRCUIT, and
//! charging goes on by itself.

use smartevse_core::options::Role;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::load;
use smartevse_sim::rs485::{LineFaults, TapFaults};
use smartevse_sim::simulate::Confirmations;
use smartevse_types::Duration;

use super::rig::{Group, Plan};

/// CIRCUIT of the plans, with the slack of a vehicle's resolution.
const CIRCUIT_A: f64 = 20.0 + 0.01;

fn cut() -> TapFaults {
    TapFaults {
        cut: true,
        ..TapFaults::default()
    }
}

/// Three vehicles that share 20 A for a while.
fn sharing() -> Group {
    let mut group = Group::start(&Plan::default());
    group.wait(200);
    let amps: Vec<f64> = (0..3).map(|evse| group.amps(evse)).collect();
    assert!(amps.iter().all(|a| (6.4..6.8).contains(a)), "{amps:?}");
    group
}

/// Power share 6.2, Q17, Q18, I-16: the current of a lost node is not given
/// away before it has stopped, and then it is.
#[test]
fn when_a_node_is_lost_then_its_current_stays_reserved() {
    let mut group = sharing();
    group.run.set_tap(1, cut());
    let stopped = group.until(40, |group| group.amps(1) < 0.1);
    assert!((11..=20).contains(&stopped), "{stopped} s");
    let shared = group.until(40, |group| group.amps(0) > 9.5 && group.amps(2) > 9.5);
    assert!(shared < 25, "{shared} s after it had stopped");
    group.run.set_tap(1, TapFaults::default());
    let back = group.until(120, |group| group.amps(1) > 6.0);
    assert!(back < 90, "{back} s");
    assert!(group.highest_a <= CIRCUIT_A, "{}", group.highest_a);
}

/// L-04: a node that restarts charges again.
#[test]
fn when_a_node_restarts_then_it_charges_again() {
    let mut group = sharing();
    group.run.power_off(2);
    group.wait(5);
    group.restart(2);
    group.wait(2);
    assert!(group.amps(2) < 0.1);
    let back = group.until(120, |group| group.amps(2) > 6.0);
    assert!(back < 90, "{back} s");
    assert!(group.highest_a <= CIRCUIT_A, "{}", group.highest_a);
}

/// I-15, power share 6.1: without a master every node stops; a master that
/// comes back finds them again.
#[test]
fn when_the_master_is_off_then_all_stop() {
    let mut group = sharing();
    group.run.power_off(0);
    let stopped = group.until(40, |group| group.amps(1) + group.amps(2) < 0.1);
    assert!(stopped <= 20, "{stopped} s");
    group.restart(0);
    let back = group.until(150, |group| (0..3).all(|evse| group.amps(evse) > 6.0));
    assert!(back < 120, "{back} s");
    assert!(group.highest_a <= CIRCUIT_A, "{}", group.highest_a);
}

/// Power share 6.1: a master that restarts quickly takes charging nodes over.
#[test]
fn when_the_master_restarts_then_nodes_are_taken_over() {
    let mut group = sharing();
    group.restart(0);
    let mut lowest = f64::MAX;
    group.pass(25, |group| {
        lowest = lowest.min(group.amps(1)).min(group.amps(2));
    });
    assert!(lowest > 5.9, "nodes never stopped: {lowest} A");
    let back = group.until(120, |group| group.amps(0) > 6.0);
    assert!(back < 90, "{back} s");
    assert!(group.highest_a <= CIRCUIT_A, "{}", group.highest_a);
}

/// Power share 6.1: no mains meter, no current in Smart, for anybody.
#[test]
fn when_the_mains_meter_dies_then_all_stop_and_start_again() {
    let mut group = Group::start(&Plan {
        mode: "smart",
        ..Plan::default()
    });
    group.wait(200);
    assert!((0..3).all(|evse| group.amps(evse) > 5.9));
    group.run.world().set_mains_meter_silent(true);
    let all_off = |group: &mut Group| (0..3).all(|evse| group.amps(evse) < 0.1);
    let stopped = group.until(60, all_off);
    assert!((8..=20).contains(&stopped), "{stopped} s");
    group.wait(100);
    assert!(all_off(&mut group));
    group.run.world().set_mains_meter_silent(false);
    let back = group.until(200, |group| (0..3).all(|evse| group.amps(evse) > 5.9));
    assert!(back < 150, "{back} s");
}

/// Power share 9.2: orders that arrive a second late, and confirmations that
/// never arrive, cost comfort only.
#[test]
fn when_orders_are_late_or_not_confirmed_then_the_circuit_is_kept() {
    for (late_ms, confirmations) in [
        (1_000, Confirmations::Good),
        (0, Confirmations::Lost),
        (1_000, Confirmations::Lost),
    ] {
        let mut group = Group::start(&Plan::default());
        group.run.set_tap(
            0,
            TapFaults {
                broadcasts_late: Duration::from_millis(late_ms),
                ..TapFaults::default()
            },
        );
        group.run.controller(0).unwrap().confirmations = confirmations;
        group.wait(120);
        // Somebody leaves and somebody comes.
        group.run.world().unplug(0);
        group.wait(60);
        let car = group.scenario.plan.visits[0].car.clone();
        group.run.world().plug(0, car);
        group.wait(120);
        let high = group.highest_a;
        assert!(high <= CIRCUIT_A, "{late_ms} {confirmations:?}: {high}");
        let energy = group.energy_wh();
        assert!(energy > 200.0, "{late_ms} {confirmations:?}: {energy} Wh");
    }
}

/// I-20: wrong bits on the line never raise a current.
#[test]
fn when_the_line_is_noisy_then_charging_goes_on_inside_the_circuit() {
    let mut group = sharing();
    let before = group.energy_wh();
    let faults = LineFaults {
        noise_ppm: 2_000,
        ..LineFaults::default()
    };
    group.run.line().unwrap().set_faults(faults);
    group.wait(600);
    assert!(group.highest_a <= CIRCUIT_A, "{}", group.highest_a);
    let got = group.energy_wh() - before;
    let most = 20.0 * 230.0 * 3.0 / 6.0;
    assert!(got > 0.8 * most, "{got} of {most} Wh");
}

/// Power share 6.2: two units with one address take turns in spoiling the
/// answers; neither gets a current that nobody counts.
#[test]
fn when_two_nodes_have_one_address_then_the_circuit_is_kept() {
    let mut group = Group::start(&Plan::default());
    set_role(&mut group, 2, Role::Node1);
    group.wait(300);
    assert!(group.highest_a <= CIRCUIT_A, "{}", group.highest_a);
}

/// Power share 6.2: with two masters nobody beside them gets more than MIN for
/// long.
#[test]
fn when_there_are_two_masters_then_nodes_stay_at_min() {
    let mut group = Group::start(&Plan::default());
    set_role(&mut group, 2, Role::Master);
    group.wait(120);
    let mut highest = 0.0_f64;
    group.pass(180, |group| highest = highest.max(group.amps(1)));
    assert!(highest <= 6.01, "{highest} A");
}

fn set_role(group: &mut Group, evse: usize, role: Role) {
    let scenario = &mut group.scenario;
    let mut seat = smartevse_sim::wiring::scenario_settings(scenario, evse)
        .map(|settings| settings.values().to_vec())
        .unwrap();
    seat[SettingId::PwrShare.index()] = role as u16;
    let pairs = SettingId::ALL.iter().copied().zip(seat);
    let setup = smartevse::Setup {
        facts: smartevse_sim::simulate::board_facts(),
        settings: load(pairs).settings,
        access: smartevse_types::Access::On,
        serial: 77,
        ..smartevse::Setup::default()
    };
    let now = smartevse_types::Instant::from_secs(group.second);
    let seat = smartevse_sim::simulate::StationSeat::started(&setup, now);
    group.run.restart(evse, seat);
}
