//! What goes into the engine and what comes out.

use core::fmt;

use smartevse_types::{Duration, Instant};

#[cfg(doc)]
use super::{Bus, ORDER_WORDS};
use crate::error::{EncodeError, ModbusError};
use crate::transaction::{Registers, Transaction};

/// A reading that is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    /// The question; its tag must be unique among the jobs of the bus.
    pub transaction: Transaction,
    /// How often it is asked.
    pub period: Duration,
    /// How old its answer may become: the reading that expires first goes first.
    pub max_age: Duration,
    /// Whether it is the mains currents: first in each cycle, never polled less often.
    pub mains: bool,
    /// Whether it goes to one of our own nodes, which need no long silence (decision 64).
    pub own_node: bool,
}

impl Job {
    /// A reading of an ordinary meter.
    #[must_use]
    pub const fn new(transaction: Transaction, period: Duration, max_age: Duration) -> Self {
        Self {
            transaction,
            period,
            max_age,
            mains: false,
            own_node: false,
        }
    }

    /// The same reading as the one that protects the mains.
    #[must_use]
    pub const fn for_mains(mut self) -> Self {
        self.mains = true;
        self
    }

    /// The same reading from one of our own nodes.
    #[must_use]
    pub const fn for_own_node(mut self) -> Self {
        self.own_node = true;
        self
    }
}

/// Reason why a job or an order is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum JobError {
    /// There is no place left.
    Full,
    /// Another job has this tag.
    DuplicateTag,
    /// No job has this tag.
    UnknownTag,
    /// A job must read, an order must write.
    WrongFunction,
    /// An order has more than [`ORDER_WORDS`] registers.
    TooLong,
    /// The request cannot be sent.
    Encode(EncodeError),
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("no place for another job"),
            Self::DuplicateTag => f.write_str("another job has this tag"),
            Self::UnknownTag => f.write_str("no job has this tag"),
            Self::WrongFunction => f.write_str("a job reads, an order writes"),
            Self::TooLong => f.write_str("too many registers in an order"),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for JobError {}

/// The final outcome of one question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report<'a> {
    /// The question, with the caller's tag.
    pub transaction: Transaction,
    /// The moment for which the answer holds: the end of the (first) request.
    /// The device measured there or later, so an age counted from here is never
    /// too short.
    pub at: Instant,
    /// The registers, or why there are none. A write has no registers.
    pub result: Result<Registers<'a>, ModbusError>,
}

/// What the adapter has to do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BusAction<'a> {
    /// Send all bytes, wait until the last one has left the wire, then call
    /// [`Bus::transmitted`].
    Transmit {
        /// The bytes.
        frame: &'a [u8],
        /// Whether bytes that are waiting in the port must be thrown away first.
        discard_input: bool,
    },
    /// Hand over arriving bytes with [`Bus::receive`], then poll again; poll at
    /// `until` when nothing comes.
    Listen {
        /// When the state can change by itself.
        until: Instant,
    },
    /// A question is settled. Poll again at once.
    Report(Report<'a>),
    /// The TCP stream has lost its frames: close it and open it again.
    Reconnect,
}
