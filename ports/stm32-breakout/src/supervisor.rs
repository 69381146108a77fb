//! Supervision of the contexts: decides whether the watchdog is fed.

use smartevse_core::pilot::PILOT_STALE;
use smartevse_types::{Duration, Instant};

/// A context below the charging control.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Context {
    /// Planning and meter line, every 10 ms.
    Planning,
    /// Console and buttons, every 100 ms.
    FrontEnd,
}

/// How long a context may be silent before the watchdog is no longer fed.
/// Planning that hangs ends a charge after 1 s in any case: its directive
/// expires.
const SILENCE: [(Context, Duration); 2] = [
    (Context::Planning, Duration::from_millis(500)),
    (Context::FrontEnd, Duration::from_secs(2)),
];

/// Limits of the time between two polls by the clock of the firmware. The pilot
/// timer calls the polls, so that a clock that stands still, runs wrong or jumps
/// does not feed the watchdog.
const BETWEEN_POLLS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(20));

/// What the charging control saw at the end of its poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Moment of the poll before.
    pub last: Instant,
    /// Moment of the newest pilot sample.
    pub pilot: Option<Instant>,
    /// The outputs were read back and are as commanded.
    pub read_back: bool,
    /// Latest sign of life of planning.
    pub planning: Instant,
    /// Latest sign of life of the front ends.
    pub front_end: Instant,
}

/// Tells whether the watchdog may be fed after a completed poll (charging
/// specification §11.2 rule 5).
#[must_use]
pub fn may_feed(now: Instant, seen: &Seen) -> bool {
    let between = now.since(seen.last);
    let in_time = between >= BETWEEN_POLLS.0 && between <= BETWEEN_POLLS.1;
    let fresh = seen.pilot.is_some_and(|at| now.since(at) <= PILOT_STALE);
    let alive = SILENCE.iter().all(|(context, limit)| {
        let beat = match context {
            Context::Planning => seen.planning,
            Context::FrontEnd => seen.front_end,
        };
        now.since(beat) <= *limit
    });
    in_time && fresh && seen.read_back && alive
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_secs(10);

    const ALL_WELL: Seen = Seen {
        last: Instant::from_millis(9_990),
        pilot: Some(NOW),
        read_back: true,
        planning: NOW,
        front_end: NOW,
    };

    /// Charging 11.2 rule 5: each condition alone withholds the feeding.
    #[test]
    fn when_one_condition_fails_then_the_watchdog_is_not_fed() {
        assert!(may_feed(NOW, &ALL_WELL));
        let ago = |ms: u64| NOW - Duration::from_millis(ms);
        let bad = [
            Seen {
                last: NOW,
                ..ALL_WELL
            },
            Seen {
                last: ago(76),
                ..ALL_WELL
            },
            Seen {
                pilot: None,
                ..ALL_WELL
            },
            Seen {
                pilot: Some(ago(51)),
                ..ALL_WELL
            },
            Seen {
                read_back: false,
                ..ALL_WELL
            },
            Seen {
                planning: ago(501),
                ..ALL_WELL
            },
            Seen {
                front_end: ago(2_001),
                ..ALL_WELL
            },
        ];
        for seen in bad {
            assert!(!may_feed(NOW, &seen), "{seen:?}");
        }
    }

    #[test]
    fn when_each_sign_of_life_is_just_in_time_then_the_watchdog_is_fed() {
        let ago = |ms: u64| NOW - Duration::from_millis(ms);
        let seen = Seen {
            last: ago(20),
            pilot: Some(ago(50)),
            read_back: true,
            planning: ago(500),
            front_end: ago(2_000),
        };
        assert!(may_feed(NOW, &seen));
    }
}
