//! When an EVSE that was paused for lack of current may resume: power share
//! 8.3, decisions 7 and 33.

use smartevse_types::{Duration, Instant};

use crate::share_config::AntiFlap;

/// The last involuntary pause of an EVSE.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pause {
    since: Option<Instant>,
    /// Since when the limits exceed its need by the margin.
    room_since: Option<Instant>,
}

impl Pause {
    /// Notes a pause for lack of current.
    pub fn begin(&mut self, now: Instant) {
        self.since = Some(now);
        self.room_since = None;
    }

    /// Forgets it: unplugged, resumed, or stopped asking.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether a pause that is younger than IDLE TMO binds this EVSE.
    #[must_use]
    pub fn is_recent(&self, now: Instant, idle_tmo: Duration) -> bool {
        self.since.is_some_and(|since| now < since + idle_tmo)
    }

    /// Notes whether the margin is there now.
    pub fn see(&mut self, has_margin: bool, now: Instant) {
        self.room_since = if has_margin {
            self.room_since.or(Some(now))
        } else {
            None
        };
    }

    /// Whether the EVSE may resume, provided that its minimum is free.
    #[must_use]
    pub fn is_over(&self, now: Instant, rule: &AntiFlap, idle_tmo: Duration) -> bool {
        let Some(since) = self.since else {
            return true;
        };
        let held = self.room_since.is_some_and(|at| now >= at + rule.hold);
        now >= since + idle_tmo || (held && now >= since + rule.min_pause)
    }

    /// When the answer can change by itself.
    #[must_use]
    pub fn deadline(&self, now: Instant, rule: &AntiFlap, idle_tmo: Duration) -> Instant {
        let Some(since) = self.since else {
            return Instant::FAR_FUTURE;
        };
        let hold = self.room_since.map_or(now, |at| at + rule.hold);
        [hold, since + rule.min_pause, since + idle_tmo]
            .into_iter()
            .filter(|at| *at > now)
            .fold(Instant::FAR_FUTURE, Instant::earliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TMO: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> Instant {
        Instant::from_secs(seconds)
    }

    /// T17, decision 33: the hold runs inside the shortest pause.
    #[test]
    fn when_the_margin_holds_inside_the_shortest_pause_then_that_decides() {
        let rule = AntiFlap::default();
        let mut pause = Pause::default();
        pause.begin(at(100));
        assert!(pause.is_recent(at(159), TMO) && !pause.is_recent(at(160), TMO));
        pause.see(true, at(105));
        assert_eq!(pause.deadline(at(105), &rule, TMO), at(111));
        assert!(!pause.is_over(at(114), &rule, TMO));
        assert_eq!(pause.deadline(at(111), &rule, TMO), at(115));
        assert!(pause.is_over(at(115), &rule, TMO));
    }

    #[test]
    fn when_the_margin_is_lost_then_the_hold_begins_again() {
        let rule = AntiFlap::default();
        let mut pause = Pause::default();
        pause.begin(at(100));
        pause.see(true, at(118));
        pause.see(false, at(120));
        pause.see(true, at(121));
        pause.see(true, at(125));
        assert!(!pause.is_over(at(126), &rule, TMO));
        assert!(pause.is_over(at(127), &rule, TMO));
    }

    #[test]
    fn when_idle_tmo_has_passed_then_no_margin_is_needed() {
        let rule = AntiFlap::default();
        let mut pause = Pause::default();
        assert!(pause.is_over(at(0), &rule, TMO));
        pause.begin(at(100));
        pause.see(false, at(110));
        assert!(!pause.is_over(at(159), &rule, TMO));
        assert_eq!(pause.deadline(at(130), &rule, TMO), at(160));
        assert!(pause.is_over(at(160), &rule, TMO));
        pause.clear();
        assert_eq!(pause.deadline(at(130), &rule, TMO), Instant::FAR_FUTURE);
    }

    /// T17: with the documented preset it resumes at once.
    #[test]
    fn when_documented_then_it_resumes_at_once() {
        let mut pause = Pause::default();
        pause.begin(at(100));
        pause.see(true, at(100));
        assert!(pause.is_over(at(100), &AntiFlap::DOCUMENTED, TMO));
    }
}
