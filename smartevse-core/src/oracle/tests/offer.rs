//! Rows I-05, I-17 to I-19, I-30 and I-32.

use smartevse_types::{Amps, DeciAmps, DutyPermille, Ohms};

use super::bench::{charging, connected, idle, idle_on};
use crate::charger::BoardFacts;
use crate::faults::Faults;
use crate::io::ProximityInput;
use crate::options::CableKind;
use crate::state::ChargeState;

/// I-05.
#[test]
fn when_the_duty_differs_from_the_offer_then_reported() {
    let mut bench = charging();
    bench.offer(160);
    bench.run(100);
    assert!(bench.hits(5) > 0);
    bench.duty(267);
    bench.breaks(5);
}

/// I-05.
#[test]
fn when_more_than_any_limit_is_offered_then_reported() {
    // Granted.
    let mut bench = charging();
    bench.directive.grant.offered = DeciAmps::from_deci(100);
    bench.offer(101);
    bench.breaks(5);
    // MAX.
    let mut bench = charging();
    bench.directive.grant.offered = DeciAmps::from_deci(320);
    bench.offer(161);
    bench.breaks(5);
    // Less than 6 A.
    let mut bench = charging();
    bench.offer(0);
    bench.breaks(5);
}

/// I-17.
#[test]
fn when_the_cable_is_small_then_it_limits_every_offer() {
    let mut bench = idle();
    bench.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(1_500));
    bench.directive.config.max = Amps::from_amps(32);
    bench.directive.grant.offered = DeciAmps::from_deci(320);
    bench.run(2_000);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.offer(130);
    bench.run(100);
    assert!(bench.hits(17) > 0);
    bench.offer(132);
    bench.breaks(17);
}

/// I-17: an override of the duty is capped as well.
#[test]
fn when_the_duty_is_forced_then_max_still_holds() {
    let mut bench = connected();
    bench.directive.duty_override = Some(DutyPermille::from_permille(500));
    bench.duty(500);
    bench.breaks(17);
}

/// I-17: a larger resistor code of an earlier cable is forgotten in A.
#[test]
fn when_the_cable_was_changed_in_a_then_the_new_one_counts() {
    let mut bench = connected();
    bench.unplug();
    bench.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(1_500));
    bench.run(2_000);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.offer(160);
    bench.breaks(17);
}

/// I-18.
#[test]
fn when_the_duty_does_not_belong_to_the_state_then_reported() {
    for duty in [0, 1, 50, 99, 970, 999] {
        let mut bench = connected();
        bench.directive.config.max = Amps::from_amps(80);
        bench.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(100));
        bench.run(10);
        bench.duty(duty);
        let outcome = bench.step(10);
        assert!(matches!(outcome, Err(17 | 18)), "{duty}: {outcome:?}");
    }
    assert_eq!(
        {
            let mut bench = connected();
            bench.duty(50);
            bench.step(10)
        },
        Err(18)
    );
}

/// I-18: "nothing offered" is never told as 10 %.
#[test]
fn when_nothing_is_offered_then_10_percent_is_reported() {
    let mut bench = connected();
    bench.status.offered = DeciAmps::ZERO;
    bench.breaks(18);
}

/// I-18: a wake-up pulse, a modem and a weld have their duties.
#[test]
fn when_the_duty_belongs_to_the_state_then_it_is_right() {
    let mut bench = connected();
    bench.enter(ChargeState::Activate);
    bench.duty(0);
    bench.run(100);
    bench.enter(ChargeState::B1);
    bench.fault(Faults::CONTACTOR_FAULT);
    bench.duty(0);
    bench.run(100);
    assert!(bench.hits(18) > 0);
}

/// I-18: the modem has 5 % and nothing else, in its state only.
#[test]
fn when_the_modem_waits_then_the_duty_is_5_percent() {
    let mut bench = idle_on(BoardFacts {
        modem: true,
        ..BoardFacts::default()
    });
    bench.level = Some(9_000);
    bench.enter(ChargeState::ModemRequest);
    bench.isolate(true);
    bench.run(1_000);
    bench.enter(ChargeState::ModemWait);
    bench.isolate(false);
    bench.duty(50);
    bench.run(100);
    for duty in [1_000, 100, 0] {
        let mut other = bench.clone();
        other.duty(duty);
        other.breaks(18);
    }
    bench.enter(ChargeState::ModemDone);
    bench.breaks(19);
}

/// I-19.
#[test]
fn when_an_idle_state_has_a_pulse_width_then_reported() {
    for state in [
        ChargeState::A,
        ChargeState::B1,
        ChargeState::ModemRequest,
        ChargeState::ModemDone,
        ChargeState::ModemDenied,
    ] {
        let mut bench = connected();
        bench.enter(state);
        bench.isolate(state.isolates_for_modem());
        // The way into the modem's states is another row's matter.
        let _judged = bench.step(10);
        bench.offer(60);
        bench.breaks(19);
        assert!(bench.hits(19) > 0);
    }
}

/// I-30: in B; while energy flows row 5 is stricter.
#[test]
fn when_the_grant_falls_then_the_pilot_follows_within_2_s() {
    let mut bench = connected();
    bench.offer(160);
    bench.run(100);
    bench.directive.grant.offered = DeciAmps::from_deci(60);
    bench.run(1_990);
    assert!(bench.hits(30) > 0);
    let before = bench.watch.clone();
    bench.breaks_within(30, 50);
    bench.watch = before;
    bench.offer(60);
    bench.run(3_000);
}

/// I-32: CONFIG is applied in A, not during a charge.
#[test]
fn when_config_becomes_fixed_during_a_charge_then_the_cable_still_limits() {
    let mut bench = charging();
    bench.directive.config.max = Amps::from_amps(63);
    bench.directive.grant.offered = DeciAmps::from_deci(630);
    bench.offer(320);
    bench.run(100);
    bench.directive.config.cable = CableKind::Fixed;
    bench.run(100);
    assert!(bench.hits(32) > 0);
    bench.offer(400);
    bench.breaks(32);
}

/// I-32: in A the new value counts.
#[test]
fn when_config_becomes_fixed_in_a_then_max_is_the_limit() {
    let mut bench = idle();
    bench.directive.config.max = Amps::from_amps(63);
    bench.directive.grant.offered = DeciAmps::from_deci(630);
    bench.directive.config.cable = CableKind::Fixed;
    bench.inputs.proximity = ProximityInput::Missing;
    bench.run(10);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.offer(630);
    bench.run(100);
}
