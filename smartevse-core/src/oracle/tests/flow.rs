//! Rows I-20 to I-25, I-27, I-28 and I-31.

use smartevse_types::{Celsius, DeciAmps, Duration};

use super::bench::{Bench, charging, connected, idle, idle_on};
use crate::charger::BoardFacts;
use crate::directive::Handshake;
use crate::faults::Faults;
use crate::io::{ContactorFeedback, Deadline, Rgb, TemperatureInput};
use crate::oracle::{INVARIANTS, ROWS, Scope};
use crate::state::ChargeState;
use crate::vehicle::VehicleCheck;

/// I-20.
#[test]
fn when_the_status_tells_nonsense_then_reported() {
    let mut bench = idle();
    assert!(bench.hits(20) > 0);
    bench.status.offered = DeciAmps::from_deci(30);
    bench.breaks(20);
    let mut bench = idle();
    bench.status.offered = DeciAmps::from_deci(801);
    bench.breaks(20);
    let mut bench = idle();
    bench.status.since = bench.now + Duration::from_secs(1);
    bench.breaks(20);
}

/// I-20: the status mirrors the outputs.
#[test]
fn when_the_status_differs_from_the_outputs_then_reported() {
    let mut bench = idle();
    bench.run(10);
    let mut status = bench.status;
    status.duty = crate::oracle::limits::duty_of(DeciAmps::from_deci(60));
    let outcome = bench.watch.observe(
        bench.now,
        &bench.inputs,
        &bench.directive,
        &bench.outputs,
        &status,
    );
    assert_eq!(outcome.map_err(|violation| violation.number), Err(20));
}

/// I-21.
#[test]
fn when_12_v_lasts_1_s_then_everything_is_over() {
    let mut bench = connected();
    bench.level = Some(12_000);
    let passed = bench.breaks_within(21, 2_000);
    assert!((1_000..=1_030).contains(&passed), "{passed}");

    let mut bench = connected();
    bench.unplug();
    bench.fault(Faults::LESS_6A);
    bench.breaks_within(21, 2_000);

    let mut bench = connected();
    bench.unplug();
    bench.status.charge_delay = Duration::from_secs(3);
    bench.breaks_within(21, 2_000);

    let mut bench = connected();
    bench.unplug();
    bench.run(2_000);
    assert!(bench.hits(21) > 0);
}

/// I-22.
#[test]
fn when_a_willing_vehicle_waits_for_90_s_then_reported() {
    let mut bench = connected();
    bench.level = Some(6_000);
    bench.run(80_000);
    assert!(bench.hits(22) > 0);
    bench.breaks_within(22, 12_000);

    // Not granted: nobody has to close.
    let mut bench = connected();
    bench.level = Some(6_000);
    bench.directive.grant.available = false;
    bench.run(120_000);
}

/// I-22: stuck in B1 with 6 V.
#[test]
fn when_stuck_in_b1_then_reported() {
    let mut bench = charging();
    bench.stop();
    bench.breaks_within(22, 100_000);
}

/// I-22: a stop by button holds until a reason to start.
#[test]
fn when_held_by_a_button_then_waiting_is_right() {
    let mut bench = charging();
    bench.directive.requests.button_stop += 1;
    bench.stop();
    bench.run(120_000);
    bench.directive.requests.start += 1;
    bench.breaks_within(22, 100_000);
}

fn faulty(faults: Faults) -> Bench {
    let mut bench = idle();
    bench.fault(faults);
    bench.run(100);
    bench
}

/// I-23.
#[test]
fn when_a_latched_fault_ends_by_itself_then_reported() {
    for fault in [Faults::RCM_TRIPPED, Faults::CONTACTOR_FAULT] {
        let mut bench = faulty(fault);
        assert!(bench.hits(23) > 0);
        bench.run(120_000);
        bench.fault(Faults::empty());
        bench.breaks(23);
    }
}

/// I-23, charging 4.3, S16
#[test]
fn when_a_contactor_reads_closed_for_500_ms_then_a_fault_must_be_shown() {
    for second in [false, true] {
        let mut bench = idle();
        let inputs = &mut bench.inputs;
        let feedback = if second {
            &mut inputs.contactor2
        } else {
            &mut inputs.contactor1
        };
        *feedback = ContactorFeedback::Closed;
        bench.run(510);
        assert!(bench.hits(23) > 0);
        let late = bench.clone().breaks_within(23, 100);
        assert!(late <= 20, "{late}");
        bench.fault(Faults::CONTACTOR_FAULT);
        bench.run(1_000);
        bench.fault(Faults::empty());
        bench.breaks(23);
    }
}

/// I-23: no retry after a weld, and no closing without service.
#[test]
fn when_a_weld_was_seen_then_only_service_lets_it_close() {
    let mut bench = idle();
    bench.inputs.contactor1 = ContactorFeedback::Closed;
    bench.run(510);
    bench.fault(Faults::CONTACTOR_FAULT);
    bench.run(100);
    bench.inputs.contactor1 = ContactorFeedback::Open;
    bench.run(120_000);
    let mut served = bench.clone();
    // The flag goes as the contactor closes: whatever else is wrong, this is.
    bench.fault(Faults::empty());
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, false);
    bench.breaks_also(23);

    served.directive.requests.service_reset += 1;
    served.fault(Faults::empty());
    served.run(1_000);
}

/// I-23, charging 8: three resets in an hour.
#[test]
fn when_the_latch_is_reset_a_fourth_time_in_an_hour_then_reported() {
    let trip_and_reset = |bench: &mut Bench| {
        bench.fault(Faults::RCM_TRIPPED);
        bench.run(2_000);
        bench.directive.requests.local_reset += 1;
        bench.fault(Faults::empty());
    };
    let mut bench = idle();
    bench.directive.config.limit_residual_resets = true;
    for _ in 0..3 {
        trip_and_reset(&mut bench);
        bench.run(10);
    }
    let mut served = bench.clone();
    trip_and_reset(&mut bench);
    bench.breaks(23);

    served.directive.requests.service_reset += 1;
    served.run(10);
    trip_and_reset(&mut served);
    served.run(10);
}

/// I-20, T27 to T31
#[test]
fn when_the_modem_states_are_out_of_order_then_reported() {
    use ChargeState::{A, B, ModemDenied, ModemDone, ModemRequest, ModemWait};
    let walk = |modem: bool, path: &[ChargeState]| {
        let mut bench = idle_on(BoardFacts {
            modem,
            ..BoardFacts::default()
        });
        bench.directive.modem = VehicleCheck::NotRequired;
        bench.level = Some(9_000);
        path.iter().try_for_each(|state| {
            bench.enter(*state);
            bench.isolate(matches!(*state, ModemRequest | ModemDone | ModemDenied));
            if *state == ModemWait {
                bench.duty(50);
            }
            bench.step(10)
        })
    };
    assert_eq!(walk(true, &[ModemRequest, ModemWait, ModemDone, B]), Ok(()));
    assert_eq!(
        walk(true, &[ModemRequest, ModemWait, ModemDone, ModemDenied, A]),
        Ok(())
    );
    assert_eq!(walk(false, &[B]), Ok(()));
    assert_eq!(walk(false, &[ModemRequest]), Err(20));
    for path in [
        &[B][..],
        &[ModemWait],
        &[ModemRequest, ModemDone],
        &[ModemRequest, ModemWait, B],
        &[ModemRequest, ModemWait, ModemDenied],
        &[ModemRequest, ModemWait, ModemDone, ModemDenied, B],
    ] {
        assert_eq!(walk(true, path), Err(20), "{path:?}");
    }
}

/// I-23: each fault has its own key.
#[test]
fn when_the_right_action_clears_a_fault_then_nothing_is_reported() {
    let mut bench = faulty(Faults::RCM_TRIPPED);
    bench.run(1_000);
    bench.directive.requests.local_reset += 1;
    bench.fault(Faults::empty());
    bench.run(10);

    let mut bench = faulty(Faults::CONTACTOR_FAULT);
    bench.directive.requests.service_reset += 1;
    bench.fault(Faults::empty());
    bench.run(10);

    let mut bench = faulty(Faults::RCM_TRIPPED);
    bench.directive.requests.service_reset += 1;
    bench.fault(Faults::empty());
    bench.breaks(23);

    let mut bench = faulty(Faults::CONTACTOR_FAULT);
    bench.inputs.contactor1 = ContactorFeedback::Closed;
    bench.run(10);
    bench.directive.requests.service_reset += 1;
    bench.fault(Faults::empty());
    bench.breaks(23);
}

/// I-23: a contactor that did not close is tried once more after 60 s.
#[test]
fn when_a_contactor_did_not_close_then_one_retry_is_right() {
    let mut bench = charging();
    bench.inputs.contactor1 = ContactorFeedback::Open;
    bench.run(500);
    bench.fault(Faults::CONTACTOR_FAULT);
    bench.enter(ChargeState::B1);
    bench.run(59_000);
    let early = bench.watch.clone();
    bench.fault(Faults::empty());
    bench.breaks(23);
    bench.watch = early;
    bench.fault(Faults::CONTACTOR_FAULT);
    bench.run(1_020);
    bench.fault(Faults::empty());
    bench.run(100);
}

/// I-23: the third pilot fault stays until unplugged.
#[test]
fn when_the_third_pilot_fault_ends_by_itself_then_reported() {
    let mut bench = charging();
    for round in 0..3 {
        bench.level = Some(0);
        bench.run(100);
        bench.enter(ChargeState::B1);
        bench.fault(Faults::PILOT_FAULT);
        bench.run(10);
        bench.level = Some(6_000);
        bench.run(62_000);
        bench.fault(Faults::empty());
        if round == 2 {
            bench.breaks(23);
            return;
        }
        bench.run(10);
        bench.level = Some(9_000);
        bench.enter(ChargeState::B);
        bench.run(300);
        bench.level = Some(6_000);
        bench.run(600);
        bench.close();
        bench.run(200);
    }
}

fn at(celsius: i16) -> TemperatureInput {
    TemperatureInput::Measured(Celsius::from_celsius(celsius))
}

/// I-24.
#[test]
fn when_it_is_hot_then_the_fault_must_be_set() {
    let mut bench = idle();
    bench.inputs.temperature = at(64);
    bench.run(20_000);
    bench.inputs.temperature = at(65);
    let passed = bench.breaks_within(24, 10_000);
    assert!((4_000..=5_000).contains(&passed), "{passed}");
}

/// I-24: MAX TEMP 65 resumes at 55.
#[test]
fn when_it_is_not_cool_yet_then_the_fault_must_stay() {
    let mut bench = idle();
    bench.inputs.temperature = at(70);
    bench.fault(Faults::TEMP_HIGH);
    bench.run(10_000);
    assert!(bench.hits(24) > 0);
    bench.inputs.temperature = at(56);
    bench.run(20_000);
    let before = bench.watch.clone();
    bench.fault(Faults::empty());
    bench.breaks(24);

    bench.watch = before;
    bench.fault(Faults::TEMP_HIGH);
    bench.inputs.temperature = at(55);
    bench.run(10_000);
    bench.fault(Faults::empty());
    bench.run(100);
}

/// I-24: the hard limit opens at once.
#[test]
fn when_it_is_far_too_hot_then_it_must_open() {
    let mut bench = charging();
    bench.status.local_faults = Faults::TEMP_HIGH;
    bench.inputs.temperature = at(85);
    let passed = bench.breaks_within(24, 10_000);
    assert!(passed <= 1_010, "{passed}");
}

/// I-25.
#[test]
fn when_nothing_changed_then_the_outputs_must_not() {
    let mut bench = connected();
    assert_eq!(bench.poll(), Ok(()));
    assert!(bench.hits(25) > 0);
    bench.outputs.light = Rgb {
        red: 9,
        green: 9,
        blue: 9,
    };
    assert_eq!(bench.poll(), Ok(()));
    bench.offer(61);
    assert_eq!(bench.poll(), Err(25));
}

/// I-25: a promised deadline extends the comparison.
#[test]
fn when_the_deadline_has_not_come_then_the_outputs_must_not_change() {
    let change_after = |millis| {
        let mut bench = connected();
        bench.watch.promise(Deadline {
            state: bench.now + Duration::from_millis(30),
            sample: bench.now + Duration::from_millis(40),
        });
        bench.now += Duration::from_millis(millis);
        bench.offer(61);
        bench.poll()
    };
    assert_eq!(change_after(29), Err(25));
    assert_eq!(change_after(30), Ok(()));
}

/// I-27, I-28: rows that polls do not show say who proves them.
#[test]
fn when_a_row_is_never_judged_then_it_names_its_place() {
    let bench = charging();
    for (invariant, row) in INVARIANTS.iter().zip(ROWS) {
        let judged = !core::ptr::fn_addr_eq(row, super::super::elsewhere as super::super::Row);
        match invariant.scope {
            Scope::Elsewhere(place) => {
                assert!(!judged && !place.is_empty());
                assert_eq!(bench.hits(usize::from(invariant.number)), 0);
            }
            Scope::Observed | Scope::Partly(_) => assert!(judged),
        }
    }
}

fn node(handshake: Handshake, path: &[ChargeState]) -> Result<(), u8> {
    let mut bench = idle();
    bench.directive.handshake = Handshake::Waiting;
    bench.level = Some(9_000);
    for state in path {
        if *state == *path.last().unwrap() {
            bench.directive.handshake = handshake;
        }
        bench.enter(*state);
        bench.step(10)?;
    }
    Ok(())
}

/// I-31.
#[test]
fn when_a_node_enters_b_then_it_needs_request_and_grant() {
    use ChargeState::{B, CommB, CommBOk};
    assert_eq!(node(Handshake::GrantedB, &[CommB, CommBOk]), Ok(()));
    assert_eq!(node(Handshake::GrantedB, &[CommB, B]), Ok(()));
    assert_eq!(node(Handshake::GrantedB, &[B]), Err(31));
    assert_eq!(node(Handshake::GrantedC, &[CommB, B]), Err(31));
    assert_eq!(node(Handshake::Waiting, &[CommB, CommBOk]), Err(31));
}

/// I-31.
#[test]
fn when_a_node_enters_c_then_it_needs_request_and_grant() {
    let to_c = |handshake, pending: bool| {
        let mut bench = connected();
        bench.directive.handshake = Handshake::Waiting;
        bench.level = Some(6_000);
        if pending {
            bench.enter(ChargeState::CommC);
        }
        bench.run(600);
        bench.directive.handshake = handshake;
        bench.enter(ChargeState::C);
        let outcome = bench.step(10);
        assert!(bench.hits(31) > 0);
        outcome
    };
    assert_eq!(to_c(Handshake::GrantedC, true), Ok(()));
    assert_eq!(to_c(Handshake::GrantedC, false), Err(31));
    assert_eq!(to_c(Handshake::GrantedB, true), Err(31));
}
