//! The table S1 to S16 of charging specification §14 with its states and its
//! times. Milliseconds count from the first poll that shows the stimulus.

use smartevse_core::access::AccessControl;
use smartevse_core::card::Uid;
use smartevse_core::cards::CardList;
use smartevse_core::directive::{LockWish, StopCause};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, LockDrive, PilotSwitch, ProximityInput, SwitchInput, TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind, RfidMode, SwitchKind};
use smartevse_core::pilot::PilotClass::{self, A12, B9, C6, Short0, Unknown};
use smartevse_core::state::ChargeState::{self, A, Activate, B, B1, C, C1};
use smartevse_core::switch::SwitchFollower;
use smartevse_types::{Access, Amps, BlockReason, Celsius, Duration, Mode, Ohms};

use crate::rig::Rig;

/// Runs and gives each new state with the time since the stimulus.
fn story(rig: &mut Rig, class: PilotClass, ms: u64) -> Vec<(ChargeState, u64)> {
    let mut states = Vec::new();
    let mut last = rig.state();
    rig.set(class);
    for passed in (0..ms).step_by(10) {
        rig.tick();
        if rig.state() != last {
            last = rig.state();
            states.push((last, passed));
        }
    }
    states
}

fn isolated(rig: &Rig) -> bool {
    rig.outputs.pilot_switch == PilotSwitch::Isolated
}

fn permille(rig: &Rig) -> u16 {
    rig.outputs.duty.as_permille()
}

fn celsius(rig: &mut Rig, celsius: i16) {
    rig.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(celsius));
}

fn socket(rig: &mut Rig, ohms: u32) {
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(ohms));
}

/// S1: a vehicle is known after 300 ms, 6 V counts after 500 ms, and both ways
/// back are taken in the poll that shows them.
#[test]
fn when_a_vehicle_comes_and_goes_then_a_b_c_b_a_in_time() {
    let mut rig = Rig::plain();
    assert_eq!(story(&mut rig, A12, 1_000), []);
    assert_eq!(story(&mut rig, B9, 1_000), [(B, 300)]);
    assert_eq!(story(&mut rig, C6, 610), [(C, 500)]);
    assert!(rig.closed());
    assert_eq!(story(&mut rig, B9, 500), [(B, 0)]);
    assert!(!rig.closed());
    assert_eq!(story(&mut rig, A12, 1_000), [(A, 0)]);
    assert!(!rig.status().vehicle_present);
}

/// S2: no pulse width in the poll that ends access, open when the vehicle lets
/// go at 2 s.
#[test]
fn when_access_ends_then_c1_at_once_and_open_as_the_vehicle_lets_go() {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Off;
    assert_eq!(story(&mut rig, C6, 2_000), [(C1, 0)]);
    assert_eq!((rig.closed(), permille(&rig)), (true, 1_000));
    rig.set(B9);
    assert_eq!(rig.until(100, |rig| !rig.closed()), Some(0));
    assert_eq!(rig.state(), B1);
}

/// S3, decision 32: a vehicle that keeps 6 V is opened after 6.0 s; with
/// access it then sees 5 s of isolation, and it is not stuck.
#[test]
fn when_the_vehicle_keeps_6_v_then_open_at_6_s_isolated_for_5_s_and_back() {
    let mut rig = Rig::charging();
    rig.offer(0);
    assert_eq!(rig.until(9_000, |rig| !rig.closed()), Some(6_000));
    assert!(rig.state() == B1 && isolated(&rig));
    assert_eq!(rig.until(9_000, |rig| !isolated(rig)), Some(4_990));
    rig.offer(160);
    let states = story(&mut rig, C6, 15_000);
    assert_eq!(
        states.iter().map(|(state, _)| *state).collect::<Vec<_>>(),
        [B, C]
    );
    assert!(rig.closed());
}

/// S3, decision 32: without access there is nothing to isolate for.
#[test]
fn when_access_ends_and_returns_then_b_and_c_again() {
    let mut rig = Rig::charging();
    rig.directive.access = Access::Off;
    assert_eq!(story(&mut rig, C6, 30_000), [(C1, 0), (B1, 6_000)]);
    assert!(!isolated(&rig));
    rig.directive.access = Access::On;
    // 50 ms without a look at the pilot after each switching, then 500 ms.
    assert_eq!(story(&mut rig, C6, 1_000), [(B, 0), (C, 550)]);
}

/// S4: the pulse comes after 30 s, lasts 4 s, and comes once.
#[test]
fn when_a_vehicle_keeps_9_v_then_one_pulse_of_4_s_after_30_s() {
    let mut rig = Rig::plain();
    let states = story(&mut rig, B9, 120_000);
    assert_eq!(states, [(B, 300), (Activate, 30_300), (B, 34_300)]);
}

/// S5
#[test]
fn when_the_pilot_is_shorted_then_b1_with_a_fault_after_100_ms() {
    let mut rig = Rig::charging();
    assert_eq!(story(&mut rig, Short0, 1_000), [(B1, 100)]);
    assert!(!rig.closed() && rig.has(Faults::PILOT_FAULT));
    assert_eq!(permille(&rig), 1_000);
}

/// S6: a sample counts for 50 ms; the first poll without a new one comes 10 ms
/// after it.
#[test]
fn when_the_samples_stop_then_b1_with_a_fault_after_60_ms() {
    let mut rig = Rig::charging();
    assert_eq!(story(&mut rig, Unknown, 1_000), [(B1, 50)]);
    assert!(!rig.closed() && rig.has(Faults::PILOT_FAULT));
}

/// S7: 20 ms are enough; only a press after one normal second resets.
#[test]
fn when_residual_current_flows_for_20_ms_then_only_a_late_press_resets() {
    let mut rig = Rig::plain();
    rig.directive.config.residual_current = true;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.rcm = true;
    assert_eq!(story(&mut rig, C6, 20), [(B1, 10)]);
    assert!(!rig.closed() && rig.has(Faults::RCM_TRIPPED));
    let mut press = |ms: u64, high: bool| {
        rig.rcm = high;
        rig.run_ms(ms);
        rig.directive.requests.local_reset += 1;
        rig.run_ms(10);
        rig.has(Faults::RCM_TRIPPED)
    };
    assert!(press(5_000, true), "pressed while the input is high");
    assert!(press(900, false), "pressed before a normal second");
    assert!(!press(1_000, false), "pressed after a normal second");
}

/// S8: MAX 65, so that 55 °C for 10 s resumes.
#[test]
fn when_max_temp_is_reached_then_c1_b1_and_b_c_after_10_cool_seconds() {
    let mut rig = Rig::charging();
    celsius(&mut rig, 65);
    let hot = story(&mut rig, C6, 20_000);
    assert!(matches!(hot[..], [(C1, at), (B1, open)] if at <= 3_000 && open == at + 6_000));
    celsius(&mut rig, 56);
    assert_eq!(story(&mut rig, C6, 60_000), []);
    celsius(&mut rig, 55);
    let cool = story(&mut rig, C6, 14_000);
    let in_time = |at| (10_000..=13_000).contains(&at);
    assert!(matches!(cool[..], [(B, at), (C, closed)] if in_time(at) && closed == at + 550));
}

/// S9: the delay stands at 60 s as long as the shortage, then counts.
#[test]
fn when_power_returns_then_the_delay_counts_from_60_to_0() {
    let mut rig = Rig::plain();
    rig.directive.grant.available = false;
    assert_eq!(story(&mut rig, B9, 20_000), [(B1, 300)]);
    assert!(rig.has(Faults::LESS_6A));
    assert_eq!(rig.status().charge_delay, Duration::from_secs(60));
    rig.directive.grant.available = true;
    rig.run_ms(10);
    assert!(!rig.has(Faults::LESS_6A));
    for left in (1..=60_u64).rev() {
        assert_eq!(rig.status().charge_delay, Duration::from_secs(left));
        assert_eq!(rig.state(), B1);
        rig.run_ms(1_000);
    }
    assert_eq!(rig.status().charge_delay, Duration::ZERO);
    assert_eq!(rig.state(), B);
}

/// A request of planning ends the delay at once.
#[test]
fn when_planning_clears_the_delay_then_b_in_the_same_poll() {
    let mut rig = Rig::plain();
    rig.directive.grant.available = false;
    story(&mut rig, B9, 20_000);
    rig.directive.grant.available = true;
    rig.run_ms(5_000);
    assert!(matches!(
        rig.status().block,
        Some(BlockReason::ChargeDelay(_))
    ));
    rig.directive.requests.clear_delay += 1;
    assert_eq!(story(&mut rig, B9, 1_000), [(B, 0)]);
}

/// S10: isolated for 5 s, and closed on one phase not before 10 s.
#[test]
fn when_one_phase_is_wanted_then_c1_b1_isolated_b_c_on_one_phase() {
    let mut rig = Rig::plain();
    rig.directive.config.contact2 = Contact2::Auto;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.run_ms(2_000);
    rig.directive.three_phase = false;
    assert_eq!(story(&mut rig, C6, 1_000), [(C1, 0)]);
    assert!(rig.outputs.contactor2.is_closed(), "not under load");
    assert_eq!(story(&mut rig, B9, 200), [(B1, 0)]);
    assert!(!rig.outputs.contactor2.is_closed() && isolated(&rig));
    assert_eq!(rig.until(9_000, |rig| !isolated(rig)), Some(4_800));
    let states = story(&mut rig, C6, 60_000);
    let [(B, b), (C, c)] = states[..] else {
        panic!("{states:?}");
    };
    assert!(b + 5_000 >= 10_000 && c - b >= 500, "{states:?}");
    assert!(rig.closed() && !rig.outputs.contactor2.is_closed());
}

fn card(last: u8) -> Option<Uid> {
    Uid::new(&[4, 0, 0, last])
}

/// Shows a card and takes it away; a new reason to start goes to the charger.
fn show(rig: &mut Rig, access: &mut AccessControl, uid: Option<Uid>) {
    if access.card(uid, RfidMode::EnableOne) {
        rig.directive.requests.start += 1;
    }
    access.card(None, RfidMode::EnableOne);
    rig.directive.access = access.access();
}

/// S11, I-28: only the card that switched on switches off; the cable is free
/// after the contactors have been open for 500 ms.
#[test]
fn when_one_card_started_then_only_it_stops_and_unlocks() {
    let list = CardList::from_cards(&[card(1).unwrap(), card(2).unwrap()]);
    let mut access = AccessControl::new(Access::Off, list);
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.directive.access = Access::Off;
    rig.run_ms(1_000);
    show(&mut rig, &mut access, card(1));
    assert_eq!(rig.directive.access, Access::On);
    rig.directive.lock = LockWish::Keep;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    show(&mut rig, &mut access, card(2));
    assert_eq!(story(&mut rig, C6, 2_000), []);
    show(&mut rig, &mut access, card(1));
    rig.directive.lock = LockWish::Release;
    assert_eq!(story(&mut rig, C6, 1_000), [(C1, 0)]);
    assert_eq!(story(&mut rig, B9, 10), [(B1, 0)]);
    let unlocked = rig.until(5_000, |rig| rig.outputs.lock == LockDrive::Unlock);
    // The second contactor opens 100 ms after the main one.
    assert!((580..=700).contains(&unlocked.unwrap()), "{unlocked:?}");
}

/// S12: presence and lock need no access.
#[test]
fn when_plugged_in_without_access_then_present_after_300_ms_and_locked_in_a() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.directive.access = Access::Off;
    rig.run_ms(1_000);
    rig.set(B9);
    let present = |rig: &Rig| rig.status().vehicle_present;
    assert_eq!(rig.until(1_000, present), Some(300));
    let locks = |rig: &Rig| rig.outputs.lock == LockDrive::Lock;
    assert!(locks(&rig) || rig.until(100, locks).is_some());
    assert_eq!(story(&mut rig, B9, 2_000), []);
    assert_eq!(rig.state(), A);
    rig.directive.access = Access::On;
    assert_eq!(story(&mut rig, B9, 1_000), [(B, 0)]);
    rig.set(A12);
    let unlocks = |rig: &Rig| rig.outputs.lock == LockDrive::Unlock;
    assert!(rig.until(1_000, unlocks).is_some_and(|ms| ms >= 300));
}

/// S13: 13 A are 216 ‰, whatever is granted.
#[test]
fn when_the_cable_carries_13_a_then_216_permille_at_most() {
    let mut rig = Rig::plain();
    socket(&mut rig, 1_500);
    rig.directive.config.max = Amps::from_amps(32);
    rig.offer(320);
    rig.set(C6);
    let mut most = 0;
    for _ in 0..1_000 {
        rig.tick();
        if permille(&rig) < 1_000 {
            most = most.max(permille(&rig));
        }
    }
    assert!(rig.closed());
    assert_eq!(most, 216);
}

/// S14, I-30: the relay is debounced for 120 ms; what planning then grants,
/// floor(18 A / 3), is on the pilot in the same poll.
#[test]
fn when_the_grid_relay_opens_then_100_permille_within_2_s() {
    let mut rig = Rig::plain();
    let mut follower = SwitchFollower::default();
    rig.inputs.switch = SwitchInput::Closed;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.run_ms(1_000);
    assert_eq!(permille(&rig), 266);
    rig.inputs.switch = SwitchInput::Open;
    let took = rig_with_relay(&mut rig, &mut follower, 2_000);
    assert_eq!(took, Some(130));
    assert!(rig.closed());
}

/// Runs charger and relay; gives the time until 6 A are offered.
fn rig_with_relay(rig: &mut Rig, follower: &mut SwitchFollower, limit: u64) -> Option<u64> {
    for ms in (0..=limit).step_by(10) {
        let status = rig.status();
        let kind = SwitchKind::GridRelay;
        follower.step(rig.now, kind, status.switch, Mode::Smart);
        let limited = follower.limits_power(kind);
        rig.offer(if limited { 180 / 3 } else { 160 });
        rig.tick();
        if permille(rig) == 100 {
            return Some(ms);
        }
    }
    None
}

/// S15: six closings, then B1 for 5 min.
#[test]
fn when_a_vehicle_toggles_seven_times_then_b1_for_5_min() {
    let mut rig = Rig::plain();
    for _ in 0..6 {
        rig.set(C6);
        assert!(rig.until(9_000, Rig::closed).is_some());
        story(&mut rig, B9, 20_000);
    }
    let states = story(&mut rig, C6, 310_000);
    assert_eq!(states[0], (B1, 500));
    assert_eq!(states[1], (B, 300_500));
    assert_eq!(states[2].0, C);
    assert_eq!(rig.status().closings, 7);
}

/// S16: a weld is a fault after 500 ms; nothing closes, nothing unlocks.
#[test]
fn when_the_feedback_stays_closed_then_a_fault_after_500_ms_for_good() {
    let mut rig = Rig::plain();
    socket(&mut rig, 220);
    rig.directive.config.lock = LockKind::Solenoid;
    rig.follow = true;
    rig.set(C6);
    assert!(rig.until(9_000, Rig::closed).is_some());
    rig.run_ms(1_000);
    rig.follow = false;
    rig.inputs.contactor1 = ContactorFeedback::Closed;
    rig.inputs.contactor2 = ContactorFeedback::Open;
    rig.set(B9);
    rig.tick();
    assert!(!rig.closed());
    let fault = rig.until(1_000, |rig| rig.has(Faults::CONTACTOR_FAULT));
    assert_eq!(fault, Some(500));
    rig.directive.lock = LockWish::Release;
    rig.set(C6);
    let wrong = |rig: &Rig| rig.closed() || rig.outputs.lock == LockDrive::Unlock;
    assert_eq!(rig.until(600_000, wrong), None);
    assert_eq!(rig.status().stop_cause, StopCause::Vehicle);
}
