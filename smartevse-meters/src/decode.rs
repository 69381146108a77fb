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

/// The product is exact: 24 bits of the value and at most 28 of 5¹² fit into 53.
#[expect(
    clippy::float_arithmetic,
    reason = "float registers are converted to integers here and nowhere else"
)]
fn scale_float(value: f32, shift: i32) -> Result<i64, MeterError> {
    if !value.is_finite() {
        return Err(MeterError::NotFinite);
    }
    let factor = ten_to(shift.unsigned_abs())? as f64;
    let scaled = if shift >= 0 {
        f64::from(value) * factor
    } else {
        f64::from(value) / factor
    };
    if !(-1e15..=1e15).contains(&scaled) {
        return Err(MeterError::OutOfRange);
    }
    let whole = scaled as i64;
    let rest = scaled - whole as f64;
    Ok(round_away(whole, rest.abs() >= 0.5, scaled < 0.0))
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
