//! Safety oracle: watches a charging control from outside and reports the
//! number of the invariant that it saw violated (charging specification §11.3).
//!
//! [`Watch::observe`] is called after every poll with what went in and what
//! came out. It owns its classification of the pilot, its duty formulas, its
//! cable table and its timers, and shares no rule with the charging control.
//! Where the specification leaves room (hysteresis near a border, a median, one
//! poll of delay) it judges only the clear case. Its state has a fixed size, and
//! a call does bounded work.
//!
//! A time limit counts as missed when an earlier poll already came at or after
//! its end: a charger that is polled every 10 ms has 10 ms of tolerance, one
//! that is polled at its deadlines must have acted by the poll after.
//!
//! ```
//! use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
//! use smartevse_core::directive::Directive;
//! use smartevse_core::io::Inputs;
//! use smartevse_core::oracle::Watch;
//! use smartevse_types::Instant;
//!
//! let facts = BoardFacts::default();
//! let mut charger = Charger::new(facts, BootRecord::default(), Instant::ZERO);
//! let mut watch = Watch::new(facts);
//! let (inputs, directive) = (Inputs::default(), Directive::default());
//! for tick in 0..100 {
//!     let now = Instant::from_millis(tick * 10);
//!     let outputs = charger.poll(now, &inputs, &directive);
//!     let result = watch.observe(now, &inputs, &directive, &outputs, &charger.status());
//!     if let Err(violation) = result {
//!         println!("{violation}");
//!     }
//!     watch.promise(charger.deadline());
//! }
//! ```

mod closing;
mod flow;
mod heat;
mod history;
mod latch;
mod limits;
mod modem;
mod offer;
mod opening;
mod pilot;
mod residual;
mod spell;
mod step;
mod table;
mod willing;

#[cfg(test)]
mod tests;

use core::fmt;

use smartevse_types::Instant;

use crate::charger::BoardFacts;
use crate::directive::{ChargerStatus, Directive};
use crate::io::{Deadline, Inputs, Outputs};

pub use table::{INVARIANTS, Invariant, Scope};

use history::History;
use step::{Seen, Step, Verdict};

/// An invariant that was seen broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Number of the invariant, 1..=32.
    pub number: u8,
    /// What was wrong.
    pub text: &'static str,
    /// Moment of the poll.
    pub at: Instant,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I-{:02} at {}: {}", self.number, self.at, self.text)
    }
}

impl core::error::Error for Violation {}

type Row = fn(&Step<'_>) -> Verdict;

/// One function for each invariant, in the order of [`INVARIANTS`].
const ROWS: [Row; 32] = [
    opening::i01,
    closing::i02,
    closing::i03,
    closing::i04,
    offer::i05,
    opening::i06,
    opening::i07,
    opening::i08,
    opening::i09,
    opening::i10,
    opening::i11,
    opening::i12,
    closing::i13,
    closing::i14,
    closing::i15,
    opening::i16,
    offer::i17,
    offer::i18,
    offer::i19,
    flow::i20,
    flow::i21,
    flow::i22,
    flow::i23,
    flow::i24,
    flow::i25,
    closing::i26,
    elsewhere,
    elsewhere,
    closing::i29,
    offer::i30,
    flow::i31,
    offer::i32,
];

/// Bit of an invariant; 0 for a number that does not exist.
const fn bit(number: u8) -> u32 {
    match number {
        1..=32 => 1_u32.rotate_left(number as u32).rotate_right(1),
        _ => 0,
    }
}

/// Row that polls do not show; [`Scope::Elsewhere`] says who proves it.
fn elsewhere(_: &Step<'_>) -> Verdict {
    Verdict::Silent
}

/// Observer of one charging control.
///
/// It holds the latest poll and a summary of the past; nothing grows.
#[derive(Clone, Debug)]
pub struct Watch {
    facts: BoardFacts,
    previous: Option<Seen>,
    past: History,
    hits: [u32; 33],
    broken: u32,
}

impl Watch {
    /// Starts to watch a charging control that has just started.
    #[must_use]
    pub fn new(facts: BoardFacts) -> Self {
        Self {
            facts,
            previous: None,
            past: History::default(),
            hits: [0; 33],
            broken: 0,
        }
    }

    /// Says when the charging control started, if that was before the first
    /// poll (I-29).
    #[must_use]
    pub fn started(mut self, at: Instant) -> Self {
        self.past.boot = Some(at);
        self
    }

    /// Forgets the past because the device was reset; the counters stay.
    pub fn restart(&mut self) {
        self.previous = None;
        self.past = History::default();
    }

    /// Says until when the charging control promised not to change by itself
    /// (I-25); valid for the next poll.
    ///
    /// Without a promise only polls at the same moment are compared.
    pub fn promise(&mut self, deadline: Deadline) {
        self.past.promise = Some(deadline.earliest());
    }

    /// Judges one poll.
    ///
    /// # Errors
    ///
    /// The broken invariant with the lowest number. The watch stays usable and
    /// takes what it saw as the new past.
    pub fn observe(
        &mut self,
        now: Instant,
        inputs: &Inputs,
        directive: &Directive,
        outputs: &Outputs,
        status: &ChargerStatus,
    ) -> Result<(), Violation> {
        let mut here = Seen {
            now,
            inputs: *inputs,
            directive: *directive,
            outputs: *outputs,
            status: *status,
        };
        here.adopt(self.previous.as_ref());
        self.past.update(&self.facts, self.previous.as_ref(), &here);
        let result = self.judge(&here);
        self.past.drive(self.previous.as_ref(), &here);
        self.previous = Some(here);
        result
    }

    fn judge(&mut self, here: &Seen) -> Result<(), Violation> {
        let step = Step {
            facts: self.facts,
            here,
            previous: self.previous.as_ref(),
            past: &self.past,
        };
        let mut result = Ok(());
        self.broken = 0;
        let rows = INVARIANTS.iter().zip(ROWS);
        for ((invariant, row), hits) in rows.zip(self.hits.iter_mut().skip(1)) {
            let verdict = row(&step);
            if verdict != Verdict::Silent {
                *hits = hits.saturating_add(1);
            }
            if let Verdict::Broken(text) = verdict {
                let number = invariant.number;
                self.broken |= bit(number);
                let at = here.now;
                result = result.and(Err(Violation { number, text, at }));
            }
        }
        result
    }

    /// Number of polls in which the situation of each invariant really
    /// occurred, by number; the entry 0 is unused. Saturates.
    #[must_use]
    pub const fn hits(&self) -> &[u32; 33] {
        &self.hits
    }

    /// Whether the latest poll broke this invariant; the error of
    /// [`Watch::observe`] names only the first one.
    #[must_use]
    pub const fn is_broken(&self, number: u8) -> bool {
        self.broken & bit(number) != 0
    }

    /// Invariants that should have been observed and never were.
    pub fn missing(&self) -> impl Iterator<Item = &'static Invariant> {
        INVARIANTS
            .iter()
            .zip(self.hits.iter().skip(1))
            .filter(|(row, hits)| **hits == 0 && !matches!(row.scope, Scope::Elsewhere(_)))
            .map(|(row, _)| row)
    }
}
