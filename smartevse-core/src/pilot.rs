//! Control pilot: from millivolts at the connector to classes, and the diode
//! check (charging specification §1.3).

use smartevse_types::{Duration, Instant, MilliVolts};

use crate::io::{MilliVoltRange, PilotSample};

/// Age from which a sample says nothing any more.
///
/// 50 ms; a sample that is older is [`PilotClass::Unknown`] (charging
/// specification §1.3, I-07).
pub const PILOT_STALE: Duration = Duration::from_millis(50);

/// How far a level must leave a resting class before the class changes.
const HYSTERESIS: i32 = 300;

/// Level of the control pilot.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PilotClass {
    /// +12 V: no vehicle.
    A12,
    /// +9 V: vehicle connected, not ready.
    B9,
    /// +6 V: vehicle ready.
    C6,
    /// +3 V: vehicle ready, asks for ventilation.
    D3,
    /// 0 V: shorted to protective earth.
    Short0,
    /// −12 V even in the high phase: generator stuck low, or state F.
    Neg12,
    /// The window straddles classes, or lies where no class is.
    Mixed,
    /// No sample, or a stale one.
    #[default]
    Unknown,
}

impl PilotClass {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::A12,
        Self::B9,
        Self::C6,
        Self::D3,
        Self::Short0,
        Self::Neg12,
        Self::Mixed,
        Self::Unknown,
    ];

    /// Name used in logs, traces and vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A12 => "A12",
            Self::B9 => "B9",
            Self::C6 => "C6",
            Self::D3 => "D3",
            Self::Short0 => "Short0",
            Self::Neg12 => "Neg12",
            Self::Mixed => "Mixed",
            Self::Unknown => "Unknown",
        }
    }

    /// The class with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Whether a vehicle is connected, as far as this level tells.
    #[must_use]
    pub const fn is_vehicle(self) -> bool {
        matches!(self, Self::B9 | Self::C6 | Self::D3)
    }

    /// Whether the level is one that a sound circuit has.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.is_vehicle() || matches!(self, Self::A12)
    }

    /// Whether leaving the class may wait for the hysteresis. The classes in
    /// which energy may flow never wait.
    const fn rests(self) -> bool {
        matches!(self, Self::A12 | Self::B9 | Self::Short0 | Self::Neg12)
    }
}

/// A class and the span of millivolts that belongs to it, both ends included.
struct Band {
    class: PilotClass,
    low: i32,
    high: i32,
}

/// The classes, highest first. A level on a border belongs to the class that
/// lets less energy flow.
const BANDS: [Band; 6] = [
    band(PilotClass::A12, 10_501, i32::MAX),
    band(PilotClass::B9, 7_500, 10_500),
    band(PilotClass::C6, 4_501, 7_499),
    band(PilotClass::D3, 1_501, 4_500),
    band(PilotClass::Short0, -1_500, 1_500),
    band(PilotClass::Neg12, i32::MIN, -10_001),
];

const fn band(class: PilotClass, low: i32, high: i32) -> Band {
    Band { class, low, high }
}

impl Band {
    /// Whether the whole range lies in the band, widened on both sides.
    fn holds(&self, range: MilliVoltRange, wider: i32) -> bool {
        let low = self.low.saturating_sub(wider);
        let high = self.high.saturating_add(wider);
        low <= range.min.as_milli() && range.max.as_milli() <= high
    }
}

/// Classifies the high phase of a sample.
///
/// `previous` is the class before: a level at rest (12 V, 9 V, 0 V, −12 V)
/// keeps its class until the window leaves the band by 300 mV. Leaving 6 V or
/// 3 V never waits, because contactors open on it. A window that straddles
/// bands is `Mixed`; a sample older than 50 ms, or more than 50 ms in the
/// future, is `Unknown` (charging specification §1.3).
#[must_use]
pub fn classify(
    sample: Option<&PilotSample>,
    now: Instant,
    previous: Option<PilotClass>,
) -> PilotClass {
    let Some(sample) = sample.filter(|sample| is_fresh(sample, now)) else {
        return PilotClass::Unknown;
    };
    if sample.high.min > sample.high.max {
        return PilotClass::Mixed;
    }
    let stays = previous.filter(|class| class.rests()).filter(|class| {
        BANDS
            .iter()
            .any(|band| band.class == *class && band.holds(sample.high, HYSTERESIS))
    });
    stays.unwrap_or_else(|| raw_class(sample.high))
}

/// Whether a sample is young enough to speak for the present.
#[must_use]
pub fn is_fresh(sample: &PilotSample, now: Instant) -> bool {
    now.since(sample.at) <= PILOT_STALE && sample.at.since(now) <= PILOT_STALE
}

fn raw_class(range: MilliVoltRange) -> PilotClass {
    BANDS
        .iter()
        .find(|band| band.holds(range, 0))
        .map_or(PilotClass::Mixed, |band| band.class)
}

/// Whether the low phase shows the diode of a vehicle: all samples between
/// −13.5 V and −10 V (charging specification §1.3).
///
/// A plain resistor gives about −9 V or −6 V, a missing low phase nothing.
#[must_use]
pub fn diode_good(low: Option<MilliVoltRange>) -> bool {
    low.is_some_and(|low| {
        low.min.as_milli() > -13_500 && low.max.as_milli() < -10_000 && low.min <= low.max
    })
}

impl PilotSample {
    /// Makes the sample that a board would deliver for a class; for ports that
    /// classify in hardware, simulators and tests.
    ///
    /// `diode` is `Some` while a pulse width is generated: true gives a low
    /// phase of −12 V, false one that mirrors the high phase, like a resistor
    /// without a diode. `Unknown` has no sample.
    #[must_use]
    pub fn from_class(
        class: PilotClass,
        diode: Option<bool>,
        from: Instant,
        at: Instant,
    ) -> Option<Self> {
        let (min, max) = match class {
            PilotClass::A12 => (12_000, 12_000),
            PilotClass::B9 => (9_000, 9_000),
            PilotClass::C6 => (6_000, 6_000),
            PilotClass::D3 => (3_000, 3_000),
            PilotClass::Short0 => (0, 0),
            PilotClass::Neg12 => (-12_000, -12_000),
            PilotClass::Mixed => (0, 11_000),
            PilotClass::Unknown => return None,
        };
        let low = diode.map(|good| {
            let level = if good {
                MilliVolts::from_milli(-12_000)
            } else {
                mirrored(max)
            };
            MilliVoltRange {
                min: level,
                max: level,
            }
        });
        Some(Self {
            from,
            at,
            high: MilliVoltRange::from_milli(min, max),
            low,
        })
    }
}

const fn mirrored(level: i32) -> MilliVolts {
    MilliVolts::from_milli(level.saturating_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(min: i32, max: i32, previous: Option<PilotClass>) -> PilotClass {
        let at = Instant::from_millis(100);
        let high = MilliVoltRange::from_milli(min, max);
        let sample = PilotSample {
            from: at,
            at,
            high,
            low: None,
        };
        classify(Some(&sample), at, previous)
    }

    /// charging 1.3
    #[test]
    fn when_the_level_is_nominal_then_the_class_is_too() {
        for class in PilotClass::ALL {
            let at = Instant::from_millis(100);
            let sample = PilotSample::from_class(class, None, at, at);
            for previous in PilotClass::ALL {
                assert_eq!(classify(sample.as_ref(), at, Some(previous)), class);
            }
            assert_eq!(PilotClass::named(class.name()), Some(class));
        }
    }

    /// charging 1.3: the border belongs to the side with less energy.
    #[test]
    fn when_the_level_is_on_a_border_then_less_energy_flows() {
        assert_eq!(class_of(7_500, 7_500, None), PilotClass::B9);
        assert_eq!(class_of(7_499, 7_499, None), PilotClass::C6);
        assert_eq!(class_of(4_500, 4_500, None), PilotClass::D3);
        assert_eq!(class_of(1_500, 1_500, None), PilotClass::Short0);
        assert_eq!(class_of(-5_000, -5_000, None), PilotClass::Mixed);
    }

    /// charging 1.3: hysteresis of 300 mV at rest, none where energy flows.
    #[test]
    fn when_the_level_wanders_then_only_a_resting_class_stays() {
        assert_eq!(class_of(7_300, 7_400, Some(PilotClass::B9)), PilotClass::B9);
        assert_eq!(class_of(7_100, 7_400, Some(PilotClass::B9)), PilotClass::C6);
        assert_eq!(class_of(7_600, 7_600, Some(PilotClass::C6)), PilotClass::B9);
        assert_eq!(
            class_of(10_300, 10_600, Some(PilotClass::A12)),
            PilotClass::A12
        );
        assert_eq!(class_of(10_300, 10_600, None), PilotClass::Mixed);
    }

    /// charging 1.3: classifying twice changes nothing.
    #[test]
    fn when_classified_again_then_the_class_stays() {
        for previous in PilotClass::ALL {
            for min in (-14_000..14_000).step_by(170) {
                for max in [min, min + 150, min + 2_900] {
                    let once = class_of(min, max, Some(previous));
                    assert_eq!(class_of(min, max, Some(once)), once, "{min} {max}");
                }
            }
        }
    }

    /// I-06: whoever reads 6 V with a history reads it without one.
    #[test]
    fn when_a_history_gives_energy_then_the_raw_level_does_too() {
        for previous in PilotClass::ALL {
            for level in -14_000..14_000 {
                let class = class_of(level, level, Some(previous));
                if matches!(class, PilotClass::C6 | PilotClass::D3) {
                    assert_eq!(class_of(level, level, None), class);
                }
            }
        }
    }

    /// I-07
    #[test]
    fn when_a_sample_is_older_than_50_ms_then_unknown() {
        let at = Instant::from_millis(100);
        let sample = PilotSample::from_class(PilotClass::C6, Some(true), at, at);
        let limit = at + PILOT_STALE;
        assert_eq!(classify(sample.as_ref(), limit, None), PilotClass::C6);
        let late = limit + Duration::from_micros(1);
        assert_eq!(classify(sample.as_ref(), late, None), PilotClass::Unknown);
        assert_eq!(
            classify(sample.as_ref(), Instant::ZERO, None),
            PilotClass::Unknown
        );
        assert_eq!(classify(None, at, None), PilotClass::Unknown);
    }

    /// charging 1.3: a resistor is not a diode.
    #[test]
    fn when_the_low_phase_mirrors_the_high_one_then_the_diode_is_missing() {
        let at = Instant::ZERO;
        for (class, diode, good) in [
            (PilotClass::B9, Some(true), true),
            (PilotClass::B9, Some(false), false),
            (PilotClass::C6, Some(false), false),
            (PilotClass::C6, None, false),
        ] {
            let sample = PilotSample::from_class(class, diode, at, at).unwrap();
            assert_eq!(diode_good(sample.low), good);
        }
    }

    /// charging 1.3: the diode's window has open ends.
    #[test]
    fn when_the_low_phase_is_on_a_border_then_the_diode_is_missing() {
        let good = |min, max| diode_good(Some(MilliVoltRange::from_milli(min, max)));
        assert!(good(-13_499, -10_001));
        assert!(!good(-13_500, -12_000));
        assert!(!good(-12_000, -10_000));
        assert!(!good(-12_000, -12_001));
    }

    /// A resistor without a diode lets the low phase mirror the high one.
    #[test]
    fn when_a_sample_is_made_without_a_diode_then_the_low_phase_mirrors() {
        let at = Instant::ZERO;
        for (class, level) in [(PilotClass::B9, -9_000), (PilotClass::C6, -6_000)] {
            let sample = PilotSample::from_class(class, Some(false), at, at).unwrap();
            assert_eq!(sample.low, Some(MilliVoltRange::from_milli(level, level)));
        }
    }
}
