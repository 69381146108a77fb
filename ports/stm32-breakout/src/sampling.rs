//! When the pilot is sampled and what a sample says.
//!
//! The compare channel 4 of the pilot timer triggers the converter in
//! hardware. One period samples the high phase, the next one the low phase.
//! The interrupt at the end of each period takes the conversion and writes the
//! compare value that the hardware takes over one period later.

use smartevse_types::{Duration, Instant};

/// Period of the pilot in steps of the timer (1 µs).
pub const PERIOD: u16 = 1_000;

/// Sample point of the high phase, µs after the rising edge (boards
/// specification §1.4).
pub const HIGH_POINT: u16 = 50;

/// Earliest sample point of the low phase, µs (boards specification §1.4).
pub const LOW_POINT: u16 = 950;

/// Least distance between an edge and a sample point, µs: covers the edge (2 µs)
/// and the analogue path.
pub const EDGE: u16 = 10;

/// Time that the conversion of the pilot itself takes at most, µs. The sample
/// must be complete before the next edge.
pub const CONVERSION: u16 = 5;

/// Longest time between two periods, µs: beyond it a period was missed and
/// nobody knows which sample point a conversion belongs to.
const LONGEST_PERIOD: u64 = 1_500;

/// What a sample point falls into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Positive part of a pulse.
    High,
    /// Negative part of a pulse.
    Low,
    /// There are no pulses.
    Steady,
}

/// Half of the pulse that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Turn {
    #[default]
    High,
    Low,
}

/// Whether a duty in steps makes pulses.
const fn pulses(duty: u16) -> bool {
    duty > 0 && duty < PERIOD
}

/// Gives the sample point for a turn at a duty in steps.
///
/// High: 50 µs, or the middle of a shorter pulse. Low: `max(950, duty + 10)`
/// (boards specification §1.4); at 980 and above too little of the low phase is
/// left and [`phase`] refuses the sample.
const fn point(turn: Turn, duty: u16) -> u16 {
    match turn {
        Turn::High => {
            let middle = duty / 2;
            if pulses(duty) && middle < HIGH_POINT {
                if middle == 0 { 1 } else { middle }
            } else {
                HIGH_POINT
            }
        }
        Turn::Low => {
            let after_edge = duty.saturating_add(EDGE);
            if pulses(duty) && after_edge > LOW_POINT {
                if after_edge < PERIOD {
                    after_edge
                } else {
                    LOW_POINT
                }
            } else {
                LOW_POINT
            }
        }
    }
}

/// Tells what a sample at `point` with a duty in steps shows; `None` when it is
/// too close to an edge.
#[must_use]
pub const fn phase(duty: u16, point: u16) -> Option<Phase> {
    if !pulses(duty) {
        return Some(Phase::Steady);
    }
    let end = point.saturating_add(CONVERSION);
    if point >= EDGE && end <= duty {
        Some(Phase::High)
    } else if point >= duty.saturating_add(EDGE) && end <= PERIOD {
        Some(Phase::Low)
    } else {
        None
    }
}

/// Counts of one injected sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Control pilot.
    pub pilot: u16,
    /// Proximity contact.
    pub proximity: u16,
    /// Temperature sensor.
    pub temperature: u16,
}

/// One conversion with its moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// When the pilot was sampled.
    pub at: Instant,
    /// What the pilot sample shows; `None` = not usable.
    pub phase: Option<Phase>,
    /// The counts.
    pub counts: Counts,
}

/// What the interrupt at the end of a period reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodEnd {
    /// The moment of the reading.
    pub now: Instant,
    /// Steps of the timer since the period ended, read after the conversion.
    pub elapsed: u16,
    /// Compare value of the duty, in force from now on.
    pub duty: u16,
    /// The conversion of the past period, if there was one.
    pub counts: Option<Counts>,
}

/// One period as the hardware runs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Running {
    duty: u16,
    point: u16,
    turn: Turn,
    /// The duty was the same one period before.
    stable: bool,
}

/// Follows the periods of the pilot and names their samples.
///
/// A sample without a certain origin is dropped: after a missed period, when
/// the interrupt came after the next sample point, and in the first period of
/// a new duty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    running: Running,
    /// Compare value that waits in the preload register, and its turn.
    waiting: (u16, Turn),
    last: Option<Instant>,
}

impl Schedule {
    /// Starts with the sample point that the timer starts with,
    /// [`HIGH_POINT`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            running: Running {
                duty: PERIOD,
                point: HIGH_POINT,
                turn: Turn::High,
                stable: false,
            },
            waiting: (HIGH_POINT, Turn::High),
            last: None,
        }
    }

    /// Takes the end of a period. Gives the sample, and the compare value for
    /// the period after the one that has just begun.
    pub fn step(&mut self, end: &PeriodEnd) -> (Option<Sample>, u16) {
        let past = self.running;
        let began = end.now - Duration::from_micros(u64::from(end.elapsed));
        let certain = self.is_certain(end, began);
        self.last = Some(began);
        let (point_now, turn_now) = self.waiting;
        self.running = Running {
            duty: end.duty,
            point: point_now,
            turn: turn_now,
            stable: end.duty == past.duty,
        };
        let turn = match turn_now {
            Turn::High => Turn::Low,
            Turn::Low => Turn::High,
        };
        self.waiting = (point(turn, end.duty), turn);
        let sample = end
            .counts
            .filter(|_| certain && past.stable)
            .map(|counts| past.sample(began, counts));
        (sample, self.waiting.0)
    }

    fn is_certain(&self, end: &PeriodEnd, began: Instant) -> bool {
        let in_step = self
            .last
            .is_some_and(|last| began.since(last).as_micros() <= LONGEST_PERIOD);
        in_step && end.elapsed < self.waiting.0
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::new()
    }
}

impl Running {
    /// Names a conversion of this period, which ended at `end`. Without pulses
    /// every second sample is enough and keeps the rhythm of the pulses.
    fn sample(self, end: Instant, counts: Counts) -> Sample {
        let before_end = PERIOD.saturating_sub(self.point);
        let phase = phase(self.duty, self.point);
        let skipped = phase == Some(Phase::Steady) && self.turn == Turn::Low;
        Sample {
            at: end - Duration::from_micros(u64::from(before_end)),
            phase: phase.filter(|_| !skipped),
            counts,
        }
    }
}

/// Most samples between interrupt and poll: as many as the window holds of both
/// phases.
const MOST: usize = 24;

/// Samples between interrupt and poll. When nobody fetches them the oldest are
/// overwritten; the summary then speaks for the latest 24 ms only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch {
    samples: [Option<Sample>; MOST],
    next: usize,
}

impl Batch {
    /// No samples.
    pub const EMPTY: Self = Self {
        samples: [None; MOST],
        next: 0,
    };

    /// Adds a sample.
    pub fn push(&mut self, sample: Sample) {
        if let Some(place) = self.samples.get_mut(self.next) {
            *place = Some(sample);
        }
        let next = self.next.saturating_add(1);
        self.next = if next < MOST { next } else { 0 };
    }

    /// Gives the samples, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Sample> + '_ {
        let (newer, older) = self.samples.split_at(self.next.min(MOST));
        older.iter().chain(newer).flatten().copied()
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "figures of the simulation")]
mod tests {
    use super::*;

    const COUNTS: Counts = Counts {
        pilot: 1,
        proximity: 2,
        temperature: 3,
    };

    /// A timer with preload registers, as the chip has it.
    struct Timer {
        duty: [u16; 2],
        point: [u16; 2],
        period: u64,
    }

    impl Timer {
        const fn new() -> Self {
            Self {
                duty: [PERIOD; 2],
                point: [HIGH_POINT; 2],
                period: 0,
            }
        }

        /// Runs one period with its interrupt; gives the sample and where the
        /// hardware really sampled.
        fn run(&mut self, schedule: &mut Schedule, elapsed: u16) -> (Option<Sample>, u16, u16) {
            let (duty, point) = (self.duty[0], self.point[0]);
            self.period += 1;
            self.duty[0] = self.duty[1];
            self.point[0] = self.point[1];
            let now = Instant::from_micros(self.period * 1_000 + u64::from(elapsed));
            let (sample, next) = schedule.step(&PeriodEnd {
                now,
                elapsed,
                duty: self.duty[0],
                counts: Some(COUNTS),
            });
            self.point[1] = next;
            (sample, duty, point)
        }
    }

    /// Boards 1.4: the low point lies behind the falling edge at every duty,
    /// 96 % included; the high point lies in the pulse, 5 % included.
    #[test]
    fn when_a_duty_is_legal_then_both_phases_are_sampled_inside() {
        for duty in (100..=960).chain([50]) {
            let high = point(Turn::High, duty);
            let low = point(Turn::Low, duty);
            assert_eq!(phase(duty, high), Some(Phase::High), "{duty}");
            assert_eq!(phase(duty, low), Some(Phase::Low), "{duty}");
            assert!(high <= HIGH_POINT && low >= LOW_POINT);
        }
        assert_eq!(point(Turn::Low, 960), 970);
    }

    /// Boards 1.4: sampling goes on without pulses.
    #[test]
    fn when_there_are_no_pulses_then_the_level_is_sampled_every_second_period() {
        for duty in [0, PERIOD] {
            let mut timer = Timer::new();
            timer.duty = [duty; 2];
            let mut schedule = Schedule::new();
            let mut moments = [None; 40];
            for moment in &mut moments {
                let (sample, ..) = timer.run(&mut schedule, 3);
                *moment = sample.filter(|s| s.phase.is_some());
                assert!(moment.is_none_or(|s| s.phase == Some(Phase::Steady)));
            }
            let seen = moments.iter().flatten().count();
            assert!((18..=20).contains(&seen), "{seen}");
        }
    }

    /// Every sample is named by what the hardware really did, for any sequence
    /// of duties and any delay of the interrupt.
    #[test]
    fn when_duties_change_at_any_time_then_no_sample_is_misnamed() {
        let mut timer = Timer::new();
        let mut schedule = Schedule::new();
        let mut seed = 7_u32;
        let mut named = 0;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed >> 28 == 0 {
                timer.duty[1] = [0, 50, 100, 533, 960, 1_000][(seed >> 8) as usize % 6];
            }
            let elapsed = [2, 3, 49, 51, 700][(seed >> 16) as usize % 5];
            let (sample, duty, at) = timer.run(&mut schedule, elapsed);
            if let Some(sample) = sample {
                let seen = sample.phase;
                assert!(seen.is_none() || seen == phase(duty, at), "{duty} {at}");
                assert_eq!(sample.at.as_micros() % 1_000, u64::from(at));
                named += usize::from(seen.is_some());
            }
        }
        assert!(named > 5_000, "{named}");
    }

    #[test]
    fn when_the_interrupt_comes_after_the_next_point_then_the_sample_is_dropped() {
        let mut timer = Timer::new();
        let mut schedule = Schedule::new();
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
        let mut schedule = Schedule::new();
        for _ in 0..4 {
            timer.run(&mut schedule, 2);
        }
        timer.period += 1;
        timer.point[0] = timer.point[1];
        assert!(timer.run(&mut schedule, 2).0.is_none());
        assert!(timer.run(&mut schedule, 2).0.is_some());
    }

    #[test]
    fn when_the_converter_is_silent_then_there_is_no_sample() {
        let mut schedule = Schedule::new();
        for period in 1..9 {
            let (sample, _) = schedule.step(&PeriodEnd {
                now: Instant::from_millis(period),
                elapsed: 0,
                duty: 500,
                counts: None,
            });
            assert_eq!(sample, None);
        }
    }

    #[test]
    fn when_nobody_fetches_then_the_latest_samples_are_there_in_order() {
        let mut batch = Batch::EMPTY;
        for ms in 0..100 {
            batch.push(Sample {
                at: Instant::from_millis(ms),
                phase: None,
                counts: COUNTS,
            });
        }
        assert!(batch.iter().map(|s| s.at.as_millis()).eq(76..100));
    }
}
