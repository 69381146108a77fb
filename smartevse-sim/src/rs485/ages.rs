//! How old values became, and how much of the line was used.

use std::collections::BTreeMap;

use smartevse_meters::Tag;
use smartevse_types::{Duration, Instant};

use super::Told;

/// The greatest age of each value just before its next answer came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ages {
    values: BTreeMap<Tag, Age>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Age {
    at: Instant,
    worst: Duration,
    answers: u64,
}

impl Ages {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a settled question; only good answers count.
    pub fn take(&mut self, told: &Told) {
        if told.result.is_err() {
            return;
        }
        let age = self.values.entry(told.asked.tag()).or_insert(Age {
            at: told.at,
            worst: Duration::ZERO,
            answers: 0,
        });
        age.worst = age.worst.max(told.told.since(age.at));
        age.at = told.at;
        age.answers += 1;
    }

    /// Forgets the greatest ages and keeps the last answers: what comes from now
    /// on is judged.
    pub fn judge_from_here(&mut self) {
        for age in self.values.values_mut() {
            age.worst = Duration::ZERO;
            age.answers = 0;
        }
    }

    /// The greatest age of a value until `now`; `None` if it never came.
    #[must_use]
    pub fn worst(&self, tag: Tag, now: Instant) -> Option<Duration> {
        let age = self.values.get(&tag)?;
        Some(age.worst.max(now.since(age.at)))
    }

    /// Number of good answers.
    #[must_use]
    pub fn answers(&self, tag: Tag) -> u64 {
        self.values.get(&tag).map_or(0, |age| age.answers)
    }
}

/// Time that questions of one kind took, in windows of fixed length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occupancy {
    window: Duration,
    used: BTreeMap<u64, Duration>,
}

impl Occupancy {
    /// Windows of this length.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        Self {
            window: window.max(Duration::from_micros(1)),
            used: BTreeMap::new(),
        }
    }

    /// Adds a span, split at the borders of the windows.
    pub fn add(&mut self, from: Instant, to: Instant) {
        let window = self.window.as_micros();
        let mut from = from;
        while from < to {
            let number = from.as_micros() / window;
            let border = Instant::from_micros((number + 1) * window);
            let part = to.earliest(border).since(from);
            let used = self.used.entry(number).or_default();
            *used = *used + part;
            from += part;
        }
    }

    /// The least time that stayed free in a whole window between two moments;
    /// `None` if there was none.
    #[must_use]
    pub fn least_free(&self, from: Instant, to: Instant) -> Option<Duration> {
        let window = self.window.as_micros();
        let first = from.as_micros().div_ceil(window);
        let last = to.as_micros() / window;
        (first..last)
            .map(|number| self.used.get(&number).copied().unwrap_or_default())
            .map(|used| self.window - used)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_span_crosses_a_border_then_both_windows_get_their_part() {
        let mut used = Occupancy::new(Duration::from_secs(2));
        used.add(Instant::from_millis(1_900), Instant::from_millis(2_500));
        let (from, to) = (Instant::ZERO, Instant::from_secs(4));
        assert_eq!(
            used.least_free(from, to),
            Some(Duration::from_millis(1_500))
        );
        let first = used.least_free(from, Instant::from_secs(2));
        assert_eq!(first, Some(Duration::from_millis(1_900)));
        assert_eq!(used.least_free(from, Instant::from_secs(1)), None);
    }
}
