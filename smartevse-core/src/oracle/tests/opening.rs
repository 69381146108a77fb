//! Rows I-01, I-06 to I-12 and I-16.

use smartevse_types::Access;

use super::bench::{Bench, asking, charging, connected, idle};
use crate::faults::Faults;
use crate::io::{ContactorFeedback, LockDrive, ResidualCurrentInput};
use crate::state::ChargeState;

/// I-01.
#[test]
fn when_closed_in_b_then_reported() {
    let mut bench = charging();
    assert!(bench.hits(1) > 0);
    bench.status.state = ChargeState::B;
    bench.breaks(1);
}

/// I-01: D needs ventilation.
#[test]
fn when_closed_in_d_without_ventilation_then_reported() {
    let mut bench = charging();
    bench.status.state = ChargeState::D;
    bench.breaks(1);
}

/// I-06.
#[test]
fn when_the_vehicle_lets_go_then_the_same_poll_must_open() {
    let mut bench = charging();
    bench.release();
    assert!(bench.hits(6) > 0);

    let mut bench = charging();
    bench.level = Some(9_000);
    bench.breaks(6);
    let mut bench = charging();
    bench.level = Some(12_000);
    bench.breaks(6);
}

/// I-06: a level near a border is no evidence.
#[test]
fn when_the_level_is_near_a_border_then_nothing_is_reported() {
    let mut bench = charging();
    bench.level = Some(7_600);
    bench.run(1_000);
}

/// I-06.
#[test]
fn when_the_level_is_forbidden_for_100_ms_then_it_must_open() {
    for level in [3_000, 0, -12_000] {
        let mut bench = charging();
        bench.level = Some(level);
        bench.run(90);
        let passed = bench.breaks_within(6, 100);
        assert!((20..=40).contains(&passed), "{passed}");

        let mut bench = charging();
        bench.level = Some(level);
        bench.run(100);
        bench.enter(ChargeState::B1);
        bench.fault(Faults::PILOT_FAULT);
        bench.run(100);
        assert!(bench.hits(6) > 0);
    }
}

/// I-06: the low phase shows the diode.
#[test]
fn when_the_diode_is_lost_then_it_must_open() {
    let mut bench = charging();
    bench.low = -9_000;
    bench.breaks_within(6, 200);
}

/// I-07.
#[test]
fn when_the_samples_straddle_then_it_must_open() {
    let mut bench = charging();
    let found = (0..15).find_map(|_| bench.straddle().err());
    assert_eq!(found, Some(7));
}

/// I-07: 90 ms of a transition are tolerated.
#[test]
fn when_the_transition_is_short_then_nothing_is_reported() {
    let mut bench = charging();
    for _ in 0..9 {
        assert_eq!(bench.straddle(), Ok(()));
    }
    bench.run(200);
    assert!(bench.hits(7) > 0);
}

/// I-07.
#[test]
fn when_the_samples_stop_then_it_must_open_after_50_ms() {
    let mut bench = charging();
    bench.level = None;
    bench.run(50);
    bench.breaks(7);
    let mut bench = charging();
    bench.inputs.pilot = None;
    bench.level = None;
    bench.breaks(7);
}

/// I-07: alternating kinds of bad levels do not extend the 150 ms.
#[test]
fn when_bad_levels_alternate_then_150_ms_are_the_limit() {
    let mut bench = charging();
    let found = (0..30).find_map(|poll| {
        bench.level = Some(0);
        let outcome = if poll % 6 < 3 {
            bench.step(10)
        } else {
            bench.straddle()
        };
        outcome.err()
    });
    assert_eq!(found, Some(7));
}

/// I-08.
#[test]
fn when_residual_current_is_confirmed_then_both_must_open() {
    let mut bench = charging();
    bench.inputs.residual_current = ResidualCurrentInput::Fault;
    bench.run(10);
    bench.breaks(8);

    let mut bench = charging();
    bench.inputs.residual_current = ResidualCurrentInput::Fault;
    bench.inputs.residual_current_edge = true;
    bench.breaks(8);

    let mut bench = charging();
    trip(&mut bench);
    assert!(bench.hits(8) > 0);
}

fn trip(bench: &mut Bench) {
    bench.inputs.residual_current = ResidualCurrentInput::Fault;
    bench.run(10);
    bench.fault(Faults::RCM_TRIPPED);
    bench.enter(ChargeState::B1);
    bench.run(10);
}

/// I-08: one sample alone is no trip.
#[test]
fn when_one_sample_shows_residual_current_then_nothing_is_reported() {
    let mut bench = charging();
    bench.inputs.residual_current = ResidualCurrentInput::Fault;
    bench.run(10);
    bench.inputs.residual_current = ResidualCurrentInput::Normal;
    bench.run(100);
}

/// I-08: the latch outlives a normal input; only a press ends it.
#[test]
fn when_a_tripped_charger_closes_again_without_a_press_then_reported() {
    let mut bench = charging();
    trip(&mut bench);
    bench.inputs.residual_current = ResidualCurrentInput::Normal;
    bench.run(11_000);
    let before = bench.watch.clone();
    bench.set_contactors(false, true);
    bench.breaks(8);
    bench.set_contactors(false, false);
    bench.watch = before;
    bench.directive.requests.local_reset += 1;
    bench.fault(Faults::empty());
    bench.run(100);
}

/// I-08: the monitor is tested with open contactors only.
#[test]
fn when_the_monitor_is_tested_under_load_then_reported() {
    let mut bench = charging();
    bench.outputs.residual_current_test = true;
    bench.breaks(8);
}

/// I-09.
#[test]
fn when_c1_lasts_longer_than_6_s_then_reported() {
    let mut bench = charging();
    bench.enter(ChargeState::C1);
    bench.run(6_010);
    assert!(bench.hits(9) > 0);
    bench.breaks_within(9, 30);
}

/// I-09.
#[test]
fn when_c1_has_a_pulse_width_or_the_wrong_past_then_reported() {
    let mut bench = charging();
    bench.enter(ChargeState::C1);
    bench.offer(60);
    bench.breaks(9);
    let mut bench = connected();
    bench.enter(ChargeState::C1);
    bench.breaks(9);
}

/// I-10.
#[test]
fn when_it_opens_under_load_without_need_then_reported() {
    let mut bench = charging();
    bench.enter(ChargeState::C1);
    bench.run(3_000);
    bench.enter(ChargeState::B1);
    bench.breaks(10);

    let mut bench = charging();
    bench.stop();
    bench.run(100);
    assert!(bench.hits(10) > 0);
}

/// I-11.
#[test]
fn when_access_ends_then_the_pulse_width_ends_in_the_same_poll() {
    for access in [Access::Off, Access::Pause] {
        let mut bench = charging();
        bench.directive.access = access;
        bench.breaks(11);
        let mut bench = charging();
        bench.directive.access = access;
        bench.stop();
        bench.run(100);
        assert!(bench.hits(11) > 0);
    }
}

/// I-11: the directive is valid for one second.
#[test]
fn when_the_directive_expires_then_the_pulse_width_ends() {
    let mut bench = charging();
    bench.renew = false;
    bench.run(990);
    bench.breaks(11);
}

/// I-11.
#[test]
fn when_it_stays_closed_without_access_then_reported_after_6_1_s() {
    let mut bench = charging();
    bench.directive.access = Access::Off;
    bench.enter(ChargeState::C1);
    bench.run(6_010);
    // C1 must be over by now, row 9 says so as well.
    for _ in 0..9 {
        assert!(bench.step(10).is_ok() || !bench.watch.is_broken(11));
    }
    bench.run_until_broken(11, 50);
}

/// I-12: immediate.
#[test]
fn when_an_immediate_fault_is_set_then_it_must_open() {
    for fault in [
        Faults::RCM_TRIPPED,
        Faults::RCM_TEST,
        Faults::TEST_IO,
        Faults::BL_FLASH,
        Faults::PILOT_FAULT,
        Faults::CABLE_FAULT,
        Faults::CONTACTOR_FAULT,
    ] {
        let mut bench = charging();
        bench.fault(fault);
        bench.breaks(12);
    }
}

/// I-12: graceful.
#[test]
fn when_a_graceful_fault_lasts_then_it_must_open_in_6_1_s() {
    let mut bench = charging();
    bench.fault(Faults::TEMP_HIGH);
    let passed = bench.breaks_within(12, 7_000);
    assert!((6_110..=6_130).contains(&passed), "{passed}");

    let mut bench = charging();
    bench.fault(Faults::TEMP_HIGH);
    bench.stop();
    bench.run(100);
    assert!(bench.hits(12) > 0);
}

/// I-12: faults that planning imposes count as well.
#[test]
fn when_planning_imposes_a_fault_then_it_must_open() {
    let mut bench = charging();
    bench.directive.faults = Faults::CT_NOCOMM;
    bench.breaks_within(12, 7_000);
}

/// I-16.
#[test]
fn when_unlocked_too_early_then_reported() {
    let mut bench = charging();
    bench.outputs.lock = LockDrive::Unlock;
    bench.breaks(16);

    let mut bench = charging();
    bench.unplug();
    bench.run(490);
    bench.outputs.lock = LockDrive::Unlock;
    bench.breaks(16);

    let mut bench = charging();
    bench.unplug();
    bench.run(510);
    bench.outputs.lock = LockDrive::Unlock;
    bench.run(10);
    assert!(bench.hits(16) > 0);
}

/// I-16.
#[test]
fn when_a_contactor_reads_closed_then_unlocking_is_reported() {
    let mut bench = idle();
    bench.inputs.contactor2 = ContactorFeedback::Closed;
    bench.outputs.lock = LockDrive::Unlock;
    bench.breaks(16);
    // Without a wish to unlock nothing is wrong.
    let mut bench = asking();
    bench.inputs.contactor2 = ContactorFeedback::Open;
    bench.run(100);
    assert_eq!(bench.hits(16), 0);
}
