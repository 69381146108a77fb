//! Supervision of a source that has to deliver data.

use smartevse_types::{Duration, Instant};

/// Longest silence of the mains meter, and of the master on a node
/// (configuration guide: 11 s, decision 56).
pub const MAINS_SILENCE: Duration = Duration::from_secs(11);

/// Longest silence of the EV meter (charging specification §2.3).
pub const EV_SILENCE: Duration = Duration::from_secs(64);

/// Longest silence of the EV meter right after a start or a change of settings.
pub const EV_FIRST_SILENCE: Duration = Duration::from_secs(11);

/// Remembers until when a source may be silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceWatch {
    until: Instant,
}

impl SourceWatch {
    /// Starts to watch: the first data may take this long.
    #[must_use]
    pub fn new(now: Instant, silence: Duration) -> Self {
        Self {
            until: now + silence,
        }
    }

    /// Data from this moment arrived; the next may take this long.
    pub fn heard(&mut self, at: Instant, silence: Duration) {
        self.until = self.until.latest(at + silence);
    }

    /// Watches afresh, for instance because the settings changed.
    pub fn restart(&mut self, now: Instant, silence: Duration) {
        self.until = now + silence;
    }

    /// Whether the source has been silent for too long.
    #[must_use]
    pub fn is_silent(&self, now: Instant) -> bool {
        now > self.until
    }

    /// When silence becomes a fault.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Instant {
        if self.is_silent(now) {
            return Instant::FAR_FUTURE;
        }
        self.until + Duration::from_micros(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decision 56: an age of exactly 11 s is not stale.
    #[test]
    fn when_silent_for_more_than_the_limit_then_it_is_a_fault() {
        let mut watch = SourceWatch::new(Instant::ZERO, MAINS_SILENCE);
        assert!(!watch.is_silent(Instant::from_secs(11)));
        assert!(watch.is_silent(watch.deadline(Instant::ZERO)));
        watch.heard(Instant::from_secs(5), MAINS_SILENCE);
        assert!(!watch.is_silent(Instant::from_secs(16)));
        assert_eq!(watch.deadline(Instant::from_secs(20)), Instant::FAR_FUTURE);
    }

    #[test]
    fn when_old_data_arrives_late_then_the_limit_does_not_shrink() {
        let mut watch = SourceWatch::new(Instant::from_secs(100), MAINS_SILENCE);
        watch.heard(Instant::from_secs(1), MAINS_SILENCE);
        assert!(!watch.is_silent(Instant::from_secs(111)));
    }
}
