//! Vehicles that do not use their turn: power share 8.5.
//!
//! Only an EVSE's own and recent measurement can make it idle; without one it
//! is not. An idle one is marked and ranks behind all others for IDLE TMO, then
//! twice, four times as long, at most 30 minutes.

use smartevse_types::{DeciAmps, Duration, Instant, Latest};

/// Below this current a vehicle is idle: 1.0 A (power share 8.5).
pub const IDLE_CURRENT: DeciAmps = DeciAmps::from_deci(10);
/// Oldest measurement that counts: eight EV meters are read in 16 s (power
/// share 5.1).
pub const MEASUREMENT_AGE: Duration = Duration::from_secs(20);
/// Longest wait before an idle vehicle is tried again.
pub const LONGEST_BACK_OFF: Duration = Duration::from_minutes(30);
/// Time an EVSE has its current before it can be idle: restart delay of the
/// vehicle and reaction to the pilot.
pub const RUN_UP: Duration = Duration::from_secs(20);

/// What a measurement says about a vehicle.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Draw {
    /// No measurement, or an old one.
    Unknown,
    /// Below 1.0 A.
    Idle,
    /// 1.0 A or more.
    Charging,
}

impl Draw {
    /// Judges a measurement.
    #[must_use]
    pub fn of(measured: &Latest<DeciAmps>, now: Instant) -> Self {
        match measured.sample() {
            Some(sample) if now.since(sample.at) >= MEASUREMENT_AGE => Self::Unknown,
            Some(sample) if sample.value < IDLE_CURRENT => Self::Idle,
            Some(_) => Self::Charging,
            None => Self::Unknown,
        }
    }
}

/// The mark of an idle vehicle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IdleMark {
    /// How often it was idle in a row; 0 = no mark.
    times: u8,
    until: Instant,
}

impl IdleMark {
    /// Marks the vehicle for its next back-off.
    pub fn set(&mut self, now: Instant, idle_tmo: Duration) {
        let factor = 1_u64.checked_shl(u32::from(self.times)).unwrap_or(u64::MAX);
        self.until = now + idle_tmo.times(factor).min(LONGEST_BACK_OFF);
        self.times = self.times.saturating_add(1);
    }

    /// Forgets everything: unplugged, charged, or stopped asking.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether the back-off still runs.
    #[must_use]
    pub fn is_in_force(&self, now: Instant) -> bool {
        self.times > 0 && now < self.until
    }

    /// Whether the vehicle was idle and its back-off is over.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.times > 0 && now >= self.until
    }

    /// When the back-off ends; the end of time without a mark.
    #[must_use]
    pub fn end(&self) -> Instant {
        if self.times > 0 {
            self.until
        } else {
            Instant::FAR_FUTURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_secs(seconds)
    }

    /// Power share 8.5, I-21: 0.9 A is idle, 1.0 A is not, old data is neither.
    #[test]
    fn when_measured_then_one_ampere_is_the_edge() {
        let mut measured = Latest::NEVER;
        assert_eq!(Draw::of(&measured, at(5)), Draw::Unknown);
        measured.update(DeciAmps::from_deci(9), at(5));
        assert_eq!(Draw::of(&measured, at(24)), Draw::Idle);
        assert_eq!(Draw::of(&measured, at(25)), Draw::Unknown);
        measured.update(DeciAmps::from_deci(10), at(30));
        assert_eq!(Draw::of(&measured, at(30)), Draw::Charging);
    }

    /// Power share 8.5: 1×, 2×, 4× … at most 30 min.
    #[test]
    fn when_idle_again_then_the_back_off_doubles_up_to_half_an_hour() {
        let mut mark = IdleMark::default();
        assert!(!mark.is_in_force(at(0)) && !mark.is_over(at(0)));
        assert_eq!(mark.end(), Instant::FAR_FUTURE);
        for seconds in [60, 120, 240, 480, 960, 1800, 1800] {
            mark.set(at(100), Duration::from_secs(60));
            assert_eq!(mark.end(), at(100 + seconds));
            assert!(mark.is_in_force(at(99 + seconds)) && !mark.is_over(at(99 + seconds)));
            assert!(!mark.is_in_force(at(100 + seconds)) && mark.is_over(at(100 + seconds)));
        }
        for _ in 0..300 {
            mark.set(at(100), Duration::from_secs(60));
        }
        assert_eq!(mark.end(), at(1900));
        mark.clear();
        assert_eq!(mark, IdleMark::default());
    }
}
