//! From millivolts at the converter to millivolts at the connector.

use smartevse_core::adapters::Linear;
use smartevse_types::MilliVolts;

use crate::facts::{PILOT_CEILING, PILOT_POINTS};

/// Converts pilot conversions.
///
/// The unconnected pilot gives 3.28 V at CP_IN, which is beyond what the
/// converter of most chips can reach: 3.06 to 3.21 V, depending on the
/// reference of the chip. A conversion at the end of the range therefore
/// stands for the unconnected pilot; taken literally it would read 10.3 V on
/// some chips, which is neither "vehicle" nor "no vehicle". The error is to the
/// safe side: the end of the range never reads as a connected vehicle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PilotScale {
    line: Linear,
    end: MilliVolts,
}

impl PilotScale {
    /// Makes a scale for a converter that ends at this voltage; `None` when
    /// the calibration points coincide.
    #[must_use]
    pub fn new(end: MilliVolts) -> Option<Self> {
        let [first, second] = PILOT_POINTS;
        let line = Linear::new(first, second)?;
        Some(Self { line, end })
    }

    /// Converts a voltage at the converter to a voltage at the connector.
    #[must_use]
    pub fn at_connector(&self, converted: MilliVolts) -> MilliVolts {
        let level = self.line.at(converted);
        if converted >= self.end {
            level.max(PILOT_CEILING)
        } else {
            level
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mv(value: i32) -> MilliVolts {
        MilliVolts::from_milli(value)
    }

    /// Boards 1.2, the whole table.
    #[test]
    fn when_in_range_then_the_levels_are_those_of_the_network() {
        let scale = PilotScale::new(mv(3_300)).unwrap();
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
    }

    /// Boards 1.5: 12 V lies beyond the range of the converter.
    #[test]
    fn when_the_converter_saturates_then_no_vehicle_is_seen() {
        for end in [3_060, 3_097, 3_135, 3_209] {
            let scale = PilotScale::new(mv(end)).unwrap();
            assert!(scale.at_connector(mv(end)) >= mv(12_000));
            // A connected vehicle (at most 10 V) stays one.
            assert!(scale.at_connector(mv(3_021)) < mv(10_500));
        }
    }
}
