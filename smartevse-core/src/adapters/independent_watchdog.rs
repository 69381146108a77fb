//! Settings of a watchdog whose clock is an RC oscillator.

use smartevse_types::Duration;

/// Largest value of the down-counter.
const LARGEST_RELOAD: u64 = 0xFFF;

/// Largest code of the prescaler.
const COARSEST: u8 = 6;

/// The clock of an independent watchdog, as every STM32 has one: its frequency
/// is known within limits only.
///
/// A period can only be promised within the ratio of both limits. The longest
/// possible period is what counts (decisions 52 and 73).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatchdogClock {
    /// Lowest frequency, Hz.
    pub slowest: u64,
    /// Highest frequency, Hz.
    pub fastest: u64,
}

/// Prescaler code and reload value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatchdogSetting {
    /// Code of the prescaler: the clock is divided by 4 × 2^code, 0..=6.
    pub prescaler: u8,
    /// Start of the down-counter, 0..=4095.
    pub reload: u16,
}

impl WatchdogClock {
    /// Gives the setting with the longest period that is never above the
    /// wished one, whatever the clock; `None` when there is none (with a slowest
    /// clock of 17 kHz: below 236 µs).
    #[must_use]
    pub fn at_most(self, period: Duration) -> Option<WatchdogSetting> {
        let cycles = period.as_micros().saturating_mul(self.slowest) / 1_000_000;
        (0..=COARSEST)
            .filter_map(|prescaler| WatchdogSetting::with(prescaler, cycles))
            .next()
    }

    /// Gives the shortest period that a wished one may turn out to be, before
    /// rounding to steps of the counter: the clock is the fastest one.
    #[must_use]
    pub const fn shortest(self, period: Duration) -> Duration {
        let micros = period.as_micros().saturating_mul(self.slowest);
        match micros.checked_div(self.fastest) {
            Some(micros) => Duration::from_micros(micros),
            None => Duration::ZERO,
        }
    }
}

impl WatchdogSetting {
    /// The finest prescaler that reaches the cycles; the coarsest one is
    /// limited to its largest reload.
    fn with(prescaler: u8, cycles: u64) -> Option<Self> {
        let counts = cycles >> (prescaler.saturating_add(2));
        let reload = counts.checked_sub(1)?;
        if reload > LARGEST_RELOAD && prescaler < COARSEST {
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
    use crate::hardware::LONGEST_WATCHDOG;

    /// The limits of STM32F4 data sheets.
    const LSI: WatchdogClock = WatchdogClock {
        slowest: 17_000,
        fastest: 47_000,
    };

    /// Decision 52: never above 250 ms, whatever the oscillator does.
    #[test]
    fn when_the_clock_is_slow_then_the_period_is_still_at_most_the_wished_one() {
        let setting = LSI.at_most(LONGEST_WATCHDOG).unwrap();
        assert!(setting.period(LSI.slowest) <= LONGEST_WATCHDOG);
        assert!(setting.period(LSI.fastest) >= Duration::from_millis(85));
        assert_eq!((setting.prescaler, setting.reload), (0, 1_061));
    }

    #[test]
    fn when_any_period_is_wished_then_it_is_kept_and_nearly_used() {
        for ms in (1..60_000).step_by(7) {
            let wished = Duration::from_millis(ms);
            let setting = LSI.at_most(wished).unwrap();
            let longest = setting.period(LSI.slowest);
            assert!(longest <= wished, "{ms} ms");
            let tenth = Duration::from_micros(wished.as_micros() / 10);
            let nearly = longest + tenth + Duration::from_micros(16_000);
            assert!(nearly >= wished, "{ms} ms: {longest:?}");
        }
        assert_eq!(LSI.at_most(Duration::ZERO), None);
    }

    #[test]
    fn when_the_clock_is_fast_then_the_period_shrinks_by_the_ratio() {
        let shortest = LSI.shortest(Duration::from_millis(2_500));
        assert_eq!(shortest, Duration::from_micros(904_255));
        let stopped = WatchdogClock { fastest: 0, ..LSI };
        assert_eq!(stopped.shortest(LONGEST_WATCHDOG), Duration::ZERO);
    }
}
