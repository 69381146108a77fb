//! Time as a number that somebody else counts.
//!
//! Libraries never read a clock: the caller passes the present [`Instant`].
//! Both types hold microseconds, saturate, and can therefore jump forward
//! without a timer wrapping.
//!
//! Most of what a charger remembers is moments, many of them optional. They are
//! therefore stored without gaps: in steps of 4 bytes, which every 32-bit
//! processor loads as fast, and with an `Option` in the same 8 bytes (D-193).

use core::cmp::Ordering;
use core::fmt;
use core::num::NonZeroU64;
use core::ops::{Add, AddAssign, Sub};

/// A moment, in microseconds since an arbitrary start (usually the reset).
///
/// From 0 to 2⁶⁴ − 2 µs; the last one is [`FAR_FUTURE`](Self::FAR_FUTURE).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C, packed(4))]
pub struct Instant(
    /// One more than the microseconds.
    NonZeroU64,
);

/// A span of time in microseconds.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(C, packed(4))]
pub struct Duration(u64);

const _: () = assert!(size_of::<Option<Instant>>() == 8);

impl Instant {
    /// The start of time.
    pub const ZERO: Self = Self(NonZeroU64::MIN);
    /// The end of time: a deadline that never comes.
    pub const FAR_FUTURE: Self = Self(NonZeroU64::MAX);

    /// Makes a moment from microseconds since the start.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(micros))
    }

    /// Makes a moment from milliseconds since the start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }

    /// Makes a moment from seconds since the start.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_micros(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        // At least 1, so that nothing wraps.
        self.0.get().wrapping_sub(1)
    }

    /// Whole milliseconds since the start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.as_micros() / 1_000
    }

    /// Whole seconds since the start.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.as_micros() / 1_000_000
    }

    /// Time that has passed since `earlier`; zero if `earlier` lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(distance(earlier.0, self.0))
    }

    /// The earlier of two moments.
    #[must_use]
    pub const fn earliest(self, other: Self) -> Self {
        Self(first(self.0, other.0))
    }

    /// The later of two moments.
    #[must_use]
    pub const fn latest(self, other: Self) -> Self {
        Self(last(self.0, other.0))
    }
}

// Called and not repeated at some hundred places: the charger firmware is
// about 2 KB smaller.
#[inline(never)]
const fn later(at: NonZeroU64, span: u64) -> NonZeroU64 {
    at.saturating_add(span)
}

#[inline(never)]
const fn before(at: NonZeroU64, span: u64) -> NonZeroU64 {
    match NonZeroU64::new(at.get().saturating_sub(span)) {
        Some(left) => left,
        None => NonZeroU64::MIN,
    }
}

#[inline(never)]
const fn first(one: NonZeroU64, other: NonZeroU64) -> NonZeroU64 {
    if one.get() <= other.get() { one } else { other }
}

#[inline(never)]
const fn last(one: NonZeroU64, other: NonZeroU64) -> NonZeroU64 {
    if one.get() >= other.get() { one } else { other }
}

#[inline(never)]
const fn distance(from: NonZeroU64, to: NonZeroU64) -> u64 {
    to.get().saturating_sub(from.get())
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.get().cmp(&other.0.get())
    }
}

// One comparison of two numbers each, where `partial_cmp` would make three.
impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    fn lt(&self, other: &Self) -> bool {
        self.0.get() < other.0.get()
    }

    fn le(&self, other: &Self) -> bool {
        self.0.get() <= other.0.get()
    }

    fn gt(&self, other: &Self) -> bool {
        self.0.get() > other.0.get()
    }

    fn ge(&self, other: &Self) -> bool {
        self.0.get() >= other.0.get()
    }
}

impl Default for Instant {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instant").field(&self.as_micros()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("Instant", &self.as_micros())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_micros)
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(u64::MAX);

    /// Makes a span from microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Makes a span from milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Makes a span from seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Makes a span from minutes.
    #[must_use]
    pub const fn from_minutes(minutes: u64) -> Self {
        Self(minutes.saturating_mul(60_000_000))
    }

    /// Microseconds in this span.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds in this span.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole seconds in this span.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds rounded up: what a countdown shows.
    #[must_use]
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1_000_000)
    }

    /// Multiplies the span by a plain number.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(later(self.0, span.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        self.0 = later(self.0, span.0);
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(before(self.0, span.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.as_millis())
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_time_runs_backward_then_the_span_is_zero() {
        let early = Instant::from_millis(5);
        let late = Instant::from_millis(9);
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(late.since(early), Duration::from_millis(4));
    }

    #[test]
    fn when_added_to_the_end_of_time_then_it_stays() {
        assert_eq!(
            Instant::FAR_FUTURE + Duration::from_secs(1),
            Instant::FAR_FUTURE
        );
    }

    #[test]
    fn when_subtracted_to_the_start_of_time_then_it_stays() {
        let early = Instant::from_micros(3);
        assert_eq!(early - Duration::from_micros(3), Instant::ZERO);
        assert_eq!(early - Duration::MAX, Instant::ZERO);
        assert_eq!(early - Duration::from_micros(2), Instant::from_micros(1));
    }

    /// D-193: one more inside than outside, and nobody sees it.
    #[test]
    fn when_a_moment_is_read_then_it_is_the_one_that_was_made() {
        for micros in [0, 1, 2, 999, u64::MAX - 1] {
            assert_eq!(Instant::from_micros(micros).as_micros(), micros);
        }
        assert_eq!(Instant::from_micros(u64::MAX), Instant::FAR_FUTURE);
        assert_eq!(Instant::FAR_FUTURE.as_micros(), u64::MAX - 1);
        assert_eq!(Instant::default(), Instant::ZERO);
        assert!(Instant::ZERO < Instant::from_micros(1));
    }

    #[test]
    fn when_counted_down_then_seconds_round_up() {
        assert_eq!(Duration::from_millis(1_001).as_secs_ceil(), 2);
        assert_eq!(Duration::from_millis(1_000).as_secs_ceil(), 1);
    }
}
