//! Verdict of a contract test.

use core::fmt;

use crate::hardware::{Error, ErrorKind};

macro_rules! clauses {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// One clause of a contract.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Clause {
            $($(#[$doc])* $name,)*
        }

        impl Clause {
            /// Gives the clause as a sentence.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

clauses! {
    /// Every legal command is accepted.
    Accepts = "Every legal command is accepted.";
    /// A working part can be read.
    Reads = "A working part can be read.";
    /// A range of samples has its minimum below its maximum.
    SampleRange = "The minimum of a range is not above its maximum.";
    /// A summary begins before it ends.
    SampleSpan = "A summary begins no later than its newest sample.";
    /// The newest sample never becomes older.
    SampleOrder = "The moment of the newest sample never goes back.";
    /// No sample comes from the future.
    SampleFuture = "No sample lies ahead of the present moment.";
    /// A summary is there and at most 50 ms old.
    SampleAge = "After 100 ms a summary is there and at most 50 ms old.";
    /// A summary speaks for at least 20 ms.
    SampleWindow = "A summary speaks for at least 20 ms.";
    /// The low phase is there exactly while there are pulses.
    LowPhase = "The low phase is there exactly while there are pulses.";
    /// The open connector shows +12 V.
    PositiveLevel = "The open connector shows 10.5 V to 13.5 V in the high phase.";
    /// The open connector shows −12 V.
    NegativeLevel = "The open connector shows -13.5 V to -10.0 V in the low phase.";
    /// A fitted auxiliary contact follows its contactor within 500 ms.
    ContactorFollows = "A fitted auxiliary contact follows its contactor within 500 ms.";
    /// A fitted lock feedback follows a pulse within 800 ms.
    LockFollows = "A fitted lock feedback follows a pulse of 600 ms within 800 ms.";
    /// Taking an edge clears it.
    EdgeCleared = "Taking an edge clears it.";
    /// The monitor is normal without residual current.
    MonitorNormal = "A connected monitor reads normal while its test is off.";
    /// The monitor reacts to its test within 1 s.
    MonitorTest = "The monitor reacts to its test within 1 s.";
    /// The temperature is one that a room can have.
    TemperaturePlausible = "A measured temperature lies within -40 to 110 degrees Celsius.";
    /// A known resistor reads within 10 %.
    ProximityReading = "A known resistor between contact and earth reads within 10 %.";
    /// Sampling replaces every input.
    InputReplaced = "Sampling leaves nothing of the former inputs.";
    /// Sampling keeps the reported faults.
    FaultsKept = "Sampling keeps the flags of parts that failed before.";
    /// Unpressed buttons read as unpressed.
    ButtonsIdle = "With no button pressed the set is empty.";
    /// The card shown is the one read.
    CardRead = "The card shown is the card that is read.";
    /// Writing makes progress.
    BusWrites = "A write takes at least one byte and no more than it was given.";
    /// Sizes fit the storage engine.
    StorageGeometry = "Sizes divide one another and one write fits into 256 bytes.";
    /// An erased block reads as 0xFF.
    StorageErased = "An erased block reads as 0xFF.";
    /// What was written is read.
    StorageKept = "What was written is read back, and nothing else changed.";
    /// Requests outside the flash are refused.
    StorageBounds = "A request beyond the end is refused.";
    /// Appending takes at most what is stated.
    AppendStall = "A write of 256 bytes takes at most the stated time.";
    /// Erasing takes at most what is stated.
    EraseStall = "Erasing a block takes at most the stated time.";
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The clause that does not hold, with the error that told so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Violation {
    /// Clause that does not hold.
    pub clause: Clause,
    /// Kind of the error, where a call failed.
    pub error: Option<ErrorKind>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "does not hold: {}", self.clause)?;
        match self.error {
            Some(kind) => write!(f, " ({kind})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Violation {}

/// Demands that a condition holds.
pub(super) const fn demand(holds: bool, clause: Clause) -> Result<(), Violation> {
    if holds {
        return Ok(());
    }
    Err(Violation {
        clause,
        error: None,
    })
}

/// Demands that a call succeeds.
pub(super) fn accept<T, E: Error>(result: Result<T, E>, clause: Clause) -> Result<T, Violation> {
    result.map_err(|error| Violation {
        clause,
        error: Some(error.kind()),
    })
}
