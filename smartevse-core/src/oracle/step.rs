//! One poll as the rows of the oracle see it.

use smartevse_types::{Access, Duration, Instant};

use crate::charger::BoardFacts;
use crate::directive::{ChargerStatus, DIRECTIVE_LEASE, Directive};
use crate::faults::Faults;
use crate::io::{Inputs, Outputs};

use super::history::History;

/// What went into a poll and what came out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) now: Instant,
    pub(super) inputs: Inputs,
    pub(super) directive: Directive,
    pub(super) outputs: Outputs,
    pub(super) status: ChargerStatus,
}

impl Seen {
    /// Whether the directive is valid: less than a second old, and not from a
    /// future further away than that.
    pub(super) fn is_fresh(&self) -> bool {
        self.directive.issued.is_some_and(|issued| {
            self.now.since(issued) < DIRECTIVE_LEASE && issued.since(self.now) <= DIRECTIVE_LEASE
        })
    }

    /// An expired directive changes no setting and carries no request.
    pub(super) fn adopt(&mut self, previous: Option<&Self>) {
        if !self.is_fresh() {
            let old = previous.map_or_else(Directive::default, |seen| seen.directive);
            self.directive.config = old.config;
            self.directive.requests = old.requests;
        }
    }

    /// Whether somebody is authorised to charge.
    pub(super) fn is_allowed(&self) -> bool {
        self.is_fresh() && self.directive.access == Access::On
    }

    /// Whether the main contactor is commanded closed.
    pub(super) const fn closed(&self) -> bool {
        self.outputs.contactor1.is_closed()
    }

    /// Whether the second contactor is commanded closed.
    pub(super) const fn second(&self) -> bool {
        self.outputs.contactor2.is_closed()
    }

    /// Faults that prevent charging, those imposed by planning included.
    pub(super) fn blocking(&self, facts: &BoardFacts) -> Faults {
        let imposed = if self.is_fresh() {
            self.directive.faults
        } else {
            Faults::empty()
        };
        let mut warnings = Faults::STORAGE_FAULT;
        if facts.lock_advisory {
            warnings.insert(Faults::LOCK_FAULT);
        }
        self.status.faults.union(imposed).difference(warnings)
    }
}

/// Answer of one row to one poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The situation that the row speaks of did not occur.
    Silent,
    /// It occurred, and the row holds.
    Holds,
    /// It occurred, and this went wrong.
    Broken(&'static str),
}

/// Judges one condition in a situation.
pub(super) const fn judge(situation: bool, good: bool, complaint: &'static str) -> Verdict {
    match (situation, good) {
        (false, _) => Verdict::Silent,
        (true, true) => Verdict::Holds,
        (true, false) => Verdict::Broken(complaint),
    }
}

/// Judges several conditions in a situation; the first that fails counts.
pub(super) fn judge_all(situation: bool, conditions: &[(bool, &'static str)]) -> Verdict {
    if !situation {
        return Verdict::Silent;
    }
    conditions
        .iter()
        .find(|(good, _)| !good)
        .map_or(Verdict::Holds, |(_, complaint)| Verdict::Broken(complaint))
}

/// A poll together with what came before.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) facts: BoardFacts,
    pub(super) here: &'a Seen,
    pub(super) previous: Option<&'a Seen>,
    pub(super) past: &'a History,
}

impl Step<'_> {
    /// Moment of the previous poll, or of this one if it is the first.
    pub(super) fn previous_now(&self) -> Instant {
        self.previous.map_or(self.here.now, |seen| seen.now)
    }

    /// Time since the previous poll.
    pub(super) fn interval(&self) -> Duration {
        self.here.now.since(self.previous_now())
    }

    /// Whether the main contactor was commanded closed before this poll.
    pub(super) fn was_closed(&self) -> bool {
        self.previous.is_some_and(Seen::closed)
    }

    /// Whether the main contactor closes in this poll.
    pub(super) fn closing(&self) -> bool {
        self.here.closed() && !self.was_closed()
    }

    /// Whether the main contactor opens in this poll.
    pub(super) fn opening(&self) -> bool {
        !self.here.closed() && self.was_closed()
    }

    /// Whether the second contactor was commanded closed before this poll.
    pub(super) fn second_was(&self) -> bool {
        self.previous.is_some_and(Seen::second)
    }
}
