//! Temperature over time.

use smartevse_types::{Celsius, Duration, Instant};

use crate::io::TemperatureInput;

use super::spell::Spell;
use super::step::Seen;

/// A temperature seen for this long has passed any median of five samples
/// taken once per second.
const CERTAIN: Duration = Duration::from_secs(6);
/// Number of polls that go with it.
const CERTAIN_POLLS: u16 = 6;
/// TEMP_HIGH ends after 10 s at the resume point; 1 s for the sampling.
const COOL: Duration = Duration::from_secs(9);

/// Temperature as seen over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeatWatch {
    limit: Celsius,
    hot: Spell,
    severe: Spell,
    above: Spell,
    above_until: Option<Instant>,
}

/// Resume point (charging specification §9, decision 6).
pub(super) fn resume_at(limit: Celsius) -> Celsius {
    (limit - Celsius::from_celsius(5)).min(Celsius::from_celsius(55))
}

impl HeatWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(&mut self, here: &Seen) {
        let limit = here.directive.config.max_temperature;
        if limit != self.limit {
            *self = Self {
                limit,
                ..Self::default()
            };
        }
        let plausible = -40..=110;
        let celsius = match here.inputs.temperature {
            TemperatureInput::Measured(celsius) if plausible.contains(&celsius.as_celsius()) => {
                Some(celsius)
            }
            TemperatureInput::Measured(_)
            | TemperatureInput::Missing
            | TemperatureInput::NotFitted
            | TemperatureInput::Failed => None,
        };
        let hard = (limit + Celsius::from_celsius(15)).min(Celsius::from_celsius(85));
        let at_least = |bound: Celsius| celsius.is_some_and(|value| value >= bound);
        self.hot.mark(at_least(limit), here.now);
        self.severe.mark(at_least(hard), here.now);
        let resume = resume_at(limit);
        self.above
            .mark(celsius.is_some_and(|value| value > resume), here.now);
        if self.above.is_settled(here.now, CERTAIN_POLLS, CERTAIN) {
            self.above_until = Some(here.now);
        }
    }

    /// MAX TEMP was clearly reached.
    pub(super) fn is_hot(&self, now: Instant) -> bool {
        self.hot.is_settled(now, CERTAIN_POLLS, CERTAIN)
    }

    /// The hard limit was clearly reached.
    pub(super) fn is_severe(&self, now: Instant) -> bool {
        self.severe.is_settled(now, CERTAIN_POLLS, CERTAIN)
    }

    /// Any moment at or above the hard limit may have been taken for real.
    pub(super) fn may_be_severe(&self) -> bool {
        self.severe.since().is_some()
    }

    /// The module was clearly too warm to resume a short time ago.
    pub(super) fn was_above(&self, now: Instant) -> bool {
        self.above_until.is_some_and(|until| now.since(until) < COOL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I-24: the resume point lies below every MAX TEMP.
    #[test]
    fn when_any_limit_is_set_then_the_resume_point_lies_below() {
        for limit in 40..=75 {
            let limit = Celsius::from_celsius(limit);
            assert!(resume_at(limit) < limit);
        }
        assert_eq!(resume_at(Celsius::from_celsius(65)).as_celsius(), 55);
        assert_eq!(resume_at(Celsius::from_celsius(40)).as_celsius(), 35);
    }
}
