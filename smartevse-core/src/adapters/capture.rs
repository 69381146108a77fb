//! What the sampling interrupt of a board collects.

use smartevse_types::{Duration, Instant, Latest, MilliVolts};

use super::{PilotPhase, PilotScale, PilotWindow};
use crate::hardware::ErrorKind;
use crate::io::{MilliVoltRange, PilotSample};
use crate::pilot::PILOT_STALE;

/// Longest age of a voltage of proximity contact or temperature sensor: as for
/// the pilot (charging specification §1.3).
pub const VOLTAGE_STALE: Duration = PILOT_STALE;

/// Pilot samples, and the latest voltages of proximity contact and temperature
/// sensor, all in millivolts at the converter.
///
/// The sampling interrupt adds conversions; the 10 ms loop takes a copy with
/// [`take`](Self::take) in a short critical section and asks the copy, which
/// turns millivolts at the converter into millivolts at the connector. N is the
/// number of samples of each phase: 25 at one sample per millisecond, 12 at one
/// every two (charging specification §1.3: at least 20 ms).
#[derive(Clone, Copy, Debug)]
pub struct Capture<const N: usize> {
    window: PilotWindow<N>,
    proximity: Latest<MilliVolts>,
    temperature: Latest<MilliVolts>,
    failed: bool,
}

impl<const N: usize> Capture<N> {
    /// Makes an empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            window: PilotWindow::new(),
            proximity: Latest::NEVER,
            temperature: Latest::NEVER,
            failed: false,
        }
    }

    /// Adds a pilot sample; one without a phase does not count.
    pub fn pilot(&mut self, phase: Option<PilotPhase>, at: Instant, converted: MilliVolts) {
        if let Some(phase) = phase {
            self.window.push(phase, at, converted);
        }
    }

    /// Notes the voltage of the proximity contact.
    pub fn proximity(&mut self, at: Instant, converted: MilliVolts) {
        self.proximity.update(converted, at);
    }

    /// Notes the voltage of the temperature sensor.
    pub fn temperature(&mut self, at: Instant, converted: MilliVolts) {
        self.temperature.update(converted, at);
    }

    /// Notes that the converter gave nothing: the pilot samples are forgotten.
    pub fn fail(&mut self) {
        self.failed = true;
        self.window.clear();
    }

    /// Gives a copy; a failure of the converter is told once.
    pub fn take(&mut self) -> Self {
        let copy = *self;
        self.failed = false;
        copy
    }

    /// Gives the summary of the pilot in millivolts at the connector; `None`
    /// before the first sample.
    ///
    /// # Errors
    ///
    /// `Input` when the converter failed since the copy before.
    pub fn summary(&self, scale: &PilotScale) -> Result<Option<PilotSample>, ErrorKind> {
        if self.failed {
            return Err(ErrorKind::Input);
        }
        let levels = |range: MilliVoltRange| {
            let ends = (scale.at_connector(range.min), scale.at_connector(range.max));
            MilliVoltRange {
                min: ends.0.min(ends.1),
                max: ends.0.max(ends.1),
            }
        };
        Ok(self.window.summary().map(|sample| PilotSample {
            high: levels(sample.high),
            low: sample.low.map(levels),
            ..sample
        }))
    }

    /// Gives the voltage of the proximity contact.
    ///
    /// # Errors
    ///
    /// `Timeout` when it is older than [`VOLTAGE_STALE`].
    pub fn proximity_voltage(&self, now: Instant) -> Result<MilliVolts, ErrorKind> {
        recent(&self.proximity, now)
    }

    /// Gives the voltage of the temperature sensor.
    ///
    /// # Errors
    ///
    /// `Timeout` when it is older than [`VOLTAGE_STALE`].
    pub fn temperature_voltage(&self, now: Instant) -> Result<MilliVolts, ErrorKind> {
        recent(&self.temperature, now)
    }
}

impl<const N: usize> Default for Capture<N> {
    fn default() -> Self {
        Self::new()
    }
}

fn recent(latest: &Latest<MilliVolts>, now: Instant) -> Result<MilliVolts, ErrorKind> {
    let reading = latest.reading(now, VOLTAGE_STALE);
    reading.fresh().ok_or(ErrorKind::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [(MilliVolts, MilliVolts); 2] = [
        (MilliVolts::from_milli(164), MilliVolts::from_milli(-12_000)),
        (
            MilliVolts::from_milli(3_281),
            MilliVolts::from_milli(12_000),
        ),
    ];

    fn mv(value: i32) -> MilliVolts {
        MilliVolts::from_milli(value)
    }

    fn scale(points: [(MilliVolts, MilliVolts); 2]) -> PilotScale {
        PilotScale::new(points, mv(3_300), mv(12_000)).unwrap()
    }

    fn pulses() -> Capture<12> {
        let mut capture = Capture::new();
        for ms in 0..40 {
            let (phase, level) = if ms % 2 == 0 {
                (PilotPhase::High, 2_892)
            } else {
                (PilotPhase::Low, 164)
            };
            capture.pilot(Some(phase), Instant::from_millis(ms), mv(level));
        }
        capture
    }

    /// Charging 1.3: the summary speaks for at least 20 ms of both phases.
    #[test]
    fn when_there_are_pulses_then_both_phases_speak_for_20_ms() {
        let summary = pulses().summary(&scale(POINTS)).unwrap().unwrap();
        assert!(summary.at.since(summary.from) >= Duration::from_millis(20));
        assert!((8_980..9_020).contains(&summary.high.min.as_milli()));
        assert_eq!(summary.low.unwrap().max, mv(-12_000));
    }

    #[test]
    fn when_the_sense_network_inverts_then_smallest_and_largest_change_places() {
        let [first, second] = POINTS;
        let inverted = scale([(first.0, second.1), (second.0, first.1)]);
        let mut capture = Capture::<4>::new();
        for level in [164, 3_281] {
            capture.pilot(Some(PilotPhase::Steady), Instant::ZERO, mv(level));
        }
        let range = capture.summary(&inverted).unwrap().unwrap().high;
        assert_eq!(range, MilliVoltRange::from_milli(-12_000, 12_000));
    }

    #[test]
    fn when_a_sample_has_no_phase_then_it_does_not_count() {
        let mut capture = Capture::<12>::default();
        capture.pilot(None, Instant::ZERO, mv(2_892));
        assert_eq!(capture.summary(&scale(POINTS)), Ok(None));
    }

    #[test]
    fn when_the_converter_fails_then_nothing_is_known_and_it_is_told_once() {
        let mut capture = pulses();
        capture.fail();
        assert_eq!(
            capture.take().summary(&scale(POINTS)),
            Err(ErrorKind::Input)
        );
        assert_eq!(capture.take().summary(&scale(POINTS)), Ok(None));
    }

    #[test]
    fn when_voltages_are_old_then_they_cannot_be_read() {
        let mut capture = Capture::<1>::new();
        let at = Instant::from_millis(10);
        assert!(capture.proximity_voltage(at).is_err());
        capture.proximity(at, mv(595));
        capture.temperature(at, mv(750));
        let last = at + VOLTAGE_STALE;
        assert_eq!(capture.proximity_voltage(last), Ok(mv(595)));
        assert_eq!(capture.temperature_voltage(last), Ok(mv(750)));
        let late = last + Duration::from_micros(1);
        assert_eq!(capture.proximity_voltage(late), Err(ErrorKind::Timeout));
        assert_eq!(capture.temperature_voltage(late), Err(ErrorKind::Timeout));
    }
}
