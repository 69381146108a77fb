//! What the master sends, as data for a Modbus codec.

use smartevse_types::Instant;

/// Address that every node listens to (power share 1).
pub const BROADCAST_UNIT: u8 = 9;

/// Most registers in one transaction: the settings block.
pub const MAX_WORDS: usize = 22;

/// Running number of a transaction. An answer with another one is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tag(u16);

impl Tag {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The tag of a number.
    #[must_use]
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }

    pub(super) const fn following(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// What is done with the registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Function code 4.
    Read,
    /// Function code 6.
    WriteSingle,
    /// Function code 16.
    WriteMultiple,
}

impl Operation {
    /// The function code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Read => 4,
            Self::WriteSingle => 6,
            Self::WriteMultiple => 16,
        }
    }
}

/// How much a transaction matters when the line is busy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Importance {
    /// May wait for meters.
    Background,
    /// Keeps a node alive or informed.
    Regular,
    /// Lowers a current: before everything else.
    Urgent,
}

/// One request to one unit, or to all of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Transaction {
    /// Its number, to be given back with the answer.
    pub tag: Tag,
    /// Unit address, 2–8, or [`BROADCAST_UNIT`], which nobody answers.
    pub unit: u8,
    /// Function.
    pub operation: Operation,
    /// First register.
    pub start: u16,
    /// Number of registers.
    pub count: u16,
    /// When it should have left the wire.
    pub deadline: Instant,
    /// How much it matters.
    pub importance: Importance,
    pub(super) words: [u16; MAX_WORDS],
}

impl Transaction {
    /// The values of a write; empty for a read.
    #[must_use]
    pub fn words(&self) -> &[u16] {
        if self.operation == Operation::Read {
            return &[];
        }
        self.words.get(..usize::from(self.count)).unwrap_or(&[])
    }

    /// Tells whether nobody answers, so that the end is [`Master::sent`](super::Master::sent).
    #[must_use]
    pub const fn is_broadcast(&self) -> bool {
        self.unit == BROADCAST_UNIT
    }
}

/// Why a transaction has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody answered, or it could not be sent.
    Timeout,
    /// Bytes came, but no valid frame.
    Corrupt,
    /// The node refused, with this exception code.
    Exception(u8),
}
