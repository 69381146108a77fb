//! The installation: house and roof, the mains meter, the main breaker.

use std::collections::VecDeque;

use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_types::{DeciAmps, Duration, Instant, PerPhase, WattHours, Watts};

use crate::car::PHASE_VOLTS;
use crate::random::Random;

/// Amperes per phase over time: each value holds for one step, the last one
/// for ever.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    step: Duration,
    values: Vec<[f64; 3]>,
}

impl Series {
    /// Makes a series; a step of zero counts as one second.
    #[must_use]
    pub fn new(step: Duration, values: Vec<[f64; 3]>) -> Self {
        let step = if step == Duration::ZERO {
            Duration::from_secs(1)
        } else {
            step
        };
        Self { step, values }
    }

    /// One value for ever.
    #[must_use]
    pub fn constant(value: [f64; 3]) -> Self {
        Self::new(Duration::from_secs(1), vec![value])
    }

    /// The value at a moment; zero if the series is empty.
    #[must_use]
    pub fn at(&self, now: Instant) -> [f64; 3] {
        let index = (now.as_micros() / self.step.as_micros()) as usize;
        let last = self.values.len().saturating_sub(1);
        self.values
            .get(index.min(last))
            .copied()
            .unwrap_or_default()
    }
}

impl Series {
    /// When the value may change next.
    pub(crate) fn next_after(&self, now: Instant) -> Instant {
        let index = now.as_micros() / self.step.as_micros();
        let last = self.values.len().saturating_sub(1) as u64;
        if index >= last {
            return Instant::FAR_FUTURE;
        }
        Instant::from_micros((index + 1).saturating_mul(self.step.as_micros()))
    }
}

/// Behaviour of a meter, as data.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MeterModel {
    /// Time between two samples.
    pub period: Duration,
    /// Time between a sample and its delivery.
    pub latency: Duration,
    /// Half the width of the noise, amperes.
    pub noise_a: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Span without a delivery.
    pub dropout: Option<(Instant, Instant)>,
}

impl Default for MeterModel {
    fn default() -> Self {
        Self {
            period: Duration::from_secs(1),
            latency: Duration::from_millis(200),
            noise_a: 0.0,
            seed: 1,
            dropout: None,
        }
    }
}

/// First sample of every meter (design §6).
const FIRST_SAMPLE: Instant = Instant::from_millis(500);

/// A meter that samples, adds noise, rounds to 0.1 A and delivers later.
#[derive(Clone, Debug)]
pub struct Meter {
    model: MeterModel,
    random: Random,
    next_sample: Instant,
    silent: bool,
    import_wh: f64,
    export_wh: f64,
    under_way: VecDeque<(Instant, Instant, MeterReading)>,
}

impl Meter {
    /// Makes a meter that has counted nothing yet.
    #[must_use]
    pub fn new(model: MeterModel) -> Self {
        Self {
            model,
            random: Random::new(model.seed),
            next_sample: FIRST_SAMPLE,
            silent: false,
            import_wh: 0.0,
            export_wh: 0.0,
            under_way: VecDeque::new(),
        }
    }

    /// Makes the meter silent, or lets it speak again.
    pub fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// Counts energy with constant currents for a span.
    pub fn integrate(&mut self, amps: [f64; 3], span: Duration) {
        let wh = amps.iter().sum::<f64>() * PHASE_VOLTS * span.as_micros() as f64 / 3.6e9;
        self.import_wh += wh.max(0.0);
        self.export_wh += (-wh).max(0.0);
    }

    /// When the meter has something to do.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let delivery = self.under_way.front().map(|(at, _, _)| *at);
        self.next_sample
            .earliest(delivery.unwrap_or(Instant::FAR_FUTURE))
    }

    /// Samples if it is time.
    pub fn sample(&mut self, now: Instant, amps: [f64; 3]) {
        while self.next_sample <= now {
            let reading = self.read(amps);
            let delivery = self.next_sample + self.model.latency;
            if !self.silent && !self.drops(delivery) {
                self.under_way
                    .push_back((delivery, self.next_sample, reading));
            }
            self.next_sample += self.model.period.max(Duration::from_millis(100));
        }
    }

    fn drops(&self, at: Instant) -> bool {
        self.model
            .dropout
            .is_some_and(|(from, to)| at >= from && at < to)
    }

    fn read(&mut self, amps: [f64; 3]) -> MeterReading {
        let noise = self.model.noise_a;
        let noisy = amps.map(|a| a + self.random.spread(noise));
        MeterReading {
            currents: Some(PerPhase::new(noisy.map(deci))),
            power: Some(Watts::from_watts(
                (noisy.iter().sum::<f64>() * PHASE_VOLTS).round() as i32,
            )),
            import: Some(WattHours::from_wh(self.import_wh as i64)),
            export: Some(WattHours::from_wh(self.export_wh as i64)),
        }
    }

    /// The next reading that has arrived by now, with its moment of
    /// measurement.
    pub fn delivered(&mut self, now: Instant) -> Option<(Instant, MeterReading)> {
        if self.under_way.front()?.0 > now {
            return None;
        }
        self.under_way
            .pop_front()
            .map(|(_, at, reading)| (at, reading))
    }
}

/// Makes an event of a reading.
#[must_use]
pub fn reading_event(at: Instant, fact: Fact) -> Event {
    Event { at, fact }
}

/// Rounds amperes to tenths.
#[must_use]
pub fn deci(amps: f64) -> DeciAmps {
    DeciAmps::from_deci((amps * 10.0).round() as i32)
}

/// Thermal model of the main breaker: first order, τ = 300 s, trips at 1.13²
/// of the squared rated current (design §6).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Breaker {
    rated_a: f64,
    heat: [f64; 3],
    tripped: bool,
}

impl Breaker {
    /// Time constant in seconds.
    pub const TAU_S: f64 = 300.0;
    /// Heat at which it trips, relative to the rated current.
    pub const TRIP: f64 = 1.13 * 1.13;

    /// Makes a cold breaker.
    #[must_use]
    pub const fn new(rated_a: f64) -> Self {
        Self {
            rated_a,
            heat: [0.0; 3],
            tripped: false,
        }
    }

    /// Whether it has tripped at any time.
    #[must_use]
    pub const fn has_tripped(&self) -> bool {
        self.tripped
    }

    /// Heats or cools with constant currents for a span.
    pub fn integrate(&mut self, amps: [f64; 3], span: Duration) {
        let share = 1.0 - (-(span.as_micros() as f64 / 1e6) / Self::TAU_S).exp();
        for (heat, amps) in self.heat.iter_mut().zip(amps) {
            let load = (amps / self.rated_a).powi(2);
            *heat += (load - *heat) * share;
            self.tripped |= *heat >= Self::TRIP;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_series_ends_then_its_last_value_stays() {
        let series = Series::new(Duration::from_secs(5), vec![[1.0; 3], [2.0; 3]]);
        assert_eq!(series.at(Instant::from_millis(4_999)), [1.0; 3]);
        assert_eq!(series.at(Instant::from_secs(5)), [2.0; 3]);
        assert_eq!(series.at(Instant::from_secs(500)), [2.0; 3]);
        assert_eq!(
            Series::new(Duration::ZERO, vec![]).at(Instant::ZERO),
            [0.0; 3]
        );
    }

    #[test]
    fn when_sampled_then_the_reading_comes_later_and_rounded() {
        let mut meter = Meter::new(MeterModel {
            period: Duration::from_secs(2),
            latency: Duration::from_millis(400),
            ..MeterModel::default()
        });
        assert_eq!(meter.deadline(), Instant::from_millis(500));
        meter.sample(Instant::from_millis(500), [1.26, -3.33, 0.0]);
        assert_eq!(meter.delivered(Instant::from_millis(899)), None);
        assert_eq!(meter.deadline(), Instant::from_millis(900));
        let (at, reading) = meter.delivered(Instant::from_millis(900)).unwrap();
        assert_eq!(at, Instant::from_millis(500));
        let currents = reading.currents.unwrap().as_array();
        assert_eq!(currents.map(DeciAmps::as_deci), [13, -33, 0]);
        assert_eq!(meter.deadline(), Instant::from_millis(2_500));
    }

    #[test]
    fn when_it_drops_out_then_nothing_is_delivered() {
        let mut meter = Meter::new(MeterModel {
            dropout: Some((Instant::from_secs(2), Instant::from_secs(4))),
            ..MeterModel::default()
        });
        let mut seen = Vec::new();
        for ms in (0..6_000).step_by(100) {
            let now = Instant::from_millis(ms);
            meter.sample(now, [0.0; 3]);
            while let Some((at, _)) = meter.delivered(now) {
                seen.push(at.as_millis());
            }
        }
        assert_eq!(seen, [500, 1_500, 4_500, 5_500]);
    }

    #[test]
    fn when_loaded_with_the_rated_current_then_the_breaker_holds() {
        let mut breaker = Breaker::new(25.0);
        for _ in 0..36_000 {
            breaker.integrate([25.0; 3], Duration::from_secs(1));
        }
        assert!(!breaker.has_tripped());
    }

    /// With twice the rated current: 300 s · ln(4 / (4 − 1.2769)) = 115.4 s.
    #[test]
    fn when_overloaded_then_the_breaker_trips_in_time() {
        let mut breaker = Breaker::new(25.0);
        let mut seconds = 0;
        while !breaker.has_tripped() {
            breaker.integrate([0.0, 50.0, 0.0], Duration::from_secs(1));
            seconds += 1;
        }
        assert_eq!(seconds, 116);
    }
}
