//! Delayed charging: the schedule and the local clock it needs.

use smartevse_core::schedule::{LocalSeconds, Schedule};
use smartevse_types::{Duration, Instant};

/// A schedule together with the local time that was last told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DelayedCharging {
    schedule: Schedule,
    clock: Option<(LocalSeconds, Instant)>,
}

impl DelayedCharging {
    /// The local time at a moment. The zone is the caller's business, so a
    /// change of the clocks is told like any other time.
    pub fn tell_time(&mut self, local: LocalSeconds, at: Instant) {
        self.clock = Some((local, at));
    }

    /// Local time now; `None` while nobody told it.
    #[must_use]
    pub fn local_time(&self, now: Instant) -> Option<LocalSeconds> {
        let (local, at) = self.clock?;
        let passed = u32::try_from(now.since(at).as_secs()).unwrap_or(u32::MAX);
        Some(local.saturating_add(passed))
    }

    /// The schedule that is left.
    #[must_use]
    pub const fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Replaces the schedule; [`Schedule::NONE`] ends it.
    pub fn set(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    /// Inside or outside the window; `None` = there is no schedule. What has
    /// passed is dropped from the schedule.
    pub fn step(&mut self, now: Instant) -> Option<bool> {
        if self.schedule.is_none() {
            return None;
        }
        let window = self.schedule.window(self.local_time(now));
        self.schedule = window.left;
        window.inside
    }

    /// When [`step`](Self::step) can say something else.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Instant {
        match self.clock {
            Some((_, at)) if !self.schedule.is_none() => {
                let passed = now.since(at).as_secs().saturating_add(1);
                at + Duration::from_secs(passed)
            }
            Some(_) | None => Instant::FAR_FUTURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_start_comes_then_the_window_opens_once() {
        let mut delay = DelayedCharging::default();
        let t0 = Instant::from_millis(500);
        delay.tell_time(1_000, t0);
        delay.set(Schedule::new(1_000, Some(1_002), None, false));
        assert_eq!(delay.step(t0), Some(false));
        assert_eq!(delay.deadline(t0), Instant::from_millis(1_500));
        assert_eq!(delay.step(Instant::from_millis(2_499)), Some(false));
        assert_eq!(delay.step(Instant::from_millis(2_500)), Some(true));
        assert_eq!(delay.step(Instant::from_millis(2_600)), None);
        assert_eq!(delay.deadline(t0), Instant::FAR_FUTURE);
    }

    #[test]
    fn when_the_clock_is_not_set_then_the_start_waits() {
        let mut delay = DelayedCharging::default();
        delay.set(Schedule::new(0, Some(5), None, false));
        assert_eq!(delay.step(Instant::from_secs(1_000_000)), Some(false));
        assert_eq!(delay.local_time(Instant::ZERO), None);
    }
}
