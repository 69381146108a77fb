//! Cable lock on two output pins.

use embedded_hal::digital::{InputPin, OutputPin, PinState};

use super::{AdapterError, NoPin};
use crate::hardware::{CableLock, ErrorType};
use crate::io::{LockDrive, LockFeedback};
use crate::options::LockKind;

/// Levels of both outputs: A is the red lead, B the white one
/// (charging specification §5.1).
const DRIVE: [(LockDrive, PinState, PinState); 3] = [
    (LockDrive::Off, PinState::High, PinState::High),
    (LockDrive::Lock, PinState::Low, PinState::High),
    (LockDrive::Unlock, PinState::High, PinState::Low),
];

/// Meaning of a high and of a low feedback (charging specification §5.1).
const FEEDBACK: [(LockKind, LockFeedback, LockFeedback); 3] = [
    (
        LockKind::Disabled,
        LockFeedback::NotFitted,
        LockFeedback::NotFitted,
    ),
    (
        LockKind::Solenoid,
        LockFeedback::Unlocked,
        LockFeedback::Locked,
    ),
    (
        LockKind::Motor,
        LockFeedback::Locked,
        LockFeedback::Unlocked,
    ),
];

/// Cable lock driven by a pair of output pins A and B.
///
/// Both pins high, or both low as they are taken to be before the first drive,
/// leave the actuator without voltage.
#[derive(Debug)]
pub struct PinLock<A, B, F = NoPin> {
    red: A,
    white: B,
    feedback: Option<F>,
    kind: LockKind,
    levels: [PinState; 2],
}

impl<A: OutputPin, B: OutputPin> PinLock<A, B> {
    /// Makes a lock without feedback; no pin changes its level.
    #[must_use]
    pub const fn new(red: A, white: B, kind: LockKind) -> Self {
        Self {
            red,
            white,
            feedback: None,
            kind,
            levels: [PinState::Low; 2],
        }
    }

    /// Adds the feedback input.
    #[must_use]
    pub fn with_feedback<F: InputPin>(self, pin: F) -> PinLock<A, B, F> {
        PinLock {
            red: self.red,
            white: self.white,
            feedback: Some(pin),
            kind: self.kind,
            levels: self.levels,
        }
    }
}

/// Sets a pin and remembers the level that it accepted.
fn set<P: OutputPin>(
    pin: &mut P,
    accepted: &mut PinState,
    level: PinState,
) -> Result<(), AdapterError> {
    pin.set_state(level).map_err(AdapterError::output)?;
    *accepted = level;
    Ok(())
}

impl<A: OutputPin, B: OutputPin, F> PinLock<A, B, F> {
    /// Sets both pins, the second also when the first refuses.
    ///
    /// A pin that refuses is taken to keep its level; the other one then gets
    /// the same, so that no voltage stays at the actuator. The refusal counts,
    /// whatever becomes of that.
    fn set_both(&mut self, red: PinState, white: PinState) -> Result<(), AdapterError> {
        let [red_level, white_level] = &mut self.levels;
        let first = set(&mut self.red, red_level, red);
        let second = set(&mut self.white, white_level, white);
        if first.is_err() {
            let _ = set(&mut self.white, white_level, *red_level);
        } else if second.is_err() {
            let _ = set(&mut self.red, red_level, *white_level);
        }
        first.and(second)
    }
}

impl<A, B, F> ErrorType for PinLock<A, B, F> {
    type Error = AdapterError;
}

impl<A: OutputPin, B: OutputPin, F: InputPin> CableLock for PinLock<A, B, F> {
    fn set_kind(&mut self, kind: LockKind) {
        self.kind = kind;
    }

    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), AdapterError> {
        let row = DRIVE.iter().find(|row| row.0 == drive);
        let (red, white) = row.map_or((PinState::High, PinState::High), |row| (row.1, row.2));
        self.set_both(red, white)
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, AdapterError> {
        let Some(pin) = &mut self.feedback else {
            return Ok(LockFeedback::NotFitted);
        };
        let high = pin.is_high().map_err(AdapterError::input)?;
        let row = FEEDBACK.iter().find(|row| row.0 == self.kind);
        Ok(row.map_or(
            LockFeedback::Unknown,
            |row| {
                if high { row.1 } else { row.2 }
            },
        ))
    }
}
