//! How long a condition has lasted.

use smartevse_types::{Duration, Instant};

/// A condition that holds without a break, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Spell {
    since: Option<Instant>,
}

impl Spell {
    /// Notes whether the condition holds; a new spell begins at `at`.
    pub(super) fn mark(&mut self, holds: bool, at: Instant) {
        if holds {
            self.since.get_or_insert(at);
        } else {
            *self = Self::default();
        }
    }

    /// When the condition began to hold.
    pub(super) const fn since(self) -> Option<Instant> {
        self.since
    }

    /// How long the condition has held; zero while it does not.
    pub(super) fn length(self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.since(since))
    }

    /// Whether the previous poll came at or after the end of the limit: this
    /// poll is then one too many.
    pub(super) fn overdue(self, previous: Instant, limit: Duration) -> bool {
        self.since.is_some_and(|since| previous >= since + limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_condition_breaks_then_the_spell_starts_anew() {
        let mut spell = Spell::default();
        spell.mark(true, Instant::from_secs(1));
        spell.mark(true, Instant::from_secs(2));
        assert_eq!(spell.length(Instant::from_secs(3)), Duration::from_secs(2));
        spell.mark(false, Instant::from_secs(3));
        assert_eq!(spell.length(Instant::from_secs(4)), Duration::ZERO);
    }

    #[test]
    fn when_the_limit_ends_then_one_more_poll_is_tolerated() {
        let mut spell = Spell::default();
        spell.mark(true, Instant::from_secs(1));
        let limit = Duration::from_secs(1);
        assert!(!spell.overdue(Instant::from_millis(1_999), limit));
        assert!(spell.overdue(Instant::from_secs(2), limit));
    }
}
