//! The 10 ms loop.

use smartevse::{Setup, Station};
use smartevse_core::hardware::{Board, LONGEST_WATCHDOG, Watchdog};
use smartevse_core::io::{HardwareFaults, Inputs, Outputs};
use smartevse_core::pilot::PILOT_STALE;
use smartevse_types::Instant;

use crate::registers::{Registers, output};

/// Outputs that must have been driven for the watchdog to be fed.
const VITAL: HardwareFaults = HardwareFaults::CONTACTOR.union(HardwareFaults::PILOT_OUTPUT);

/// Tells whether the watchdog may be fed: outputs as commanded, a pilot sample
/// that is not stale (charging specification §11.2 rule 5).
fn may_feed(now: Instant, inputs: &Inputs, failed: HardwareFaults, as_commanded: bool) -> bool {
    let fresh = inputs
        .pilot
        .is_some_and(|sample| now.since(sample.at) <= PILOT_STALE);
    fresh && as_commanded && !failed.intersects(VITAL)
}

/// Tells whether the contactor pins have the commanded levels.
fn read_back(registers: &Registers, outputs: &Outputs) -> bool {
    let pins = &registers.output;
    pins.is_high(output::CONTACTOR1) == outputs.contactor1.is_closed()
        && pins.is_high(output::CONTACTOR2) == outputs.contactor2.is_closed()
}

/// A station, its board and its watchdog.
#[derive(Debug)]
pub struct Control<'r, B, W> {
    registers: &'r Registers,
    board: B,
    watchdog: W,
    station: Station,
    inputs: Inputs,
}

impl<'r, B: Board, W: Watchdog> Control<'r, B, W> {
    /// Starts the watchdog and the station; nothing is driven yet.
    ///
    /// # Errors
    ///
    /// When the watchdog does not start: a charger without one must not run.
    pub fn new(
        registers: &'r Registers,
        board: B,
        mut watchdog: W,
        setup: &Setup<'_>,
    ) -> Result<Self, W::Error> {
        watchdog.start(LONGEST_WATCHDOG)?;
        Ok(Self {
            registers,
            board,
            watchdog,
            station: Station::new(setup, now(registers)),
            inputs: Inputs::default(),
        })
    }

    /// Samples, decides, drives; then feeds the watchdog if all is well.
    pub fn turn(&mut self) -> Outputs {
        let now = now(self.registers);
        self.board.sample(now, &mut self.inputs);
        let outputs = self.station.poll(now, &self.inputs);
        let failed = self.board.drive(&outputs);
        let as_commanded = read_back(self.registers, &outputs);
        if may_feed(now, &self.inputs, failed, as_commanded) {
            self.watchdog.feed();
        }
        self.inputs.hardware = failed;
        outputs
    }

    /// The station.
    pub const fn station(&self) -> &Station {
        &self.station
    }
}

/// The present moment.
#[must_use]
pub fn now(registers: &Registers) -> Instant {
    Instant::from_millis(u64::from(registers.clock.read()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::io::{MilliVoltRange, PilotSample};
    use smartevse_types::Duration;

    const NOW: Instant = Instant::from_secs(1);

    fn inputs(age: u64) -> Inputs {
        let at = NOW - Duration::from_millis(age);
        let high = MilliVoltRange::from_milli(12_000, 12_000);
        let pilot = PilotSample {
            from: at,
            at,
            high,
            low: None,
        };
        Inputs {
            pilot: Some(pilot),
            ..Inputs::default()
        }
    }

    /// Charging 11.2 rule 5: each condition alone withholds the feeding.
    #[test]
    fn when_one_condition_fails_then_the_watchdog_is_not_fed() {
        let none = HardwareFaults::empty();
        assert!(may_feed(NOW, &inputs(50), HardwareFaults::LIGHT, true));
        assert!(!may_feed(NOW, &inputs(51), none, true));
        assert!(!may_feed(NOW, &Inputs::default(), none, true));
        assert!(!may_feed(NOW, &inputs(0), HardwareFaults::CONTACTOR, true));
        assert!(!may_feed(NOW, &inputs(0), none, false));
    }
}
