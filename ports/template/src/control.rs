//! The 10 ms loop.

use smartevse::{Setup, Station};
use smartevse_core::hardware::{Board, LONGEST_WATCHDOG, Watchdog};
use smartevse_core::io::{HardwareFaults, Inputs, Outputs};
use smartevse_core::pilot::PILOT_STALE;
use smartevse_types::{Access, Instant};

use crate::board::FACTS;

/// Outputs that must have been driven for the watchdog to be fed.
///
/// Fill in: read the pins of the contactors back as well, and withhold the
/// feeding when they differ.
const VITAL: HardwareFaults = HardwareFaults::CONTACTOR.union(HardwareFaults::PILOT_OUTPUT);

/// What the charger starts with: settings as they ship, access off.
///
/// Fill in: stored settings, stored access, latched faults from before.
#[must_use]
pub fn setup() -> Setup<'static> {
    Setup {
        facts: FACTS,
        access: Access::Off,
        ..Setup::default()
    }
}

/// A station, its board and its watchdog.
#[derive(Debug)]
pub struct Control<B, W> {
    board: B,
    watchdog: W,
    station: Station,
    inputs: Inputs,
}

impl<B: Board, W: Watchdog> Control<B, W> {
    /// Starts the watchdog and the station; nothing is driven yet.
    ///
    /// # Errors
    ///
    /// When the watchdog does not start: a charger without one must not run.
    pub fn new(
        board: B,
        mut watchdog: W,
        setup: &Setup<'_>,
        now: Instant,
    ) -> Result<Self, W::Error> {
        watchdog.start(LONGEST_WATCHDOG)?;
        Ok(Self {
            board,
            watchdog,
            station: Station::new(setup, now),
            inputs: Inputs::default(),
        })
    }

    /// Samples, decides, drives; then feeds the watchdog if all is well.
    pub fn turn(&mut self, now: Instant) -> Outputs {
        self.board.sample(now, &mut self.inputs);
        let outputs = self.station.poll(now, &self.inputs);
        let failed = self.board.drive(&outputs);
        let pilot = self.inputs.pilot;
        let fresh = pilot.is_some_and(|sample| now.since(sample.at) <= PILOT_STALE);
        if fresh && !failed.intersects(VITAL) {
            self.watchdog.feed();
        }
        self.inputs.hardware = failed;
        outputs
    }

    /// The station, for front ends.
    pub const fn station(&mut self) -> &mut Station {
        &mut self.station
    }
}
