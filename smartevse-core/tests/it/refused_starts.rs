//! What keeps a contactor open, or opens it before current flows: conditions
//! that arise in the last moment, and inputs that nobody can read.

use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::directive::Handshake;
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    HardwareFaults, LockFeedback, MilliVoltRange, ProximityInput, ResidualCurrentInput,
    TemperatureInput,
};
use smartevse_core::options::{CableKind, LockKind};
use smartevse_core::pilot::PilotClass::{A12, B9, C6, Short0};
use smartevse_core::state::ChargeState::{A, B, B1, C, CommB, CommC, CommCOk};
use smartevse_types::{Access, Amps, BlockReason, Ohms};

use crate::rig::{BEAT, Level, Rig};

fn socket(rig: &mut Rig, ohms: u32) {
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(ohms));
}

/// The second contactor has just closed, the main one is next.
fn half_closed(change: fn(&mut Rig)) -> Rig {
    let mut rig = Rig::plain();
    change(&mut rig);
    rig.run_ms(1_000);
    rig.set(C6);
    let second = rig.until(9_000, |rig| rig.outputs.contactor2.is_closed());
    assert!(second.is_some() && rig.state() == C && !rig.closed());
    rig
}

/// I-04, charging 5.5: the lock comes loose in the poll that would close.
#[test]
fn when_the_lock_comes_loose_at_the_last_moment_then_it_does_not_close() {
    let mut rig = half_closed(|rig| {
        socket(rig, 220);
        rig.directive.config.lock = LockKind::Solenoid;
        rig.inputs.lock = LockFeedback::Locked;
    });
    rig.run_ms(90);
    assert!(!rig.closed());
    rig.inputs.lock = LockFeedback::Unlocked;
    assert_eq!(rig.until(5_000, Rig::closed), None);
    assert!(!rig.outputs.contactor2.is_closed());
}

/// I-11: no current flows yet, so that the end of access needs no grace.
#[test]
fn when_access_ends_between_the_contactors_then_b1_at_once() {
    for access in [Access::Off, Access::Pause] {
        let mut rig = half_closed(|_| {});
        rig.directive.access = access;
        rig.tick();
        assert_eq!((rig.state(), rig.closed()), (B1, false));
        assert!(!rig.outputs.contactor2.is_closed());
        assert_eq!(rig.outputs.duty.as_permille(), 1_000);
    }
}

/// I-31: the grant for C comes in the poll in which the vehicle lets go.
#[test]
fn when_the_vehicle_lets_go_as_the_master_grants_then_b() {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::Waiting;
    rig.set(C6);
    assert!(rig.until(2_000, |rig| rig.state() == CommB).is_some());
    rig.tick();
    rig.directive.handshake = Handshake::GrantedB;
    assert!(rig.until(3_000, |rig| rig.state() == CommC).is_some());
    rig.directive.handshake = Handshake::Waiting;
    rig.tick();
    rig.directive.handshake = Handshake::GrantedC;
    rig.tick();
    assert_eq!(rig.state(), CommCOk);
    rig.set(B9);
    rig.tick();
    assert_eq!((rig.state(), rig.closed()), (B, false));
}

/// Decision 36: not a shortage; waiting does not help.
#[test]
fn when_the_cable_carries_less_than_min_then_cap_below_min() {
    let mut rig = Rig::plain();
    socket(&mut rig, 1_500);
    rig.directive.config.min = Amps::from_amps(14);
    rig.set(C6);
    rig.run_ms(20_000);
    assert_eq!(rig.state(), B1);
    assert_eq!(rig.status().block, Some(BlockReason::CapBelowMin));
    assert!(!rig.has(Faults::LESS_6A));
}

/// charging 3.1: a shortage of sun is shown as such.
#[test]
fn when_there_is_no_sun_then_waiting_for_solar() {
    let mut rig = Rig::plain();
    rig.directive.faults = Faults::NO_SUN;
    rig.set(C6);
    rig.run_ms(5_000);
    assert_eq!(rig.state(), B1);
    assert_eq!(rig.status().block, Some(BlockReason::WaitingForSolar));
}

/// charging 1.5, 11.2: what was never read gives no energy.
#[test]
fn when_an_input_was_never_read_then_nothing_closes() {
    let spoil: [fn(&mut Rig); 4] = [
        |rig| rig.inputs.temperature = TemperatureInput::Missing,
        |rig| rig.inputs.temperature = TemperatureInput::Failed,
        |rig| {
            socket(rig, 220);
            rig.inputs.hardware = HardwareFaults::PROXIMITY;
        },
        |rig| {
            rig.directive.config.cable = CableKind::Socket;
            rig.inputs.proximity = ProximityInput::Missing;
        },
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut rig = Rig::boot(BoardFacts::default());
        spoil(&mut rig);
        rig.set(C6);
        assert_eq!(rig.until(60_000, Rig::closed), None, "{number}");
        let block = rig.status().block.unwrap();
        assert!(
            matches!(
                block,
                BlockReason::Starting | BlockReason::Fault | BlockReason::NoCable
            ),
            "{number}: {block:?}"
        );
    }
}

/// charging 9: a board without a sensor charges.
#[test]
fn when_no_temperature_sensor_is_fitted_then_it_charges() {
    let mut rig = Rig::boot(BoardFacts::default());
    rig.inputs.temperature = TemperatureInput::NotFitted;
    rig.set(C6);
    assert!(rig.until(30_000, Rig::closed).is_some());
    assert_eq!(rig.status().temperature, None);
}

/// charging 1.5: a cable that cannot be read any more ends the charge in the
/// orderly way, and no other cable is assumed.
#[test]
fn when_the_cable_cannot_be_read_any_more_then_no_more_energy() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.run_ms(1_000);
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.inputs.hardware = HardwareFaults::PROXIMITY;
    assert!(rig.until(6_200, |rig| !rig.closed()).is_some());
    assert_eq!(rig.until(60_000, Rig::closed), None);
}

/// I-07: a summary whose minimum lies above its maximum is no level at all.
#[test]
fn when_a_sample_is_impossible_then_it_opens_like_an_unclear_one() {
    let mut rig = Rig::charging();
    rig.level = Level::Volts {
        high: MilliVoltRange::from_milli(6_100, 5_900),
        low: -12_000,
    };
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(100));
    assert!(rig.has(Faults::PILOT_FAULT));
}

/// charging 2.5-4: a short before anything flows is a fault as well, and it
/// ends by itself.
#[test]
fn when_the_pilot_is_shorted_in_b_then_a_fault_until_it_was_good_for_60_s() {
    let mut rig = Rig::plain();
    rig.set(B9);
    rig.run_ms(1_000);
    rig.set(Short0);
    assert!(
        rig.until(1_000, |rig| rig.has(Faults::PILOT_FAULT))
            .is_some()
    );
    rig.set(B9);
    let took = rig.until(90_000, |rig| !rig.has(Faults::PILOT_FAULT));
    // 5 s of isolation come first; nobody sees the pilot in that time.
    assert!((65_000..=65_100).contains(&took.unwrap()), "{took:?}");
    rig.set(C6);
    assert!(rig.until(90_000, Rig::closed).is_some());
}

/// charging 8: the monitor stays active after its test: a residual current.
#[test]
fn when_the_monitor_stays_active_after_its_test_then_it_has_tripped() {
    let facts = BoardFacts {
        residual_current_test: true,
        ..BoardFacts::default()
    };
    let mut rig = Rig::settled(facts);
    rig.directive.config.residual_current = true;
    rig.set(C6);
    let tests = rig.until(3_000, |rig| rig.outputs.residual_current_test);
    assert!(tests.is_some());
    rig.rcm = true;
    assert_eq!(rig.until(10_000, Rig::closed), None);
    assert!(rig.has(Faults::RCM_TRIPPED));
    assert_eq!(rig.inputs.residual_current, ResidualCurrentInput::Fault);
}

/// charging 8: the charger closes while its self-test is not repeated; a test
/// that is under way when the vehicle leaves is begun anew.
#[test]
fn when_a_vehicle_leaves_during_the_self_test_then_the_next_one_is_tested() {
    let facts = BoardFacts {
        residual_current_test: true,
        ..BoardFacts::default()
    };
    let mut rig = Rig::settled(facts);
    rig.directive.config.residual_current = true;
    rig.rcm_reacts = false;
    rig.set(B9);
    let tests = |rig: &Rig| rig.outputs.residual_current_test;
    assert!(rig.until(3_000, tests).is_some());
    rig.set(A12);
    rig.run_ms(2_000);
    rig.rcm_reacts = true;
    rig.set(C6);
    assert!(rig.until(3_000, tests).is_some());
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// I-23: a weld outlives a restart, and time alone never ends it.
#[test]
fn when_restarted_with_a_weld_then_only_service_helps() {
    let boot = BootRecord {
        latched: Faults::CONTACTOR_FAULT,
    };
    let mut rig = Rig::boot_with(BoardFacts::default(), boot);
    rig.set(C6);
    assert_eq!(rig.until(600_000, Rig::closed), None);
    assert!(rig.has(Faults::CONTACTOR_FAULT));
    rig.directive.requests.service_reset += 1;
    assert!(rig.until(30_000, Rig::closed).is_some());
}

/// I-25: every poll of a charge is repeated at the same moment with the same
/// inputs; nothing that is driven changes.
#[test]
fn when_polled_twice_at_the_same_moment_then_the_outputs_are_the_same() {
    let mut rig = Rig::plain();
    for (class, ms) in [(B9, 1_000), (C6, 2_000), (B9, 1_000), (A12, 1_000)] {
        rig.set(class);
        for _ in 0..ms / 10 {
            rig.tick();
            let mut twice = rig.charger.clone();
            let now = rig.now - BEAT;
            let again = twice.poll(now, &rig.inputs, &rig.directive);
            assert_eq!(again, rig.outputs, "{now}");
            assert_eq!(twice.status().state, rig.state());
        }
    }
    assert_eq!(rig.state(), A);
}
