//! The pace of the polls that a node hears: two masters poll twice as often.

use smartevse_types::{Duration, Instant};

/// Polls that are compared.
const POLLS: usize = 13;

/// A poll this soon after another one is its repeat.
const REPEAT: Duration = Duration::from_millis(400);

/// Twelve polls in less time than this come from two masters: one master
/// polls every 2 s (power share 5.1), two together every second.
const CROWDED: Duration = Duration::from_secs(18);

/// Twelve polls in this time come from one master again.
const CALM: Duration = Duration::from_secs(21);

/// Times of the last polls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Cadence {
    polls: [Option<Instant>; POLLS],
    crowded: bool,
}

impl Cadence {
    /// Notes a status poll.
    pub(super) fn poll(&mut self, now: Instant) {
        let [newest, ..] = self.polls;
        if newest.is_some_and(|last| now.since(last) < REPEAT) {
            return;
        }
        self.polls.rotate_right(1);
        if let Some(first) = self.polls.first_mut() {
            *first = Some(now);
        }
        let [.., oldest] = self.polls;
        if let Some(oldest) = oldest {
            let span = now.since(oldest);
            self.crowded = span < if self.crowded { CALM } else { CROWDED };
        }
    }

    /// Whether two masters are heard.
    pub(super) const fn is_crowded(&self) -> bool {
        self.crowded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowded(gaps_ms: &[u64], rounds: usize) -> Cadence {
        let (mut cadence, mut now) = (Cadence::default(), Instant::from_secs(1));
        for gap in gaps_ms.iter().cycle().take(rounds) {
            now += Duration::from_millis(*gap);
            cadence.poll(now);
        }
        cadence
    }

    /// Power share 6.2: one master, with repeats and jitter, is one master.
    #[test]
    fn when_one_master_polls_then_nothing_is_found() {
        assert!(!crowded(&[2000], 100).is_crowded());
        assert!(!crowded(&[1700, 2300], 100).is_crowded());
        assert!(!crowded(&[200, 1800], 100).is_crowded(), "repeats");
    }

    /// Power share 6.2: the cadence of two masters is found and forgotten.
    #[test]
    fn when_two_masters_poll_then_the_pace_shows_it() {
        let mut cadence = crowded(&[700, 1300], 40);
        assert!(cadence.is_crowded());
        for second in 0..30 {
            cadence.poll(Instant::from_secs(100 + 2 * second));
        }
        assert!(!cadence.is_crowded());
    }
}
