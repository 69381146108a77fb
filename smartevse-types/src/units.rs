//! Physical quantities as integers with their unit in the type.
//!
//! Every operator saturates: a sum that does not fit stays at the end of the
//! range and never wraps. Conversions between units are explicit.

use core::fmt;

use num_traits::{SaturatingAdd, SaturatingSub};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($raw:ty), $from:ident, $as:ident, $suffix:literal) => {
        $(#[$doc])*
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            /// Zero of this unit.
            pub const ZERO: Self = Self(0);
            /// The largest value that this unit can hold.
            pub const MAX: Self = Self(<$raw>::MAX);
            /// The smallest value that this unit can hold.
            pub const MIN: Self = Self(<$raw>::MIN);

            /// Makes a quantity from its number in this unit.
            #[must_use]
            pub const fn $from(value: $raw) -> Self {
                Self(value)
            }

            /// Gives the number in this unit.
            #[must_use]
            pub const fn $as(self) -> $raw {
                self.0
            }

            /// Adds, or gives `None` when the sum does not fit.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// Subtracts, or gives `None` when the difference does not fit.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// Multiplies by a plain number; stays at the end of the range.
            #[must_use]
            #[inline(never)]
            pub const fn times(self, factor: $raw) -> Self {
                Self(self.0.saturating_mul(factor))
            }

            /// Divides by a plain number, truncating toward zero.
            ///
            /// A divisor of zero gives zero: an impossible figure can only
            /// lower a current.
            #[must_use]
            pub const fn divided_by(self, divisor: $raw) -> Self {
                match self.0.checked_div(divisor) {
                    Some(value) => Self(value),
                    None => Self(0),
                }
            }
        }

        impl core::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl core::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl core::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 = self.0.saturating_add(other.0);
            }
        }

        impl core::ops::SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 = self.0.saturating_sub(other.0);
            }
        }

        impl SaturatingAdd for $name {
            fn saturating_add(&self, other: &Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl SaturatingSub for $name {
            fn saturating_sub(&self, other: &Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl core::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self(0), |sum, value| Self(sum.0.saturating_add(value.0)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{} ", $suffix), self.0)
            }
        }
    };
}

unit!(
    /// Current in whole amperes: the unit of the settings.
    Amps(u16), from_amps, as_amps, "A"
);
unit!(
    /// Current in tenths of an ampere: the unit of every control path.
    /// Positive means import from the grid or charging, negative export.
    DeciAmps(i32), from_deci, as_deci, "dA"
);
unit!(
    /// Current in milliamperes: the unit of the meter decoders.
    MilliAmps(i32), from_milli, as_milli, "mA"
);
unit!(
    /// Voltage in millivolts: the control pilot at the connector.
    MilliVolts(i32), from_milli, as_milli, "mV"
);
unit!(
    /// Voltage in tenths of a volt: a phase voltage.
    DeciVolts(u16), from_deci, as_deci, "dV"
);
unit!(
    /// Frequency in hundredths of a hertz.
    CentiHertz(u16), from_centi, as_centi, "cHz"
);
unit!(
    /// Active power in watts, positive = import or charging.
    Watts(i32), from_watts, as_watts, "W"
);
unit!(
    /// Energy in watt-hours. 64 bit, because counters of large meters pass 2³¹.
    WattHours(i64), from_wh, as_wh, "Wh"
);
unit!(
    /// Temperature in degrees Celsius. 16 bit, so that a shorted sensor reads
    /// as hot and not as a wrapped negative figure.
    Celsius(i16), from_celsius, as_celsius, "°C"
);
unit!(
    /// Resistance of the proximity pilot in ohms.
    Ohms(u32), from_ohms, as_ohms, "Ω"
);
unit!(
    /// Duty of the control pilot in thousandths of its 1 ms period.
    /// 1000 = steady +12 V, 0 = steady −12 V.
    DutyPermille(u16), from_permille, as_permille, "‰"
);
unit!(
    /// Whole minutes: the unit of the time settings.
    Minutes(u16), from_minutes, as_minutes, "min"
);
unit!(
    /// Whole seconds: the unit of countdowns that people see.
    Seconds(u32), from_secs, as_secs, "s"
);

impl Amps {
    /// The same current in tenths of an ampere.
    #[must_use]
    pub const fn to_deci(self) -> DeciAmps {
        DeciAmps((self.0 as i32).saturating_mul(10))
    }
}

impl From<Amps> for DeciAmps {
    fn from(value: Amps) -> Self {
        value.to_deci()
    }
}

impl DeciAmps {
    /// Whole amperes, truncated toward zero; negative currents give zero.
    #[must_use]
    pub const fn to_amps(self) -> Amps {
        let amps = self.0 / 10;
        if amps <= 0 {
            Amps(0)
        } else if amps > u16::MAX as i32 {
            Amps(u16::MAX)
        } else {
            Amps(amps as u16)
        }
    }

    /// Nominal power on one phase at 230 V.
    #[must_use]
    pub const fn to_watts(self) -> Watts {
        Watts(self.0.saturating_mul(23))
    }
}

impl MilliAmps {
    /// Tenths of an ampere, truncated toward zero (meters specification §1).
    #[must_use]
    pub const fn to_deci(self) -> DeciAmps {
        DeciAmps(self.0 / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_sum_overflows_then_it_stays_at_the_end() {
        assert_eq!(DeciAmps::MAX + DeciAmps::from_deci(1), DeciAmps::MAX);
        assert_eq!(DeciAmps::MIN - DeciAmps::from_deci(1), DeciAmps::MIN);
        assert_eq!(Amps::ZERO - Amps::from_amps(1), Amps::ZERO);
        assert_eq!(DeciAmps::MAX.checked_add(DeciAmps::from_deci(1)), None);
    }

    #[test]
    fn when_divided_by_zero_then_zero() {
        assert_eq!(DeciAmps::from_deci(7).divided_by(0), DeciAmps::ZERO);
    }

    #[test]
    fn when_negative_deci_then_amps_are_zero() {
        assert_eq!(DeciAmps::from_deci(-15).to_amps(), Amps::ZERO);
        assert_eq!(DeciAmps::from_deci(169).to_amps(), Amps::from_amps(16));
        assert_eq!(Amps::from_amps(16).to_deci(), DeciAmps::from_deci(160));
    }

    #[test]
    fn when_milliamps_are_shown_then_they_truncate_toward_zero() {
        assert_eq!(
            MilliAmps::from_milli(-199).to_deci(),
            DeciAmps::from_deci(-1)
        );
        assert_eq!(MilliAmps::from_milli(199).to_deci(), DeciAmps::from_deci(1));
    }
}
