//! Long runs with random faults.

use std::time::Instant as WallClock;

use smartevse_sim::random::Random;
use smartevse_sim::rs485::{LineFaults, TapFaults};

use super::rig::{Group, Plan};

/// Eight chargers on 40 A with a fault every few minutes: never more than
/// CIRCUIT. `SMARTEVSE_GROUP_HOURS` sets the length; the default is short.
#[test]
fn when_faults_come_at_random_then_the_circuit_is_kept() {
    let hours = std::env::var("SMARTEVSE_GROUP_HOURS").ok();
    let seconds = hours
        .and_then(|text| text.parse::<u64>().ok())
        .map_or(1_800, |h| h * 3_600);
    let mut group = Group::start(&Plan {
        evses: 8,
        circuit_a: 40,
        settings: r#""rotation_min": 30,"#,
        ..Plan::default()
    });
    let mut random = Random::new(7);
    let clock = WallClock::now();
    let mut until = [0_u64; 8];
    group.pass(seconds, |group| disturb(group, &mut random, &mut until));
    let (simulated, took) = (group.second as f64, clock.elapsed().as_secs_f64());
    let energy = group.energy_wh();
    println!(
        "8 EVSEs: {simulated} s in {took:.1} s, one day in {:.0} s; highest {:.2} A, {:.0} Wh",
        took * 86_400.0 / simulated,
        group.highest_a,
        energy
    );
    assert!(group.highest_a <= 40.01, "{} A", group.highest_a);
    let most = 40.0 * 230.0 * 3.0 * simulated / 3_600.0;
    assert!(energy > 0.4 * most, "{energy} Wh");
}

fn disturb(group: &mut Group, random: &mut Random, until: &mut [u64; 8]) {
    for (evse, end) in until.iter().enumerate() {
        if *end == group.second {
            group.run.set_tap(evse, TapFaults::default());
            group.restart(evse);
        }
    }
    if !random.next_bits().is_multiple_of(120) {
        return;
    }
    let evse = (random.next_bits() % 8) as usize;
    let span = 1 + random.next_bits() % 60;
    match random.next_bits() % 5 {
        0 => {
            group.run.set_tap(
                evse,
                TapFaults {
                    cut: true,
                    ..TapFaults::default()
                },
            );
            until[evse] = group.second + span;
        }
        1 => {
            group.run.power_off(evse);
            until[evse] = group.second + span;
        }
        2 => group.restart(evse),
        3 => {
            let visit = group.scenario.plan.visits[evse].clone();
            group.run.world().plug(evse, visit.car);
        }
        _ => {
            let noise_ppm = (random.next_bits() % 4_000) as u32;
            let faults = LineFaults {
                noise_ppm,
                ..LineFaults::default()
            };
            group.run.line().unwrap().set_faults(faults);
        }
    }
}
