//! A watchdog in virtual time.

use smartevse_core::hardware::{ErrorKind, ErrorType, Watchdog};
use smartevse_types::{Duration, Instant};

use crate::clock::SimClock;

/// A watchdog that says whether it would have reset the processor.
#[derive(Clone, Debug)]
pub struct SimWatchdog {
    clock: SimClock,
    longest: Duration,
    running: Option<(Duration, Instant)>,
    bitten: bool,
}

impl SimWatchdog {
    /// Makes a stopped watchdog that can have periods up to `longest`; longer
    /// ones are refused.
    #[must_use]
    pub const fn new(clock: SimClock, longest: Duration) -> Self {
        Self {
            clock,
            longest,
            running: None,
            bitten: false,
        }
    }

    /// Whether it has reset the processor; stays true.
    #[must_use]
    pub fn has_bitten(&self) -> bool {
        self.bitten || self.is_late()
    }

    /// Period in force; `None` = stopped.
    #[must_use]
    pub fn period(&self) -> Option<Duration> {
        self.running.map(|(period, _)| period)
    }

    fn is_late(&self) -> bool {
        self.running
            .is_some_and(|(period, fed)| self.clock.now().since(fed) > period)
    }
}

impl ErrorType for SimWatchdog {
    type Error = ErrorKind;
}

impl Watchdog for SimWatchdog {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        if period > self.longest || period == Duration::ZERO {
            return Err(ErrorKind::Unsupported);
        }
        self.bitten |= self.is_late();
        self.running = Some((period, self.clock.now()));
        Ok(())
    }

    fn feed(&mut self) {
        self.bitten |= self.is_late();
        if let Some((_, fed)) = &mut self.running {
            *fed = self.clock.now();
        }
    }
}
