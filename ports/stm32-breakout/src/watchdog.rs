//! Settings of the independent watchdog.
//!
//! Its clock is an RC oscillator of 17 to 47 kHz (data sheets of the three
//! chips: LSI frequency), so that a period can only be promised within a factor
//! of 2.8. The longest possible period is what counts (decisions 52, 73).

use smartevse_types::Duration;

use crate::facts::SLOWEST_WATCHDOG as SLOWEST;

/// Largest value of the down-counter.
const LARGEST_RELOAD: u64 = 0xFFF;

/// Prescaler code and reload value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Code of the prescaler: the clock is divided by 4 × 2^code, 0..=6.
    pub prescaler: u8,
    /// Start of the down-counter, 0..=4095.
    pub reload: u16,
}

impl Setting {
    /// Gives the setting with the longest period that is never above the
    /// wished one, whatever the clock; `None` when there is none (below 236 µs).
    #[must_use]
    pub fn at_most(period: Duration) -> Option<Self> {
        let cycles = period.as_micros().saturating_mul(SLOWEST) / 1_000_000;
        (0..=6_u8)
            .filter_map(|prescaler| Self::with(prescaler, cycles))
            .next()
    }

    /// The finest prescaler that reaches the cycles; the coarsest one is
    /// limited to its largest reload.
    fn with(prescaler: u8, cycles: u64) -> Option<Self> {
        let counts = cycles >> (prescaler.saturating_add(2));
        let reload = counts.checked_sub(1)?;
        if reload > LARGEST_RELOAD && prescaler < 6 {
            return None;
        }
        Some(Self {
            prescaler,
            reload: u16::try_from(reload.min(LARGEST_RELOAD)).ok()?,
        })
    }

    /// Period with a clock of this frequency in Hz, rounded down.
    #[must_use]
    pub const fn period(self, hertz: u64) -> Duration {
        let cycles = (self.reload as u64)
            .saturating_add(1)
            .saturating_mul(4 << self.prescaler);
        match cycles.saturating_mul(1_000_000).checked_div(hertz) {
            Some(micros) => Duration::from_micros(micros),
            None => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FASTEST_WATCHDOG as FASTEST;
    use smartevse_core::hardware::LONGEST_WATCHDOG;

    /// Decision 52: never above 250 ms, whatever the oscillator does.
    #[test]
    fn when_the_clock_is_slow_then_the_period_is_still_at_most_the_wished_one() {
        let setting = Setting::at_most(LONGEST_WATCHDOG).unwrap();
        assert!(setting.period(SLOWEST) <= LONGEST_WATCHDOG);
        assert!(setting.period(FASTEST) >= Duration::from_millis(85));
        assert_eq!((setting.prescaler, setting.reload), (0, 1_061));
    }

    #[test]
    fn when_any_period_is_wished_then_it_is_kept_and_nearly_used() {
        for ms in (1..60_000).step_by(7) {
            let wished = Duration::from_millis(ms);
            let setting = Setting::at_most(wished).unwrap();
            let longest = setting.period(SLOWEST);
            assert!(longest <= wished, "{ms} ms");
            let tenth = Duration::from_micros(wished.as_micros() / 10);
            let nearly = longest + tenth + Duration::from_micros(16_000);
            assert!(nearly >= wished, "{ms} ms: {longest:?}");
        }
        assert_eq!(Setting::at_most(Duration::ZERO), None);
    }
}
