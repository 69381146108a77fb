//! The contract tests of the hardware roles on the simulated registers.

use smartevse_core::contract::{self, Bench};
use smartevse_types::{Duration, Instant};

use crate::board::{CountDown, board};
use crate::control::now;
use crate::registers::Registers;
use crate::vehicle::World;

/// An open connector.
struct Open<'r>(&'r Registers);

impl Bench for Open<'_> {
    fn now(&mut self) -> Instant {
        now(self.0)
    }

    fn wait(&mut self, span: Duration) {
        let end = now(self.0) + span;
        while now(self.0) < end {
            World::default().step(self.0);
        }
    }
}

/// Registers after 100 ms.
fn running() -> Registers {
    let registers = Registers::new();
    Open(&registers).wait(Duration::from_millis(100));
    registers
}

#[test]
fn when_the_form_is_checked_then_every_role_holds_its_contract() {
    let registers = running();
    let mut board = board(&registers);
    assert_eq!(contract::board(&mut board, now(&registers)), Ok(()));
    assert_eq!(contract::control_pilot(&mut board.pilot), Ok(()));
    assert_eq!(contract::contactors(&mut board.contactors), Ok(()));
    let monitor = &mut board.residual_current;
    assert_eq!(contract::residual_current_monitor(monitor), Ok(()));
    assert_eq!(contract::temperature(&mut board.temperature), Ok(()));
    assert_eq!(contract::status_light(&mut board.light), Ok(()));
    let mut dog = CountDown::new(&registers);
    assert_eq!(contract::watchdog(&mut dog), Ok(()));
}

#[test]
fn when_the_bench_runs_then_levels_and_contacts_are_right() {
    let registers = running();
    let mut board = board(&registers);
    let mut bench = Open(&registers);
    let contactors = &mut board.contactors;
    assert_eq!(contract::contactors_follow(contactors, &mut bench), Ok(()));
    let pilot = &mut board.pilot;
    assert_eq!(contract::pilot_levels(pilot, &mut bench), Ok(()));
}
