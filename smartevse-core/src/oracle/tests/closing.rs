//! Rows I-02 to I-04, I-13 to I-15, I-26 and I-29.

use smartevse_types::{Access, DeciAmps, Duration};

use super::bench::{Bench, asking, asking_on, charging, connected, idle, idle_on};
use crate::charger::BoardFacts;
use crate::faults::Faults;
use crate::io::{ContactorFeedback, LockFeedback, ProximityInput, ResidualCurrentInput};
use crate::options::Contact2;
use crate::state::ChargeState;

/// I-02.
#[test]
fn when_the_second_contactor_stays_alone_then_reported() {
    let mut bench = asking();
    bench.set_contactors(false, true);
    bench.run(200);
    assert!(bench.hits(2) > 0);
    bench.breaks_within(2, 30);
}

/// I-02.
#[test]
fn when_single_phase_is_forced_then_the_second_must_not_close() {
    let mut bench = asking();
    bench.directive.config.contact2 = Contact2::NotPresent;
    bench.run(20);
    bench.set_contactors(false, true);
    bench.breaks(2);
    let mut bench = asking();
    bench.directive.three_phase = false;
    bench.run(20);
    bench.set_contactors(false, true);
    bench.breaks(2);
}

/// I-03.
#[test]
fn when_the_second_moves_under_the_main_one_then_reported() {
    let mut bench = charging();
    assert!(bench.hits(3) > 0);
    bench.set_contactors(true, false);
    bench.breaks(3);
    // Both in one step: not after the main one was open for 100 ms.
    let mut bench = asking();
    bench.set_contactors(true, true);
    bench.status.state = ChargeState::C;
    bench.breaks(3);
}

/// I-03: the main contactor opens first, or both at once.
#[test]
fn when_the_second_opens_in_between_then_reported() {
    let mut bench = charging();
    bench.release();
    bench.run(100);
    let mut bench = charging();
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.set_contactors(false, true);
    bench.run(50);
    bench.set_contactors(false, false);
    bench.breaks(3);
    let mut bench = charging();
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.set_contactors(false, true);
    bench.run(100);
    bench.set_contactors(false, false);
    bench.run(100);
}

type Spoil = fn(&mut Bench);

/// Everything is ready and the second contactor has closed: `spoil` changes
/// one thing and the main contactor closes 10 ms later.
fn close_with(spoil: impl Fn(&mut Bench)) -> Result<(), u8> {
    close_on(BoardFacts::default(), spoil)
}

fn close_on(facts: BoardFacts, spoil: impl Fn(&mut Bench)) -> Result<(), u8> {
    let mut bench = asking_on(facts);
    bench.set_contactors(false, true);
    bench.run(100);
    spoil(&mut bench);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, true);
    let outcome = bench.step(10);
    if outcome.is_ok() {
        assert!(bench.hits(4) > 0);
    }
    outcome
}

/// I-04.
#[test]
fn when_all_is_ready_then_closing_is_right() {
    assert_eq!(close_with(|_| ()), Ok(()));
}

/// I-04: each condition alone.
#[test]
fn when_one_condition_is_missing_then_closing_is_reported() {
    let spoils: [(&str, Spoil); 9] = [
        ("fault", |b| b.fault(Faults::TEMP_HIGH)),
        ("imposed", |b| b.directive.faults = Faults::EV_NOCOMM),
        ("access", |b| b.directive.access = Access::Pause),
        ("delay", |b| b.status.charge_delay = Duration::from_secs(3)),
        ("monitor", |b| {
            b.inputs.residual_current = ResidualCurrentInput::NotFitted;
        }),
        ("feedback", |b| {
            b.inputs.contactor1 = ContactorFeedback::Closed
        }),
        ("lock", |b| b.inputs.lock = LockFeedback::Unlocked),
        ("offer", |b| b.offer(0)),
        ("isolated", |b| b.isolate(true)),
    ];
    for (name, spoil) in spoils {
        assert_eq!(close_with(spoil), Err(4), "{name}");
    }
}

/// I-04: what must have happened before.
#[test]
fn when_the_past_is_missing_then_closing_is_reported() {
    // 6 V for less than 500 ms.
    let mut bench = connected();
    bench.level = Some(6_000);
    bench.run(350);
    bench.set_contactors(false, true);
    bench.run(100);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, true);
    bench.breaks(4);

    // No diode since B was entered.
    let mut bench = idle();
    bench.level = Some(6_000);
    bench.low = -6_000;
    bench.enter(ChargeState::B);
    bench.run(600);
    bench.set_contactors(false, true);
    bench.run(100);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, true);
    bench.breaks(4);

    // The self-test of the monitor has not been seen.
    let facts = BoardFacts {
        residual_current_test: true,
        ..BoardFacts::default()
    };
    assert_eq!(close_on(facts, |_| ()), Err(4));
}

/// I-04: a self-test with open contactors is no trip and lets it close.
#[test]
fn when_the_self_test_passed_then_closing_is_right() {
    let mut bench = idle_on(BoardFacts {
        residual_current_test: true,
        ..BoardFacts::default()
    });
    bench.outputs.residual_current_test = true;
    bench.run(20);
    bench.inputs.residual_current = ResidualCurrentInput::Fault;
    bench.run(100);
    bench.outputs.residual_current_test = false;
    bench.run(100);
    bench.inputs.residual_current = ResidualCurrentInput::Normal;
    bench.run(100);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.run(300);
    bench.level = Some(6_000);
    bench.run(510);
    bench.close();
    assert_eq!(bench.hits(8), 0);
}

/// I-04: an interruption of 6 V starts the 500 ms anew.
#[test]
fn when_6_v_is_interrupted_then_the_time_starts_anew() {
    let mut bench = connected();
    bench.level = Some(6_000);
    bench.run(450);
    bench.level = Some(9_000);
    bench.run(10);
    bench.level = Some(6_000);
    bench.run(370);
    bench.set_contactors(false, true);
    bench.run(100);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, true);
    bench.breaks(4);
}

/// I-04, I-17: no valid cable, no offer and no closing.
#[test]
fn when_the_cable_has_no_rating_then_any_offer_is_reported() {
    let mut bench = idle();
    bench.inputs.proximity = ProximityInput::Missing;
    bench.run(2_000);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.breaks(17);
}

fn ask_and_close(bench: &mut Bench, wait: u64) -> Result<(), u8> {
    bench.run(wait.saturating_sub(1_000));
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.run(300);
    bench.level = Some(6_000);
    bench.run(590);
    bench.set_contactors(false, true);
    bench.run(100);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, true);
    bench.step(10)
}

/// I-13.
#[test]
fn when_it_closes_too_early_again_then_reported() {
    // The vehicle opened: 2 s.
    let mut bench = charging();
    bench.release();
    assert_eq!(ask_and_close(&mut bench, 1_900), Err(13));
    let mut bench = charging();
    bench.release();
    assert_eq!(ask_and_close(&mut bench, 2_100), Ok(()));
    assert!(bench.hits(13) > 0);
    // The charger opened: 10 s.
    let mut bench = charging();
    bench.stop();
    assert_eq!(ask_and_close(&mut bench, 9_900), Err(13));
    let mut bench = charging();
    bench.stop();
    assert_eq!(ask_and_close(&mut bench, 10_100), Ok(()));
}

/// I-14.
#[test]
fn when_it_closes_seven_times_in_5_minutes_then_reported() {
    let mut bench = charging();
    for _ in 0..5 {
        bench.release();
        assert_eq!(ask_and_close(&mut bench, 10_000), Ok(()));
        bench.run(1_000);
    }
    let mut early = bench.clone();
    early.release();
    assert_eq!(ask_and_close(&mut early, 10_000), Err(14));

    bench.run(300_000);
    bench.release();
    assert_eq!(ask_and_close(&mut bench, 10_000), Ok(()));
    assert!(bench.hits(14) > 0);
}

fn switch_phases(isolation: u64, in_front: bool) -> Result<(), u8> {
    let mut bench = charging();
    bench.directive.three_phase = false;
    bench.stop();
    bench.run(10);
    bench.isolate(true);
    bench.run(10);
    let level = bench.level;
    if in_front {
        bench.level = Some(12_000);
    }
    bench.run(isolation.saturating_sub(10));
    bench.isolate(false);
    bench.level = level;
    bench.run(10_000);
    bench.enter(ChargeState::B);
    bench.run(700);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, false);
    let outcome = bench.step(10);
    assert!(bench.hits(15) > 0);
    outcome
}

/// I-15: also on a board that measures 12 V in front of the isolation switch.
#[test]
fn when_the_phases_change_then_the_pilot_must_have_been_isolated() {
    for in_front in [false, true] {
        assert_eq!(switch_phases(4_900, in_front), Err(15));
        assert_eq!(switch_phases(5_000, in_front), Ok(()));
    }
}

/// I-15: a new vehicle needs no isolation.
#[test]
fn when_the_vehicle_was_changed_then_no_isolation_is_needed() {
    let mut bench = charging();
    bench.directive.three_phase = false;
    bench.unplug();
    bench.run(3_000);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.run(300);
    bench.level = Some(6_000);
    bench.run(600);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, false);
    bench.run(10);
    assert_eq!(bench.hits(15), 0);
}

/// I-26: 200 ms that nobody watched.
#[test]
fn when_a_poll_is_late_then_it_must_open() {
    let mut bench = charging();
    assert_eq!(bench.step(200), Err(26));

    let mut bench = charging();
    bench.enter(ChargeState::B1);
    assert_eq!(bench.step(200), Ok(()));
    assert!(bench.hits(26) > 0);
}

/// I-26.
#[test]
fn when_a_late_poll_closes_then_reported() {
    let mut bench = asking();
    bench.set_contactors(false, true);
    bench.run(100);
    bench.status.state = ChargeState::C;
    bench.set_contactors(true, true);
    bench.status.offered = DeciAmps::from_deci(60);
    // A gap also restarts the 500 ms of row 4.
    assert_eq!(bench.step(200), Err(4));
    assert!(bench.watch.is_broken(26));
}

/// I-26: a summary that covers the whole time is no gap.
#[test]
fn when_the_summary_covers_the_time_then_a_rare_poll_is_fine() {
    let mut bench = charging();
    let from = bench.now;
    bench.now += Duration::from_secs(2);
    bench.directive.issued = Some(bench.now);
    if let Some(sample) = bench.inputs.pilot.as_mut() {
        sample.from = from;
        sample.at = bench.now;
    }
    assert_eq!(bench.poll(), Ok(()));
}

/// I-29.
#[test]
fn when_a_start_is_not_quiet_then_reported() {
    let mut bench = Bench::new(BoardFacts::default());
    bench.isolate(false);
    bench.duty(0);
    bench.status.state = ChargeState::Activate;
    bench.breaks(29);

    let mut bench = Bench::new(BoardFacts::default());
    bench.run(10);
    bench.set_contactors(false, true);
    // The second contactor alone, 10 ms after the start.
    bench.breaks(29);

    let mut bench = Bench::new(BoardFacts::default());
    bench.run(1_000);
    assert!(bench.hits(29) > 0);
}
