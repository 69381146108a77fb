//! Options of the charging control that are off by default, and what a board
//! shows that never measured anything.

use smartevse_core::charger::BoardFacts;
use smartevse_core::faults::Faults;
use smartevse_core::io::{PilotSwitch, ProximityInput, TemperatureInput};
use smartevse_core::options::CableKind;
use smartevse_core::pilot::PilotClass::{A12, B9, C6, Unknown};
use smartevse_core::state::ChargeState::{Activate, B, B1};
use smartevse_types::{BlockReason, Celsius, Ohms, Seconds};

use crate::rig::Rig;

fn pulse(wake_by_isolation: bool) -> (u16, PilotSwitch, u64) {
    let mut rig = Rig::plain();
    rig.directive.config.wake_by_isolation = wake_by_isolation;
    rig.set(B9);
    assert!(rig.until(32_000, |rig| rig.state() == Activate).is_some());
    let (duty, switch) = (rig.outputs.duty.as_permille(), rig.outputs.pilot_switch);
    let took = rig.until(5_000, |rig| rig.state() == B).unwrap();
    (duty, switch, took)
}

/// charging 2.5 rule 9: state F by default, state E as an option, 4 s each.
#[test]
fn when_the_option_is_set_then_the_pilot_is_isolated_to_wake() {
    assert_eq!(pulse(false), (0, PilotSwitch::Closed, 3_990));
    assert_eq!(pulse(true), (1_000, PilotSwitch::Isolated, 3_990));
}

/// charging 11.2 rule 3
#[test]
fn when_a_start_delay_was_drawn_then_nothing_is_offered_before() {
    for (drawn, counts) in [(0, 10), (20, 20), (30, 30), (500, 30)] {
        let mut rig = Rig::boot(BoardFacts::default());
        rig.directive.config.start_delay = Seconds::from_secs(drawn);
        rig.set(B9);
        let took = rig.until(60_000, |rig| rig.state() == B).unwrap();
        let expected = counts * 1_000;
        assert!(
            (expected..=expected + 500).contains(&took),
            "{drawn}: {took}"
        );
    }
    let mut rig = Rig::boot(BoardFacts::default());
    rig.directive.config.start_delay = Seconds::from_secs(30);
    rig.set(B9);
    rig.run_ms(10_000);
    let block = rig.status().block;
    assert!(
        matches!(block, Some(BlockReason::ChargeDelay(_))),
        "{block:?}"
    );
}

fn trip_and_press(rig: &mut Rig) -> bool {
    rig.rcm = true;
    rig.run_ms(50);
    rig.rcm = false;
    rig.run_ms(1_100);
    rig.directive.requests.local_reset += 1;
    rig.run_ms(50);
    rig.has(Faults::RCM_TRIPPED)
}

/// charging 8 rule 2
#[test]
fn when_the_monitor_trips_a_fourth_time_then_service_is_needed() {
    for limited in [false, true] {
        let mut rig = Rig::plain();
        rig.directive.config.residual_current = true;
        rig.directive.config.limit_residual_resets = limited;
        rig.set(B9);
        for _ in 0..3 {
            assert!(!trip_and_press(&mut rig));
        }
        assert_eq!(trip_and_press(&mut rig), limited);
        rig.directive.requests.service_reset += 1;
        rig.run_ms(50);
        assert_eq!(rig.has(Faults::RCM_TRIPPED), limited);
        rig.directive.requests.local_reset += 1;
        rig.run_ms(50);
        assert!(!rig.has(Faults::RCM_TRIPPED));
    }
}

/// charging 3.2, row CABLE_FAULT: planning sees the cable a moment later, and
/// that is no shortage.
#[test]
fn when_the_coding_of_a_cable_is_good_again_then_the_restart_takes_3_s() {
    let mut rig = Rig::plain();
    rig.directive.config.cable = CableKind::Socket;
    rig.set(B9);
    rig.run_ms(2_000);
    assert_eq!(rig.state(), B);
    let coding = |ohms| ProximityInput::Resistance(Ohms::from_ohms(ohms));
    for bad in [10, 9_000] {
        rig.inputs.proximity = coding(bad);
        rig.run_ms(200);
        assert_eq!(rig.state(), B1);
        rig.directive.grant.available = false;
        rig.run_ms(20_000);
        rig.inputs.proximity = coding(220);
        rig.run_ms(500);
        assert!(!rig.has(Faults::LESS_6A));
        rig.directive.grant.available = true;
        assert!(rig.until(3_000, |rig| rig.state() == B).is_some());
    }
}

/// charging 3.2, 10.2: a dead sensor is told, not only "starting".
#[test]
fn when_the_temperature_was_never_read_then_a_sensor_fault_after_10_s() {
    for input in [TemperatureInput::Missing, TemperatureInput::Failed] {
        let mut rig = Rig::boot(BoardFacts::default());
        rig.inputs.temperature = input;
        rig.run_ms(9_500);
        assert_eq!(rig.status().block, Some(BlockReason::Starting));
        rig.run_ms(600);
        assert!(rig.has(Faults::SENSOR_FAULT));
        assert_eq!(rig.status().block, Some(BlockReason::Fault));
        // A sensor that answers at last is trusted after 60 s.
        rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(25));
        rig.run_ms(64_000);
        assert_eq!(rig.status().block, Some(BlockReason::NoVehicle));
    }
}

/// charging 10.2: a pilot that was never sampled is told within seconds; the
/// first good level ends it.
#[test]
fn when_the_pilot_was_never_sampled_then_a_pilot_fault() {
    let mut rig = Rig::boot(BoardFacts::default());
    rig.set(Unknown);
    rig.run_ms(7_000);
    assert_eq!(rig.status().block, Some(BlockReason::Starting));
    rig.run_ms(1_500);
    assert!(rig.has(Faults::PILOT_FAULT));
    assert_eq!(rig.status().block, Some(BlockReason::Fault));
    rig.set(A12);
    rig.run_ms(500);
    assert_eq!(rig.status().block, Some(BlockReason::NoVehicle));
    rig.set(C6);
    assert!(rig.until(5_000, Rig::closed).is_some());
}

/// charging 9: one bad sample does not stop a charge.
#[test]
fn when_one_sample_is_bad_then_charging_goes_on() {
    let mut rig = Rig::charging();
    for celsius in [75, -90, 66] {
        rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(celsius));
        rig.run_ms(1_000);
        rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(25));
        rig.run_ms(6_000);
        assert!(rig.closed());
    }
    rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(85));
    rig.run_ms(10);
    assert!(!rig.closed() && rig.has(Faults::TEMP_HIGH));
}
