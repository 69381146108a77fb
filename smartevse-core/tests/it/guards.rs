//! Guards of the charging control that act in rare moments: settings that
//! change, the lock between decision and closing, shortages, limits.

use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::directive::{Handshake, StopCause};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, LockDrive, LockFeedback, MainsInput, PilotSwitch, ProximityInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::pilot::PilotClass::{A12, B9, C6, D3, Short0};
use smartevse_core::state::ChargeState::{A, Activate, B, B1, C, C1, CommB, CommC, CommCOk};
use smartevse_types::{Access, Amps, BlockReason, Duration, DutyPermille, Ohms};

use crate::rig::Rig;

fn socket(rig: &mut Rig, ohms: u32) {
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(ohms));
}

/// A charger with a socket, a solenoid and its feedback, which follows.
fn locked() -> Rig {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.inputs.lock = LockFeedback::Locked;
    rig.run_ms(1_000);
    rig
}

fn cap(rig: &Rig) -> i32 {
    rig.status().cap.as_deci()
}

/// I-32: while a vehicle is connected its cable keeps its rating.
#[test]
fn when_config_becomes_fixed_with_a_vehicle_then_it_waits() {
    let mut rig = Rig::plain();
    socket(&mut rig, 1_500);
    rig.directive.access = Access::Off;
    rig.set(B9);
    rig.run_ms(1_000);
    assert_eq!((rig.state(), cap(&rig)), (A, 130));
    rig.directive.config.cable = CableKind::Fixed;
    rig.run_ms(1_000);
    assert_eq!(cap(&rig), 130);
    rig.set(A12);
    rig.run_ms(1_000);
    assert_eq!(cap(&rig), 160);
}

/// I-32, I-17: the stricter kind of connection counts at once in A, and never
/// changes under load.
#[test]
fn when_config_becomes_socket_then_at_once_in_a_but_not_under_load() {
    let mut rig = Rig::plain();
    rig.directive.access = Access::Off;
    rig.set(B9);
    rig.run_ms(1_000);
    socket(&mut rig, 1_500);
    rig.run_ms(1_000);
    assert_eq!((rig.state(), cap(&rig)), (A, 130));
    let mut rig = Rig::charging();
    socket(&mut rig, 1_500);
    rig.run_ms(1_000);
    assert_eq!((rig.state(), cap(&rig)), (C, 160));
}

/// charging 5.5: under load a loose lock is tolerated for a second, then C1.
#[test]
fn when_the_lock_comes_loose_under_load_then_c1_after_a_second() {
    let mut rig = locked();
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.inputs.lock = LockFeedback::Unlocked;
    rig.run_ms(900);
    assert_eq!((rig.state(), rig.closed()), (C, true));
    rig.run_ms(200);
    assert_eq!((rig.state(), rig.closed()), (C1, true));
    assert!(rig.has(Faults::LOCK_FAULT));
    rig.inputs.lock = LockFeedback::Locked;
    rig.set(B9);
    rig.run_ms(100);
    assert!(!rig.closed());
}

/// I-04: the lock comes loose while the second contactor has already closed.
#[test]
fn when_the_lock_comes_loose_while_closing_then_no_closing() {
    for loose in [LockFeedback::Unlocked, LockFeedback::Unknown] {
        let mut rig = locked();
        rig.set(C6);
        assert!(rig.until(9_000, |rig| rig.state() == C).is_some());
        assert!(!rig.closed() && rig.outputs.contactor2.is_closed());
        rig.run_ms(90);
        rig.inputs.lock = loose;
        assert_eq!(rig.until(2_000, Rig::closed), None, "{loose:?}");
        assert_ne!(rig.state(), C, "{loose:?}");
        assert!(!rig.outputs.contactor2.is_closed());
    }
}

/// charging 5: no lock is driven for a fixed cable or with LOCK = Disabled,
/// and its input means nothing.
#[test]
fn when_there_is_no_lock_then_nothing_is_driven_and_nothing_waits() {
    for (cable, lock) in [
        (CableKind::Fixed, LockKind::Solenoid),
        (CableKind::Fixed, LockKind::Disabled),
        (CableKind::Socket, LockKind::Disabled),
    ] {
        let mut rig = Rig::plain();
        socket(&mut rig, 220);
        rig.directive.config.cable = cable;
        rig.directive.config.lock = lock;
        rig.inputs.lock = LockFeedback::Unlocked;
        rig.run_ms(1_000);
        rig.set(C6);
        let closed = rig.until(9_000, |rig| {
            assert_eq!(rig.outputs.lock, LockDrive::Off, "{cable:?} {lock:?}");
            rig.closed()
        });
        assert!(closed.is_some(), "{cable:?} {lock:?}");
    }
}

/// charging 5.4: nothing moves before the pilot has said who is there.
#[test]
fn when_started_then_the_lock_rests_until_the_pilot_is_known() {
    let mut rig = Rig::boot(BoardFacts::default());
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Motor;
    rig.set(C6);
    let took = rig.until(9_000, |rig| rig.outputs.lock != LockDrive::Off);
    assert!(took.unwrap() >= 5_300);
    assert_eq!(rig.outputs.lock, LockDrive::Lock);
    assert!(rig.status().vehicle_present);
}

/// charging 3.2: LESS_6A stays while anybody sets it, this charger or its
/// planning.
#[test]
fn when_both_sides_lack_power_then_less_6a() {
    let mut rig = Rig::plain();
    rig.directive.grant.available = false;
    rig.set(B9);
    rig.run_ms(1_000);
    rig.directive.faults = Faults::LESS_6A;
    rig.run_ms(100);
    assert!(rig.has(Faults::LESS_6A));
    assert!(rig.status().local_faults.contains(Faults::LESS_6A));
}

/// T05, D-108: nobody who may not or cannot charge lacks power.
#[test]
fn when_no_start_is_attempted_then_no_less_6a() {
    let attempts: [fn(&mut Rig); 4] = [
        |rig| rig.directive.access = Access::Off,
        |rig| rig.directive.config.min = Amps::from_amps(16),
        |rig| rig.directive.handshake = Handshake::Waiting,
        |rig| rig.inputs.proximity = ProximityInput::Open,
    ];
    for (number, attempt) in attempts.into_iter().enumerate() {
        let mut rig = Rig::plain();
        socket(&mut rig, 1_500);
        rig.directive.grant.available = false;
        attempt(&mut rig);
        rig.run_ms(1_000);
        rig.set(B9);
        rig.run_ms(10_000);
        assert!(!rig.has(Faults::LESS_6A), "{number}");
    }
}

/// Decision 36: a cap below MIN is its own reason; a cap equal to MIN charges.
#[test]
fn when_the_cable_carries_less_than_min_then_it_says_so() {
    let mut rig = Rig::plain();
    socket(&mut rig, 1_500);
    rig.directive.config.min = Amps::from_amps(14);
    rig.run_ms(1_000);
    rig.set(C6);
    rig.run_ms(10_000);
    assert_eq!(rig.status().block, Some(BlockReason::CapBelowMin));
    assert_eq!(rig.state(), B1);
    rig.directive.config.min = Amps::from_amps(13);
    assert!(rig.until(20_000, Rig::closed).is_some());
    assert_eq!(rig.status().offered.as_deci(), 130);
}

/// T04, D-10: with nothing to offer no vehicle comes to B.
#[test]
fn when_the_grant_is_zero_then_never_b() {
    let mut rig = Rig::plain();
    rig.offer(0);
    rig.set(C6);
    assert_eq!(rig.until(5_000, |rig| rig.state() == B), None);
    assert_eq!(rig.status().block, Some(BlockReason::WaitingForPower));
    rig.offer(60);
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// charging 2.5-10: after an opening by the charger the pulse width stays off
/// for 10 s, too.
#[test]
fn when_the_charger_opened_then_nothing_is_offered_for_10_s() {
    let mut rig = Rig::charging();
    rig.now += Duration::from_millis(200);
    rig.tick();
    assert!(!rig.closed());
    let took = rig.until(30_000, |rig| rig.outputs.duty.as_permille() != 1_000);
    assert!((9_900..=10_100).contains(&took.unwrap()), "{took:?}");
}

/// charging 2.5-4: 3 V without a diode is a broken circuit, not a wish for
/// ventilation.
#[test]
fn when_3_v_comes_without_a_diode_then_a_pilot_fault() {
    let mut rig = Rig::charging();
    rig.set(D3);
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(100));
    assert!(!rig.has(Faults::PILOT_FAULT));
    assert_eq!(rig.status().stop_cause, StopCause::Ventilation);
    let mut rig = Rig::charging();
    rig.set(D3);
    rig.diode = false;
    assert_eq!(rig.until(1_000, |rig| !rig.closed()), Some(100));
    assert!(rig.has(Faults::PILOT_FAULT));
}

/// charging 2.5-4: ChargeDelay 60 s after a pilot fault.
#[test]
fn when_the_pilot_failed_then_a_delay_of_60_s() {
    let mut rig = Rig::charging();
    rig.set(Short0);
    assert!(rig.until(1_000, |rig| !rig.closed()).is_some());
    assert_eq!(rig.status().charge_delay, Duration::from_secs(60));
}

/// charging 4.3: a welded contactor keeps the pilot away for good.
#[test]
fn when_a_contactor_is_welded_then_the_pilot_stays_isolated() {
    let mut rig = Rig::charging();
    rig.inputs.contactor1 = ContactorFeedback::Closed;
    rig.run_ms(100);
    rig.set(B9);
    rig.run_ms(20_000);
    assert!(rig.has(Faults::CONTACTOR_FAULT) && !rig.closed());
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Isolated);
}

/// charging 4.3: a latched fault without a weld does not blind the charger.
#[test]
fn when_latched_but_open_then_the_pilot_is_still_watched() {
    let boot = BootRecord {
        latched: Faults::CONTACTOR_FAULT,
    };
    let mut rig = Rig::boot_with(BoardFacts::default(), boot);
    rig.inputs.contactor1 = ContactorFeedback::Open;
    rig.run_ms(6_000);
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Closed);
    rig.set(C6);
    rig.run_ms(1_000);
    assert!(rig.status().vehicle_present);
    assert_eq!(rig.until(30_000, Rig::closed), None);
}

/// charging 12.3: a fixed duty of 0 isolates while a vehicle is served, and
/// ends in A.
#[test]
fn when_the_duty_is_fixed_at_zero_then_isolated_except_in_a() {
    let mut rig = Rig::plain();
    rig.directive.duty_override = Some(DutyPermille::ZERO);
    rig.run_ms(1_000);
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Closed);
    let mut rig = Rig::charging();
    rig.directive.duty_override = Some(DutyPermille::ZERO);
    rig.run_ms(20_000);
    assert!(!rig.closed());
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Isolated);
}

/// charging 14: the reason is shown from the first moment in which no energy
/// flows, and only then.
#[test]
fn when_charging_then_there_is_no_reason_and_in_c1_the_true_one() {
    let mut rig = Rig::charging();
    let status = rig.status();
    assert_eq!(status.block, None);
    assert!(status.charging_since.is_some_and(|since| since < rig.now));
    rig.directive.access = Access::Pause;
    rig.run_ms(1_000);
    assert_eq!((rig.state(), rig.closed()), (C1, true));
    assert_eq!(rig.status().block, Some(BlockReason::Paused));
    assert_eq!(rig.status().charging_since, status.charging_since);
    rig.set(B9);
    rig.run_ms(10);
    assert_eq!(rig.status().charging_since, None);
}

/// charging 14: a change of phases is named while it stops.
#[test]
fn when_phases_change_then_c1_says_so() {
    let mut rig = Rig::plain();
    rig.directive.config.contact2 = Contact2::Auto;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.directive.three_phase = false;
    rig.run_ms(1_000);
    assert_eq!(rig.state(), C1);
    assert_eq!(rig.status().block, Some(BlockReason::PhaseSwitch));
}

/// charging 14: what is still missing in B.
#[test]
fn when_the_vehicle_asks_in_b_then_diode_check_or_cooldown() {
    let mut rig = Rig::plain();
    rig.set(B9);
    rig.run_ms(1_500);
    assert_eq!(rig.status().block, Some(BlockReason::EvNotReady));
    rig.set(C6);
    rig.run_ms(100);
    assert_eq!(rig.status().block, Some(BlockReason::DiodeCheck));
    assert!(rig.until(1_000, Rig::closed).is_some());
    rig.set(B9);
    rig.run_ms(300);
    rig.set(C6);
    rig.run_ms(800);
    let cooling = matches!(rig.status().block, Some(BlockReason::Cooldown(_)));
    assert!(cooling && rig.state() == B, "{:?}", rig.status().block);
}

/// D-108: the grant for a start says nothing about a charge that runs.
#[test]
fn when_no_start_is_granted_then_a_running_charge_goes_on() {
    let mut rig = Rig::charging();
    rig.directive.grant.available = false;
    rig.run_ms(5_000);
    assert_eq!((rig.state(), rig.has(Faults::LESS_6A)), (C, false));
    assert!(rig.closed());
}

/// charging 2.3, D-101: the delay runs from the end of the shortage, however
/// rarely somebody looked.
#[test]
fn when_the_shortage_ends_between_two_polls_then_the_whole_delay_follows() {
    let mut rig = Rig::plain();
    rig.directive.grant.available = false;
    rig.set(B9);
    rig.run_ms(20_000);
    assert!(rig.has(Faults::LESS_6A));
    rig.now += Duration::from_secs(5);
    rig.directive.grant.available = true;
    rig.tick();
    assert_eq!(rig.status().charge_delay, Duration::from_secs(60));
}

/// charging 2.5-9: a short pause earns no wake-up pulse.
#[test]
fn when_b1_was_short_then_no_further_wake_up_pulse() {
    let mut rig = Rig::plain();
    rig.set(B9);
    assert!(rig.until(60_000, |rig| rig.state() == Activate).is_some());
    rig.run_ms(5_000);
    rig.directive.grant.available = false;
    rig.run_ms(20_000);
    assert_eq!(rig.state(), B1);
    rig.directive.grant.available = true;
    assert!(rig.until(90_000, |rig| rig.state() == B).is_some());
    assert_eq!(rig.until(90_000, |rig| rig.state() == Activate), None);
}

/// charging 4.4: other phases wanted while the second contactor closes: back
/// to B1 before any current flows.
#[test]
fn when_phases_change_while_closing_then_b1_without_a_closing() {
    let mut rig = Rig::plain();
    rig.set(C6);
    assert!(rig.until(9_000, |rig| rig.state() == C).is_some());
    rig.directive.three_phase = false;
    rig.run_ms(20);
    assert_eq!((rig.state(), rig.status().closings), (B1, 0));
    assert!(rig.until(30_000, Rig::closed).is_some());
    assert!(!rig.outputs.contactor2.is_closed());
}

/// I-04, T10, T26: a node without a share neither asks for energy nor closes.
#[test]
fn when_a_node_has_no_share_then_it_stays_in_b() {
    let mut rig = Rig::plain();
    rig.directive.handshake = Handshake::Waiting;
    rig.offer(0);
    rig.set(C6);
    assert!(rig.until(1_000, |rig| rig.state() == CommB).is_some());
    rig.run_ms(100);
    rig.directive.handshake = Handshake::GrantedB;
    assert!(rig.until(1_000, |rig| rig.state() == B).is_some());
    rig.directive.handshake = Handshake::GrantedC;
    let moved = rig.until(5_000, |rig| rig.state() != B || rig.closed());
    assert_eq!(moved, None, "{:?}", rig.state());
    assert_eq!(rig.status().block, Some(BlockReason::WaitingForPower));
}

/// charging 4.2: power loss and a late supervision open both contactors in the
/// same poll, also when the second one is still waiting for its gap.
#[test]
fn when_power_is_lost_or_nobody_watched_then_both_contactors_open_at_once() {
    let mut rig = Rig::charging();
    assert!(rig.outputs.contactor2.is_closed());
    rig.now += Duration::from_millis(200);
    rig.tick();
    assert!(!rig.closed() && !rig.outputs.contactor2.is_closed());
    let mut rig = Rig::charging();
    rig.set(B9);
    rig.run_ms(30);
    assert!(!rig.closed() && rig.outputs.contactor2.is_closed());
    rig.inputs.mains = MainsInput::Lost;
    rig.tick();
    assert!(!rig.outputs.contactor2.is_closed());
}

/// I-04: the share ends in the very poll that would close.
#[test]
fn when_the_share_ends_as_the_master_grants_then_no_closing() {
    let mut rig = Rig::plain();
    rig.directive.three_phase = false;
    rig.directive.handshake = Handshake::Waiting;
    rig.set(C6);
    assert!(rig.until(1_000, |rig| rig.state() == CommB).is_some());
    rig.run_ms(100);
    rig.directive.handshake = Handshake::GrantedB;
    assert!(rig.until(3_000, |rig| rig.state() == CommC).is_some());
    rig.directive.handshake = Handshake::Waiting;
    rig.run_ms(100);
    rig.directive.handshake = Handshake::GrantedC;
    assert!(rig.until(1_000, |rig| rig.state() == CommCOk).is_some());
    rig.offer(0);
    assert_eq!(rig.until(1_000, Rig::closed), None);
    assert_eq!(rig.status().closings, 0);
}

/// I-15: the next vehicle may load other phases at once.
#[test]
fn when_another_vehicle_comes_then_other_phases_need_no_isolation() {
    let mut rig = Rig::charging();
    rig.set(A12);
    rig.run_ms(3_000);
    rig.directive.three_phase = false;
    rig.set(C6);
    let closed = rig.until(3_000, |rig| {
        assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Closed);
        rig.closed()
    });
    assert!(closed.is_some() && !rig.outputs.contactor2.is_closed());
}

/// I-15: B1 without an isolation (no access) does not count as one.
#[test]
fn when_phases_change_without_access_then_isolated_once_access_returns() {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Off;
    rig.run_ms(100);
    rig.set(B9);
    rig.run_ms(20_000);
    assert_eq!(rig.state(), B1);
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Closed);
    rig.directive.three_phase = false;
    rig.directive.access = Access::On;
    let isolated = |rig: &Rig| rig.outputs.pilot_switch == PilotSwitch::Isolated;
    assert!(rig.until(100, isolated).is_some());
    let took = rig.until(30_000, |rig| rig.state() == B);
    assert!(took.unwrap() >= 4_900, "{took:?}");
}
