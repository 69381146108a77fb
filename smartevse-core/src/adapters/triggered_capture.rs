//! Capture of a board whose pilot timer triggers the converter.

use smartevse_types::MilliVolts;

use super::{Capture, PeriodEnd, TriggerSchedule};

/// What one triggered sequence converts, in millivolts at the converter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conversions {
    /// Control pilot.
    pub pilot: MilliVolts,
    /// Proximity contact.
    pub proximity: MilliVolts,
    /// Temperature sensor.
    pub temperature: MilliVolts,
}

/// What the interrupt at the end of a period has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodDone {
    /// Compare value of the next sample point, µs.
    pub point: u16,
    /// The 10 ms loop is due.
    pub poll_due: bool,
}

/// The state of the interrupt at the end of each pilot period:
/// [`TriggerSchedule`], [`Capture`], and the count to the next poll.
#[derive(Clone, Copy, Debug)]
pub struct TriggeredCapture<const N: usize> {
    schedule: TriggerSchedule,
    capture: Capture<N>,
    periods: u16,
    left: u16,
}

impl<const N: usize> TriggeredCapture<N> {
    /// Starts; a poll is due after each `periods` periods (10 at 1 kHz).
    #[must_use]
    pub const fn new(periods: u16) -> Self {
        Self {
            schedule: TriggerSchedule::new(),
            capture: Capture::new(),
            periods,
            left: periods,
        }
    }

    /// Takes the end of a period with its conversions, if they are complete.
    pub fn step(&mut self, end: &PeriodEnd, converted: Option<Conversions>) -> PeriodDone {
        let (origin, point) = self.schedule.step(end);
        if let Some((origin, converted)) = origin.zip(converted) {
            self.capture.pilot(origin.phase, origin.at, converted.pilot);
            self.capture.proximity(origin.at, converted.proximity);
            self.capture.temperature(origin.at, converted.temperature);
        }
        self.left = self.left.saturating_sub(1);
        let poll_due = self.left == 0;
        if poll_due {
            self.left = self.periods;
        }
        PeriodDone { point, poll_due }
    }
}

impl<const N: usize> AsMut<Capture<N>> for TriggeredCapture<N> {
    /// What was captured.
    fn as_mut(&mut self) -> &mut Capture<N> {
        &mut self.capture
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    use super::*;
    use crate::adapters::PilotScale;
    use smartevse_types::Instant;

    fn run(converted: Option<Conversions>) -> (TriggeredCapture<12>, usize) {
        let mut capture = TriggeredCapture::new(10);
        let mut polls = 0;
        for ms in 1..=40 {
            let end = PeriodEnd {
                now: Instant::from_millis(ms),
                elapsed: 0,
                duty: 500,
            };
            polls += usize::from(capture.step(&end, converted).poll_due);
        }
        (capture, polls)
    }

    #[test]
    fn when_periods_pass_then_every_tenth_is_a_poll_and_samples_are_kept() {
        let level = MilliVolts::from_milli(2_892);
        let (mut capture, polls) = run(Some(Conversions {
            pilot: level,
            proximity: level,
            temperature: level,
        }));
        assert_eq!(polls, 4);
        let now = Instant::from_millis(40);
        assert_eq!(capture.as_mut().proximity_voltage(now), Ok(level));
        assert_eq!(capture.as_mut().temperature_voltage(now), Ok(level));
        let scale = PilotScale::reference(MilliVolts::from_milli(3_300)).unwrap();
        let summary = capture.as_mut().take().summary(&scale);
        assert!(summary.unwrap().unwrap().low.is_some());
    }

    #[test]
    fn when_the_converter_is_silent_then_there_is_no_sample_but_the_polls_go_on() {
        let (mut capture, polls) = run(None);
        assert_eq!(polls, 4);
        let scale = PilotScale::reference(MilliVolts::from_milli(3_300)).unwrap();
        assert_eq!(capture.as_mut().summary(&scale), Ok(None));
    }
}
