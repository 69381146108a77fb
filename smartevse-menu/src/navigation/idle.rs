//! Time-out of the menu (menu specification §5.7).

use smartevse_types::{Duration, Instant};

/// The menu is left at the first whole second after this time without a
/// button.
const IDLE: Duration = Duration::from_secs(120);
/// A pause of the time-out ends after this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Time without a button; it may pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Idle {
    mark: Instant,
    used: Duration,
    paused_for: Duration,
    paused: bool,
}

impl Idle {
    /// Starts with a button.
    pub const fn new(now: Instant) -> Self {
        Self {
            mark: now,
            used: Duration::ZERO,
            paused_for: Duration::ZERO,
            paused: false,
        }
    }

    /// Counts the time until now and says whether it pauses from now on.
    pub fn advance(&mut self, now: Instant, paused: bool) {
        let passed = now.since(self.mark);
        self.mark = now.latest(self.mark);
        if self.is_pausing() {
            self.paused_for = self.paused_for + passed;
        } else {
            self.used = self.used + passed;
        }
        self.paused = paused;
    }

    fn is_pausing(&self) -> bool {
        self.paused && self.paused_for < LONGEST_PAUSE
    }

    /// When the menu is left, or when the pause ends.
    pub fn deadline(&self) -> Instant {
        if self.is_pausing() {
            return self.mark + (LONGEST_PAUSE - self.paused_for);
        }
        whole_second(self.mark + (IDLE - self.used))
    }

    /// Whether the menu is left now.
    pub fn is_over(&self, now: Instant) -> bool {
        !self.is_pausing() && self.deadline() <= now
    }
}

/// The moment itself if it is a whole second, else the next one.
fn whole_second(at: Instant) -> Instant {
    let floor = Instant::from_secs(at.as_secs());
    if floor == at {
        at
    } else {
        floor + Duration::from_secs(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    /// Menu invariant 27: at the first whole second after 120 s.
    #[test]
    fn when_no_button_comes_then_it_is_over_at_the_next_whole_second() {
        let mut idle = Idle::new(at(250));
        assert_eq!(idle.deadline(), at(121_000));
        idle.advance(at(120_900), false);
        assert!(!idle.is_over(at(120_900)) && idle.is_over(at(121_000)));
        assert_eq!(Idle::new(at(1000)).deadline(), at(121_000));
    }

    /// Menu specification §5.7: paused, not restarted; at most 10 min.
    #[test]
    fn when_it_pauses_then_the_time_stands_still_for_ten_minutes() {
        let mut idle = Idle::new(at(0));
        idle.advance(at(100_000), true);
        assert_eq!(idle.deadline(), at(700_000));
        idle.advance(at(300_000), true);
        assert_eq!(idle.deadline(), at(700_000));
        assert!(!idle.is_over(at(500_000)));
        idle.advance(at(700_000), true);
        assert_eq!(idle.deadline(), at(720_000));
        assert!(!idle.is_over(at(719_999)) && idle.is_over(at(720_000)));
    }
}
