//! Contract of a whole board.

use smartevse_types::{Celsius, Instant, Ohms};

use super::{Clause, Violation, demand};
use crate::hardware::{Board, ErrorKind};
use crate::io::{
    ContactorFeedback, HardwareFaults, Inputs, LockFeedback, MainsInput, MilliVoltRange, Outputs,
    PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};

/// Inputs that no board gives: what is left of them was not written.
const POISON: Inputs = Inputs {
    pilot: Some(PilotSample {
        from: Instant::FAR_FUTURE,
        at: Instant::FAR_FUTURE,
        high: MilliVoltRange::from_milli(i32::MAX, i32::MIN),
        low: None,
    }),
    proximity: ProximityInput::Resistance(Ohms::MAX),
    residual_current: ResidualCurrentInput::Fault,
    residual_current_edge: true,
    temperature: TemperatureInput::Measured(Celsius::MIN),
    contactor1: ContactorFeedback::Closed,
    contactor2: ContactorFeedback::Closed,
    lock: LockFeedback::Locked,
    switch: SwitchInput::Closed,
    mains: MainsInput::Lost,
    hardware: HardwareFaults::LIGHT,
};

/// Checks that a board accepts its safe outputs and writes every input.
///
/// Needs an idle board: contactors open, no plug, no residual current, switch
/// open. Inputs are compared after sampling into empty and into wrong ones.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `InputReplaced`,
/// `FaultsKept`.
pub fn board(board: &mut impl Board, now: Instant) -> Result<(), Violation> {
    if !board.drive(&Outputs::SAFE).is_empty() {
        return Err(Violation {
            clause: Clause::Accepts,
            error: Some(ErrorKind::Output),
        });
    }
    let mut fresh = Inputs::default();
    board.sample(now, &mut fresh);
    let mut reused = POISON;
    board.sample(now, &mut reused);
    demand(
        reused.hardware.contains(POISON.hardware),
        Clause::FaultsKept,
    )?;
    demand(!leaves_poison(&fresh, &reused), Clause::InputReplaced)
}

/// Tells whether an input kept its wrong value although the board gives
/// another one.
fn leaves_poison(fresh: &Inputs, reused: &Inputs) -> bool {
    fn left<T: PartialEq>(fresh: &T, reused: &T, poison: &T) -> bool {
        reused == poison && fresh != poison
    }
    left(&fresh.pilot, &reused.pilot, &POISON.pilot)
        || left(&fresh.proximity, &reused.proximity, &POISON.proximity)
        || left(
            &fresh.residual_current,
            &reused.residual_current,
            &POISON.residual_current,
        )
        || left(
            &fresh.residual_current_edge,
            &reused.residual_current_edge,
            &POISON.residual_current_edge,
        )
        || left(&fresh.temperature, &reused.temperature, &POISON.temperature)
        || left(&fresh.contactor1, &reused.contactor1, &POISON.contactor1)
        || left(&fresh.contactor2, &reused.contactor2, &POISON.contactor2)
        || left(&fresh.lock, &reused.lock, &POISON.lock)
        || left(&fresh.switch, &reused.switch, &POISON.switch)
        || left(&fresh.mains, &reused.mains, &POISON.mains)
}
