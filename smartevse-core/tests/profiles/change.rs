//! What may change from one poll to the next, and how time goes on.

use smartevse_core::directive::LockWish;
use smartevse_core::io::{
    LockFeedback, MainsInput, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::pilot::PilotClass;
use smartevse_core::vehicle::VehicleCheck;
use smartevse_types::Access;

/// Where the pilot samples come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sampling {
    Live,
    /// The latest sample stays.
    Frozen,
    /// Samples are so many milliseconds old.
    Aged(u8),
    Missing,
}

/// What a contactor or lock reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// What was commanded.
    Follows,
    NotFitted,
    Open,
    Closed,
}

/// Whether planning is alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Planning {
    Live,
    /// The latest directive stays.
    Frozen,
    /// Directives are so many milliseconds old.
    Aged(u16),
    /// Directives come from so many milliseconds ahead.
    Ahead(u16),
    Never,
}

/// What the master of a node answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Master {
    /// Nobody has to be asked.
    None,
    /// The grant that is asked for.
    Fair,
    Silent,
    AlwaysB,
    AlwaysC,
}

/// Requests that act once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    LocalReset,
    ServiceReset,
    ClearDelay,
    ButtonStop,
    Start,
    SafeRestart,
}

/// One change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Nothing,
    Level(PilotClass),
    /// Lowest and highest voltage of the high phase, in millivolts.
    Volts(i16, i16),
    Diode(bool),
    Sampling(Sampling),
    Proximity(ProximityInput),
    Residual(ResidualCurrentInput),
    Edge(bool),
    /// The monitor does not react to its test.
    Silent(bool),
    Temperature(TemperatureInput),
    Main(Report),
    Second(Report),
    /// `None` = the lock does what it is driven to.
    Lock(Option<LockFeedback>),
    Mains(MainsInput),
    Switch(SwitchInput),
    Hardware(u16),
    Access(Access),
    Offer(i16),
    Power(bool),
    ThreePhase(bool),
    Master(Master),
    Imposed(u16),
    Planning(Planning),
    Delay(Option<u8>),
    Override(Option<u16>),
    Request(Request),
    Wish(LockWish),
    Vehicle(VehicleCheck),
    Max(u16),
    Min(u16),
    Cable(CableKind),
    LockKind(LockKind),
    Monitor(bool),
    MaxTemperature(i16),
    Contact2(Contact2),
    Derating(bool),
    /// Everything is in order and the vehicle asks for energy.
    Heal,
    /// The device starts again.
    Restart,
    /// A card is held to the reader in this mode (0 to 7) and taken away.
    Card(u8, u8),
    /// The cards are taken from their own list again.
    Upload,
}

/// How time goes on after a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// The next change comes in the same poll.
    With,
    /// Another poll at the same moment.
    Again,
    /// So many microseconds later.
    Odd(u16),
    /// So many polls, 10 ms apart.
    Beats(u8),
    /// A poll, and so many at deadlines.
    Deadlines(u8),
    /// So many beats of 10 ms, polled at deadlines.
    Span(u16),
    /// A poll so many beats later; nobody watched until 25 ms before it.
    Late(u16),
    /// The same in seconds.
    Jump(u32),
    /// Like `Late` with the contactor open; otherwise 10 ms.
    Wait(u16),
    /// At deadlines until the contactor closes, at most so many polls.
    Serve(u8),
}

/// A change and the time after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    pub change: Change,
    pub time: Time,
}
