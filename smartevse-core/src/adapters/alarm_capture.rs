//! Capture of a board that starts its conversions from an alarm.

use smartevse_types::{Duration, DutyPermille, Instant, MilliVolts};

use super::{AlarmSchedule, Capture};

/// An input that is converted between two pilot samples.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SlowInput {
    /// Proximity contact.
    Proximity,
    /// Temperature sensor.
    Temperature,
}

/// The state of the interrupt of the sample points: [`AlarmSchedule`],
/// [`Capture`], the turn of the slow inputs, and the tick of the 10 ms loop.
///
/// Each alarm converts the pilot, hands it to [`pilot`](Self::pilot), converts
/// the slow input that this names, asks [`poll_due`](Self::poll_due), and sets
/// the next alarm by [`next`](Self::next).
#[derive(Clone, Copy, Debug)]
pub struct AlarmCapture<const N: usize> {
    schedule: AlarmSchedule,
    capture: Capture<N>,
    turn: SlowInput,
    period: Duration,
    poll_at: Instant,
}

impl<const N: usize> AlarmCapture<N> {
    /// Starts with the steady +12 V of a reset; a poll is due each `period`,
    /// first at once.
    #[must_use]
    pub const fn new(period: Duration) -> Self {
        Self {
            schedule: AlarmSchedule::new(),
            capture: Capture::new(),
            turn: SlowInput::Proximity,
            period,
            poll_at: Instant::ZERO,
        }
    }

    /// Notes the duty that was commanded, see [`AlarmSchedule::commanded`].
    pub fn commanded(&mut self, duty: DutyPermille, now: Instant) {
        self.schedule.commanded(duty, now);
    }

    /// Takes a conversion of the pilot that began at a moment and a position in
    /// the period, µs; `None` when the converter gave nothing. Names the slow
    /// input to convert now, where there is time for one.
    pub fn pilot(
        &mut self,
        at: Instant,
        position: u16,
        converted: Option<MilliVolts>,
    ) -> Option<SlowInput> {
        let phase = self.schedule.phase(at, position);
        match converted {
            Some(level) => self.capture.pilot(phase, at, level),
            None => self.capture.fail(),
        }
        if !self.schedule.has_time() {
            return None;
        }
        let turn = self.turn;
        self.turn = match turn {
            SlowInput::Proximity => SlowInput::Temperature,
            SlowInput::Temperature => SlowInput::Proximity,
        };
        Some(turn)
    }

    /// Takes the conversion of a slow input; without one its voltage grows old.
    pub fn slow(&mut self, input: SlowInput, at: Instant, converted: Option<MilliVolts>) {
        match (input, converted) {
            (SlowInput::Proximity, Some(level)) => self.capture.proximity(at, level),
            (SlowInput::Temperature, Some(level)) => self.capture.temperature(at, level),
            (SlowInput::Proximity | SlowInput::Temperature, None) => {}
        }
    }

    /// Tells, once in each period, that the 10 ms loop is due. Two turns are
    /// never closer than half a period: after a late alarm the rhythm begins anew.
    pub fn poll_due(&mut self, at: Instant) -> bool {
        let due = at >= self.poll_at;
        if due {
            let keeps_rhythm = at.since(self.poll_at).times(2) < self.period;
            let base = if keeps_rhythm { self.poll_at } else { at };
            self.poll_at = base + self.period;
        }
        due
    }

    /// Gives the time to the next alarm, µs, see [`AlarmSchedule::next`].
    pub fn next(&mut self, position: u16) -> u16 {
        self.schedule.next(position)
    }
}

impl<const N: usize> AsMut<Capture<N>> for AlarmCapture<N> {
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
    use crate::hardware::ErrorKind;

    const PERIOD: Duration = Duration::from_millis(10);
    const LEVEL: MilliVolts = MilliVolts::from_milli(2_892);

    /// Plays alarms at half duty for some milliseconds; counts the polls.
    fn play(capture: &mut AlarmCapture<25>, until_ms: u64, gives: bool) -> usize {
        capture.commanded(DutyPermille::from_permille(500), Instant::ZERO);
        let (mut us, mut polls) = (0_u64, 0);
        while us < until_ms * 1_000 {
            let (at, position) = (Instant::from_micros(us), u16::try_from(us % 1_000).unwrap());
            let converted = gives.then_some(LEVEL);
            if let Some(input) = capture.pilot(at, position, converted) {
                capture.slow(input, at, converted);
            }
            polls += usize::from(capture.poll_due(at));
            us += u64::from(capture.next(position));
        }
        polls
    }

    #[test]
    fn when_alarms_follow_each_other_then_all_inputs_are_fresh_and_polls_are_due() {
        let mut capture = AlarmCapture::new(PERIOD);
        assert_eq!(play(&mut capture, 100, true), 10);
        let now = Instant::from_millis(100);
        let taken = capture.as_mut().take();
        assert_eq!(taken.proximity_voltage(now), Ok(LEVEL));
        assert_eq!(taken.temperature_voltage(now), Ok(LEVEL));
        let scale = PilotScale::reference(MilliVolts::from_milli(3_300)).unwrap();
        let sample = taken.summary(&scale).unwrap().unwrap();
        assert!(sample.low.is_some());
        assert!(now.since(sample.at) <= Duration::from_millis(2));
    }

    #[test]
    fn when_the_converter_is_silent_then_there_is_no_sample_but_the_polls_go_on() {
        let mut capture = AlarmCapture::new(PERIOD);
        assert_eq!(play(&mut capture, 100, false), 10);
        let now = Instant::from_millis(100);
        let taken = capture.as_mut().take();
        let scale = PilotScale::reference(MilliVolts::from_milli(3_300)).unwrap();
        assert_eq!(taken.summary(&scale), Err(ErrorKind::Input));
        assert_eq!(taken.temperature_voltage(now), Err(ErrorKind::Timeout));
    }

    /// The watchdog is fed only after polls 5 to 20 ms apart.
    #[test]
    fn when_an_alarm_is_late_then_no_two_polls_come_close_together() {
        let mut capture = AlarmCapture::<25>::new(PERIOD);
        let mut due = |ms| capture.poll_due(Instant::from_millis(ms));
        let late = [1_000, 1_019, 1_020, 1_029, 1_034, 1_035, 1_043, 1_044];
        let polls = late.map(&mut due);
        let expected = [true, true, false, true, false, false, true, false];
        assert_eq!(polls, expected);
    }

    #[test]
    fn when_an_alarm_is_a_little_late_then_the_rhythm_stays() {
        let mut capture = AlarmCapture::<25>::new(PERIOD);
        let mut due = |us| capture.poll_due(Instant::from_micros(us));
        assert!(due(1_000_000));
        assert!(due(1_014_900));
        assert!(due(1_020_000));
    }
}
