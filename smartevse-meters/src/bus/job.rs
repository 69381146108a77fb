//! What goes into the engine and what comes out.

use core::fmt;

use smartevse_types::{Duration, Instant};

#[cfg(doc)]
use super::{Bus, ORDER_WORDS};
use crate::error::{EncodeError, ModbusError};
use crate::transaction::{Registers, Transaction};

/// Every how many periods a device without replies is polled (meters specification §3).
const DEAD_PERIODS: u64 = 5;
/// A mains meter without replies is asked no more often than this, so that it
/// leaves the line to the others.
const DEAD_MAINS: Duration = Duration::from_secs(1);

/// A reading that is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    /// The question; its tag must be unique among the jobs of the bus.
    pub transaction: Transaction,
    /// How often it is asked.
    pub period: Duration,
    /// How old its answer may become: the reading that expires first goes first.
    pub max_age: Duration,
    /// Who gives way when the line has no time for all.
    pub importance: Importance,
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
            importance: Importance::Vehicle,
            own_node: false,
        }
    }

    /// A reading of a line that a group of chargers and their meters share, with
    /// the period and maximum age of its importance.
    ///
    /// | Importance | Period | Maximum age |
    /// |---|---|---|
    /// | mains | 0.4 s, earlier where it must | 0.5 s |
    /// | node | 1.75 s | 3 s |
    /// | vehicle | 1.75 s | 2 s |
    /// | circuit | 1.75 s | 2 s |
    /// | background | 60 s | 120 s |
    ///
    /// At 9600 baud the line keeps these ages for eight EV meters, seven nodes,
    /// a circuit meter and the mains meter when meters answer within 30 ms, nodes
    /// within 10 ms, and all have a clean record (decision 64).
    #[must_use]
    pub const fn shared(transaction: Transaction, importance: Importance) -> Self {
        let (period, max_age) = match importance {
            Importance::Mains => (400, 500),
            Importance::Node => (1_750, 3_000),
            Importance::Vehicle | Importance::Circuit => (1_750, 2_000),
            Importance::Background => (60_000, 120_000),
        };
        let (period, max_age) = (
            Duration::from_millis(period),
            Duration::from_millis(max_age),
        );
        let mut job = Self::new(transaction, period, max_age).with_importance(importance);
        job.own_node = matches!(importance, Importance::Node);
        job
    }

    /// The same reading with another importance; the default is [`Importance::Vehicle`].
    #[must_use]
    pub const fn with_importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// The same reading as the one that protects the mains.
    #[must_use]
    pub const fn for_mains(mut self) -> Self {
        self.importance = Importance::Mains;
        self
    }

    /// The same reading from one of our own nodes.
    #[must_use]
    pub const fn for_own_node(mut self) -> Self {
        self.own_node = true;
        self
    }

    pub(super) const fn is_mains(&self) -> bool {
        matches!(self.importance, Importance::Mains)
    }

    /// How long a device without replies is left alone.
    pub(super) fn rest_when_dead(&self) -> Duration {
        if self.is_mains() {
            self.period.max(DEAD_MAINS)
        } else {
            self.period.times(DEAD_PERIODS)
        }
    }
}

/// What a reading is for: who gives way when the line has no time for all
/// (meters specification §3).
///
/// The readings that expire first go first. A less important one has more
/// patience: so much later than its maximum age it may be before it competes
/// on equal terms with the more important ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Importance {
    /// Mains currents: first, and nothing starts that could make them too old.
    Mains,
    /// Status of a node; no patience.
    Node,
    /// Currents of an EV meter; no patience.
    Vehicle,
    /// Currents of a circuit meter; 1 s of patience.
    Circuit,
    /// Power, energy, voltage, and every device without replies: they go into the
    /// gaps that the others leave, after 10 s of patience without one.
    Background,
}

impl Importance {
    /// Time beyond the maximum age before it competes on equal terms.
    #[must_use]
    pub const fn patience(self) -> Duration {
        match self {
            Self::Mains | Self::Node | Self::Vehicle => Duration::ZERO,
            Self::Circuit => Duration::from_secs(1),
            Self::Background => Duration::from_secs(10),
        }
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
