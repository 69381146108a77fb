//! Time since the start, counted by the ticks of the 10 ms loop.

use smartevse_types::{Duration, Instant};

/// Fill in: frequency of the processor, Hz. Too high a figure makes the loop
/// slow, too low a figure makes it fast; bench step 1 measures it.
pub const CORE_HZ: u32 = 16_000_000;

/// Period of the 10 ms loop.
pub const TICK: Duration = Duration::from_millis(10);

/// Counts of a timer at [`CORE_HZ`] in one tick.
pub const COUNTS: u32 = CORE_HZ / 100;

/// The clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TickClock(Instant);

impl TickClock {
    /// Starts at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(Instant::ZERO)
    }

    /// Takes a tick and gives the present moment.
    pub fn tick(&mut self) -> Instant {
        self.0 += TICK;
        self.0
    }
}
