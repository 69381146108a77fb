//! The moves of the walk.

use std::fmt;

use smartevse_core::directive::Requests;
use smartevse_core::types::Duration;

use super::station::Station;
use super::world::{PARTS, World};

/// Requests that act once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Press {
    LocalReset,
    ServiceReset,
    ClearDelay,
    Stop,
    Start,
    SafeRestart,
}

impl Press {
    pub const ALL: [Self; 6] = [
        Self::LocalReset,
        Self::ServiceReset,
        Self::ClearDelay,
        Self::Stop,
        Self::Start,
        Self::SafeRestart,
    ];

    /// Counts the request.
    pub const fn note(self, requests: &mut Requests) {
        let number = match self {
            Self::LocalReset => &mut requests.local_reset,
            Self::ServiceReset => &mut requests.service_reset,
            Self::ClearDelay => &mut requests.clear_delay,
            Self::Stop => &mut requests.button_stop,
            Self::Start => &mut requests.start,
            Self::SafeRestart => &mut requests.safe_restart,
        };
        *number = number.wrapping_add(1);
    }
}

/// How time passes while nothing else changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wait {
    /// One more poll at the same moment with the same inputs.
    Again,
    /// One poll after 10 ms.
    Tick,
    /// Polls at the deadlines.
    For(Duration),
    /// Polls at the deadlines until something visible changes.
    Change,
    /// Polls up to the next deadline that is not the end of a lease.
    Next,
    /// One poll after 200 ms in which nobody watched.
    Late,
}

/// The waits that the walk tries.
pub const WAITS: [Wait; 7] = [
    Wait::Again,
    Wait::Tick,
    Wait::For(Duration::from_millis(60)),
    Wait::For(Duration::from_millis(400)),
    Wait::For(Duration::from_millis(2_100)),
    Wait::Change,
    Wait::Late,
];

/// One move. All but waits take one poll of 10 ms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Move {
    Wait(Wait),
    Press(Press),
    /// Part and value.
    Set(u8, u8),
    /// Reset of the device with its latched faults stored.
    Reboot,
}

impl Move {
    pub fn set(part: usize, value: u8) -> Self {
        Self::Set(u8::try_from(part).expect("few parts"), value)
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(Wait::Again) => f.write_str("again"),
            Self::Wait(Wait::Tick) => f.write_str("10 ms"),
            Self::Wait(Wait::For(span)) => write!(f, "{} ms", span.as_millis()),
            Self::Wait(Wait::Change) => f.write_str("until it changes"),
            Self::Wait(Wait::Next) => f.write_str("next deadline"),
            Self::Wait(Wait::Late) => f.write_str("200 ms unwatched"),
            Self::Press(press) => write!(f, "press {press:?}"),
            Self::Set(part, value) => {
                let part = &PARTS[usize::from(*part)];
                write!(f, "{} = {}", part.name, part.values[usize::from(*value)])
            }
            Self::Reboot => f.write_str("reboot"),
        }
    }
}

/// The moves from an environment that leave at most so many parts unhealthy.
pub fn moves_from(station: &Station, world: World, unhealthy: usize) -> Vec<Move> {
    let mut moves: Vec<Move> = WAITS.into_iter().map(Move::Wait).collect();
    moves.extend(changes_from(station, world, unhealthy));
    moves
}

/// The same without waits: everything that people and parts can do.
pub fn changes_from(station: &Station, world: World, unhealthy: usize) -> Vec<Move> {
    let mut moves: Vec<Move> = Press::ALL.map(Move::Press).to_vec();
    moves.push(Move::Reboot);
    for &part in station.parts {
        let count = u8::try_from(PARTS[part].values.len()).expect("few values");
        moves.extend(
            (0..count)
                .filter(|value| *value != world.get(part))
                .filter(|value| {
                    let mut next = world;
                    next.set(part, *value);
                    next.unhealthy() <= unhealthy
                })
                .map(|value| Move::set(part, value)),
        );
    }
    moves
}
