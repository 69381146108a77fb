//! Sentences that are shown over the status after something was done.

use smartevse_core::command::Refused;
use smartevse_core::settings::{ConfigWarnings, Notices};
use smartevse_types::{Duration, Instant};

/// Each sentence is shown for this time.
const READING_TIME: Duration = Duration::from_secs(5);
/// "Locked" is shown for this time.
const LOCKED_TIME: Duration = Duration::from_secs(2);

/// What was said about a press or a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Notice {
    /// The LCD is locked.
    Locked,
    /// A wish was refused.
    Refused(Refused),
    /// Settings were taken over with changes or doubts.
    Applied(Notices, ConfigWarnings),
    /// LCD PIN can only be changed at the device.
    OnlyHere,
}

/// A notice since a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    notice: Notice,
    since: Instant,
}

impl Shown {
    /// Shows a notice from now on.
    pub const fn new(notice: Notice, since: Instant) -> Self {
        Self { notice, since }
    }

    /// The sentence to show now.
    pub fn sentence(&self, now: Instant) -> Option<&'static str> {
        match self.notice {
            Notice::Locked => None,
            Notice::Refused(refused) => Some(refused.text()),
            Notice::OnlyHere => Some("LCD PIN can only be changed at the charger itself"),
            Notice::Applied(notices, warnings) => {
                notices.texts().chain(warnings.texts()).nth(self.page(now))
            }
        }
    }

    fn pages(&self) -> u64 {
        match self.notice {
            Notice::Locked | Notice::Refused(_) | Notice::OnlyHere => 1,
            Notice::Applied(notices, warnings) => {
                let count = notices.texts().chain(warnings.texts()).count();
                u64::try_from(count).unwrap_or(u64::MAX)
            }
        }
    }

    fn time(&self) -> Duration {
        match self.notice {
            Notice::Locked => LOCKED_TIME,
            Notice::Refused(_) | Notice::OnlyHere | Notice::Applied(..) => READING_TIME,
        }
    }

    fn page(&self, now: Instant) -> usize {
        let passed = now.since(self.since).as_micros();
        let page = passed.checked_div(self.time().as_micros()).unwrap_or(0);
        usize::try_from(page).unwrap_or(usize::MAX)
    }

    /// Whether it has been shown long enough.
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.since + self.time().times(self.pages())
    }

    /// When the next sentence comes, or the end.
    pub fn deadline(&self, now: Instant) -> Instant {
        let page = u64::try_from(self.page(now)).unwrap_or(u64::MAX);
        self.since + self.time().times(page.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn when_there_are_several_sentences_then_each_has_its_time() {
        let notices = Notices::MIN_LOWERED | Notices::SENSORBOX_ADDRESS;
        let shown = Shown::new(
            Notice::Applied(notices, ConfigWarnings::MAINS_BELOW_MIN),
            at(1000),
        );
        assert_eq!(shown.sentence(at(5999)), Some("MIN lowered to MAX"));
        assert!(shown.sentence(at(6000)).unwrap().starts_with("MAINS ADR"));
        assert_eq!(shown.deadline(at(6000)), at(11_000));
        assert!(shown.sentence(at(15_999)).unwrap().starts_with("MAINS is"));
        assert!(!shown.is_over(at(15_999)) && shown.is_over(at(16_000)));
    }

    #[test]
    fn when_the_lcd_is_locked_then_it_is_said_for_two_seconds() {
        let shown = Shown::new(Notice::Locked, at(0));
        assert!(shown.sentence(at(0)).is_none());
        assert!(!shown.is_over(at(1999)) && shown.is_over(at(2000)));
        let refused = Shown::new(Notice::Refused(Refused::Busy), at(0));
        assert!(refused.sentence(at(0)).is_some() && refused.is_over(at(5000)));
    }
}
