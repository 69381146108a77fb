//! Temperature of the module: stop, resume, derating, plausibility (charging
//! specification §9, decision 6).

use smartevse_types::{Celsius, DeciAmps};

use super::agenda::{Agenda, Hold};
use super::timing::{COOL_FOR, SENSOR_BAD, SENSOR_GOOD};
use crate::directive::ChargerConfig;
use crate::faults::Faults;
use crate::io::{HardwareFaults, Inputs, TemperatureInput};

/// Above this the contactors open at once, whatever MAX TEMP says.
const HARD_LIMIT: Celsius = Celsius::from_celsius(85);

/// So far above MAX TEMP the contactors open at once.
const HARD_MARGIN: Celsius = Celsius::from_celsius(15);

/// Span below MAX TEMP over which derating acts.
const DERATING_SPAN: i16 = 5;

/// Temperature at which charging resumes: `min(55, MAX TEMP − 5)` °C.
#[must_use]
pub fn resume_at(max: Celsius) -> Celsius {
    Celsius::from_celsius(55).min(max - Celsius::from_celsius(5))
}

fn is_plausible(temperature: Celsius) -> bool {
    (-40..=110).contains(&temperature.as_celsius())
}

/// Watches the temperature.
#[derive(Clone, Copy, Debug, Default)]
pub struct TemperatureWatch {
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
        let measured = match input {
            TemperatureInput::Measured(temperature) => Some(temperature),
            TemperatureInput::Missing | TemperatureInput::NotFitted | TemperatureInput::Failed => {
                None
            }
        };
        let plausible = match measured {
            Some(temperature) => is_plausible(temperature),
            None => input == TemperatureInput::NotFitted,
        };
        self.judge_sensor(plausible, agenda);
        if plausible {
            self.latest = measured;
            self.known = true;
        }
        self.judge_heat(measured, input == TemperatureInput::NotFitted, max, agenda);
    }

    fn judge_sensor(&mut self, plausible: bool, agenda: &mut Agenda) {
        let bad = self.bad.holds_for(!plausible, SENSOR_BAD, agenda);
        let good = self.good.holds_for(plausible, SENSOR_GOOD, agenda);
        self.sensor_fault = bad || (self.sensor_fault && !good);
    }

    fn judge_heat(
        &mut self,
        measured: Option<Celsius>,
        not_fitted: bool,
        max: Celsius,
        agenda: &mut Agenda,
    ) {
        let is_cool = measured.is_some_and(|t| is_plausible(t) && t <= resume_at(max));
        let cool = self.cool.holds_for(is_cool || not_fitted, COOL_FOR, agenda);
        let hot = measured.is_some_and(|t| t >= max);
        self.high = hot || (self.high && !cool);
        self.scorching = measured.is_some_and(|t| t >= HARD_LIMIT || t >= max + HARD_MARGIN);
    }

    /// Opens the contactors at once.
    pub const fn is_scorching(&self) -> bool {
        self.scorching
    }

    /// A plausible value has been seen, or there is no sensor.
    pub const fn is_known(&self) -> bool {
        self.known
    }

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
    use smartevse_types::{Amps, Instant};

    struct Bench {
        watch: TemperatureWatch,
        max: i16,
    }

    impl Bench {
        fn at(&mut self, secs: u64, celsius: i16) -> Faults {
            let temperature = TemperatureInput::Measured(Celsius::from_celsius(celsius));
            let inputs = Inputs {
                temperature,
                ..Inputs::default()
            };
            let mut agenda = Agenda::new(Instant::from_secs(secs));
            self.watch
                .update(&inputs, Celsius::from_celsius(self.max), &mut agenda);
            self.watch.faults()
        }
    }

    fn bench(max: i16) -> Bench {
        Bench {
            watch: TemperatureWatch::default(),
            max,
        }
    }

    /// I-24, D-19
    #[test]
    fn when_max_temp_is_any_then_resume_lies_below_it() {
        for max in 40..=75 {
            assert!(resume_at(Celsius::from_celsius(max)).as_celsius() <= max - 5);
        }
        assert_eq!(
            resume_at(Celsius::from_celsius(65)),
            Celsius::from_celsius(55)
        );
        assert_eq!(
            resume_at(Celsius::from_celsius(40)),
            Celsius::from_celsius(35)
        );
    }

    /// charging 9, I-24
    #[test]
    fn when_max_temp_is_reached_then_high_until_cool_for_10_s() {
        let mut bench = bench(65);
        assert_eq!(bench.at(0, 64), Faults::empty());
        assert_eq!(bench.at(1, 65), Faults::TEMP_HIGH);
        assert_eq!(bench.at(2, 56), Faults::TEMP_HIGH);
        assert_eq!(bench.at(30, 55), Faults::TEMP_HIGH);
        assert_eq!(bench.at(39, 55), Faults::TEMP_HIGH);
        assert_eq!(bench.at(40, 55), Faults::empty());
    }

    /// charging 3.4
    #[test]
    fn when_far_above_max_temp_then_scorching() {
        let mut bench = bench(60);
        bench.at(0, 74);
        assert!(!bench.watch.is_scorching());
        bench.at(1, 75);
        assert!(bench.watch.is_scorching());
        bench.at(2, 120);
        assert!(bench.watch.is_scorching());
    }

    /// D-19: a shorted sensor does not look cold.
    #[test]
    fn when_a_reading_is_implausible_for_10_s_then_sensor_fault_for_60_s() {
        let mut bench = bench(65);
        bench.at(0, 25);
        bench.at(1, -86);
        assert_eq!(bench.at(10, -86), Faults::empty());
        assert_eq!(bench.at(11, -86), Faults::SENSOR_FAULT);
        assert_eq!(bench.at(12, 25), Faults::SENSOR_FAULT);
        assert_eq!(bench.at(71, 25), Faults::SENSOR_FAULT);
        assert_eq!(bench.at(72, 25), Faults::empty());
    }

    /// charging 9
    #[test]
    fn when_derating_is_on_then_the_current_falls_to_min_at_max_temp() {
        let mut bench = bench(65);
        let config = ChargerConfig {
            derating: true,
            max: Amps::from_amps(16),
            ..ChargerConfig::default()
        };
        for (celsius, expected) in [(60, None), (61, Some(140)), (64, Some(80)), (65, Some(60))] {
            bench.at(0, celsius);
            let limit = bench.watch.derated(&config);
            assert_eq!(limit.map(DeciAmps::as_deci), expected, "{celsius}");
        }
    }
}
