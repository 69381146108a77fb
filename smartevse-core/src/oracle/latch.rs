//! Faults that need somebody to clear them.

use smartevse_types::{Duration, Instant};

use crate::faults::Faults;
use crate::io::ContactorFeedback;

use super::pilot::{TOLERATED, View};
use super::step::Seen;

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
}

impl LatchWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(&mut self, view: &View) {
        if view.may_be_gone {
            self.pilot_faults = 0;
            self.forget_retry();
        }
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
        let rising = here.status.local_faults.difference(before);
        let falling = before.difference(here.status.local_faults);
        let was_closed = previous.is_some_and(Seen::closed);
        if rising.contains(Faults::PILOT_FAULT) && was_closed && view.gap <= TOLERATED {
            self.pilot_faults = self.pilot_faults.saturating_add(1);
        }
        if falling.contains(Faults::CONTACTOR_FAULT) {
            self.retry = Retry::Used;
        }
        let second = previous.is_some_and(Seen::second);
        let no_close = was_closed
            && (here.inputs.contactor1 == ContactorFeedback::Open
                || (second && here.inputs.contactor2 == ContactorFeedback::Open));
        if rising.contains(Faults::CONTACTOR_FAULT) && no_close && self.retry == Retry::Free {
            self.retry = Retry::Since(here.now);
        }
        let second_works = !here.second() || here.inputs.contactor2 != ContactorFeedback::Open;
        let works =
            here.closed() && here.inputs.contactor1 == ContactorFeedback::Closed && second_works;
        if works {
            self.forget_retry();
        }
    }
}
