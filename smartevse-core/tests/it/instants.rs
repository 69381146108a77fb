//! Polls at the same moment with other inputs, and samples that come late.

use smartevse_core::directive::Handshake;
use smartevse_core::faults::Faults;
use smartevse_core::io::{ContactorFeedback, LockDrive, LockFeedback};
use smartevse_core::options::{CableKind, LockKind};
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Duration};

use crate::rig::{BEAT, Rig};

/// Polls again at the moment of the latest poll.
fn again(rig: &mut Rig) {
    rig.now = rig.now - BEAT;
    rig.tick();
}

fn entering(state: ChargeState) -> Rig {
    let mut rig = Rig::plain();
    rig.directive.three_phase = false;
    rig.set(PilotClass::C6);
    assert!(rig.until(9_000, |rig| rig.state() == state).is_some());
    rig
}

/// I-11: a second poll at the moment at which B was entered ends the offer.
#[test]
fn when_access_ends_in_the_moment_of_the_offer_then_nothing_is_offered() {
    let mut rig = entering(ChargeState::B);
    rig.directive.access = Access::Pause;
    again(&mut rig);
    assert_eq!(rig.state(), ChargeState::B1);
}

/// I-05, I-11: the same at the moment at which the contactor closed.
#[test]
fn when_the_offer_ends_in_the_moment_of_the_closing_then_it_is_a_stop() {
    let mut rig = entering(ChargeState::C);
    rig.offer(0);
    again(&mut rig);
    assert_eq!(rig.state(), ChargeState::C1);
}

/// I-25: without a change the second poll changes nothing.
#[test]
fn when_polled_twice_in_any_moment_then_nothing_changes() {
    for state in [ChargeState::B, ChargeState::C] {
        let mut rig = entering(state);
        let before = rig.outputs;
        again(&mut rig);
        assert_eq!((rig.state(), rig.outputs), (state, before));
    }
}

/// I-25: a second contactor that sticks is judged from the moment after the
/// main one opened.
#[test]
fn when_the_main_contactor_opens_beside_a_stuck_one_then_the_moment_is_one() {
    let mut rig = entering(ChargeState::C);
    rig.inputs.contactor2 = ContactorFeedback::Closed;
    rig.run_ms(700);
    assert_eq!(rig.state(), ChargeState::C1);
    rig.set(PilotClass::A12);
    rig.tick();
    let outputs = rig.outputs;
    again(&mut rig);
    assert_eq!(rig.outputs, outputs);
    assert!(rig.charger.deadline().state <= rig.now);
    rig.tick();
    assert!(rig.has(Faults::CONTACTOR_FAULT));
}

/// I-25, I-32: CONFIG that changes in the moment of state A waits for the next.
#[test]
fn when_a_is_entered_then_the_settings_change_in_the_next_moment() {
    let mut rig = entering(ChargeState::B);
    rig.directive.config.cable = CableKind::Socket;
    rig.directive.config.lock = LockKind::Solenoid;
    rig.inputs.lock = LockFeedback::Unlocked;
    rig.run_ms(100);
    rig.set(PilotClass::A12);
    rig.tick();
    let outputs = rig.outputs;
    again(&mut rig);
    assert_eq!((rig.state(), rig.outputs), (ChargeState::A, outputs));
    assert!(rig.charger.deadline().state <= rig.now);
}

/// I-25, I-32: the same in the moment in which the vehicle has left for
/// certain.
#[test]
fn when_the_vehicle_has_left_then_the_settings_change_in_the_next_moment() {
    let mut rig = entering(ChargeState::B);
    rig.directive.config.cable = CableKind::Socket;
    rig.run_ms(100);
    rig.set(PilotClass::A12);
    rig.run_ms(1_000);
    rig.set(PilotClass::B9);
    rig.run_ms(1_000);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.inputs.lock = LockFeedback::Locked;
    rig.set(PilotClass::A12);
    let left = rig.until(900, |rig| !rig.status().vehicle_present);
    assert!(left.is_some());
    let outputs = rig.outputs;
    again(&mut rig);
    assert_eq!(rig.outputs, outputs);
    assert!(rig.charger.deadline().state <= rig.now);
    rig.tick();
    assert_eq!(rig.outputs.lock, LockDrive::Unlock);
}

/// I-06, I-07: the tolerance counts from the sample, not from the poll that
/// sees it.
#[test]
fn when_samples_are_old_then_the_tolerance_ends_earlier() {
    let mut rig = Rig::charging();
    let age = Duration::from_millis(40);
    rig.set(PilotClass::Mixed);
    rig.delay = age;
    let open = rig.until(500, |rig| !rig.closed()).unwrap();
    assert!(open <= 70, "{open} ms");
}

/// I-25: a poll between two beats may already see what the latest one decided,
/// so nothing is promised until then.
#[test]
fn when_a_state_lasts_one_poll_then_the_next_moment_may_end_it() {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::Waiting;
    rig.set(PilotClass::B9);
    let asks = rig.until(9_000, |rig| rig.state() == ChargeState::CommB);
    assert!(asks.is_some());
    rig.directive.handshake = Handshake::GrantedB;
    rig.tick();
    assert_eq!(rig.state(), ChargeState::CommBOk);
    let polled = rig.now - BEAT;
    assert!(rig.charger.deadline().state <= polled + Duration::from_micros(1));
}

/// I-17, I-25, I-32: a start waits for the next moment, in which the settings
/// of state A are taken over first.
#[test]
fn when_access_comes_at_the_same_moment_then_no_start_before_the_next() {
    let mut rig = Rig::plain();
    rig.directive.access = Access::Off;
    rig.set(PilotClass::B9);
    rig.run_ms(2_000);
    assert_eq!(rig.state(), ChargeState::A);
    rig.directive.access = Access::On;
    again(&mut rig);
    assert_eq!(rig.state(), ChargeState::A);
    rig.tick();
    assert_eq!(rig.state(), ChargeState::B);
}
