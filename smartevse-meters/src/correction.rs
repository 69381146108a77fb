//! Mistakes of the installation that a setting can put right, and one that only
//! a person can (meters specification §1, §6).

use smartevse_types::{Duration, Instant, MilliAmps, PerPhase, Phase, Watts};

use crate::error::MeterError;
use crate::reading::Values;

/// Power without any current that is suspicious: above 100 W.
const SUSPICIOUS: Watts = Watts::from_watts(100);
/// How long it must last: 60 s.
const LASTING: Duration = Duration::from_secs(60);

/// Which conductor of the meter is which phase, and which are turned round.
///
/// The default changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Correction {
    sources: [Phase; 3],
    invert: [bool; 3],
}

impl Default for Correction {
    fn default() -> Self {
        Self {
            sources: [Phase::L1, Phase::L2, Phase::L3],
            invert: [false; 3],
        }
    }
}

impl Correction {
    /// Takes L1, L2 and L3 from these conductors of the meter; `invert` turns
    /// current and power of a conductor of the meter round.
    ///
    /// `None` unless each conductor is named once: a phase must not get lost.
    #[must_use]
    pub fn new(sources: [Phase; 3], invert: [bool; 3]) -> Option<Self> {
        let all = [Phase::L1, Phase::L2, Phase::L3];
        let complete = all.iter().all(|phase| sources.contains(phase));
        complete.then_some(Self { sources, invert })
    }

    /// Puts a reading right. The total power follows the phases when one of them
    /// is turned round; energies stay, because their counters have run already.
    ///
    /// # Errors
    ///
    /// [`MeterError::OutOfRange`] when the total does not fit, and
    /// [`MeterError::Unsupported`] when some but not all conductors are turned
    /// round and only the total power is known.
    pub fn apply(&self, mut values: Values) -> Result<Values, MeterError> {
        values.power = self.total(&values)?;
        let turned = values
            .currents
            .map(|amps| self.turned(amps, |current| MilliAmps::ZERO - current));
        values.currents = turned.map(|amps| self.moved(amps));
        let turned = values
            .phase_power
            .map(|power| self.turned(power, |watts| Watts::ZERO - watts));
        values.phase_power = turned.map(|power| self.moved(power));
        values.voltages = values.voltages.map(|volts| self.moved(volts));
        values.phase_import = values.phase_import.map(|energy| self.moved(energy));
        Ok(values)
    }

    fn total(&self, values: &Values) -> Result<Option<Watts>, MeterError> {
        let Some(power) = values.power else {
            return Ok(None);
        };
        let negated = |watts| Watts::ZERO.checked_sub(watts).ok_or(MeterError::OutOfRange);
        match (self.invert, values.phase_power) {
            ([false, false, false], _) => Ok(Some(power)),
            (_, Some(phases)) => {
                let turned = self.turned(phases, |watts| Watts::ZERO - watts);
                let sum = turned
                    .iter()
                    .try_fold(Watts::ZERO, |sum, (_, watts)| sum.checked_add(watts));
                sum.map(Some).ok_or(MeterError::OutOfRange)
            }
            ([true, true, true], None) => negated(power).map(Some),
            (_, None) => Err(MeterError::Unsupported),
        }
    }

    fn turned<T: Copy>(&self, values: PerPhase<T>, turn: impl Fn(T) -> T) -> PerPhase<T> {
        let mut result = values;
        for ((phase, value), invert) in values.iter().zip(self.invert) {
            result.set(phase, if invert { turn(value) } else { value });
        }
        result
    }

    fn moved<T: Copy>(&self, values: PerPhase<T>) -> PerPhase<T> {
        let [l1, l2, l3] = self.sources;
        PerPhase::new([values.of(l1), values.of(l2), values.of(l3)])
    }
}

/// Finds a meter that shows power but no currents, such as a first SDM72D-M,
/// which has no registers for phases.
///
/// Such a meter cannot guard anything: it always reads 0 A.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoPhaseCurrents {
    power: Option<Watts>,
    since: Option<Instant>,
}

impl NoPhaseCurrents {
    /// Takes a reading and tells whether power has flowed without current for 60 s.
    pub fn follow(&mut self, values: &Values, now: Instant) -> bool {
        self.power = values.power.or(self.power);
        let idle = |amps: PerPhase<MilliAmps>| amps == PerPhase::splat(MilliAmps::ZERO);
        match values.currents.map(idle) {
            Some(false) => self.since = None,
            Some(true) if self.is_suspicious() => self.since = self.since.or(Some(now)),
            Some(true) | None => {}
        }
        if !self.is_suspicious() {
            self.since = None;
        }
        self.since.is_some_and(|since| now.since(since) >= LASTING)
    }

    fn is_suspicious(&self) -> bool {
        self.power.is_some_and(|power| {
            let magnitude = if power < Watts::ZERO {
                Watts::ZERO - power
            } else {
                power
            };
            magnitude > SUSPICIOUS
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(milli: [i32; 3], watts: [i32; 3]) -> Values {
        Values {
            currents: Some(PerPhase::new(milli).map(MilliAmps::from_milli)),
            phase_power: Some(PerPhase::new(watts).map(Watts::from_watts)),
            power: Some(Watts::from_watts(watts.iter().sum())),
            ..Values::default()
        }
    }

    /// meters 1 and 13.3
    #[test]
    fn when_phases_are_swapped_or_turned_then_they_are_put_right() {
        use Phase::{L1, L2, L3};
        let read = values([1000, -2000, 3000], [230, -460, 690]);
        let none = Correction::new([L1, L2, L3], [false; 3]).unwrap();
        assert_eq!(none, Correction::default());
        assert_eq!(none.apply(read), Ok(read));
        let both = Correction::new([L2, L3, L1], [false, true, false]).unwrap();
        let right = values([2000, 3000, 1000], [460, 690, 230]);
        assert_eq!(both.apply(read), Ok(right));
        assert_eq!(Correction::new([L1, L1, L3], [false; 3]), None);
    }

    #[test]
    fn when_only_the_total_is_known_then_it_turns_as_a_whole() {
        let sources = [Phase::L1, Phase::L2, Phase::L3];
        let total = Values {
            power: Some(Watts::from_watts(500)),
            ..Values::default()
        };
        let all = Correction::new(sources, [true; 3]).unwrap();
        let turned = all.apply(total).unwrap();
        assert_eq!(turned.power, Some(Watts::from_watts(-500)));
        let one = Correction::new(sources, [true, false, false]).unwrap();
        assert_eq!(one.apply(total), Err(MeterError::Unsupported));
    }

    /// meters 6: warning `NoPhaseCurrents`
    #[test]
    fn when_power_flows_without_current_then_it_is_told_after_a_minute() {
        let mut watch = NoPhaseCurrents::default();
        let at = Instant::from_secs;
        let power = |watts| Values {
            power: Some(Watts::from_watts(watts)),
            ..Values::default()
        };
        let idle = Values {
            currents: values([0; 3], [0; 3]).currents,
            ..Values::default()
        };
        assert!(!watch.follow(&power(-101), at(0)));
        assert!(!watch.follow(&idle, at(1)));
        assert!(!watch.follow(&idle, at(60)));
        assert!(watch.follow(&idle, at(61)));
        assert!(!watch.follow(&power(100), at(62)));
        assert!(!watch.follow(&power(3000), at(63)));
        assert!(!watch.follow(&idle, at(64)));
        assert!(!watch.follow(&values([100, 0, 0], [3000, 0, 0]), at(70)));
        assert!(!watch.follow(&idle, at(124)));
    }
}
