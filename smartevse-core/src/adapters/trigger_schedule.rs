//! Sample points that a compare channel of the pilot timer sets in hardware.

use smartevse_types::{Duration, DutyPermille, Instant};

use super::sample_point::{HIGH_POINT_US, PILOT_PERIOD_US};
use super::{PilotPhase, phase_at, sample_point};

/// Longest time between two periods, µs: beyond it a period was missed and
/// nobody knows which sample point a conversion belongs to.
const LONGEST_PERIOD: u64 = 1_500;

/// What the interrupt at the end of a pilot period reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodEnd {
    /// The moment of the reading.
    pub now: Instant,
    /// Time since the period ended, µs, read after the conversion.
    pub elapsed: u16,
    /// Duty in force from now on, in µs of the period.
    pub duty: u16,
}

/// When the sample of a past period was taken and what it shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampleOrigin {
    /// Moment of the sample.
    pub at: Instant,
    /// Phase; `None` when an edge was too close or the period was skipped.
    pub phase: Option<PilotPhase>,
}

/// Half of the pulse that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    High,
    Low,
}

impl Turn {
    fn point(self, duty: u16) -> u16 {
        let phase = match self {
            Self::High => PilotPhase::High,
            Self::Low => PilotPhase::Low,
        };
        let duty = DutyPermille::from_permille(duty);
        // Without pulses the trigger keeps the rhythm of the pulses.
        match phase_at(duty, 0) {
            Some(PilotPhase::Steady) => sample_point(DutyPermille::from_permille(500), phase),
            Some(PilotPhase::High | PilotPhase::Low) | None => sample_point(duty, phase),
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::High => Self::Low,
            Self::Low => Self::High,
        }
    }
}

/// One period as the hardware runs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Running {
    duty: u16,
    point: u16,
    turn: Turn,
    /// The duty was the same one period before.
    stable: bool,
}

impl Running {
    /// Names a conversion of this period, which ended at `end`. Without pulses
    /// every second sample is enough.
    fn origin(self, end: Instant) -> SampleOrigin {
        let before_end = PILOT_PERIOD_US.saturating_sub(self.point);
        let phase = phase_at(DutyPermille::from_permille(self.duty), self.point);
        let skipped = phase == Some(PilotPhase::Steady) && self.turn == Turn::Low;
        SampleOrigin {
            at: end - Duration::from_micros(u64::from(before_end)),
            phase: phase.filter(|_| !skipped),
        }
    }
}

/// Follows the periods of a pilot timer whose compare channel triggers the
/// converter, and names the samples.
///
/// One period samples the high phase, the next one the low phase. The
/// interrupt at the end of each period takes the conversion and writes the
/// compare value that the preload register hands over one period later. A
/// sample without a certain origin is dropped: after a missed period, when the
/// interrupt came after the next sample point, and in the first period of a
/// new duty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TriggerSchedule {
    running: Running,
    /// Compare value that waits in the preload register, and its turn.
    waiting: (u16, Turn),
    last: Option<Instant>,
}

impl TriggerSchedule {
    /// Starts with the sample point that the timer has to start with,
    /// [`HIGH_POINT_US`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            running: Running {
                duty: PILOT_PERIOD_US,
                point: HIGH_POINT_US,
                turn: Turn::High,
                stable: false,
            },
            waiting: (HIGH_POINT_US, Turn::High),
            last: None,
        }
    }

    /// Takes the end of a period. Gives the origin of its sample, and the
    /// compare value (µs) for the period after the one that has just begun.
    pub fn step(&mut self, end: &PeriodEnd) -> (Option<SampleOrigin>, u16) {
        let past = self.running;
        let began = end.now - Duration::from_micros(u64::from(end.elapsed));
        let certain = past.stable && self.is_certain(end, began);
        self.last = Some(began);
        let (point, turn) = self.waiting;
        self.running = Running {
            duty: end.duty,
            point,
            turn,
            stable: end.duty == past.duty,
        };
        let next = turn.other();
        self.waiting = (next.point(end.duty), next);
        (certain.then(|| past.origin(began)), self.waiting.0)
    }

    fn is_certain(&self, end: &PeriodEnd, began: Instant) -> bool {
        let in_step = self
            .last
            .is_some_and(|last| began.since(last).as_micros() <= LONGEST_PERIOD);
        in_step && end.elapsed < self.waiting.0
    }
}

impl Default for TriggerSchedule {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    use super::*;

    /// A timer with preload registers.
    struct Timer {
        duty: [u16; 2],
        point: [u16; 2],
        period: u64,
    }

    impl Timer {
        const fn new() -> Self {
            Self {
                duty: [PILOT_PERIOD_US; 2],
                point: [HIGH_POINT_US; 2],
                period: 0,
            }
        }

        /// Runs one period with its interrupt; gives the origin and where the
        /// hardware really sampled.
        fn run(
            &mut self,
            schedule: &mut TriggerSchedule,
            elapsed: u16,
        ) -> (Option<SampleOrigin>, u16, u16) {
            let (duty, point) = (self.duty[0], self.point[0]);
            self.period += 1;
            self.duty[0] = self.duty[1];
            self.point[0] = self.point[1];
            let now = Instant::from_micros(self.period * 1_000 + u64::from(elapsed));
            let (origin, next) = schedule.step(&PeriodEnd {
                now,
                elapsed,
                duty: self.duty[0],
            });
            assert!((1..PILOT_PERIOD_US).contains(&next));
            self.point[1] = next;
            (origin, duty, point)
        }
    }

    /// Boards 1.4: sampling goes on without pulses.
    #[test]
    fn when_there_are_no_pulses_then_the_level_is_sampled_every_second_period() {
        for duty in [0, PILOT_PERIOD_US] {
            let mut timer = Timer::new();
            timer.duty = [duty; 2];
            let mut schedule = TriggerSchedule::new();
            let mut seen = 0;
            for _ in 0..40 {
                let (origin, ..) = timer.run(&mut schedule, 3);
                let phase = origin.and_then(|origin| origin.phase);
                assert!(phase.is_none_or(|phase| phase == PilotPhase::Steady));
                seen += usize::from(phase.is_some());
            }
            assert!((18..=20).contains(&seen), "{seen}");
        }
    }

    /// Every sample is named by what the hardware really did, for any sequence
    /// of duties and any delay of the interrupt.
    #[test]
    fn when_duties_change_at_any_time_then_no_sample_is_misnamed() {
        let mut timer = Timer::new();
        let mut schedule = TriggerSchedule::default();
        let mut seed = 7_u32;
        let mut named = 0;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed >> 28 == 0 {
                timer.duty[1] = [0, 50, 100, 533, 960, 1_000][(seed >> 8) as usize % 6];
            }
            let elapsed = [2, 3, 49, 51, 700][(seed >> 16) as usize % 5];
            let (origin, duty, at) = timer.run(&mut schedule, elapsed);
            if let Some(origin) = origin {
                let real = phase_at(DutyPermille::from_permille(duty), at);
                let seen = origin.phase;
                assert!(seen.is_none() || seen == real, "{duty} {at}");
                assert_eq!(origin.at.as_micros() % 1_000, u64::from(at));
                named += usize::from(seen.is_some());
            }
        }
        assert!(named > 5_000, "{named}");
    }

    #[test]
    fn when_the_interrupt_comes_after_the_next_point_then_the_sample_is_dropped() {
        let mut timer = Timer::new();
        let mut schedule = TriggerSchedule::new();
        for _ in 0..3 {
            timer.run(&mut schedule, 2);
        }
        let next = timer.point[1];
        assert!(timer.run(&mut schedule, next).0.is_none());
        assert!(timer.run(&mut schedule, 2).0.is_some());
    }

    #[test]
    fn when_a_period_was_missed_then_the_sample_is_dropped() {
        let mut timer = Timer::new();
        let mut schedule = TriggerSchedule::new();
        for _ in 0..4 {
            timer.run(&mut schedule, 2);
        }
        timer.period += 1;
        timer.point[0] = timer.point[1];
        assert!(timer.run(&mut schedule, 2).0.is_none());
        assert!(timer.run(&mut schedule, 2).0.is_some());
    }
}
