//! Stories of the modem states 11 to 14 (charging specification §12.4).

use smartevse_core::charger::BoardFacts;
use smartevse_core::directive::Handshake;
use smartevse_core::io::PilotSwitch;
use smartevse_core::pilot::PilotClass::{A12, B9, C6};
use smartevse_core::state::ChargeState::{
    self, A, B, B1, C, CommB, ModemDenied, ModemDone, ModemRequest, ModemWait,
};
use smartevse_core::vehicle::VehicleCheck;
use smartevse_types::{Access, BlockReason};

use crate::rig::Rig;

fn with_modem(check: VehicleCheck) -> Rig {
    let mut rig = Rig::settled(BoardFacts {
        modem: true,
        ..BoardFacts::default()
    });
    rig.directive.modem = check;
    rig.set(B9);
    rig
}

/// Runs until a state; gives the milliseconds that passed.
fn until(rig: &mut Rig, state: ChargeState, limit: u64) -> u64 {
    let took = rig.until(limit, |rig| rig.state() == state);
    took.unwrap_or_else(|| panic!("{state} not reached: {:?}", rig.status()))
}

fn isolated(rig: &Rig) -> bool {
    rig.outputs.pilot_switch == PilotSwitch::Isolated
}

/// T04, T27, T28, T29, I-18, I-19, decision 47
#[test]
fn when_no_id_is_required_then_request_wait_done_and_b() {
    let mut rig = with_modem(VehicleCheck::NotRequired);
    until(&mut rig, ModemRequest, 400);
    assert!(isolated(&rig) && rig.outputs.duty.as_permille() == 1_000);
    assert_eq!(until(&mut rig, ModemWait, 1_100), 990);
    assert!(!isolated(&rig) && rig.outputs.duty.as_permille() == 50);
    assert_eq!(rig.status().offered.as_deci(), 0);
    assert_eq!(rig.status().block, Some(BlockReason::Modem));
    assert_eq!(until(&mut rig, ModemDone, 61_000), 59_990);
    assert!(isolated(&rig) && rig.outputs.duty.as_permille() == 1_000);
    assert_eq!(until(&mut rig, B, 6_000), 4_990);
    rig.run_ms(1_000);
    rig.set(C6);
    assert!(rig.until(2_000, Rig::closed).is_some());
}

/// T28: an answer ends the wait at once.
#[test]
fn when_the_id_is_accepted_then_the_wait_ends() {
    let mut rig = with_modem(VehicleCheck::Missing);
    until(&mut rig, ModemWait, 2_000);
    rig.run_ms(7_000);
    rig.directive.modem = VehicleCheck::Accepted;
    rig.run_ms(10);
    assert_eq!(rig.state(), ModemDone);
    until(&mut rig, B, 6_000);
}

/// T30, T31: refused for 60 s, then the next try; nothing closes.
#[test]
fn when_the_id_is_missing_or_refused_then_denied_for_60_s() {
    for check in [VehicleCheck::Missing, VehicleCheck::Refused] {
        let mut rig = with_modem(check);
        rig.set(C6);
        until(&mut rig, ModemDenied, 70_000);
        assert!(isolated(&rig) && rig.outputs.duty.as_permille() == 1_000);
        assert_eq!(until(&mut rig, A, 61_000), 59_990);
        rig.run_ms(10);
        assert!(!isolated(&rig));
        until(&mut rig, ModemRequest, 1_000);
        assert_eq!(rig.until(200_000, Rig::closed), None);
    }
}

/// charging 12.4: once for each plug-in period, until unplugged for 3 s.
#[test]
fn when_the_vehicle_is_away_for_3_s_then_the_modem_asks_again() {
    for (away, next) in [(2_000, B), (3_500, ModemRequest)] {
        let mut rig = with_modem(VehicleCheck::Accepted);
        until(&mut rig, B, 10_000);
        rig.directive.access = Access::Off;
        rig.run_ms(100);
        assert_eq!(rig.state(), B1);
        rig.directive.access = Access::On;
        until(&mut rig, B, 10_000);
        rig.set(A12);
        rig.run_ms(away);
        rig.set(B9);
        until(&mut rig, next, 1_000);
    }
}

/// charging 2.5 rules 1 and 7, T23, D-09: 12 V and Access Off end every state
/// of the modem; behind an open pilot switch 12 V means nothing.
#[test]
fn when_unplugged_or_refused_access_then_the_modem_states_end() {
    for state in [ModemRequest, ModemWait, ModemDone, ModemDenied] {
        let mut rig = with_modem(VehicleCheck::Missing);
        until(&mut rig, state, 70_000);
        let mut off = rig.clone();
        off.directive.access = Access::Off;
        off.run_ms(10);
        assert_eq!(off.state(), B1);
        rig.set(A12);
        if state == ModemWait {
            rig.run_ms(500);
            assert_eq!((rig.state(), rig.status().vehicle_present), (A, false));
        } else {
            rig.run_ms(500);
            assert_eq!((rig.state(), rig.status().vehicle_present), (state, true));
            until(&mut rig, A, 70_000);
            rig.run_ms(500);
            assert!(!rig.status().vehicle_present);
        }
    }
}

/// T03: a node asks its master; without a modem the states do not exist.
#[test]
fn when_it_is_a_node_or_has_no_modem_then_the_modem_is_not_asked() {
    let mut rig = with_modem(VehicleCheck::Refused);
    rig.directive.handshake = Handshake::Waiting;
    until(&mut rig, CommB, 1_000);
    let mut plain = Rig::plain();
    plain.directive.modem = VehicleCheck::Refused;
    plain.set(C6);
    until(&mut plain, C, 2_000);
}
