//! Faults that need somebody to clear them.

use smartevse_types::{Duration, Instant};

use crate::faults::Faults;
use crate::io::ContactorFeedback;

use super::pilot::{TOLERATED, View};
use super::spell::Spell;
use super::step::Seen;

/// A contactor must follow its command within this time (CONTACTOR_FEEDBACK).
const WELD: Duration = Duration::from_millis(500);
/// A contactor that did not close is tried once more after this time (§4.3).
const RETRY: Duration = Duration::from_secs(60);

/// A contactor fault that may end once by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Retry {
    /// Not used since the contactor last worked.
    #[default]
    Free,
    /// The contactor did not close at this moment.
    Since(Instant),
    /// Used up.
    Used,
}

/// Latched faults as seen over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatchWatch {
    /// Pilot faults of this plug-in period that opened the main contactor.
    pub(super) pilot_faults: u8,
    retry: Retry,
    /// The main contactor reads closed although it was commanded open.
    stuck: Spell,
    /// The same for the second one while both were commanded open.
    second_stuck: Spell,
    /// A weld was certain, and no service has been there since.
    pub(super) welded: bool,
}

impl LatchWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(&mut self, previous: Option<&Seen>, here: &Seen, view: &View) {
        let open = !previous.is_some_and(Seen::closed);
        let both = open && !previous.is_some_and(Seen::second);
        let closed = ContactorFeedback::Closed;
        self.stuck
            .mark(open && here.inputs.contactor1 == closed, here.now);
        self.second_stuck
            .mark(both && here.inputs.contactor2 == closed, here.now);
        if view.may_be_gone {
            self.pilot_faults = 0;
            self.forget_retry();
        }
    }

    /// A contactor reads closed although it was commanded open.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.since().is_some() || self.second_stuck.since().is_some()
    }

    /// It has read closed for too long.
    pub(super) fn is_weld(&self, previous: Instant) -> bool {
        self.stuck.overdue(previous, WELD) || self.second_stuck.overdue(previous, WELD)
    }

    fn forget_retry(&mut self) {
        if self.retry == Retry::Used {
            self.retry = Retry::Free;
        }
    }

    /// Whether a contactor fault may end by itself now.
    pub(super) fn may_retry(&self, now: Instant) -> bool {
        matches!(self.retry, Retry::Since(at) if now.since(at) >= RETRY)
    }

    /// Takes the outputs of a poll in, after they were judged.
    pub(super) fn drive(&mut self, previous: Option<&Seen>, here: &Seen, view: &View) {
        let before = previous.map_or(Faults::empty(), |seen| seen.status.local_faults);
        let previous_now = previous.map_or(here.now, |seen| seen.now);
        self.welded |= self.is_weld(previous_now);
        let serviced = previous.is_some_and(|seen| is_serviced(seen, here));
        self.welded &= !serviced;
        let rising = here.status.local_faults.difference(before);
        let falling = before.difference(here.status.local_faults);
        let was_closed = previous.is_some_and(Seen::closed);
        if rising.contains(Faults::PILOT_FAULT) && was_closed && view.gap <= TOLERATED {
            self.pilot_faults = self.pilot_faults.saturating_add(1);
        }
        if serviced {
            self.retry = Retry::Free;
        } else if falling.contains(Faults::CONTACTOR_FAULT) {
            self.retry = Retry::Used;
        }
        let second = previous.is_some_and(Seen::second);
        let no_close = (was_closed && here.inputs.contactor1 == ContactorFeedback::Open)
            || (second && here.inputs.contactor2 == ContactorFeedback::Open);
        if rising.contains(Faults::CONTACTOR_FAULT) && no_close && self.retry == Retry::Free {
            self.retry = Retry::Since(here.now);
        }
        let (first, second) = (here.inputs.contactor1, here.inputs.contactor2);
        let reads = |wanted| first == wanted || (here.second() && second == wanted);
        let works = reads(ContactorFeedback::Closed) && !reads(ContactorFeedback::Open);
        if here.closed() && works {
            self.forget_retry();
        }
    }
}

/// Service acts in this poll, and nothing reads closed (§4.3).
pub(super) fn is_serviced(previous: &Seen, here: &Seen) -> bool {
    let asked = previous.directive.requests.service_reset != here.directive.requests.service_reset;
    let closed = ContactorFeedback::Closed;
    asked && ![here.inputs.contactor1, here.inputs.contactor2].contains(&closed)
}
