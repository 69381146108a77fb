//! Timers that note by themselves when they must be looked at again.

use smartevse_types::{Duration, Instant};

/// The present, and the earliest moment at which anything changes by itself.
///
/// Every timer is asked through [`reached`](Self::reached), so none can be
/// missing from the deadline.
#[derive(Debug)]
pub struct Agenda {
    now: Instant,
    next: Instant,
}

impl Agenda {
    pub const fn new(now: Instant) -> Self {
        Self {
            now,
            next: Instant::FAR_FUTURE,
        }
    }

    pub const fn now(&self) -> Instant {
        self.now
    }

    pub const fn next(&self) -> Instant {
        self.next
    }

    /// Whether a moment has come; if not, it is a deadline.
    #[inline(never)]
    pub fn reached(&mut self, at: Instant) -> bool {
        let reached = self.now >= at;
        if !reached {
            self.next = self.next.earliest(at);
        }
        reached
    }

    /// Time left until a moment, which becomes a deadline.
    pub fn left(&mut self, until: Instant) -> Option<Duration> {
        (!self.reached(until)).then(|| until.since(self.now))
    }

    /// Something changed that decides more at the next poll, whenever it comes.
    pub fn again(&mut self) {
        self.next = self.next.earliest(self.now + Duration::from_micros(1));
    }
}

/// How long a condition has held without a break.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hold(Option<Instant>);

impl Hold {
    /// Takes the condition of this poll.
    pub fn update(&mut self, holds: bool, now: Instant) {
        self.0 = if holds {
            Some(self.0.unwrap_or(now))
        } else {
            None
        };
    }

    /// Starts anew.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    /// Whether it holds for at least this long.
    #[inline(never)]
    pub fn lasted(&self, span: Duration, agenda: &mut Agenda) -> bool {
        self.0.is_some_and(|since| agenda.reached(since + span))
    }

    /// Takes the condition of this poll, and tells whether it holds for at
    /// least this long.
    #[inline(never)]
    pub fn holds_for(&mut self, holds: bool, span: Duration, agenda: &mut Agenda) -> bool {
        self.update(holds, agenda.now());
        self.lasted(span, agenda)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_timer_has_not_run_out_then_it_is_a_deadline() {
        let mut agenda = Agenda::new(Instant::from_secs(1));
        assert!(agenda.reached(Instant::from_secs(1)));
        assert!(!agenda.reached(Instant::from_secs(4)));
        assert!(!agenda.reached(Instant::from_secs(3)));
        assert_eq!(agenda.next(), Instant::from_secs(3));
        assert_eq!(
            agenda.left(Instant::from_secs(2)),
            Some(Duration::from_secs(1))
        );
        agenda.again();
        assert_eq!(agenda.next(), Instant::from_micros(1_000_001));
    }

    #[test]
    fn when_a_condition_breaks_then_its_time_starts_anew() {
        let span = Duration::from_secs(2);
        let mut hold = Hold::default();
        let mut at = |secs, holds| {
            let mut agenda = Agenda::new(Instant::from_secs(secs));
            hold.holds_for(holds, span, &mut agenda)
        };
        assert!(!at(0, true));
        assert!(at(2, true));
        assert!(!at(3, false));
        assert!(!at(4, true));
        assert!(!at(5, true));
        assert!(at(6, true));
    }
}
