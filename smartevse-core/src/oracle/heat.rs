//! Temperature over time.

use smartevse_types::{Celsius, Duration, Instant};

use crate::io::{HardwareFaults, TemperatureInput};

use super::step::Seen;

/// Distance of two samples of the charging control (TEMP_SAMPLE).
const SAMPLE: Duration = Duration::from_secs(1);
/// A temperature seen in this many polls, each a second after the one before,
/// has passed any median of five samples.
const CERTAIN: u8 = 5;
/// MAX TEMP before anybody told it.
const UNTOLD: Celsius = Celsius::from_celsius(65);
/// The hard limit does not wait for a median; one second for the poll.
const AT_ONCE: u8 = 2;
/// TEMP_HIGH ends after 10 s at the resume point.
const COOL: Duration = Duration::from_secs(10);

/// A condition counted once per second.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    at: Instant,
    polls: u8,
}

impl Count {
    fn mark(&mut self, holds: bool, now: Instant) {
        if !holds {
            self.polls = 0;
        } else if self.polls == 0 || now.since(self.at) >= SAMPLE {
            self.at = now;
            self.polls = self.polls.saturating_add(1);
        }
    }

    const fn is_certain(self) -> bool {
        self.polls >= CERTAIN
    }
}

/// Temperature as seen over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeatWatch {
    /// MAX TEMP of the latest valid directive; `None` = there was none.
    limit: Option<Celsius>,
    hot: Count,
    severe: Count,
    beyond: Count,
    above: Count,
    above_until: Option<Instant>,
}

/// Resume point (charging specification §9, decision 6).
pub(super) fn resume_at(limit: Celsius) -> Celsius {
    (limit - Celsius::from_celsius(5)).min(Celsius::from_celsius(55))
}

impl HeatWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(&mut self, here: &Seen) {
        let (low, high) = (Celsius::from_celsius(40), Celsius::from_celsius(75));
        let wanted = Some(here.directive.config.max_temperature.clamp(low, high));
        if here.is_fresh() && wanted != self.limit {
            *self = Self {
                limit: wanted,
                ..Self::default()
            };
        }
        let limit = self.limit.unwrap_or(UNTOLD);
        let plausible = -40..=110;
        let readable = !here.inputs.hardware.contains(HardwareFaults::TEMPERATURE);
        let celsius = match here.inputs.temperature {
            TemperatureInput::Measured(celsius)
                if readable && plausible.contains(&celsius.as_celsius()) =>
            {
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
        let beyond = |celsius: Celsius| celsius.as_celsius() > 110;
        self.beyond.mark(
            matches!(here.inputs.temperature, TemperatureInput::Measured(celsius) if beyond(celsius)),
            here.now,
        );
        let resume = resume_at(limit);
        self.above
            .mark(celsius.is_some_and(|value| value > resume), here.now);
        if self.above.is_certain() {
            self.above_until = Some(here.now);
        }
    }

    /// MAX TEMP was clearly reached.
    pub(super) const fn is_hot(&self) -> bool {
        self.hot.is_certain()
    }

    /// The hard limit was clearly reached.
    pub(super) const fn is_severe(&self) -> bool {
        self.severe.polls >= AT_ONCE
    }

    /// Any moment at or above the hard limit may have been taken for real, one
    /// that is too hot to be plausible as well.
    pub(super) const fn may_be_severe(&self) -> bool {
        self.severe.polls > 0 || self.beyond.polls > 0
    }

    /// The module was clearly too warm to resume a short time ago.
    pub(super) fn was_above(&self, now: Instant) -> bool {
        self.above_until
            .is_some_and(|until| now.since(until) < COOL)
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
