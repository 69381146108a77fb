//! What planning asks of the charging control: a stop, a restart, a fixed duty.

use smartevse_core::directive::StopCause;
use smartevse_core::io::PilotSwitch;
use smartevse_core::state::ChargeState::{B1, C1};
use smartevse_types::{BlockReason, DutyPermille};

use crate::rig::Rig;

/// charging 7, D-26: a stop by button holds until there is a reason to start.
#[test]
fn when_a_button_stops_then_held_until_a_new_start() {
    let mut rig = Rig::charging();
    rig.directive.requests.button_stop += 1;
    rig.run_ms(10);
    assert_eq!(rig.state(), C1);
    rig.run_ms(120_000);
    assert_eq!(rig.status().block, Some(BlockReason::StoppedByButton));
    rig.directive.requests.start += 1;
    assert!(rig.until(20_000, Rig::closed).is_some());
}

/// D-32
#[test]
fn when_a_safe_restart_is_asked_for_then_open_and_held() {
    let mut rig = Rig::charging();
    rig.directive.requests.safe_restart += 1;
    rig.run_ms(7_000);
    assert_eq!((rig.state(), rig.closed()), (B1, false));
    rig.run_ms(60_000);
    assert!(!rig.closed());
    assert_eq!(rig.status().stop_cause, StopCause::Restart);
}

/// charging 12.3: a fixed duty only lowers; 0 isolates.
#[test]
fn when_the_duty_is_fixed_then_capped() {
    let mut rig = Rig::charging();
    rig.directive.duty_override = Some(DutyPermille::from_permille(900));
    rig.run_ms(50);
    assert_eq!(rig.outputs.duty.as_permille(), 266);
    rig.directive.duty_override = Some(DutyPermille::from_permille(133));
    rig.run_ms(50);
    assert_eq!(rig.outputs.duty.as_permille(), 131);
    rig.directive.duty_override = Some(DutyPermille::ZERO);
    rig.run_ms(7_000);
    assert!(!rig.closed());
    assert_eq!(rig.outputs.pilot_switch, PilotSwitch::Isolated);
}
