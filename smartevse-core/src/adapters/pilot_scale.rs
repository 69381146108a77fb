//! From the converter to the connector.

use smartevse_types::MilliVolts;

use super::Linear;

/// Voltage at the converter and at the connector for −12 V and +12 V of the
/// reference sense network: 40.2 kΩ to the pilot, 10 kΩ to 3.3 V, 15 kΩ to
/// ground (boards specification §1.2). Measured points may replace them.
pub const PILOT_POINTS: [(MilliVolts, MilliVolts); 2] = [
    (MilliVolts::from_milli(164), MilliVolts::from_milli(-12_000)),
    (
        MilliVolts::from_milli(3_281),
        MilliVolts::from_milli(12_000),
    ),
];

/// Converts pilot conversions to millivolts at the connector.
///
/// The unconnected pilot gives 3.28 V at the converter of the reference
/// network, beyond what the converter of some chips can reach. A conversion at
/// the end of the range therefore stands for the unconnected pilot; taken
/// literally it would read 10.3 V on some chips, which is neither "vehicle" nor
/// "no vehicle". The error is to the safe side: the end of the range never
/// reads as a connected vehicle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PilotScale {
    line: Linear,
    end: MilliVolts,
    unconnected: MilliVolts,
}

impl PilotScale {
    /// Makes a scale from two calibration points (at the converter, at the
    /// connector), the end of the converter's range and the level of an
    /// unconnected pilot; `None` when the points coincide.
    #[must_use]
    pub fn new(
        [first, second]: [(MilliVolts, MilliVolts); 2],
        end: MilliVolts,
        unconnected: MilliVolts,
    ) -> Option<Self> {
        let line = Linear::new(first, second)?;
        Some(Self {
            line,
            end,
            unconnected,
        })
    }

    /// Makes the scale of the reference network for a converter that ends at
    /// this voltage.
    #[must_use]
    pub fn reference(end: MilliVolts) -> Option<Self> {
        Self::new(PILOT_POINTS, end, MilliVolts::from_milli(12_000))
    }

    /// Converts a voltage at the converter to a voltage at the connector.
    #[must_use]
    pub fn at_connector(&self, converted: MilliVolts) -> MilliVolts {
        let level = self.line.at(converted);
        if converted >= self.end {
            level.max(self.unconnected)
        } else {
            level
        }
    }
}

/// Converts a count to millivolts at the converter, rounding to nearest.
///
/// `full_scale` is the largest count; it reads as `reference`.
#[must_use]
pub fn converted(count: u16, full_scale: u16, reference: MilliVolts) -> MilliVolts {
    let full = i64::from(full_scale);
    let twice = i64::from(count)
        .saturating_mul(i64::from(reference.as_milli()))
        .saturating_mul(2)
        .saturating_add(full);
    let level = twice.checked_div(full.saturating_mul(2)).unwrap_or(0);
    MilliVolts::from_milli(i32::try_from(level).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: MilliVolts = MilliVolts::from_milli(3_300);
    const FULL: u16 = 4_095;

    fn mv(value: i32) -> MilliVolts {
        MilliVolts::from_milli(value)
    }

    /// Boards 1.2, the whole table.
    #[test]
    fn when_in_range_then_the_levels_are_those_of_the_network() {
        let scale = PilotScale::reference(REFERENCE).unwrap();
        let rows = [
            (3_281, 12_000),
            (2_892, 9_000),
            (2_502, 6_000),
            (2_112, 3_000),
            (1_723, 0),
            (294, -11_000),
            (164, -12_000),
        ];
        for (converted, level) in rows {
            let error = scale.at_connector(mv(converted)) - mv(level);
            assert!(error.as_milli().abs() <= 10, "{converted} mV");
        }
        let [first, _] = PILOT_POINTS;
        assert_eq!(PilotScale::new([first, first], REFERENCE, mv(1)), None);
    }

    /// Boards 1.5: 12 V lies beyond the range of the converter.
    #[test]
    fn when_the_converter_saturates_then_no_vehicle_is_seen() {
        for end in [3_060, 3_097, 3_135, 3_209] {
            let scale = PilotScale::reference(mv(end)).unwrap();
            assert!(scale.at_connector(mv(end)) >= mv(12_000));
            // A connected vehicle (at most 10 V) stays one.
            assert!(scale.at_connector(mv(3_021)) < mv(10_500));
        }
    }

    /// Boards 3.2: counts of the nominal pilot levels, through both
    /// conversions.
    #[test]
    fn when_the_pilot_has_a_nominal_level_then_the_count_reads_as_that_level() {
        let scale = PilotScale::reference(REFERENCE).unwrap();
        for (count, nominal) in [
            (4_071, 12_000),
            (3_588, 9_000),
            (3_105, 6_000),
            (2_621, 3_000),
            (2_138, 0),
            (204, -12_000),
        ] {
            let level = scale.at_connector(converted(count, FULL, REFERENCE));
            let error = level.as_milli() - nominal;
            assert!(error.abs() <= 20, "{count}: off by {error} mV");
        }
    }

    /// Boards 3.2: a +12 V rail above 12.15 V saturates and is still 12 V.
    #[test]
    fn when_counts_rise_then_the_level_never_falls() {
        let scale = PilotScale::reference(REFERENCE).unwrap();
        let mut last = MilliVolts::MIN;
        for count in 0..=FULL {
            let level = scale.at_connector(converted(count, FULL, REFERENCE));
            assert!(level >= last);
            last = level;
        }
        assert!((12_000..12_300).contains(&last.as_milli()), "{last:?}");
        assert_eq!(converted(0, FULL, REFERENCE), MilliVolts::ZERO);
        assert_eq!(converted(FULL, FULL, REFERENCE), REFERENCE);
        assert_eq!(converted(7, 0, REFERENCE), MilliVolts::ZERO);
    }
}
