//! Temperature of the module: samples, stop, resume, derating, plausibility
//! (charging specification §9, decision 6).

use smartevse_types::{Celsius, DeciAmps, Instant};

use super::agenda::{Agenda, Hold};
use super::timing::{COOL_FOR, SENSOR_BAD, SENSOR_GOOD, TEMPERATURE_SAMPLE};
use crate::directive::ChargerConfig;
use crate::faults::Faults;
use crate::io::{HardwareFaults, Inputs, TemperatureInput};

/// Above this the contactors open at once, whatever MAX TEMP says.
const HARD_LIMIT: Celsius = Celsius::from_celsius(85);

/// So far above MAX TEMP the contactors open at once.
const HARD_MARGIN: Celsius = Celsius::from_celsius(15);

/// Span below MAX TEMP over which derating acts.
const DERATING_SPAN: i16 = 5;

/// Coldest and hottest plausible reading, °C.
const COLDEST: Celsius = Celsius::from_celsius(-40);
const HOTTEST: Celsius = Celsius::from_celsius(110);

/// Samples that the median is taken of.
const SAMPLES: usize = 5;

/// Temperature at which charging resumes: `min(55, MAX TEMP − 5)` °C.
#[must_use]
pub fn resume_at(max: Celsius) -> Celsius {
    Celsius::from_celsius(55).min(max - Celsius::from_celsius(5))
}

/// A reading that may count as heat. One that is too cold is no reading: a
/// broken sensor must not look cold. One that is too hot stays heat.
fn usable(input: TemperatureInput) -> Option<Celsius> {
    match input {
        TemperatureInput::Measured(temperature) => Some(temperature).filter(|t| *t >= COLDEST),
        TemperatureInput::Missing | TemperatureInput::NotFitted | TemperatureInput::Failed => None,
    }
}

/// The latest samples, one a second.
#[derive(Clone, Copy, Debug, Default)]
struct Samples {
    /// Newest last; `None` = no usable reading, or no sample yet.
    ring: [Option<Celsius>; SAMPLES],
    filled: u8,
    /// Moment of the newest sample.
    newest: Option<Instant>,
    /// Reading of the latest poll: it also held at the sample moments since.
    reading: Option<Celsius>,
}

impl Samples {
    fn take(&mut self, reading: Option<Celsius>, agenda: &mut Agenda) {
        let now = agenda.now();
        if let Some(newest) = self.newest {
            self.catch_up(newest, reading, now);
        } else {
            self.push(reading);
            self.newest = Some(now);
        }
        self.reading = reading;
        if let Some(newest) = self.newest.filter(|_| !self.is_settled()) {
            let _later = agenda.reached(newest + TEMPERATURE_SAMPLE);
        }
    }

    /// Takes the samples that were due since the latest one. More than five
    /// of the same reading say nothing new.
    fn catch_up(&mut self, newest: Instant, reading: Option<Celsius>, now: Instant) {
        // One sample a second: the whole seconds are the samples that were due.
        let due = now.since(newest).as_secs();
        let at = newest + TEMPERATURE_SAMPLE.times(due);
        let on_time = due > 0 && at == now;
        let missed = due.saturating_sub(u64::from(on_time));
        for _ in 0..missed.min(SAMPLES as u64) {
            self.push(self.reading);
        }
        if on_time {
            self.push(reading);
        }
        self.newest = Some(at);
    }

    fn push(&mut self, sample: Option<Celsius>) {
        let mut newer = sample;
        for place in self.ring.iter_mut().rev() {
            core::mem::swap(place, &mut newer);
        }
        self.filled = self.filled.saturating_add(1).min(SAMPLES as u8);
    }

    fn taken(&self) -> impl Iterator<Item = Option<Celsius>> {
        self.ring.into_iter().rev().take(usize::from(self.filled))
    }

    /// More samples of the present reading would change nothing.
    fn is_settled(&self) -> bool {
        self.taken().all(|sample| sample == self.reading)
    }

    /// Median of the usable samples, the higher one of two; the highest until
    /// there are five samples.
    fn value(&self) -> Option<Celsius> {
        let mut sorted = self.ring;
        sorted.sort_unstable();
        let mut usable = sorted.iter().flatten();
        if usize::from(self.filled) < SAMPLES {
            usable.last().copied()
        } else {
            let count = usable.clone().count();
            usable.nth(count / 2).copied()
        }
    }

    /// More than half of the samples are plausible.
    fn are_plausible(&self) -> bool {
        let good = self.taken().flatten().filter(|t| *t <= HOTTEST).count();
        good.saturating_mul(2) > usize::from(self.filled)
    }
}

/// Watches the temperature.
#[derive(Clone, Copy, Debug, Default)]
pub struct TemperatureWatch {
    samples: Samples,
    latest: Option<Celsius>,
    known: bool,
    high: bool,
    scorching: bool,
    sensor_fault: bool,
    cool: Hold,
    bad: Hold,
    good: Hold,
}

impl TemperatureWatch {
    pub fn update(&mut self, inputs: &Inputs, max: Celsius, agenda: &mut Agenda) {
        let input = if inputs.hardware.contains(HardwareFaults::TEMPERATURE) {
            TemperatureInput::Failed
        } else {
            inputs.temperature
        };
        let fitted = input != TemperatureInput::NotFitted;
        let reading = usable(input);
        if !fitted {
            self.samples = Samples::default();
            self.latest = None;
        } else if input != TemperatureInput::Missing || self.samples.newest.is_some() {
            self.samples.take(reading, agenda);
        }
        let plausible = !fitted || self.samples.are_plausible();
        self.judge_sensor(plausible, agenda);
        let value = self.samples.value();
        if plausible {
            self.latest = value.filter(|t| *t <= HOTTEST).or(self.latest);
            self.known = true;
        }
        // The hard limit does not wait for a median.
        self.scorching = reading.is_some_and(|t| t >= HARD_LIMIT || t >= max + HARD_MARGIN);
        let is_cool = !fitted || (plausible && value.is_some_and(|t| t <= resume_at(max)));
        self.judge_heat(value, is_cool && !self.scorching, max, agenda);
    }

    fn judge_sensor(&mut self, plausible: bool, agenda: &mut Agenda) {
        let bad = self.bad.holds_for(!plausible, SENSOR_BAD, agenda);
        let good = self.good.holds_for(plausible, SENSOR_GOOD, agenda);
        self.sensor_fault = bad || (self.sensor_fault && !good);
    }

    fn judge_heat(
        &mut self,
        value: Option<Celsius>,
        is_cool: bool,
        max: Celsius,
        agenda: &mut Agenda,
    ) {
        let cool = self.cool.holds_for(is_cool, COOL_FOR, agenda);
        let hot = self.scorching || value.is_some_and(|t| t >= max);
        self.high = hot || (self.high && !cool);
    }

    /// Opens the contactors at once.
    pub const fn is_scorching(&self) -> bool {
        self.scorching
    }

    /// A plausible value has been seen, or there is no sensor.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// Latest plausible median.
    pub const fn latest(&self) -> Option<Celsius> {
        self.latest
    }

    pub fn faults(&self) -> Faults {
        let mut faults = Faults::empty();
        faults.set(Faults::TEMP_HIGH, self.high);
        faults.set(Faults::SENSOR_FAULT, self.sensor_fault);
        faults
    }

    /// Current that derating allows: from MAX linearly down to MIN over the
    /// last 5 °C below MAX TEMP; `None` = no derating now.
    pub fn derated(&self, config: &ChargerConfig) -> Option<DeciAmps> {
        let start = config.max_temperature - Celsius::from_celsius(DERATING_SPAN);
        let above = (self.latest? - start).as_celsius();
        if !config.derating || above <= 0 {
            return None;
        }
        let steps = i32::from(above.min(DERATING_SPAN));
        let span = config.max.to_deci() - config.min.to_deci();
        Some(config.max.to_deci() - span.times(steps).divided_by(i32::from(DERATING_SPAN)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Amps;

    struct Bench {
        watch: TemperatureWatch,
        max: i16,
        next: Instant,
    }

    impl Bench {
        fn at(&mut self, millis: u64, celsius: i16) -> Faults {
            self.read(
                millis,
                TemperatureInput::Measured(Celsius::from_celsius(celsius)),
            )
        }

        fn read(&mut self, millis: u64, temperature: TemperatureInput) -> Faults {
            let inputs = Inputs {
                temperature,
                ..Inputs::default()
            };
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            let max = Celsius::from_celsius(self.max);
            self.watch.update(&inputs, max, &mut agenda);
            self.next = agenda.next();
            self.watch.faults()
        }

        /// Polls at each full second of a span.
        fn hold(&mut self, secs: core::ops::Range<u64>, celsius: i16) -> Faults {
            secs.fold(Faults::empty(), |_, sec| {
                self.at(sec.saturating_mul(1_000), celsius)
            })
        }
    }

    fn bench(max: i16) -> Bench {
        Bench {
            watch: TemperatureWatch::default(),
            max,
            next: Instant::ZERO,
        }
    }

    /// I-24, D-19
    #[test]
    fn when_max_temp_is_any_then_resume_lies_below_it() {
        for max in 40..=75 {
            assert!(resume_at(Celsius::from_celsius(max)).as_celsius() <= max - 5);
        }
        let resume = |max| resume_at(Celsius::from_celsius(max)).as_celsius();
        assert_eq!((resume(65), resume(40)), (55, 35));
    }

    /// charging 9, I-24
    #[test]
    fn when_max_temp_is_reached_then_high_until_cool_for_10_s() {
        let mut bench = bench(65);
        assert_eq!(bench.hold(0..10, 64), Faults::empty());
        assert_eq!(bench.hold(10..12, 65), Faults::empty());
        assert_eq!(bench.hold(12..13, 65), Faults::TEMP_HIGH);
        assert_eq!(bench.hold(13..40, 56), Faults::TEMP_HIGH);
        assert_eq!(bench.hold(40..52, 55), Faults::TEMP_HIGH);
        assert_eq!(bench.hold(52..53, 55), Faults::empty());
    }

    /// charging 9: the median of five samples.
    #[test]
    fn when_two_samples_of_five_are_bad_then_nothing_happens() {
        for bad in [79, -90, 66, -41] {
            let mut bench = bench(65);
            bench.hold(0..5, 30);
            assert_eq!(bench.hold(5..7, bad), Faults::empty(), "{bad}");
            assert_eq!(bench.watch.latest(), Some(Celsius::from_celsius(30)));
            assert_eq!(bench.hold(7..20, 30), Faults::empty());
        }
    }

    /// charging 9: a spike between two samples is not seen at all.
    #[test]
    fn when_a_reading_jumps_between_the_samples_then_it_is_not_taken() {
        let mut bench = bench(65);
        bench.hold(0..5, 30);
        for second in 4..20 {
            bench.at(second * 1_000 + 300, 79);
            bench.at(second * 1_000 + 310, 30);
            assert_eq!(bench.at(second * 1_000 + 1_000, 30), Faults::empty());
        }
    }

    /// charging 9: before five samples exist the highest counts.
    #[test]
    fn when_just_started_then_the_highest_sample_counts() {
        let mut bench = bench(65);
        assert_eq!(bench.at(0, 64), Faults::empty());
        assert!(bench.watch.is_known());
        assert_eq!(bench.at(1_000, 65), Faults::TEMP_HIGH);
        bench.at(2_000, 20);
        assert_eq!(bench.watch.latest(), Some(Celsius::from_celsius(65)));
    }

    /// Design 3.1: the next sample is a deadline only while it matters.
    #[test]
    fn when_the_samples_equal_the_reading_then_there_is_no_deadline() {
        let mut bench = bench(65);
        bench.hold(0..5, 30);
        bench.at(4_100, 31);
        assert_eq!(bench.next, Instant::from_millis(5_000));
        bench.hold(5..10, 31);
        bench.at(75_000, 31);
        assert_eq!(bench.next, Instant::FAR_FUTURE);
        bench.at(90_300, 66);
        assert_eq!(bench.next, Instant::from_millis(91_000));
    }

    /// charging 3.4: at once, on a single reading.
    #[test]
    fn when_far_above_max_temp_then_scorching() {
        let mut bench = bench(60);
        bench.hold(0..5, 74);
        assert!(!bench.watch.is_scorching());
        bench.at(4_010, 75);
        assert!(bench.watch.is_scorching());
        bench.at(4_020, 120);
        assert!(bench.watch.is_scorching());
        let mut mild = self::bench(75);
        mild.hold(0..5, 30);
        assert_eq!(mild.at(4_010, 85), Faults::TEMP_HIGH);
        assert!(mild.watch.is_scorching());
    }

    /// D-19: a shorted sensor does not look cold.
    #[test]
    fn when_readings_are_implausible_for_10_s_then_sensor_fault_for_60_s() {
        let mut bench = bench(65);
        bench.hold(0..5, 25);
        assert_eq!(bench.hold(5..17, -86), Faults::empty());
        assert_eq!(bench.hold(17..18, -86), Faults::SENSOR_FAULT);
        assert_eq!(bench.hold(18..80, 25), Faults::SENSOR_FAULT);
        assert_eq!(bench.hold(80..81, 25), Faults::empty());
    }

    /// charging 3.2: a sensor that never answered is a fault, too.
    #[test]
    fn when_nothing_was_ever_read_then_sensor_fault_after_10_s() {
        for input in [TemperatureInput::Failed, TemperatureInput::Missing] {
            let mut bench = bench(65);
            for second in 0..10 {
                assert_eq!(bench.read(second * 1_000, input), Faults::empty());
            }
            assert_eq!(bench.read(10_000, input), Faults::SENSOR_FAULT);
            assert!(!bench.watch.is_known());
        }
    }

    /// charging 9
    #[test]
    fn when_derating_is_on_then_the_current_falls_to_min_at_max_temp() {
        let config = ChargerConfig {
            derating: true,
            max: Amps::from_amps(16),
            ..ChargerConfig::default()
        };
        for (celsius, expected) in [(60, None), (61, Some(140)), (64, Some(80)), (65, Some(60))] {
            let mut bench = bench(65);
            bench.at(0, celsius);
            let limit = bench.watch.derated(&config);
            assert_eq!(limit.map(DeciAmps::as_deci), expected, "{celsius}");
        }
    }
}
