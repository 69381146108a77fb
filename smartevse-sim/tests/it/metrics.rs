//! The metrics on traces made by hand (design §6).

use smartevse_sim::metrics::{Collector, EvseSecond, Limits, Metrics, Second, jain};
use smartevse_sim::world::Energies;

const LIMITS: Limits = Limits {
    mains_a: 25.0,
    capacity_a: Some(60.0),
    circuit_a: None,
    relay: None,
};

fn evse(amps: [f64; 3], offered_a: f64) -> EvseSecond {
    EvseSecond {
        amps,
        offered_a,
        wants: true,
        ..EvseSecond::default()
    }
}

fn second(t: u64, net: [f64; 3], evses: Vec<EvseSecond>) -> Second {
    Second {
        t,
        net,
        evses,
        ..Second::default()
    }
}

fn finish(collector: Collector) -> Metrics {
    collector.finish_without_plant(&[1_200.4, 99.6], Energies::default())
}

#[test]
fn when_the_house_alone_exceeds_mains_then_only_the_vehicles_part_counts() {
    let mut collector = Collector::new(LIMITS, 2);
    // 5 A above MAINS, of which the vehicles cause 3 A.
    let cars = vec![evse([2.0, 0.0, 0.0], 6.0), evse([1.0, 0.0, 0.0], 6.0)];
    collector.second(&second(0, [30.0, 0.0, 0.0], cars.clone()));
    // 1 A above MAINS on two phases.
    let more = vec![evse([8.0, 8.0, 0.0], 6.0), evse([8.0, 8.0, 0.0], 6.0)];
    collector.second(&second(1, [26.0, 26.0, 0.0], more));
    // Not above.
    collector.second(&second(2, [25.0, 24.0, 0.0], cars));
    let metrics = finish(collector);
    assert_eq!(metrics.overload_as, 5.0);
    assert_eq!(metrics.overload_peak_a, 3.0);
    assert_eq!(metrics.overload_s, 2);
}

#[test]
fn when_phases_export_then_capacity_sees_the_signed_sum() {
    let mut collector = Collector::new(LIMITS, 0);
    collector.second(&second(0, [40.0, 30.0, -5.0], vec![]));
    collector.second(&second(1, [40.0, 30.0, -15.0], vec![]));
    assert_eq!(finish(collector).capacity_over_as, 5.0);
}

#[test]
fn when_no_capacity_is_set_then_nothing_is_over_it() {
    let limits = Limits {
        capacity_a: None,
        ..LIMITS
    };
    let mut collector = Collector::new(limits, 0);
    collector.second(&second(0, [400.0; 3], vec![]));
    assert_eq!(finish(collector).capacity_over_as, 0.0);
}

#[test]
fn when_contactors_change_then_each_of_them_counts() {
    let mut collector = Collector::new(LIMITS, 1);
    for (first, other) in [
        (false, false),
        (false, true),
        (true, true),
        (true, true),
        (false, false),
    ] {
        collector.contactors(0, first, other);
    }
    collector.contactors(9, true, true);
    assert_eq!(finish(collector).contactor_ops, 4);
}

#[test]
fn when_the_offer_changes_then_only_visible_steps_count() {
    let mut collector = Collector::new(LIMITS, 1);
    for (t, offered) in [6.0, 6.0, 6.04, 6.1, 6.3, 0.0].into_iter().enumerate() {
        let row = second(t as u64, [0.0; 3], vec![evse([0.0; 3], offered)]);
        collector.second(&row);
    }
    // 6.04 → 6.1 is a step of 0.06 A, 6.0 → 6.04 is none.
    assert_eq!(finish(collector).setpoint_changes, 3);
}

#[test]
fn when_vehicles_wait_then_service_is_the_share_of_wanted_seconds() {
    let mut collector = Collector::new(LIMITS, 3);
    for t in 0..10 {
        let served = if t < 4 { [6.0, 0.0, 0.0] } else { [0.0; 3] };
        let mut full = evse([0.0; 3], 0.0);
        full.wants = t < 2;
        full.amps = [6.0, 0.0, 0.0];
        let mut absent = evse([0.0; 3], 0.0);
        absent.wants = false;
        collector.second(&second(t, [0.0; 3], vec![evse(served, 6.0), full, absent]));
    }
    let metrics = finish(collector);
    assert_eq!(metrics.per_evse_service, [0.4, 1.0]);
    assert_eq!(metrics.min_service, 0.4);
    // (1.4)² / (2 · 1.16)
    assert_eq!(metrics.jain_service, 0.845);
    assert_eq!(
        (metrics.energy_wh, metrics.per_evse_wh),
        (1_300, vec![1_200, 100])
    );
}

#[test]
fn when_one_has_everything_then_jain_is_one_over_n() {
    assert_eq!(jain(&[1.0, 0.0, 0.0, 0.0]), 0.25);
    assert_eq!(jain(&[0.3, 0.3]), 1.0);
    assert_eq!(jain(&[]), 1.0);
}

#[test]
fn when_written_then_the_names_are_those_of_the_references() {
    let text = serde_json::to_string(&Metrics::default()).unwrap();
    let reference = include_str!("../../../vectors/closed_loop/reference_upstream.json");
    let reference: serde_json::Value = serde_json::from_str(reference).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&text).unwrap();
    for name in reference["smart-steps-0"].as_object().unwrap().keys() {
        assert!(metrics.get(name).is_some(), "{name}");
    }
}
