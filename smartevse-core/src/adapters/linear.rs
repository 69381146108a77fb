//! Straight-line calibration of a converter.

use smartevse_types::MilliVolts;

/// A straight line through two calibration points.
///
/// Converts the voltage at the converter to the voltage at the connector. For
/// a divider with 40.2 kΩ to the pilot, 10 kΩ to 3.3 V and 15 kΩ to ground the
/// ideal points are 164 mV ↔ −12 V and 3281 mV ↔ +12 V; a calibrated board
/// uses two measured points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Linear {
    from: MilliVolts,
    to: MilliVolts,
    rise: i64,
    run: i64,
}

impl Linear {
    /// Makes the line from two points (at the converter, at the connector);
    /// `None` when both have the same voltage at the converter.
    #[must_use]
    pub fn new(first: (MilliVolts, MilliVolts), second: (MilliVolts, MilliVolts)) -> Option<Self> {
        let run = difference(second.0, first.0);
        (run != 0).then_some(Self {
            from: first.0,
            to: first.1,
            rise: difference(second.1, first.1),
            run,
        })
    }

    /// Converts a voltage; rounds to nearest and stays at the end of the
    /// range of [`MilliVolts`].
    #[must_use]
    pub fn at(&self, voltage: MilliVolts) -> MilliVolts {
        let twice = i128::from(difference(voltage, self.from))
            .saturating_mul(i128::from(self.rise))
            .saturating_mul(2)
            .saturating_mul(i128::from(self.run.signum()));
        let run = i128::from(self.run.unsigned_abs());
        let offset = twice
            .saturating_add(run)
            .checked_div_euclid(run.saturating_mul(2))
            .unwrap_or(0);
        let level = offset.saturating_add(i128::from(self.to.as_milli()));
        let level = level.clamp(i128::from(i32::MIN), i128::from(i32::MAX));
        MilliVolts::from_milli(i32::try_from(level).unwrap_or(i32::MIN))
    }
}

/// Gives `a − b` without overflow.
fn difference(a: MilliVolts, b: MilliVolts) -> i64 {
    i64::from(a.as_milli()).saturating_sub(i64::from(b.as_milli()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mv(value: i32) -> MilliVolts {
        MilliVolts::from_milli(value)
    }

    /// Boards 1.2: the table of the sense network.
    #[test]
    fn when_the_divider_is_ideal_then_the_levels_are_those_of_the_table() {
        let line = Linear::new((mv(164), mv(-12_000)), (mv(3_281), mv(12_000))).unwrap();
        for (at_converter, nominal) in [
            (3_281, 12_000),
            (2_892, 9_000),
            (2_502, 6_000),
            (2_112, 3_000),
            (1_723, 0),
            (294, -11_000),
            (164, -12_000),
        ] {
            let error = (line.at(mv(at_converter)) - mv(nominal)).as_milli();
            assert!(error.abs() <= 10, "{at_converter} mV: off by {error} mV");
        }
    }

    #[test]
    fn when_the_points_are_swapped_then_the_line_is_the_same() {
        let one = Linear::new((mv(0), mv(-5)), (mv(1_000), mv(7_777))).unwrap();
        let two = Linear::new((mv(1_000), mv(7_777)), (mv(0), mv(-5))).unwrap();
        for v in -2_000..2_000 {
            let error = (one.at(mv(v)) - two.at(mv(v))).as_milli();
            assert!(error.abs() <= 1);
        }
    }

    #[test]
    fn when_the_points_coincide_then_there_is_no_line() {
        assert_eq!(Linear::new((mv(5), mv(0)), (mv(5), mv(9))), None);
    }

    #[test]
    fn when_the_figures_are_extreme_then_the_level_stays_in_range() {
        let line = Linear::new((mv(0), mv(0)), (mv(1), mv(i32::MAX))).unwrap();
        assert_eq!(line.at(MilliVolts::MAX), MilliVolts::MAX);
        assert_eq!(line.at(MilliVolts::MIN), MilliVolts::MIN);
    }
}
