//! Exact decimal numbers in text: no binary float, one rounding at the end.

use crate::decode::Quantity;
use crate::error::MeterError;

/// Significant digits that are kept; what follows cannot change a value in range.
const DIGITS: u32 = 18;

/// A number as it stands in a text: ± digits × 10^exponent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Decimal {
    negative: bool,
    digits: u64,
    kept: u32,
    exponent: i64,
}

impl Decimal {
    /// Reads the digits of `text`: sign, whole part, fraction and exponent, each
    /// already known to be well-formed.
    pub(crate) fn new(negative: bool, whole: &[u8], fraction: &[u8], exponent: i64) -> Self {
        let mut number = Self {
            negative,
            exponent,
            ..Self::default()
        };
        whole.iter().for_each(|digit| number.push(*digit));
        for digit in fraction {
            number.exponent = number.exponent.saturating_sub(1);
            number.push(*digit);
        }
        number
    }

    /// Appends a digit, or only its place when enough are kept.
    fn push(&mut self, digit: u8) {
        if self.kept >= DIGITS {
            self.exponent = self.exponent.saturating_add(1);
            return;
        }
        let value = u64::from(digit.wrapping_sub(b'0'));
        self.digits = self.digits.saturating_mul(10).saturating_add(value);
        self.kept = self.kept.saturating_add(u32::from(self.digits != 0));
    }

    /// Scales to the internal unit, rounds half away from zero, checks the range.
    ///
    /// `shift` is the power of ten between the number and the unit of the
    /// quantity's register form (A, W, kWh, V, Hz); 3 for a number in kW.
    pub(crate) fn scale(self, quantity: Quantity, shift: i64) -> Result<i64, MeterError> {
        let shift = shift.saturating_add(i64::from(quantity.exponent()));
        let magnitude = self.rounded(self.exponent.saturating_add(shift));
        let value = i64::try_from(magnitude?).map_err(|_| MeterError::OutOfRange)?;
        let value = if self.negative {
            value.saturating_neg()
        } else {
            value
        };
        let (low, high) = quantity.range();
        if (low..=high).contains(&value) {
            Ok(value)
        } else {
            Err(MeterError::OutOfRange)
        }
    }

    fn rounded(self, exponent: i64) -> Result<u64, MeterError> {
        if self.digits == 0 {
            return Ok(0);
        }
        let power = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
        let factor = 10_u64.checked_pow(power);
        if exponent >= 0 {
            return factor
                .and_then(|factor| self.digits.checked_mul(factor))
                .ok_or(MeterError::OutOfRange);
        }
        // A divisor beyond 10^19 leaves less than half of a number of 18 digits.
        let Some(factor) = factor else {
            return Ok(0);
        };
        let whole = self.digits.checked_div(factor).unwrap_or(0);
        let rest = self.digits.checked_rem(factor).unwrap_or(0);
        let up = rest >= factor.div_ceil(2);
        Ok(whole.saturating_add(u64::from(up)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watts(whole: &[u8], fraction: &[u8], exponent: i64) -> Result<i64, MeterError> {
        Decimal::new(false, whole, fraction, exponent).scale(Quantity::Power, 0)
    }

    /// meters 9.2: exact decimals, half away from zero
    #[test]
    fn when_scaled_then_only_the_exact_half_is_rounded_up() {
        for (whole, fraction, exponent, value) in [
            ("12", "5", 0, 13),
            ("12", "49999999999999999999999999999999999999999", 0, 12),
            ("0", "5", 0, 1),
            ("000000000000000000000000000000000000000000000007", "", 0, 7),
            ("0", "00000000000000000000000000000000000000000007", 43, 1),
            ("1234", "", -3, 1),
            ("1500", "", -3, 2),
            ("1", "", -400, 0),
            ("0", "0", i64::MAX, 0),
            ("7", "", i64::MIN, 0),
        ] {
            let got = watts(whole.as_bytes(), fraction.as_bytes(), exponent);
            assert_eq!(got, Ok(value), "{whole}.{fraction}e{exponent}");
        }
    }

    /// meters 1: no saturation
    #[test]
    fn when_out_of_range_then_there_is_no_value() {
        let over = Err(MeterError::OutOfRange);
        assert_eq!(watts(b"2147483648", b"", 0), over);
        assert_eq!(watts(b"2147483647", b"4", 0), Ok(2_147_483_647));
        assert_eq!(watts(b"1", b"", i64::MAX), over);
        assert_eq!(watts(&[b'9'; 200], b"", 0), over);
        let negative = Decimal::new(true, b"2147483648", b"", 0);
        assert_eq!(negative.scale(Quantity::Power, 0), Ok(-2_147_483_648));
    }
}
