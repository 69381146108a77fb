//! Samples of the converter as levels at the connector.

use smartevse_core::adapters::{Linear, PilotWindow};
use smartevse_core::hardware::ErrorKind;
use smartevse_core::io::{MilliVoltRange, PilotSample};
use smartevse_types::{Duration, Instant, MilliVolts};

use crate::board::milli_volts;
use crate::sampling::{Batch, Phase, Sample};

/// Samples of one phase in the window. Each phase has one every 2 ms, so that
/// 12 speak for 22 ms (charging specification §1.3: at least 20 ms).
pub const WINDOW: usize = 12;

/// Longest age of a voltage of proximity contact or temperature sensor, as for
/// the pilot (charging specification §1.3).
pub const LONGEST_AGE: Duration = Duration::from_millis(50);

/// Window over the pilot, in millivolts at the converter until it is asked.
#[derive(Clone, Copy, Debug)]
pub struct PilotSense {
    window: PilotWindow<WINDOW>,
    sense: Linear,
}

impl PilotSense {
    /// Makes an empty window with the line of the sense network.
    #[must_use]
    pub const fn new(sense: Linear) -> Self {
        Self {
            window: PilotWindow::new(),
            sense,
        }
    }

    /// Adds the samples since the last poll.
    pub fn take(&mut self, batch: &Batch) {
        for sample in batch.iter() {
            let level = milli_volts(sample.counts.pilot);
            match sample.phase {
                Some(Phase::High) => self.window.push_high(sample.at, level),
                Some(Phase::Low) => self.window.push_low(sample.at, level),
                Some(Phase::Steady) => self.window.push_steady(sample.at, level),
                None => {}
            }
        }
    }

    /// Gives the summary in millivolts at the connector; `None` before the
    /// first sample.
    #[must_use]
    pub fn summary(&self) -> Option<PilotSample> {
        let summary = self.window.summary()?;
        let levels = |range: MilliVoltRange| {
            let (one, two) = (self.sense.at(range.min), self.sense.at(range.max));
            MilliVoltRange {
                min: one.min(two),
                max: one.max(two),
            }
        };
        Some(PilotSample {
            high: levels(summary.high),
            low: summary.low.map(levels),
            ..summary
        })
    }
}

/// Latest voltages of proximity contact and temperature sensor, mV at the
/// converter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Voltages {
    at: Instant,
    proximity: MilliVolts,
    temperature: MilliVolts,
}

impl Voltages {
    /// Takes them from the newest sample of a batch; `None` when it is empty.
    #[must_use]
    pub fn of(batch: &Batch) -> Option<Self> {
        batch.iter().last().map(|Sample { at, counts, .. }| Self {
            at,
            proximity: milli_volts(counts.proximity),
            temperature: milli_volts(counts.temperature),
        })
    }

    /// Voltage of the proximity contact.
    #[must_use]
    pub const fn proximity(&self) -> MilliVolts {
        self.proximity
    }

    /// Voltage of the temperature sensor.
    #[must_use]
    pub const fn temperature(&self) -> MilliVolts {
        self.temperature
    }
}

/// Gives the voltages if they are recent.
///
/// # Errors
///
/// `Timeout` when there are none or they are older than [`LONGEST_AGE`].
pub fn recent(latest: Option<Voltages>, now: Instant) -> Result<Voltages, ErrorKind> {
    latest
        .filter(|voltages| now.since(voltages.at) <= LONGEST_AGE)
        .ok_or(ErrorKind::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::pilot_sense;
    use crate::sampling::Counts;

    fn batch(from: u64, phases: &[(Phase, u16)]) -> Batch {
        let mut batch = Batch::EMPTY;
        for (ms, (phase, pilot)) in (from..).zip(phases) {
            batch.push(Sample {
                at: Instant::from_millis(ms),
                phase: Some(*phase),
                counts: Counts {
                    pilot: *pilot,
                    proximity: 738,
                    temperature: 931,
                },
            });
        }
        batch
    }

    /// Charging 1.3: the summary speaks for at least 20 ms of both phases.
    #[test]
    fn when_there_are_pulses_then_both_phases_speak_for_20_ms() {
        let mut sense = PilotSense::new(pilot_sense().unwrap());
        let pulses = [(Phase::High, 3_588), (Phase::Low, 204)];
        for round in 0..20_u64 {
            sense.take(&batch(round * 2, &pulses));
        }
        let summary = sense.summary().unwrap();
        assert!(summary.at.since(summary.from) >= Duration::from_millis(20));
        assert!((8_900..9_100).contains(&summary.high.min.as_milli()));
        let low = summary.low.unwrap();
        assert!((-12_100..-11_900).contains(&low.max.as_milli()));
    }

    #[test]
    fn when_the_level_is_steady_then_there_is_no_low_phase() {
        let mut sense = PilotSense::new(pilot_sense().unwrap());
        sense.take(&batch(0, &[(Phase::High, 3_588), (Phase::Low, 204)]));
        sense.take(&batch(2, &[(Phase::Steady, 4_071)]));
        let summary = sense.summary().unwrap();
        assert_eq!(summary.low, None);
        assert!(summary.high.max.as_milli() > 11_900);
    }

    #[test]
    fn when_voltages_are_old_then_they_cannot_be_read() {
        let latest = Voltages::of(&batch(10, &[(Phase::Steady, 0)]));
        assert!(recent(latest, Instant::from_millis(60)).is_ok());
        let late = recent(latest, Instant::from_millis(61));
        assert_eq!(late, Err(ErrorKind::Timeout));
        assert!(recent(None, Instant::ZERO).is_err());
        assert_eq!(Voltages::of(&Batch::EMPTY), None);
    }
}
