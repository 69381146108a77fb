//! The scenario table S1 to S16 of charging specification §14, and what else
//! needs a story.

use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::directive::{Handshake, LockWish, StopCause};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, HardwareFaults, LockDrive, LockFeedback, MainsInput, PilotSwitch,
    ProximityInput, TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::pilot::PilotClass::{A12, B9, C6, D3, Mixed, Short0, Unknown};
use smartevse_core::state::ChargeState::{self, A, Activate, B, B1, C, C1, CommB, CommC};
use smartevse_types::{Access, Amps, BlockReason, Celsius, Duration, LimitedBy, Ohms};

use crate::rig::Rig;

fn hot(rig: &mut Rig, celsius: i16) {
    rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(celsius));
}

fn socket(rig: &mut Rig, ohms: u32) {
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(ohms));
}

/// S1, T04, T08, T11, T15, T16
#[test]
fn when_a_vehicle_charges_then_a_b_c_b_a() {
    let mut rig = Rig::plain();
    let mut states = vec![rig.state()];
    for (class, ms) in [
        (A12, 500),
        (B9, 1_500),
        (C6, 4_000),
        (B9, 500),
        (A12, 1_000),
    ] {
        rig.set(class);
        for _ in 0..ms / 10 {
            rig.tick();
            if states.last() != Some(&rig.state()) {
                states.push(rig.state());
            }
        }
    }
    assert_eq!(states, [A, B, C, B, A]);
    assert_eq!((rig.status().closings, rig.status().plug_ins), (1, 1));
    assert!(!rig.status().vehicle_present);
}

/// S2, T19: the vehicle stops within the grace time.
#[test]
fn when_access_ends_and_the_vehicle_stops_then_c1_b1() {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Off;
    rig.run_ms(10);
    assert_eq!((rig.state(), rig.outputs.duty.as_permille()), (C1, 1_000));
    rig.run_ms(2_000);
    assert!(rig.closed());
    rig.set(B9);
    rig.run_ms(10);
    assert_eq!((rig.state(), rig.closed()), (B1, false));
    assert_eq!(rig.status().stop_cause, StopCause::Access);
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Closed);
    assert_eq!(rig.status().block, Some(BlockReason::AccessOff));
}

/// I-11: the vehicle lets go in the very poll in which access ends.
#[test]
fn when_access_ends_as_the_vehicle_stops_then_no_pulse_width_remains() {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Pause;
    rig.set(B9);
    rig.run_ms(10);
    assert_eq!((rig.state(), rig.closed()), (B1, false));
    assert_eq!(rig.outputs.duty.as_permille(), 1_000);
}

/// S3, T20, I-09, I-10, D-06: a deaf vehicle is not stuck afterwards.
#[test]
fn when_a_deaf_vehicle_keeps_6_v_then_opened_after_6_s_and_charged_again() {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Off;
    assert_eq!(rig.until(9_000, |rig| !rig.closed()), Some(6_000));
    assert_eq!(rig.state(), B1);
    rig.run_ms(30_000);
    assert_eq!(rig.state(), B1);
    rig.directive.access = Access::On;
    assert!(rig.until(90_000, Rig::closed).is_some());
}

/// S3: with access the pilot is isolated for 5 s.
#[test]
fn when_the_offer_ends_then_the_pilot_is_isolated_for_5_s() {
    let mut rig = Rig::charging();
    rig.offer(0);
    rig.run_ms(100);
    rig.set(B9);
    rig.run_ms(10);
    let isolated = |rig: &Rig| rig.outputs.pilot_switch == PilotSwitch::Isolated;
    assert!(rig.state() == B1 && isolated(&rig));
    assert_eq!(rig.until(9_000, |rig| !isolated(rig)), Some(4_990));
    assert_eq!(rig.status().stop_cause, StopCause::Power);
    assert_eq!(rig.status().offered.as_deci(), 0);
}

/// S4, T13, T21: one wake-up pulse per vehicle, at least 4 s.
#[test]
fn when_a_vehicle_sleeps_for_30_s_then_one_wake_up_pulse() {
    let mut rig = Rig::plain();
    rig.set(B9);
    assert!(rig.until(1_000, |rig| rig.state() == B).is_some());
    assert_eq!(
        rig.until(60_000, |rig| rig.state() == Activate),
        Some(29_990)
    );
    assert_eq!(rig.outputs.duty.as_permille(), 0);
    assert_eq!(rig.until(9_000, |rig| rig.state() == B), Some(3_990));
    assert_eq!(rig.until(120_000, |rig| rig.state() == Activate), None);
    rig.directive.access = Access::Pause;
    rig.run_ms(20_000);
    rig.directive.access = Access::On;
    assert!(rig.until(60_000, |rig| rig.state() == Activate).is_some());
}

/// charging 2.5-9: a long pause earns one more pulse.
#[test]
fn when_b1_lasted_five_minutes_then_one_more_wake_up_pulse() {
    let mut rig = Rig::plain();
    rig.set(B9);
    rig.run_ms(40_000);
    rig.directive.grant.available = false;
    rig.run_ms(301_000);
    rig.directive.grant.available = true;
    assert!(rig.until(120_000, |rig| rig.state() == Activate).is_some());
}

/// S5, T17, I-06
#[test]
fn when_the_pilot_is_shorted_then_open_after_100_ms_with_a_fault() {
    let mut rig = Rig::charging();
    rig.set(Short0);
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(100));
    assert_eq!(rig.state(), B1);
    assert!(rig.has(Faults::PILOT_FAULT));
}

/// charging 2.5-4: Mixed, lost diode and ventilation are tolerated for 100 ms.
#[test]
fn when_a_wrong_level_is_short_then_charging_goes_on() {
    for class in [Mixed, Short0, D3] {
        let mut rig = Rig::charging();
        rig.set(class);
        rig.run_ms(90);
        rig.set(C6);
        rig.run_ms(500);
        assert_eq!(rig.state(), C, "{class:?}");
    }
    let mut rig = Rig::charging();
    rig.diode = false;
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(100));
    assert!(rig.has(Faults::PILOT_FAULT));
}

/// S6, I-07
#[test]
fn when_the_samples_stop_then_open_after_50_ms() {
    let mut rig = Rig::charging();
    rig.set(Unknown);
    let took = rig.until(1_000, |rig| !rig.closed()).unwrap();
    assert!(took <= 60, "{took}");
    assert_eq!(rig.state(), B1);
    assert!(rig.has(Faults::PILOT_FAULT));
}

/// charging 2.5-4, 3.5, I-23: three pilot faults hold until unplugged.
#[test]
fn when_the_pilot_fails_three_times_then_only_unplugging_helps() {
    let mut rig = Rig::charging();
    for round in 1..=3 {
        rig.set(Short0);
        rig.run_ms(300);
        rig.set(C6);
        let again = rig.until(90_000, Rig::closed);
        assert_eq!(again.is_some(), round < 3, "{round}");
    }
    rig.run_ms(600_000);
    assert!(rig.has(Faults::PILOT_FAULT) && rig.state() == B1);
    rig.set(A12);
    rig.run_ms(400);
    assert!(!rig.has(Faults::PILOT_FAULT));
    rig.set(C6);
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// S7, I-08, I-23, T25
#[test]
fn when_residual_current_flows_then_open_at_once_and_latched() {
    let mut rig = Rig::plain();
    rig.directive.config.residual_current = true;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.rcm = true;
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(10));
    assert!(!rig.outputs.contactor2.is_closed(), "both at once");
    assert_eq!(rig.state(), B1);
    rig.directive.requests.local_reset += 1;
    rig.run_ms(100);
    rig.rcm = false;
    rig.run_ms(60_000);
    assert!(rig.has(Faults::RCM_TRIPPED));
    assert_eq!(rig.status().latched, Faults::RCM_TRIPPED);
    rig.directive.requests.local_reset += 1;
    rig.run_ms(20);
    assert!(!rig.has(Faults::RCM_TRIPPED));
    assert!(rig.until(30_000, Rig::closed).is_some());
}

/// I-08: the second contactor, still closed after the vehicle let go, does not
/// wait either.
#[test]
fn when_residual_current_comes_between_the_contactors_then_both_are_open() {
    let mut rig = Rig::plain();
    rig.directive.config.residual_current = true;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.set(B9);
    rig.run_ms(30);
    assert!(!rig.closed() && rig.outputs.contactor2.is_closed());
    rig.rcm = true;
    rig.run_ms(20);
    assert!(!rig.outputs.contactor2.is_closed());
}

/// charging 8: the latch outlives a restart.
#[test]
fn when_restarted_with_a_latch_then_it_holds_until_a_press() {
    let boot = BootRecord {
        latched: Faults::RCM_TRIPPED,
    };
    let mut rig = Rig::boot_with(BoardFacts::default(), boot);
    rig.set(C6);
    assert_eq!(rig.until(120_000, Rig::closed), None);
    rig.directive.requests.local_reset += 1;
    assert!(rig.until(30_000, Rig::closed).is_some());
}

/// S8, T22, I-24
#[test]
fn when_max_temp_is_reached_then_c1_b1_and_resumed_when_cool() {
    let mut rig = Rig::charging();
    hot(&mut rig, 65);
    let took = rig.until(3_000, |rig| rig.state() == C1).unwrap();
    assert!(took >= 2_000, "{took}");
    rig.run_ms(7_000);
    assert_eq!((rig.state(), rig.closed()), (B1, false));
    hot(&mut rig, 55);
    assert!(rig.until(40_000, Rig::closed).is_some());
}

/// charging 3.4
#[test]
fn when_far_too_hot_then_open_at_once() {
    let mut rig = Rig::charging();
    hot(&mut rig, 80);
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(0));
}

/// S9, T05, T06
#[test]
fn when_no_power_is_available_then_60_s_after_it_returns() {
    let mut rig = Rig::plain();
    rig.directive.grant.available = false;
    rig.set(B9);
    rig.run_ms(20_000);
    assert!(rig.state() == B1 && rig.has(Faults::LESS_6A));
    assert_eq!(rig.status().block, Some(BlockReason::WaitingForPower));
    rig.directive.grant.available = true;
    rig.run_ms(10);
    assert!(!rig.has(Faults::LESS_6A));
    assert!(matches!(
        rig.status().block,
        Some(BlockReason::ChargeDelay(_))
    ));
    let took = rig.until(90_000, |rig| rig.state() == B).unwrap();
    assert!((59_900..=60_100).contains(&took), "{took}");
}

/// charging 2.3: in Solar 15 s; decision 55.
#[test]
fn when_planning_names_a_shorter_delay_then_it_counts() {
    let mut rig = Rig::plain();
    rig.directive.shortage_delay = Some(Duration::from_secs(15));
    rig.directive.grant.available = false;
    rig.set(B9);
    rig.run_ms(20_000);
    rig.directive.grant.available = true;
    let took = rig.until(90_000, |rig| rig.state() == B).unwrap();
    assert!((14_900..=15_100).contains(&took), "{took}");
}

/// S10, I-03, I-15
#[test]
fn when_other_phases_are_wanted_then_c_c1_b1_isolated_b_c() {
    let mut rig = Rig::plain();
    rig.directive.config.contact2 = Contact2::Auto;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    assert!(rig.outputs.contactor2.is_closed());
    rig.directive.three_phase = false;
    rig.run_ms(1_000);
    assert_eq!(rig.state(), C1);
    rig.set(B9);
    rig.run_ms(200);
    assert!(!rig.outputs.contactor2.is_closed());
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Isolated);
    rig.set(C6);
    let took = rig.until(60_000, Rig::closed).unwrap();
    assert!(took >= 10_000 && !rig.outputs.contactor2.is_closed());
}

/// I-15: a wish that changes while the vehicle rests in B also isolates.
#[test]
fn when_other_phases_are_wanted_in_b_then_the_pilot_is_isolated_first() {
    let mut rig = Rig::charging();
    rig.set(B9);
    rig.run_ms(1_000);
    assert_eq!(rig.state(), B);
    rig.directive.three_phase = false;
    rig.run_ms(20);
    assert_eq!(rig.state(), B1);
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Isolated);
    rig.set(C6);
    assert!(rig.until(30_000, Rig::closed).is_some());
    assert!(!rig.outputs.contactor2.is_closed());
}

/// S12, charging 2.5-8, D-08
#[test]
fn when_plugged_without_access_then_present_and_locked_in_a() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.directive.access = Access::Off;
    rig.run_ms(1_000);
    rig.set(B9);
    assert!(
        rig.until(1_000, |rig| rig.outputs.lock == LockDrive::Lock)
            .is_some()
    );
    rig.run_ms(2_000);
    assert!(rig.state() == A && rig.status().vehicle_present);
    assert_eq!(rig.status().block, Some(BlockReason::AccessOff));
    rig.directive.access = Access::On;
    assert!(rig.until(1_000, |rig| rig.state() == B).is_some());
    rig.set(A12);
    assert!(
        rig.until(1_000, |rig| rig.outputs.lock == LockDrive::Unlock)
            .is_some()
    );
}

/// S13, I-17, D-03
#[test]
fn when_more_is_granted_than_the_cable_carries_then_the_cable_wins() {
    let mut rig = Rig::plain();
    socket(&mut rig, 1_500);
    rig.directive.config.max = Amps::from_amps(32);
    rig.offer(320);
    rig.run_ms(1_000);
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    assert_eq!(rig.outputs.duty.as_permille(), 216);
    assert_eq!(rig.status().limited_by, LimitedBy::Cable);
    assert_eq!(rig.status().cap.as_deci(), 130);
}

/// S15, I-14
#[test]
fn when_a_vehicle_toggles_then_the_seventh_closing_is_refused_for_5_min() {
    let mut rig = Rig::plain();
    for _ in 0..6 {
        rig.set(C6);
        assert!(rig.until(9_000, Rig::closed).is_some());
        rig.set(B9);
        rig.run_ms(3_000);
    }
    rig.set(C6);
    assert!(rig.until(9_000, |rig| rig.state() == B1).is_some());
    assert!(matches!(rig.status().block, Some(BlockReason::Flapping(_))));
    let took = rig.until(400_000, Rig::closed).unwrap();
    assert!((299_000..=310_000).contains(&took), "{took}");
}

/// S16, charging 4.3, I-16
#[test]
fn when_a_contactor_welds_then_fault_no_closing_and_no_unlocking() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.follow = true;
    rig.run_ms(1_000);
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.run_ms(1_000);
    rig.follow = false;
    rig.inputs.contactor1 = ContactorFeedback::Closed;
    rig.inputs.contactor2 = ContactorFeedback::NotFitted;
    rig.set(B9);
    rig.run_ms(600);
    assert!(rig.has(Faults::CONTACTOR_FAULT) && !rig.closed());
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Isolated);
    rig.directive.lock = LockWish::Release;
    assert_eq!(
        rig.until(60_000, |rig| rig.outputs.lock == LockDrive::Unlock),
        None
    );
    rig.inputs.contactor1 = ContactorFeedback::Open;
    rig.directive.requests.service_reset += 1;
    rig.run_ms(100);
    assert!(!rig.has(Faults::CONTACTOR_FAULT));
}

/// charging 4.3: a contactor takes its time to open; that is no fault.
#[test]
fn when_the_feedback_lags_then_the_vehicle_stays_in_b() {
    let mut rig = Rig::plain();
    rig.inputs.contactor1 = ContactorFeedback::Open;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.run_ms(50);
    rig.inputs.contactor1 = ContactorFeedback::Closed;
    rig.run_ms(1_000);
    rig.set(B9);
    rig.run_ms(60);
    rig.inputs.contactor1 = ContactorFeedback::Open;
    rig.run_ms(1_000);
    assert_eq!((rig.state(), rig.status().faults), (B, Faults::empty()));
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Closed);
}

/// charging 4.3: the second contactor stuck closed stops in the orderly way.
#[test]
fn when_the_second_contactor_is_stuck_then_graceful_and_then_a_fault() {
    let mut rig = Rig::plain();
    rig.directive.three_phase = false;
    rig.follow = false;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.inputs.contactor2 = ContactorFeedback::Closed;
    rig.run_ms(520);
    assert_eq!((rig.state(), rig.closed()), (C1, true));
    rig.set(B9);
    rig.run_ms(600);
    assert!(rig.has(Faults::CONTACTOR_FAULT) && !rig.closed());
}

/// I-11, design 1: a directive that is not renewed ends charging in order.
#[test]
fn when_planning_dies_then_c1_after_one_second_and_open_after_seven() {
    let mut rig = Rig::charging();
    rig.planning = false;
    let took = rig.until(3_000, |rig| rig.state() == C1).unwrap();
    assert!((970..=1_000).contains(&took), "{took}");
    assert_eq!(rig.outputs.duty.as_permille(), 1_000);
    assert_eq!(rig.until(9_000, |rig| !rig.closed()), Some(5_990));
    assert_eq!(rig.status().block, Some(BlockReason::NoDirective));
    assert_eq!(rig.status().stop_cause, StopCause::NoDirective);
    rig.planning = true;
    assert!(rig.until(60_000, Rig::closed).is_some());
}

/// charging 11.2-6, I-26
#[test]
fn when_nobody_polls_for_200_ms_then_open_and_resumed_through_b1() {
    let mut rig = Rig::charging();
    rig.now += Duration::from_millis(200);
    rig.tick();
    assert_eq!((rig.state(), rig.closed()), (B1, false));
    assert_eq!(rig.status().stop_cause, StopCause::Late);
    assert_eq!(rig.status().late_polls, 1);
    assert!(!rig.has(Faults::PILOT_FAULT));
    assert!(rig.until(30_000, Rig::closed).unwrap() >= 9_900);
}

/// charging 11.2-7
#[test]
fn when_mains_is_lost_then_open_at_once_and_unlocked() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Motor;
    rig.run_ms(1_000);
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.inputs.mains = MainsInput::Lost;
    rig.run_ms(10);
    assert!(!rig.closed() && !rig.outputs.contactor2.is_closed());
    assert_eq!(rig.status().block, Some(BlockReason::MainsLost));
    let took = rig
        .until(2_000, |rig| rig.outputs.lock == LockDrive::Unlock)
        .unwrap();
    assert!((480..=520).contains(&took), "{took}");
}

/// Design 3.12: an output that refuses its level opens and blocks.
#[test]
fn when_a_contactor_output_fails_then_open_and_latched() {
    let mut rig = Rig::charging();
    rig.inputs.hardware = HardwareFaults::CONTACTOR;
    rig.run_ms(10);
    assert!(!rig.closed() && rig.has(Faults::CONTACTOR_FAULT));
    let mut rig = Rig::charging();
    rig.inputs.hardware = HardwareFaults::PILOT_OUTPUT;
    rig.run_ms(10);
    assert!(!rig.closed() && rig.has(Faults::PILOT_FAULT));
}

/// charging 2.5-6: ventilation only where it is fitted.
#[test]
fn when_a_vehicle_needs_ventilation_then_it_depends_on_the_board() {
    let mut rig = Rig::plain();
    rig.set(D3);
    rig.run_ms(5_000);
    assert_eq!((rig.state(), rig.closed()), (B, false));
    assert_eq!(rig.status().block, Some(BlockReason::VentilationNeeded));
    let mut rig = Rig::settled(BoardFacts {
        ventilation: true,
        ..BoardFacts::default()
    });
    rig.set(D3);
    assert!(rig.until(9_000, Rig::closed).is_some());
}

/// T03, T07, T10, T14, I-31: late or unasked grants count for nothing.
#[test]
fn when_a_node_is_granted_unasked_then_nothing_happens() {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::GrantedC;
    rig.run_ms(100);
    rig.set(C6);
    rig.run_ms(10_000);
    assert_eq!(rig.state(), CommB);
    rig.directive.handshake = Handshake::GrantedB;
    rig.run_ms(1_000);
    assert_eq!(
        rig.state(),
        CommB,
        "the request began before the answer was withdrawn"
    );
    rig.directive.handshake = Handshake::Waiting;
    rig.run_ms(100);
    rig.directive.handshake = Handshake::GrantedB;
    assert!(rig.until(3_000, |rig| rig.state() == CommC).is_some());
    rig.run_ms(1_000);
    assert!(!rig.closed());
    rig.directive.handshake = Handshake::Waiting;
    rig.run_ms(100);
    rig.directive.handshake = Handshake::GrantedC;
    assert!(rig.until(1_000, Rig::closed).is_some());
}

/// charging 12.5: no answer for 30 s.
#[test]
fn when_a_master_never_answers_then_b1_and_asked_again() {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::Waiting;
    rig.set(B9);
    assert!(rig.until(1_000, |rig| rig.state() == CommB).is_some());
    assert_eq!(rig.until(40_000, |rig| rig.state() == B1), Some(29_990));
    assert!(rig.until(10_000, |rig| rig.state() == CommB).is_some());
}

/// charging 5.5
#[test]
fn when_the_lock_is_not_confirmed_then_no_energy_and_a_fault() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.inputs.lock = LockFeedback::Unlocked;
    rig.run_ms(1_000);
    rig.set(C6);
    rig.run_ms(10_000);
    assert_eq!(
        (rig.state(), rig.status().block),
        (A, Some(BlockReason::LockNotConfirmed))
    );
    rig.run_ms(20_000);
    assert!(rig.has(Faults::LOCK_FAULT) && rig.state() == B1);
    rig.inputs.lock = LockFeedback::Locked;
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// I-29, D-29
#[test]
fn when_started_with_a_vehicle_that_asks_then_isolated_for_5_s_and_charged() {
    let mut rig = Rig::boot(BoardFacts::default());
    rig.set(C6);
    rig.tick();
    assert_eq!(rig.status().block, Some(BlockReason::Starting));
    let isolated = rig.until(9_000, |rig| rig.outputs.pilot_switch == PilotSwitch::Closed);
    assert!(isolated.unwrap() >= 4_980);
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// I-21, T18
#[test]
fn when_unplugged_in_any_state_then_a_within_one_second() {
    let reach: [fn() -> Rig; 5] = [
        Rig::charging,
        || {
            let mut rig = Rig::charging();
            rig.directive.access = Access::Off;
            rig.run_ms(1_000);
            rig
        },
        || {
            let mut rig = Rig::plain();
            rig.set(B9);
            rig.run_ms(31_500);
            rig
        },
        || {
            let mut rig = Rig::plain();
            rig.set(B9);
            rig.directive.grant.available = false;
            rig.run_ms(20_000);
            rig
        },
        || {
            let mut rig = Rig::plain();
            rig.directive.handshake = Handshake::Waiting;
            rig.set(B9);
            rig.run_ms(1_000);
            rig
        },
    ];
    for (reach, from) in reach.into_iter().zip([C, C1, Activate, B1, CommB]) {
        let mut rig = reach();
        assert_eq!(rig.state(), from);
        rig.set(A12);
        rig.run_ms(1_000);
        assert_eq!((rig.state(), rig.closed()), (A, false));
        assert_eq!(rig.status().charge_delay, Duration::ZERO);
        assert!(!rig.has(Faults::LESS_6A));
    }
}

/// charging 10.2, D-20: the cause is shown without a vehicle too.
#[test]
fn when_too_hot_without_a_vehicle_then_the_fault_is_shown() {
    let mut rig = Rig::plain();
    assert_eq!(rig.status().block, Some(BlockReason::NoVehicle));
    hot(&mut rig, 70);
    rig.run_ms(3_000);
    assert_eq!(rig.status().block, Some(BlockReason::Fault));
    assert_eq!(rig.state(), ChargeState::A);
}
