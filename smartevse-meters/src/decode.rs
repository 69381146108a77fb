//! One value out of registers: byte order, data type, scale, rounding, range.

use crate::error::MeterError;

/// Order of bytes in a word and of words in a value (meters specification §4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ByteOrder {
    /// 0, `LBF & LWF`: low byte first, low word first.
    #[default]
    LowByteLowWord,
    /// 1, `LBF & HWF`: low byte first, high word first.
    LowByteHighWord,
    /// 2, `HBF & LWF`: high byte first, low word first.
    HighByteLowWord,
    /// 3, `HBF & HWF`: high byte first, high word first.
    HighByteHighWord,
}

impl ByteOrder {
    /// All orders, at the index of their code.
    pub const ALL: [Self; 4] = [
        Self::LowByteLowWord,
        Self::LowByteHighWord,
        Self::HighByteLowWord,
        Self::HighByteHighWord,
    ];

    /// The order with this stored code (BYTE ORD, 0–3).
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    const fn high_byte_first(self) -> bool {
        matches!(self, Self::HighByteLowWord | Self::HighByteHighWord)
    }

    const fn high_word_first(self) -> bool {
        matches!(self, Self::LowByteHighWord | Self::HighByteHighWord)
    }

    /// Where byte `place` (0 = most significant) of a value of `width` bytes
    /// stands on the wire. For whole words; its own inverse.
    #[must_use]
    pub const fn wire_place(self, place: usize, width: usize) -> usize {
        let last = width.saturating_sub(1);
        let place = if self.high_word_first() {
            place
        } else {
            // Turn everything round, then the bytes of each word back.
            last.saturating_sub(place) ^ 1
        };
        if self.high_byte_first() {
            place
        } else {
            place ^ 1
        }
    }
}

/// Type of a value in registers (meters specification §4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DataType {
    /// 0: signed, two registers.
    #[default]
    Int32,
    /// 1: IEEE 754 single, two registers.
    Float32,
    /// 2: signed, one register.
    Int16,
    /// 3: unsigned, one register.
    Uint16,
    /// 4: unsigned, two registers.
    Uint32,
    /// Unsigned, four registers: built-in energy counters only.
    Uint64,
}

impl DataType {
    /// The type with this stored code (DATA TYPE, 0–4).
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Int32),
            1 => Some(Self::Float32),
            2 => Some(Self::Int16),
            3 => Some(Self::Uint16),
            4 => Some(Self::Uint32),
            _ => None,
        }
    }

    /// Width in bytes.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::Int16 | Self::Uint16 => 2,
            Self::Int32 | Self::Float32 | Self::Uint32 => 4,
            Self::Uint64 => 8,
        }
    }
}

/// A physical quantity with its internal unit and range (meters specification §1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// Current in mA, within ±3 276 799 mA.
    Current,
    /// Active power in W, 32 bit.
    Power,
    /// Energy in Wh, within ±10¹² Wh.
    Energy,
    /// Voltage in 0.1 V, 0–65 535.
    Voltage,
    /// Frequency in 0.01 Hz, 0–65 535.
    Frequency,
}

impl Quantity {
    /// Power of ten between A, W, kWh, V, Hz and the internal unit.
    #[must_use]
    pub const fn exponent(self) -> i32 {
        match self {
            Self::Current | Self::Energy => 3,
            Self::Power => 0,
            Self::Voltage => 1,
            Self::Frequency => 2,
        }
    }

    /// Smallest and largest value in the internal unit.
    #[must_use]
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::Current => (-3_276_799, 3_276_799),
            Self::Power => (i32::MIN as i64, i32::MAX as i64),
            Self::Energy => (-1_000_000_000_000, 1_000_000_000_000),
            Self::Voltage | Self::Frequency => (0, u16::MAX as i64),
        }
    }
}

/// A value as it stands in the registers, before scaling.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Raw {
    /// Any of the integer types; unsigned 64-bit values above the signed range are its end.
    Integer(i64),
    /// A single-precision number, perhaps not finite.
    Float(f32),
}

impl Raw {
    /// Reads a value from the start of `bytes`; `None` when they are too few.
    #[must_use]
    pub fn read(bytes: &[u8], order: ByteOrder, data_type: DataType) -> Option<Self> {
        let bits = assemble(bytes.get(..data_type.width())?, order)?;
        Some(match data_type {
            DataType::Float32 => Self::Float(f32::from_bits(bits as u32)),
            DataType::Int16 => Self::Integer(i64::from(bits as u16 as i16)),
            DataType::Int32 => Self::Integer(i64::from(bits as u32 as i32)),
            DataType::Uint16 | DataType::Uint32 | DataType::Uint64 => {
                Self::Integer(i64::try_from(bits).unwrap_or(i64::MAX))
            }
        })
    }

    /// Scales to the internal unit of a quantity, rounds half away from zero and checks the range.
    ///
    /// `divisor` is the power of ten in the register: register = quantity × 10^divisor
    /// in A, W, kWh, V or Hz; −3 is a register in kW.
    ///
    /// # Errors
    ///
    /// [`MeterError::NotFinite`] and [`MeterError::OutOfRange`].
    pub fn scale(self, quantity: Quantity, divisor: i8) -> Result<i64, MeterError> {
        let shift = quantity.exponent().saturating_sub(i32::from(divisor));
        let scaled = match self {
            Self::Integer(value) => scale_integer(value, shift)?,
            Self::Float(value) => scale_float(value, shift)?,
        };
        let (low, high) = quantity.range();
        if (low..=high).contains(&scaled) {
            Ok(scaled)
        } else {
            Err(MeterError::OutOfRange)
        }
    }
}

/// Puts the bytes of a value into one number, most significant first.
fn assemble(wire: &[u8], order: ByteOrder) -> Option<u64> {
    (0..wire.len()).try_fold(0_u64, |bits, place| {
        let byte = wire.get(order.wire_place(place, wire.len()))?;
        Some((bits << 8) | u64::from(*byte))
    })
}

fn ten_to(power: u32) -> Result<i64, MeterError> {
    10_i64.checked_pow(power).ok_or(MeterError::OutOfRange)
}

fn scale_integer(value: i64, shift: i32) -> Result<i64, MeterError> {
    let factor = ten_to(shift.unsigned_abs())?;
    if shift >= 0 {
        return value.checked_mul(factor).ok_or(MeterError::OutOfRange);
    }
    let whole = value.checked_div(factor).unwrap_or(0);
    let rest = value.checked_rem(factor).unwrap_or(0);
    let away = rest.saturating_abs() >= factor / 2;
    Ok(round_away(whole, away, value < 0))
}

/// Scales a float exactly, with integers only: a processor without a unit for
/// double floats needs 3 KB of code for those.
fn scale_float(value: f32, shift: i32) -> Result<i64, MeterError> {
    if !value.is_finite() {
        return Err(MeterError::NotFinite);
    }
    let (mantissa, exponent) = parts(value);
    let factor = ten_to(shift.unsigned_abs())?.unsigned_abs();
    let (whole, away) = if shift >= 0 {
        // 24 bits and at most 40 of 10¹²: a larger product is out of range.
        let product = mantissa.checked_mul(factor).ok_or(MeterError::OutOfRange)?;
        times_two_to(product, exponent)?
    } else {
        divided(mantissa, exponent, factor)?
    };
    let whole = i64::try_from(whole).map_err(|_| MeterError::OutOfRange)?;
    let negative = value.is_sign_negative();
    let signed = if negative {
        0_i64.saturating_sub(whole)
    } else {
        whole
    };
    Ok(round_away(signed, away, negative))
}

/// Gives mantissa and exponent of a finite float: it is mantissa · 2^exponent.
fn parts(value: f32) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = u64::from(bits & 0x007F_FFFF);
    match bits >> 23 & 0xFF {
        0 => (fraction, -149),
        field => (
            fraction | 0x0080_0000,
            field.cast_signed().saturating_sub(150),
        ),
    }
}

/// Gives ⌊`value` · 2^`exponent`⌋ and whether the rest is a half or more.
fn times_two_to(value: u64, exponent: i32) -> Result<(u64, bool), MeterError> {
    let bits = exponent.unsigned_abs();
    if exponent >= 0 {
        let fits = bits <= value.leading_zeros();
        let whole = value.checked_shl(bits).filter(|_| fits);
        return whole
            .map(|whole| (whole, false))
            .ok_or(MeterError::OutOfRange);
    }
    let halves = value.checked_shr(bits.saturating_sub(1)).unwrap_or(0);
    Ok((halves >> 1, halves & 1 == 1))
}

/// Gives ⌊`mantissa` · 2^`exponent` / `divisor`⌋ and whether the rest is a half
/// or more.
fn divided(mantissa: u64, exponent: i32, divisor: u64) -> Result<(u64, bool), MeterError> {
    let (value, divisor) = if exponent >= 0 {
        (times_two_to(mantissa, exponent)?.0, divisor)
    } else {
        // A divisor beyond 64 bits leaves less than a half of 24 bits.
        let (divisor, _) =
            times_two_to(divisor, exponent.saturating_neg()).unwrap_or((u64::MAX, false));
        (mantissa, divisor)
    };
    let whole = value.checked_div(divisor).unwrap_or(0);
    let rest = value.checked_rem(divisor).unwrap_or(0);
    Ok((whole, rest >= divisor.saturating_sub(rest)))
}

const fn round_away(whole: i64, away: bool, negative: bool) -> i64 {
    match (away, negative) {
        (false, _) => whole,
        (true, false) => whole.saturating_add(1),
        (true, true) => whole.saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// meters 4.1
    #[test]
    fn when_the_order_changes_then_the_value_stays() {
        for (order, wire) in [
            (0, [0xDD, 0xCC, 0xBB, 0xAA]),
            (1, [0xBB, 0xAA, 0xDD, 0xCC]),
            (2, [0xCC, 0xDD, 0xAA, 0xBB]),
            (3, [0xAA, 0xBB, 0xCC, 0xDD]),
        ] {
            let order = ByteOrder::from_code(order).unwrap();
            let raw = Raw::read(&wire, order, DataType::Uint32);
            assert_eq!(raw, Some(Raw::Integer(0xAABB_CCDD)));
        }
        assert_eq!(ByteOrder::from_code(4), None);
        assert_eq!(DataType::from_code(5), None);
    }

    /// meters 1: half away from zero
    #[test]
    fn when_halves_are_rounded_then_away_from_zero() {
        for (value, watts) in [(5, 1), (-5, -1), (4, 0), (-4, 0), (15, 2), (-14, -1)] {
            assert_eq!(Raw::Integer(value).scale(Quantity::Power, 1), Ok(watts));
        }
        assert_eq!(Raw::Float(-0.5).scale(Quantity::Power, 0), Ok(-1));
        assert_eq!(Raw::Float(0.7).scale(Quantity::Current, 0), Ok(700));
        assert_eq!(Raw::Float(12.42).scale(Quantity::Power, -3), Ok(12_420));
    }

    /// meters 1: no saturation
    #[test]
    fn when_out_of_range_then_there_is_no_value() {
        let over = Err(MeterError::OutOfRange);
        assert_eq!(Raw::Integer(3_276_800).scale(Quantity::Current, 3), over);
        assert_eq!(
            Raw::Integer(3_276_799).scale(Quantity::Current, 3),
            Ok(3_276_799)
        );
        assert_eq!(Raw::Integer(-1).scale(Quantity::Voltage, 1), over);
        assert_eq!(Raw::Integer(i64::MAX).scale(Quantity::Energy, 0), over);
        assert_eq!(Raw::Integer(1).scale(Quantity::Energy, -100), over);
        assert_eq!(Raw::Float(3e38).scale(Quantity::Power, 0), over);
    }

    /// Exact rounding at the edges of the format.
    #[test]
    fn when_a_float_is_scaled_then_every_bit_counts() {
        let smallest = f32::from_bits(1);
        for (value, shift, scaled) in [
            (0.0, 3, 0),
            (-0.0, -3, 0),
            (smallest, 12, 0),
            (smallest, -12, 0),
            (0.5, 0, 1),
            (f32::from_bits(0.5_f32.to_bits() - 1), 0, 0),
            (-0.0005, 3, -1),
            (0.000_499_99, 3, 0),
            (1.5, -1, 0),
            (-5.0, -1, -1),
            (16_777_215.0, -3, 16_777),
            (16_777_216.0, 3, 16_777_216_000),
            (4_294_967_296.0, -9, 4),
            (-1_234.5, 3, -1_234_500),
            // 0.1 is a little more than that as a float.
            (0.1, 12, 100_000_001_490),
        ] {
            assert_eq!(scale_float(value, shift), Ok(scaled), "{value} {shift}");
        }
        for (value, shift) in [(f32::MAX, 0), (1e20, -1), (1.0, 19), (-9.3e18, 0)] {
            let over = Err(MeterError::OutOfRange);
            assert_eq!(scale_float(value, shift), over, "{value} {shift}");
        }
    }

    /// Against the sum of the powers of two in 128 bits.
    #[test]
    fn when_any_float_is_scaled_then_the_nearest_integer_comes_out() {
        let mut bits = 0x3000_0000_u32;
        while bits < 0x5800_0000 {
            bits += 0x0001_2345;
            let (mantissa, exponent) = parts(f32::from_bits(bits));
            if !(-48..=12).contains(&exponent) {
                continue;
            }
            for shift in -6..=6 {
                let fixed = u128::from(mantissa) << 48;
                let fixed = if exponent < 0 {
                    fixed >> exponent.unsigned_abs().min(48)
                } else {
                    fixed << exponent
                };
                let factor = 10_u128.pow(i32::unsigned_abs(shift));
                let (numerator, denominator) = if shift >= 0 {
                    (fixed * factor, 1_u128 << 48)
                } else {
                    (fixed, factor << 48)
                };
                let expected = (2 * numerator + denominator) / (2 * denominator);
                let expected = i64::try_from(expected).unwrap();
                let scaled = scale_float(f32::from_bits(bits), shift);
                assert_eq!(scaled, Ok(expected), "{bits:#x} {shift}");
            }
        }
    }

    /// meters 15.15
    #[test]
    fn when_not_finite_then_there_is_no_value() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(
                Raw::Float(value).scale(Quantity::Power, 0),
                Err(MeterError::NotFinite)
            );
        }
    }

    #[test]
    fn when_bytes_are_missing_then_there_is_no_value() {
        assert_eq!(
            Raw::read(&[1, 2, 3], ByteOrder::default(), DataType::Int32),
            None
        );
    }
}
