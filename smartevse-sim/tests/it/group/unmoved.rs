//! Vehicles that draw less than their share: what they are offered less
//! relieves nothing.

use smartevse_sim::car::CarModel;
use smartevse_types::Phase;

use super::rig::{Group, Plan};

const MAINS_A: f64 = 45.0;

/// An excess that counts, and how long it may last (D-212).
const SLACK_A: f64 = 0.5;
const REACTION_S: u64 = 20;

/// Three-phase vehicles at a master and its nodes; each takes at most so much.
fn group(most_a: &[f64], house_a: f64) -> Group {
    let mut group = Group::start(&Plan {
        mode: "smart",
        evses: most_a.len(),
        circuit_a: 80,
        mains_a: MAINS_A as u16,
        house_a,
        ..Plan::default()
    });
    group.wait(200);
    for (evse, most_a) in most_a.iter().enumerate() {
        group.run.world().unplug(evse);
        group.wait(2);
        let car = CarModel {
            phases: 3,
            phase_map: [Phase::L1, Phase::L2, Phase::L3],
            max_a: *most_a,
            delay_s: 2.5,
            need_wh: 60_000.0,
            ..CarModel::default()
        };
        group.run.world().plug(evse, car);
    }
    group.wait(600);
    group
}

fn above_a(group: &mut Group) -> f64 {
    let net = group.run.world().net_a();
    net.into_iter().fold(0.0, f64::max) - MAINS_A
}

/// Longest excess in a row during some time, seconds.
fn longest_excess_s(group: &mut Group, seconds: u64) -> u64 {
    let (mut now, mut longest) = (0, 0);
    group.pass(seconds, |group| {
        now = if above_a(group) > SLACK_A { now + 1 } else { 0 };
        longest = longest.max(now);
    });
    longest
}

/// I-02, D-225: a newcomer takes its current from shares that were not drawn.
#[test]
fn when_one_more_begins_beside_vehicles_at_their_own_limit_then_an_excess_ends_in_time() {
    let mut group = group(&[6.0, 6.0, 6.0, 16.0, 16.0], 14.5);
    group.run.world().unplug(4);
    group.wait(300);
    let car = CarModel {
        max_a: 16.0,
        delay_s: 3.5,
        need_wh: 60_000.0,
        ..CarModel::default()
    };
    group.run.world().plug(4, car);
    let longest = longest_excess_s(&mut group, 240);
    assert!(longest <= REACTION_S, "{longest} s");
    assert!(group.amps(4) > 5.9, "it charges: {}", group.amps(4));
}
