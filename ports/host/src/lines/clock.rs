//! The clock of a line.

use std::time;

use smartevse_types::{Duration, Instant};

/// Time of a line, and how it maps to the operating system's.
#[derive(Clone, Copy, Debug)]
pub struct LineClock {
    origin: time::Instant,
}

impl LineClock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            origin: time::Instant::now(),
        }
    }

    /// The line's time.
    #[must_use]
    pub fn now(&self) -> Instant {
        let elapsed = self.origin.elapsed().as_micros();
        // A margin at the beginning, because the engine looks back a little.
        Instant::from_secs(60) + Duration::from_micros(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// The operating system's time of a moment of the line; at most a minute
    /// ahead.
    #[must_use]
    pub fn until(&self, moment: Instant) -> time::Instant {
        let wait = moment.since(self.now()).min(Duration::from_secs(60));
        time::Instant::now() + time::Duration::from_micros(wait.as_micros())
    }

    /// The operating system's time of a moment that has passed.
    #[must_use]
    pub fn when(&self, moment: Instant) -> time::Instant {
        let age = self.now().since(moment);
        time::Instant::now() - time::Duration::from_micros(age.as_micros())
    }
}
