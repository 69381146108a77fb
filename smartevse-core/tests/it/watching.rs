//! How the charging control watches the pilot and the temperature: blanking,
//! gaps, levels that no sound circuit has.

use smartevse_core::charger::BoardFacts;
use smartevse_core::directive::{ChargerStatus, Handshake, StopCause};
use smartevse_core::faults::Faults;
use smartevse_core::io::{PilotSample, TemperatureInput};
use smartevse_core::pilot::PILOT_STALE;
use smartevse_core::pilot::PilotClass::{A12, B9, C6, Neg12, Short0};
use smartevse_core::state::ChargeState::{A, Activate, B, B1, C, CommB, CommBOk, CommC, CommCOk};
use smartevse_types::{Access, BlockReason, Celsius, Duration};

use crate::rig::{BEAT, Rig};

/// T21, charging 2.5-9: the charger's own -12 V is no fault.
#[test]
fn when_the_wake_up_pulse_pulls_the_pilot_down_then_no_fault() {
    let mut rig = Rig::plain();
    rig.set(B9);
    let pulse = rig.until(60_000, |rig| rig.state() == Activate);
    assert!(pulse.is_some());
    rig.set(Neg12);
    rig.run_ms(3_900);
    assert_eq!(
        (rig.state(), rig.status().faults),
        (Activate, Faults::empty())
    );
    rig.set(B9);
    rig.run_ms(200);
    assert_eq!((rig.state(), rig.status().faults), (B, Faults::empty()));
}

/// charging 2.5-4, 3.2: a circuit that is not sound is a fault, too, while no
/// energy flows.
#[test]
fn when_the_pilot_is_shorted_without_energy_then_a_fault() {
    for level in [Short0, Neg12] {
        let mut rig = Rig::plain();
        rig.directive.access = Access::Off;
        rig.set(B9);
        rig.run_ms(1_000);
        rig.set(level);
        rig.run_ms(900);
        assert!(!rig.has(Faults::PILOT_FAULT), "{level:?}");
        rig.run_ms(200);
        assert!(rig.has(Faults::PILOT_FAULT), "{level:?}");
    }
}

/// charging 1.2-6: the level means nothing for 50 ms after the pulse width
/// came on.
#[test]
fn when_the_pulse_width_has_just_come_on_then_the_level_is_not_judged() {
    let mut rig = Rig::plain();
    rig.set(B9);
    assert!(rig.until(1_000, |rig| rig.state() == B).is_some());
    rig.set(A12);
    rig.run_ms(40);
    assert_eq!(rig.state(), B);
    rig.set(B9);
    rig.run_ms(200);
    assert_eq!(rig.state(), B);
    rig.set(A12);
    rig.run_ms(10);
    assert_eq!(rig.state(), A, "later it is judged at once");
}

/// charging 11.2-6: a gap of 100 ms is still watched, a longer one is not.
#[test]
fn when_the_gap_is_100_ms_then_not_late() {
    let mut rig = Rig::charging();
    rig.now += Duration::from_millis(115);
    rig.tick();
    assert_eq!((rig.state(), rig.status().late_polls), (C, 0));
    rig.now += Duration::from_millis(116);
    rig.tick();
    assert!(!rig.closed());
    assert_eq!(rig.status().late_polls, 1);
    assert_eq!(rig.status().stop_cause, StopCause::Late);
}

/// charging 1.3, skip contract: a sample of 50 ms is still fresh, so the next
/// one must have come right after.
#[test]
fn when_a_sample_came_then_the_next_one_is_due_after_50_ms() {
    let mut rig = Rig::charging();
    let polled = rig.now;
    rig.tick();
    let stale = polled + PILOT_STALE + Duration::from_micros(1);
    assert_eq!(rig.charger.deadline().sample, stale);
}

/// D-32: a vehicle that comes after a safe restart was asked for is not served.
#[test]
fn when_a_restart_is_asked_for_without_a_vehicle_then_nobody_is_served() {
    let mut rig = Rig::plain();
    rig.directive.requests.safe_restart += 1;
    rig.run_ms(1_000);
    rig.set(C6);
    assert_eq!(rig.until(60_000, Rig::closed), None);
    rig.directive.requests.start += 1;
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// charging 9, 11.2-2: a board without a sensor charges, one whose sensor has
/// not spoken yet does not.
#[test]
fn when_there_is_no_temperature_then_it_depends_on_the_reason() {
    let mut rig = Rig::boot(BoardFacts::default());
    rig.inputs.temperature = TemperatureInput::NotFitted;
    rig.run_ms(16_000);
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.run_ms(60_000);
    assert!(rig.closed() && rig.status().faults.is_empty());
    for silent in [TemperatureInput::Missing, TemperatureInput::Failed] {
        let mut rig = Rig::boot(BoardFacts::default());
        rig.inputs.temperature = silent;
        rig.set(C6);
        assert_eq!(rig.until(30_000, Rig::closed), None);
        assert!(rig.has(Faults::SENSOR_FAULT), "{silent:?}");
    }
}

/// Polls once more at the moment of the latest poll.
fn again(rig: &mut Rig) {
    let at = rig.now - BEAT;
    rig.outputs = rig.charger.poll(at, &rig.inputs, &rig.directive);
}

/// I-25: a second poll at the same moment changes nothing.
#[test]
fn when_polled_twice_at_one_moment_then_nothing_changes() {
    let mut rig = Rig::plain();
    let story = [
        (B9, Access::On, 35_000),
        (C6, Access::On, 4_000),
        (C6, Access::Off, 7_000),
        (C6, Access::On, 20_000),
        (B9, Access::On, 1_000),
        (Short0, Access::On, 2_000),
        (A12, Access::On, 1_000),
    ];
    let mut states = 0;
    for (level, access, ms) in story {
        rig.set(level);
        rig.directive.access = access;
        for _ in 0..ms / 10 {
            let before = rig.state();
            rig.tick();
            let (outputs, status) = (rig.outputs, rig.status());
            again(&mut rig);
            assert_eq!(rig.outputs, outputs, "{status:?}");
            let told = |status: &ChargerStatus| (status.state, status.since, status.faults);
            assert_eq!(told(&rig.status()), told(&status));
            states += u32::from(status.state != before);
        }
    }
    assert!(states >= 8, "{states}");
}

/// I-25: neither does it hurry a node along.
#[test]
fn when_a_node_is_polled_twice_at_one_moment_then_one_step_at_most() {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::Waiting;
    rig.set(C6);
    let mut seen = Vec::new();
    for answer in [
        Handshake::Waiting,
        Handshake::GrantedB,
        Handshake::Waiting,
        Handshake::GrantedC,
    ] {
        rig.directive.handshake = answer;
        for _ in 0..100 {
            rig.tick();
            let state = rig.state();
            again(&mut rig);
            assert_eq!(rig.state(), state);
            if seen.last() != Some(&state) {
                seen.push(state);
            }
        }
    }
    assert_eq!(seen, [A, CommB, CommBOk, B, CommC, CommCOk, C]);
}

/// I-25: what is new acts, also at the same moment.
#[test]
fn when_the_input_changes_at_one_moment_then_it_acts() {
    let mut rig = Rig::plain();
    rig.set(B9);
    rig.run_ms(2_000);
    assert_eq!(rig.state(), B);
    let at = rig.now - BEAT;
    rig.inputs.pilot = PilotSample::from_class(A12, Some(true), at, at);
    again(&mut rig);
    assert_eq!(rig.state(), A);
}

/// I-04, charging 1.2-6: the 500 ms begin after the blanking.
#[test]
fn when_6_v_was_there_before_the_pulse_width_then_500_ms_count_from_its_sight() {
    let mut rig = Rig::plain();
    rig.directive.three_phase = false;
    rig.set(C6);
    assert!(rig.until(2_000, |rig| rig.state() == B).is_some());
    let took = rig.until(2_000, Rig::closed).unwrap();
    assert!((530..=600).contains(&took), "{took}");
}

/// charging 11.2-2: while the temperature is not known the charger starts.
#[test]
fn when_the_temperature_has_not_come_yet_then_starting() {
    let mut rig = Rig::boot(BoardFacts::default());
    rig.inputs.temperature = TemperatureInput::Missing;
    rig.set(C6);
    rig.run_ms(7_000);
    assert!(rig.status().vehicle_present);
    assert_eq!(rig.status().block, Some(BlockReason::Starting));
    assert_eq!(rig.status().temperature, None);
    rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(31));
    rig.run_ms(8_000);
    let told = rig.status().temperature;
    assert_eq!(told, Some(Celsius::from_celsius(31)));
    assert!(rig.until(9_000, Rig::closed).is_some());
}

/// Skip contract: whoever rests asks for no poll of his own accord.
#[test]
fn when_nothing_can_change_by_itself_then_the_next_poll_is_far_away() {
    let far = |rig: &Rig| {
        let deadline = rig.charger.deadline().state;
        deadline > rig.now + Duration::from_secs(1)
    };
    let mut rig = Rig::plain();
    rig.planning = false;
    rig.run_ms(2_000);
    assert!(far(&rig));
    rig.now += Duration::from_millis(200);
    rig.tick();
    assert_eq!(rig.status().late_polls, 1);
    assert!(far(&rig));
}

/// Skip contract: a restart delay counts down without a poll for each step.
#[test]
fn when_a_delay_runs_then_the_next_poll_is_not_due_at_once() {
    let mut rig = Rig::plain();
    rig.set(B9);
    rig.directive.grant.available = false;
    rig.run_ms(20_000);
    rig.directive.grant.available = true;
    rig.run_ms(1_000);
    let delayed = matches!(rig.status().block, Some(BlockReason::ChargeDelay(_)));
    assert!(delayed && rig.state() == B1);
    let deadline = rig.charger.deadline().state;
    assert!(deadline >= rig.now + Duration::from_millis(900));
}

/// Skip contract: whatever changed is looked at again at the next beat.
#[test]
fn when_the_status_changed_then_the_next_beat_is_due() {
    let mut rig = Rig::plain();
    rig.directive.access = Access::Off;
    rig.run_ms(1_000);
    rig.set(B9);
    let here = rig.until(1_000, |rig| rig.status().vehicle_present);
    assert!(here.is_some() && rig.state() == A);
    assert!(rig.charger.deadline().state <= rig.now);
}
