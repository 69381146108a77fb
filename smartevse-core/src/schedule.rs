//! Delayed start and stop of charging (charging specification §12.1).
//!
//! Pure functions over local time. A daily window is compared by its time of
//! day, so that it neither drifts when the clocks change nor replays the days
//! of a long outage.

/// Seconds of a day.
const DAY: u32 = 86_400;

/// Local time in seconds since any local midnight, for instance 2023-01-01
/// 00:00. The caller applies the zone.
pub type LocalSeconds = u32;

/// A delayed start, and perhaps a stop, once or daily.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Schedule {
    start: Option<LocalSeconds>,
    stop: Option<LocalSeconds>,
    daily: bool,
}

/// What a schedule says now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// Inside or outside the charging window; `None` = no schedule.
    pub inside: Option<bool>,
    /// What is left of the schedule: moments that have passed are gone.
    pub left: Schedule,
}

impl Schedule {
    /// No schedule.
    pub const NONE: Self = Self {
        start: None,
        stop: None,
        daily: false,
    };

    /// Makes a schedule. A start that is not ahead gives none: charging begins
    /// at once. A stop counts only if it is later than the start, a repetition
    /// only together with a stop.
    #[must_use]
    pub fn new(
        now: LocalSeconds,
        start: Option<LocalSeconds>,
        stop: Option<LocalSeconds>,
        daily: bool,
    ) -> Self {
        let Some(start) = start.filter(|start| *start > now) else {
            return Self::NONE;
        };
        let stop = stop.filter(|stop| *stop > start);
        Self {
            start: Some(start),
            stop,
            daily: daily && stop.is_some(),
        }
    }

    /// Restores a schedule from storage: what is left of one that was made
    /// before. A repetition counts only with start and stop, a stop only if it
    /// is later than the start.
    #[must_use]
    pub fn restored(start: Option<LocalSeconds>, stop: Option<LocalSeconds>, daily: bool) -> Self {
        let stop = stop.filter(|stop| start.is_none_or(|start| *stop > start));
        Self {
            start,
            stop,
            daily: daily && start.is_some() && stop.is_some(),
        }
    }

    /// Start that is still ahead, or on a daily schedule the first one.
    #[must_use]
    pub const fn start(&self) -> Option<LocalSeconds> {
        self.start
    }

    /// Stop that is still ahead, or on a daily schedule the first one.
    #[must_use]
    pub const fn stop(&self) -> Option<LocalSeconds> {
        self.stop
    }

    /// Whether the window repeats every day.
    #[must_use]
    pub const fn is_daily(&self) -> bool {
        self.daily
    }

    /// Whether there is anything to wait for.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.start.is_none() && self.stop.is_none()
    }

    /// What the schedule says. `now` is `None` while the clock is not set: a
    /// pending start then keeps waiting.
    #[must_use]
    pub fn window(self, now: Option<LocalSeconds>) -> Window {
        let Some(now) = now else {
            let waits = self.start.is_some();
            return Window {
                inside: waits.then_some(false),
                left: self,
            };
        };
        match (self.start, self.stop) {
            (Some(start), _) if now < start => Window {
                inside: Some(false),
                left: self,
            },
            (Some(start), Some(stop)) if self.daily => Window {
                inside: Some(is_within(now, start, stop)),
                left: self,
            },
            (_, Some(stop)) if now < stop => Window {
                inside: Some(true),
                left: self,
            },
            (_, Some(_)) => Window {
                inside: Some(false),
                left: Self::NONE,
            },
            (Some(_), None) => Window {
                inside: Some(true),
                left: Self::NONE,
            },
            (None, None) => Window {
                inside: None,
                left: Self::NONE,
            },
        }
    }
}

/// Whether the time of day lies in a window that may pass midnight.
const fn is_within(now: LocalSeconds, start: LocalSeconds, stop: LocalSeconds) -> bool {
    let (now, start, stop) = (now % DAY, start % DAY, stop % DAY);
    if start <= stop {
        now >= start && now < stop
    } else {
        now >= start || now < stop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u32 = 3_600;

    fn inside(schedule: Schedule, now: u32) -> Option<bool> {
        schedule.window(Some(now)).inside
    }

    #[test]
    fn when_the_start_is_not_ahead_then_there_is_no_schedule() {
        assert!(Schedule::new(100, Some(100), Some(200), true).is_none());
        assert!(Schedule::new(100, None, Some(200), true).is_none());
        let odd = Schedule::new(100, Some(300), Some(200), true);
        assert_eq!(
            (odd.start(), odd.stop(), odd.is_daily()),
            (Some(300), None, false)
        );
    }

    #[test]
    fn when_it_happens_once_then_it_is_gone_afterwards() {
        let once = Schedule::new(0, Some(HOUR), Some(3 * HOUR), false);
        assert_eq!(inside(once, HOUR - 1), Some(false));
        assert_eq!(inside(once, HOUR), Some(true));
        assert_eq!(inside(once, 3 * HOUR - 1), Some(true));
        let after = once.window(Some(3 * HOUR));
        assert_eq!(
            after,
            Window {
                inside: Some(false),
                left: Schedule::NONE
            }
        );
        assert_eq!(inside(Schedule::NONE, 5), None);
    }

    #[test]
    fn when_there_is_no_stop_then_the_start_ends_the_schedule() {
        let start = Schedule::new(0, Some(HOUR), None, false);
        let window = start.window(Some(2 * HOUR));
        assert_eq!(
            window,
            Window {
                inside: Some(true),
                left: Schedule::NONE
            }
        );
    }

    #[test]
    fn when_a_schedule_is_restored_then_it_is_one_that_can_arise() {
        let daily = Schedule::new(0, Some(HOUR), Some(2 * HOUR), true);
        assert_eq!(Schedule::restored(Some(HOUR), Some(2 * HOUR), true), daily);
        let start = Schedule::restored(Some(HOUR), Some(HOUR), true);
        assert_eq!(start, Schedule::new(0, Some(HOUR), None, false));
        let rest = Schedule::restored(None, Some(HOUR), true);
        assert_eq!((rest.stop(), rest.is_daily()), (Some(HOUR), false));
    }

    /// D-27: neither a change of the clocks nor an outage moves a daily window.
    #[test]
    fn when_it_is_daily_then_the_time_of_day_counts() {
        let nightly = Schedule::new(0, Some(23 * HOUR), Some(29 * HOUR), true);
        for day in [1, 2, 400] {
            let midnight = day * DAY;
            assert_eq!(inside(nightly, midnight + 22 * HOUR), Some(false));
            assert_eq!(inside(nightly, midnight + 23 * HOUR), Some(true));
            assert_eq!(inside(nightly, midnight + DAY + 4 * HOUR), Some(true));
            assert_eq!(inside(nightly, midnight + DAY + 5 * HOUR), Some(false));
        }
        assert_eq!(nightly.window(Some(9 * DAY)).left, nightly);
    }

    #[test]
    fn when_the_clock_is_not_set_then_a_pending_start_waits() {
        let pending = Schedule::new(0, Some(HOUR), None, false);
        assert_eq!(
            pending.window(None),
            Window {
                inside: Some(false),
                left: pending
            }
        );
        assert_eq!(Schedule::NONE.window(None).inside, None);
    }

    #[test]
    fn when_there_is_a_start_or_a_stop_then_it_is_a_schedule() {
        let start = Schedule::new(0, Some(HOUR), None, false);
        assert!(!start.is_none());
        assert!(!Schedule::new(0, Some(HOUR), Some(2 * HOUR), false).is_none());
        assert!(start.window(Some(2 * HOUR)).left.is_none());
    }

    /// charging 12.1: a daily window within one day; the start belongs to it,
    /// the stop does not.
    #[test]
    fn when_a_daily_window_lies_in_the_day_then_it_opens_and_closes_daily() {
        let office = Schedule::new(0, Some(8 * HOUR), Some(17 * HOUR), true);
        for midnight in [0, DAY, 30 * DAY] {
            for (hour, expected) in [(8, true), (12, true), (17, false), (23, false)] {
                assert_eq!(inside(office, midnight + hour * HOUR), Some(expected));
            }
            assert_eq!(inside(office, midnight + 17 * HOUR - 1), Some(true));
        }
        for hour in [0, 7] {
            assert_eq!(inside(office, DAY + hour * HOUR), Some(false));
        }
        assert_eq!(inside(office, DAY + 8 * HOUR - 1), Some(false));
    }

    #[test]
    fn when_it_is_daily_then_it_keeps_its_moments() {
        let daily = Schedule::new(0, Some(HOUR), Some(2 * HOUR), true);
        let told = (daily.start(), daily.stop(), daily.is_daily());
        assert_eq!(told, (Some(HOUR), Some(2 * HOUR), true));
    }
}
