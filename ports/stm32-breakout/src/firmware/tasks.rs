//! The tasks of the three contexts and the small values between them.

pub mod charging;
pub mod front;
pub mod planning;

use smartevse::exchange::{Shared, Slot};
use smartevse_core::charger::BoardFacts;
use smartevse_core::command::{Accepted, Command, Refused};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_types::Instant;

/// What planning wants; `None` until it planned for the first time.
static DIRECTIVE: Shared<Option<Directive>> = Shared::new(None);

/// What the charging control tells; `None` before its first poll.
static STATUS: Shared<Option<ChargerStatus>> = Shared::new(None);

/// Signs of life.
static PLANNING_BEAT: Shared<Instant> = Shared::new(Instant::ZERO);
static FRONT_BEAT: Shared<Instant> = Shared::new(Instant::ZERO);

/// The wish of the console and its answer.
static CONSOLE_WISH: Slot<Command> = Slot::new();
static CONSOLE_ANSWER: Slot<Result<Accepted, Refused>> = Slot::new();

/// The wish of the buttons.
static BUTTON_WISH: Slot<Command> = Slot::new();

/// What this board has: a residual-current monitor with a test line.
pub const FACTS: BoardFacts = BoardFacts {
    ventilation: false,
    modem: false,
    residual_current_test: true,
    lock_advisory: false,
};
