//! Measured values and their age.
//!
//! A value is stored together with the moment of its measurement. Whether it
//! may still be used is not a property of the value but a question asked with
//! the present time: [`Latest::reading`].

use crate::time::{Duration, Instant};

/// A measured value, the moment of its measurement and its running number.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sample<T> {
    /// The value.
    pub value: T,
    /// When it was measured (not when it arrived).
    pub at: Instant,
    /// Running number of distinct measurements; a repeated telegram keeps it.
    pub sequence: u32,
}

/// What is known about a quantity now.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reading<T> {
    /// Measured recently enough to be used.
    Fresh(Sample<T>),
    /// Measured, but too long ago: may only lower a limit.
    Stale(Sample<T>),
    /// Never measured.
    #[default]
    Never,
}

impl<T: Copy> Reading<T> {
    /// The value, if it may be used.
    #[must_use]
    pub fn fresh(self) -> Option<T> {
        match self {
            Self::Fresh(sample) => Some(sample.value),
            Self::Stale(_) | Self::Never => None,
        }
    }

    /// Whether the value may be used.
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        matches!(self, Self::Fresh(_))
    }
}

/// The latest measurement of a quantity, if there was one.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Latest<T>(Option<Sample<T>>);

impl<T: Copy> Latest<T> {
    /// Nothing measured yet.
    pub const NEVER: Self = Self(None);

    /// Stores a new measurement; an older one than the stored one is ignored.
    ///
    /// Gives the running number of the stored measurement.
    pub fn update(&mut self, value: T, at: Instant) -> u32 {
        let sequence = match self.0 {
            Some(old) if at < old.at => return old.sequence,
            Some(old) => old.sequence.wrapping_add(1),
            None => 1,
        };
        self.0 = Some(Sample {
            value,
            at,
            sequence,
        });
        sequence
    }

    /// The stored measurement, whatever its age.
    #[must_use]
    pub const fn sample(&self) -> Option<Sample<T>> {
        self.0
    }

    /// Forgets the measurement, for instance because the meter was changed.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    /// What is known now: stale when the age exceeds `max_age`.
    #[must_use]
    pub fn reading(&self, now: Instant, max_age: Duration) -> Reading<T> {
        match self.0 {
            None => Reading::Never,
            Some(sample) if now.since(sample.at) > max_age => Reading::Stale(sample),
            Some(sample) => Reading::Fresh(sample),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_age_passes_the_limit_then_the_reading_is_stale() {
        let mut latest = Latest::NEVER;
        assert_eq!(
            latest.reading(Instant::ZERO, Duration::from_secs(11)),
            Reading::Never
        );
        latest.update(7_u8, Instant::from_secs(1));
        let limit = Duration::from_secs(11);
        assert!(latest.reading(Instant::from_secs(12), limit).is_fresh());
        let late = Instant::from_secs(12) + Duration::from_micros(1);
        assert!(matches!(latest.reading(late, limit), Reading::Stale(_)));
    }

    #[test]
    fn when_an_older_sample_arrives_late_then_it_is_ignored() {
        let mut latest = Latest::NEVER;
        latest.update(1_u8, Instant::from_secs(5));
        latest.update(2_u8, Instant::from_secs(4));
        assert_eq!(latest.sample().map(|s| s.value), Some(1));
    }
}
