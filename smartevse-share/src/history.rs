//! Which set-points were in force when a sample was taken.

use core::mem::replace;

use smartevse_types::{DeciAmps, Duration, Instant};

/// Changes that are remembered. One decision per second for longer than the
/// response time of a vehicle and the latency of a meter fits.
const LENGTH: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Change {
    at: Instant,
    to: DeciAmps,
}

/// The last set-points, newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History {
    changes: [Change; LENGTH],
    last_change: Option<Instant>,
}

impl Default for History {
    fn default() -> Self {
        let nothing = Change {
            at: Instant::ZERO,
            to: DeciAmps::ZERO,
        };
        Self {
            changes: [nothing; LENGTH],
            last_change: None,
        }
    }
}

impl History {
    /// The present set-point.
    pub(crate) fn present(&self) -> DeciAmps {
        let [newest, ..] = self.changes;
        newest.to
    }

    /// Records a set-point; the same one again is no change.
    pub(crate) fn record(&mut self, at: Instant, to: DeciAmps) {
        if to == self.present() {
            return;
        }
        let changes = self.changes.iter_mut();
        changes.fold(Change { at, to }, |newer, change| replace(change, newer));
        self.last_change = Some(at);
    }

    /// Whether `at` lies at least `span` after the last change.
    pub(crate) fn settled(&self, at: Instant, span: Duration) -> bool {
        self.last_change.is_none_or(|last| at >= last + span)
    }

    /// The set-point in force at a moment.
    pub(crate) fn at(&self, moment: Instant) -> DeciAmps {
        let found = self.changes.iter().find(|change| change.at <= moment);
        let [.., oldest] = self.changes;
        found.map_or(oldest.to, |change| change.to)
    }

    /// The lowest set-point in force since a moment.
    pub(crate) fn lowest_since(&self, moment: Instant) -> DeciAmps {
        let later = self.since(moment).map(|change| change.to);
        later.fold(self.at(moment), DeciAmps::min)
    }

    /// The highest set-point in force between two moments.
    pub(crate) fn highest_between(&self, from: Instant, to: Instant) -> DeciAmps {
        let later = self.since(from).filter(|change| change.at <= to);
        later
            .map(|change| change.to)
            .fold(self.at(from), DeciAmps::max)
    }

    /// Whether the set-point went down after a moment.
    pub(crate) fn lowered_since(&self, moment: Instant) -> bool {
        let older = self.changes.iter().skip(1);
        let pairs = self.changes.iter().zip(older);
        pairs
            .take_while(|(new, _)| new.at > moment)
            .any(|(new, old)| new.to < old.to)
    }

    fn since(&self, moment: Instant) -> impl Iterator<Item = &Change> {
        self.changes.iter().take_while(move |c| c.at > moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    fn sample() -> History {
        let mut history = History::default();
        for (secs, deci) in [(10, 60), (20, 160), (30, 110)] {
            history.record(at(secs), DeciAmps::from_deci(deci));
        }
        history
    }

    #[test]
    fn when_asked_for_a_moment_then_it_gives_the_value_in_force() {
        let history = sample();
        let values = [9, 10, 25, 30].map(|secs| history.at(at(secs)).as_deci());
        assert_eq!(values, [0, 60, 160, 110]);
    }

    #[test]
    fn when_asked_for_a_span_then_it_gives_the_extremes() {
        let history = sample();
        assert_eq!(history.lowest_since(at(15)).as_deci(), 60);
        assert_eq!(history.highest_between(at(5), at(15)).as_deci(), 60);
        assert_eq!(history.highest_between(at(25), at(40)).as_deci(), 160);
        assert!(history.lowered_since(at(29)));
        assert!(!history.lowered_since(at(30)));
    }

    #[test]
    fn when_nothing_changes_then_it_is_no_change() {
        let mut history = sample();
        history.record(at(40), DeciAmps::from_deci(110));
        assert!(history.settled(at(35), Duration::from_secs(5)));
        assert!(!history.settled(at(34), Duration::from_secs(5)));
    }

    #[test]
    fn when_full_then_the_oldest_is_forgotten() {
        let mut history = History::default();
        for n in 1..100_u64 {
            history.record(at(n), DeciAmps::from_deci(n as i32));
        }
        assert_eq!(history.at(at(1)).as_deci(), 84);
        assert_eq!(history.present().as_deci(), 99);
    }
}
