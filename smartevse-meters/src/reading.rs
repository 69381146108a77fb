//! The interpreter of the meter table: from a row to a request, from a reply to values.

use smartevse_types::{CentiHertz, DeciAmps, DeciVolts, MilliAmps, PerPhase, WattHours, Watts};

use crate::catalogue::Meter;
use crate::decode::{ByteOrder, DataType, Raw};
use crate::error::{MeterError, ModbusError};
use crate::pdu::{Request, Transport};
use crate::profile::{Absent, Block, CurrentSign, Field, Profile, Target};
use crate::transaction::{Tag, Transaction};

/// A kind of reading.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReadKind {
    /// Phase currents, with the power where the meter sends both.
    Currents,
    /// Power of each phase, of meters that do not send it with the currents.
    PhasePower,
    /// Total power.
    Power,
    /// Imported energy.
    Import,
    /// Exported energy.
    Export,
    /// Phase voltages.
    Voltages,
    /// Frequency.
    Frequency,
    /// Imported energy of each phase.
    PhaseImport,
}

impl ReadKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Currents,
        Self::PhasePower,
        Self::Power,
        Self::Import,
        Self::Export,
        Self::Voltages,
        Self::Frequency,
        Self::PhaseImport,
    ];
}

/// What a reply said; `None` where it says nothing.
///
/// Positive currents and powers are import or consumption. Phases that the
/// meter does not measure are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Values {
    /// Phase currents in mA.
    pub currents: Option<PerPhase<MilliAmps>>,
    /// Active power of each phase in W.
    pub phase_power: Option<PerPhase<Watts>>,
    /// Total active power in W.
    pub power: Option<Watts>,
    /// Imported energy in Wh.
    pub import: Option<WattHours>,
    /// Exported energy in Wh.
    pub export: Option<WattHours>,
    /// Phase voltages in 0.1 V.
    pub voltages: Option<PerPhase<DeciVolts>>,
    /// Frequency in 0.01 Hz.
    pub frequency: Option<CentiHertz>,
    /// Imported energy of each phase in Wh.
    pub phase_import: Option<PerPhase<WattHours>>,
}

impl Values {
    /// Phase currents in 0.1 A, truncated toward zero (meters specification §1).
    #[must_use]
    pub fn deci_amps(&self) -> Option<PerPhase<DeciAmps>> {
        self.currents.map(|amps| amps.map(MilliAmps::to_deci))
    }
}

/// Makes the question that gives this kind of reading.
///
/// # Errors
///
/// [`MeterError::Unsupported`] when the meter has no such reading,
/// [`MeterError::Encode`] when the address cannot be read on a serial line.
///
/// # Examples
///
/// ```
/// use smartevse_meters::{Meter, ReadKind, Tag, plan_read};
///
/// let asked = plan_read(Meter::Eastron3P, ReadKind::Currents, Tag::new(1), 12)?;
/// assert_eq!((asked.register(), asked.quantity()), (6, 12));
/// # Ok::<(), smartevse_meters::MeterError>(())
/// ```
pub fn plan_read(
    meter: Meter,
    kind: ReadKind,
    tag: Tag,
    addr: u8,
) -> Result<Transaction, MeterError> {
    let profile = meter.profile().ok_or(MeterError::Unsupported)?;
    profile.plan(kind, tag, addr)
}

/// Decodes the registers of a reply, all or nothing.
///
/// `data` are the bytes of [`Registers`](crate::Registers), which only the
/// transaction in flight can have opened.
///
/// # Errors
///
/// [`MeterError::Unsupported`] without such a reading, `BadLength` when the
/// number of bytes is not the one of the request, otherwise the first needed
/// value that cannot be used.
///
/// # Examples
///
/// ```
/// use smartevse_meters::{Meter, ReadKind, decode_read};
/// use smartevse_types::CentiHertz;
///
/// let data = 50.02_f32.to_be_bytes();
/// let values = decode_read(Meter::Eastron3P, ReadKind::Frequency, &data)?;
/// assert_eq!(values.frequency, Some(CentiHertz::from_centi(5002)));
/// # Ok::<(), smartevse_meters::MeterError>(())
/// ```
pub fn decode_read(meter: Meter, kind: ReadKind, data: &[u8]) -> Result<Values, MeterError> {
    let profile = meter.profile().ok_or(MeterError::Unsupported)?;
    profile.decode(kind, data)
}

impl Profile {
    /// As [`plan_read`], for a row that is not in the catalogue.
    ///
    /// # Errors
    ///
    /// As [`plan_read`].
    pub fn plan(&self, kind: ReadKind, tag: Tag, addr: u8) -> Result<Transaction, MeterError> {
        let block = self.block(kind).ok_or(MeterError::Unsupported)?;
        if block.quantity > self.max_registers {
            return Err(MeterError::Unsupported);
        }
        let request = Request::read(self.function, block.register, block.quantity)
            .ok_or(MeterError::Unsupported)?;
        request.check(Transport::Rtu, addr)?;
        Ok(Transaction::of(tag, addr, &request))
    }

    /// As [`decode_read`], for a row that is not in the catalogue.
    ///
    /// # Errors
    ///
    /// As [`decode_read`].
    pub fn decode(&self, kind: ReadKind, data: &[u8]) -> Result<Values, MeterError> {
        self.decode_after(kind, data, None)
    }

    /// As [`Profile::decode`], with the power of each phase that was read last.
    ///
    /// Only meters with [`CurrentSign::FromLastPower`] need it; `None` means
    /// unknown, and every current counts as import.
    ///
    /// # Errors
    ///
    /// As [`decode_read`].
    pub fn decode_after(
        &self,
        kind: ReadKind,
        data: &[u8],
        last_power: Option<PerPhase<Watts>>,
    ) -> Result<Values, MeterError> {
        let block = self.block(kind).ok_or(MeterError::Unsupported)?;
        if data.len() != usize::from(block.quantity).saturating_mul(2) {
            return Err(ModbusError::BadLength.into());
        }
        let scale = self.scale_factor(&block, data)?;
        let mut values = Values::default();
        for field in block.fields.iter().filter(|field| field.count > 0) {
            let triple = self.field(field, scale, data)?;
            store(&mut values, field.target, triple)?;
        }
        self.finish(&mut values, last_power)?;
        Ok(values)
    }

    /// The power of ten that the reply itself carries, 0 without one.
    fn scale_factor(&self, block: &Block, data: &[u8]) -> Result<i8, MeterError> {
        let Some(at) = block.scale_at else {
            return Ok(0);
        };
        match self.raw(data, usize::from(at), DataType::Int16)? {
            Some(Raw::Integer(power @ -10..=10)) => Ok(power as i8),
            Some(Raw::Integer(_) | Raw::Float(_)) => Err(MeterError::BadScale),
            None => Err(MeterError::NotAvailable),
        }
    }

    /// The values of a field, 0 where it has fewer than three.
    fn field(&self, field: &Field, scale: i8, data: &[u8]) -> Result<[i64; 3], MeterError> {
        let quantity = field.target.quantity();
        let divisor = field.divisor.saturating_sub(scale);
        let mut known = false;
        let mut triple = [0; 3];
        let mut at = usize::from(field.offset);
        for slot in triple.iter_mut().take(usize::from(field.count)) {
            match self.raw(data, at, field.data_type)? {
                Some(raw) => {
                    *slot = raw.scale(quantity, divisor)?;
                    known = true;
                }
                None if self.absent == Absent::SunSpec => {}
                None => return Err(MeterError::NotAvailable),
            }
            at = at.saturating_add(field.data_type.width());
        }
        if known {
            Ok(triple)
        } else {
            Err(MeterError::NotAvailable)
        }
    }

    /// One value, or `None` when the meter marks it as unknown.
    fn raw(&self, data: &[u8], at: usize, data_type: DataType) -> Result<Option<Raw>, MeterError> {
        let bytes = data.get(at..).unwrap_or(&[]);
        let bytes = bytes
            .get(..data_type.width())
            .ok_or(ModbusError::BadLength)?;
        if is_mark(self.absent, data_type, bytes, self.order) {
            return Ok(None);
        }
        let raw = Raw::read(bytes, self.order, data_type).ok_or(ModbusError::BadLength)?;
        Ok(Some(raw))
    }

    /// Turns powers round, adds them up and gives the currents their direction.
    fn finish(
        &self,
        values: &mut Values,
        last_power: Option<PerPhase<Watts>>,
    ) -> Result<(), MeterError> {
        if self.inverted {
            values.phase_power = values.phase_power.map(turned).transpose()?;
            values.power = values.power.map(negated).transpose()?;
        }
        if self.sign == CurrentSign::FromLastPower {
            let power = last_power.unwrap_or_default();
            values.currents = values.currents.map(|amps| directed(amps, power));
        }
        let Some(phase_power) = values.phase_power else {
            return Ok(());
        };
        if values.power.is_none() {
            values.power = Some(total(phase_power)?);
        }
        if self.sign == CurrentSign::FromPower {
            values.currents = values.currents.map(|amps| directed(amps, phase_power));
        }
        Ok(())
    }
}

/// Whether the bytes say "not available" (meters specification §4.5).
fn is_mark(absent: Absent, data_type: DataType, bytes: &[u8], order: ByteOrder) -> bool {
    let raw = Raw::read(bytes, order, data_type);
    match (absent, data_type) {
        (Absent::Largest, DataType::Int16) => raw == Some(Raw::Integer(i64::from(i16::MAX))),
        (Absent::Largest, DataType::Int32) => raw == Some(Raw::Integer(i64::from(i32::MAX))),
        (Absent::Largest, DataType::Uint16 | DataType::Uint32 | DataType::Uint64) => {
            bytes.iter().all(|byte| *byte == 0xFF)
        }
        (Absent::SunSpec, DataType::Int16) => raw == Some(Raw::Integer(i64::from(i16::MIN))),
        (Absent::Never | Absent::Largest | Absent::SunSpec, _) => false,
    }
}

fn negated(power: Watts) -> Result<Watts, MeterError> {
    Watts::ZERO.checked_sub(power).ok_or(MeterError::OutOfRange)
}

fn turned(power: PerPhase<Watts>) -> Result<PerPhase<Watts>, MeterError> {
    let [l1, l2, l3] = power.as_array();
    Ok(PerPhase::new([negated(l1)?, negated(l2)?, negated(l3)?]))
}

fn total(power: PerPhase<Watts>) -> Result<Watts, MeterError> {
    let [l1, l2, l3] = power.as_array();
    l1.checked_add(l2)
        .and_then(|sum| sum.checked_add(l3))
        .ok_or(MeterError::OutOfRange)
}

/// Magnitudes with the sign of the rounded power; 0 W counts as import.
fn directed(amps: PerPhase<MilliAmps>, power: PerPhase<Watts>) -> PerPhase<MilliAmps> {
    let mut result = amps;
    for ((phase, current), (_, watts)) in amps.iter().zip(power.iter()) {
        let magnitude = MilliAmps::from_milli(current.as_milli().saturating_abs());
        let signed = if watts < Watts::ZERO {
            MilliAmps::ZERO - magnitude
        } else {
            magnitude
        };
        result.set(phase, signed);
    }
    result
}

/// Puts checked values at their place; a value that does not fit was not in its range.
fn store(values: &mut Values, target: Target, triple: [i64; 3]) -> Result<(), MeterError> {
    let [first, ..] = triple;
    match target {
        Target::Currents => {
            values.currents = Some(narrow::<i32>(triple)?.map(MilliAmps::from_milli));
        }
        Target::PhasePower => {
            values.phase_power = Some(narrow::<i32>(triple)?.map(Watts::from_watts));
        }
        Target::Power => values.power = Some(Watts::from_watts(fit(first)?)),
        Target::PowerOut => {
            let out = Watts::from_watts(fit(first)?);
            let power = values.power.unwrap_or(Watts::ZERO).checked_sub(out);
            values.power = Some(power.ok_or(MeterError::OutOfRange)?);
        }
        Target::Import => values.import = Some(WattHours::from_wh(first)),
        Target::Export => values.export = Some(WattHours::from_wh(first)),
        Target::Voltages => {
            values.voltages = Some(narrow::<u16>(triple)?.map(DeciVolts::from_deci));
        }
        Target::Frequency => values.frequency = Some(CentiHertz::from_centi(fit(first)?)),
        Target::PhaseImport => {
            values.phase_import = Some(PerPhase::new(triple).map(WattHours::from_wh));
        }
    }
    Ok(())
}

fn fit<T: TryFrom<i64>>(value: i64) -> Result<T, MeterError> {
    T::try_from(value).map_err(|_| MeterError::OutOfRange)
}

fn narrow<T: TryFrom<i64> + Copy>(triple: [i64; 3]) -> Result<PerPhase<T>, MeterError> {
    let [l1, l2, l3] = triple;
    Ok(PerPhase::new([fit(l1)?, fit(l2)?, fit(l3)?]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CATALOGUE;

    /// meters 15.18
    #[test]
    fn when_planned_then_no_row_breaks_the_limits() {
        for line in &CATALOGUE {
            let Some(profile) = line.profile else {
                continue;
            };
            for kind in ReadKind::ALL {
                let planned = profile.plan(kind, Tag::new(0), 20);
                assert_eq!(planned.is_ok(), profile.block(kind).is_some());
            }
            assert!(profile.currents.is_some() && profile.import.is_some());
        }
    }

    /// Every used byte of every row lies inside its reply.
    #[test]
    fn when_a_row_is_read_then_its_fields_are_inside() {
        for profile in CATALOGUE.iter().filter_map(|line| line.profile) {
            for block in ReadKind::ALL.iter().filter_map(|kind| profile.block(*kind)) {
                for field in block.fields {
                    let end = usize::from(field.offset)
                        + usize::from(field.count) * field.data_type.width();
                    assert!(end <= usize::from(block.quantity) * 2);
                    assert!(field.count <= 3);
                }
                let scale = block.scale_at.map_or(0, |at| usize::from(at) + 2);
                assert!(scale <= usize::from(block.quantity) * 2);
            }
        }
    }

    #[test]
    fn when_there_is_no_such_reading_then_it_is_refused() {
        let none = Err(MeterError::Unsupported);
        assert_eq!(
            plan_read(Meter::Api, ReadKind::Currents, Tag::new(0), 12),
            none
        );
        let kind = ReadKind::Frequency;
        assert_eq!(plan_read(Meter::SolarEdge, kind, Tag::new(0), 12), none);
        let broadcast = plan_read(Meter::Abb, ReadKind::Currents, Tag::new(0), 9);
        assert!(matches!(broadcast, Err(MeterError::Encode(_))));
    }

    /// meters 15.2
    #[test]
    fn when_the_length_is_wrong_then_nothing_is_decoded() {
        let short = decode_read(Meter::Eastron3P, ReadKind::Power, &[0; 2]);
        assert_eq!(short, Err(MeterError::Modbus(ModbusError::BadLength)));
    }
}
