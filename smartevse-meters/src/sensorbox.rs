//! Sensorbox 1.5 and 2: currents of transformers or of the P1 port, and its
//! Wi-Fi portal (meters specification §7).

mod control;
mod wifi;

use smartevse_types::{MilliAmps, PerPhase};

pub use control::{Sensorbox, SensorboxConfig, WifiControl, WifiStep};
pub use wifi::{LocalTime, Wifi, WifiMode, WifiState};

use crate::decode::{ByteOrder, DataType, Quantity, Raw};
use crate::error::{MeterError, ModbusError};
use crate::pdu::Function;
use crate::reading::Values;
use crate::transaction::{Tag, Transaction};

/// Address of every Sensorbox.
pub const ADDRESS: u8 = 10;
/// Register that takes rotation and wires.
pub const GRID_REGISTER: u16 = 0x0800;
/// Register that takes the Wi-Fi mode.
pub const WIFI_REGISTER: u16 = 0x0801;
/// Registers that every box has; a Sensorbox 1.5 answers to this number only.
const SHORT: u16 = 20;
/// Registers of a box with extended registers.
const LONG: u16 = 32;
/// MAINS in A above which transformers of 200 A are assumed.
const LARGE_MAINS: u16 = 100;
/// Currents of transformers below this are noise, in mA.
const NOISE: i32 = 100;
/// Hardware numbers from here on are a Sensorbox 2.
const BOX_2: u8 = 0x10;

/// Where the currents were measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CurrentSource {
    /// By the smart meter, over its P1 port.
    P1,
    /// By current transformers.
    Ct,
}

impl CurrentSource {
    /// The name in logs and vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P1 => "p1",
            Self::Ct => "ct",
        }
    }
}

/// What the user has set about the installation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Installation {
    /// GRID: whether the grid has three wires; default four.
    pub three_wire: bool,
    /// MAINS in A; above 100 A the transformers count double.
    pub mains_a: u16,
}

/// One reply of a Sensorbox with fresh currents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SensorboxReading {
    /// Software version: 0 original, 1 and 3 extended registers, 2 own Wi-Fi set-up.
    pub software: u8,
    /// Hardware byte: 0x0F = Sensorbox 1.5, from 0x10 a Sensorbox 2.
    pub hardware: u8,
    /// Where the currents come from.
    pub source: CurrentSource,
    /// Phase currents in mA, + = import.
    pub currents: PerPhase<MilliAmps>,
    /// DSMR version of the smart meter, 50 = 5.0, 0 = unknown; with P1 only.
    pub dsmr: Option<u8>,
    /// Value to write to [`GRID_REGISTER`] so that the box follows GRID.
    pub grid_write: Option<u16>,
    /// Wi-Fi and clock of the box, when it has them.
    pub wifi: Option<Wifi>,
}

impl SensorboxReading {
    /// Rotation (bit 0, 1 = counter-clockwise) and wires (bit 1, 1 = three), 0 for a Sensorbox 1.5.
    #[must_use]
    pub const fn wires(&self) -> u8 {
        if self.hardware >= BOX_2 {
            self.hardware & 0b11
        } else {
            0
        }
    }

    /// Whether the GRID item has a meaning: a Sensorbox 2 that measures with transformers.
    #[must_use]
    pub fn has_grid_item(&self) -> bool {
        self.hardware >= BOX_2 && self.source == CurrentSource::Ct
    }
}

impl From<SensorboxReading> for Values {
    fn from(reading: SensorboxReading) -> Self {
        Self {
            currents: Some(reading.currents),
            ..Self::default()
        }
    }
}

/// Number of registers to ask a box with this known software version for.
#[must_use]
pub const fn registers_for(software: u8) -> u16 {
    if software >= 1 { LONG } else { SHORT }
}

/// Makes the question to a box with this known software version (0 at first).
#[must_use]
pub const fn plan(tag: Tag, software: u8) -> Transaction {
    let quantity = registers_for(software);
    Transaction::from_parts(tag, ADDRESS, Function::ReadInput, 0, quantity)
}

/// Software version in a reply of any length, `None` when it is too short.
#[must_use]
pub fn software_of(data: &[u8]) -> Option<u8> {
    data.first().copied()
}

/// Decodes the registers of a reply, all or nothing.
///
/// # Errors
///
/// [`MeterError::NoFreshData`] when the box has measured nothing usable since
/// the last question, `BadLength` when the reply has neither 20 nor 32
/// registers, [`MeterError::NotFinite`] and [`MeterError::OutOfRange`] for
/// currents that cannot be used.
///
/// # Examples
///
/// ```
/// use smartevse_meters::sensorbox::{Installation, decode};
/// use smartevse_types::MilliAmps;
///
/// let mut data = [0; 40];
/// data[..4].copy_from_slice(&[0, 0x14, 0, 0x03]); // Sensorbox 2, transformers
/// data[28..32].copy_from_slice(&16.0_f32.to_be_bytes());
/// let reading = decode(&data, Installation::default())?;
/// assert_eq!(reading.currents.as_array().map(MilliAmps::as_milli), [16_000, 0, 0]);
/// # Ok::<(), smartevse_meters::MeterError>(())
/// ```
pub fn decode(data: &[u8], installation: Installation) -> Result<SensorboxReading, MeterError> {
    let long = data.len() == usize::from(LONG).saturating_mul(2);
    if !long && data.len() != usize::from(SHORT).saturating_mul(2) {
        return Err(ModbusError::BadLength.into());
    }
    let &[software, hardware, dsmr, status] =
        data.first_chunk::<4>().ok_or(ModbusError::BadLength)?;
    let source = source_of(status).ok_or(MeterError::NoFreshData)?;
    let currents = match source {
        CurrentSource::P1 => amps_at(data, 0x08)?,
        CurrentSource::Ct => transformers(amps_at(data, 0x0E)?, installation.mains_a)?,
    };
    let mut reading = SensorboxReading {
        software,
        hardware,
        source,
        currents: PerPhase::new(currents).map(MilliAmps::from_milli),
        dsmr: (source == CurrentSource::P1).then_some(dsmr),
        grid_write: None,
        wifi: None,
    };
    reading.grid_write = grid_write(&reading, installation.three_wire);
    if long && matches!(software, 1 | 3) {
        reading.wifi = wifi::decode(data);
    }
    Ok(reading)
}

/// P1 wins over transformers; an old smart meter alone gives nothing usable.
const fn source_of(status: u8) -> Option<CurrentSource> {
    if status & 0x80 != 0 {
        Some(CurrentSource::P1)
    } else if status & 0x03 != 0 {
        Some(CurrentSource::Ct)
    } else {
        None
    }
}

/// Three float currents from a register on, in mA.
fn amps_at(data: &[u8], register: usize) -> Result<[i32; 3], MeterError> {
    let mut currents = [0; 3];
    let bytes = data.get(register.saturating_mul(2)..).unwrap_or(&[]);
    for (slot, float) in currents.iter_mut().zip(bytes.chunks_exact(4)) {
        let raw = Raw::read(float, ByteOrder::HighByteHighWord, DataType::Float32)
            .ok_or(ModbusError::BadLength)?;
        let milli = raw.scale(Quantity::Current, 0)?;
        *slot = i32::try_from(milli).map_err(|_| MeterError::OutOfRange)?;
    }
    Ok(currents)
}

/// Large transformers count double, noise counts nothing.
fn transformers(currents: [i32; 3], mains_a: u16) -> Result<[i32; 3], MeterError> {
    let factor = if mains_a > LARGE_MAINS { 2 } else { 1 };
    let (low, high) = Quantity::Current.range();
    let mut result = [0; 3];
    for (slot, current) in result.iter_mut().zip(currents) {
        let milli = current.saturating_mul(factor);
        if !(low..=high).contains(&i64::from(milli)) {
            return Err(MeterError::OutOfRange);
        }
        *slot = if milli.saturating_abs() < NOISE {
            0
        } else {
            milli
        };
    }
    Ok(result)
}

/// What the box has to be told about the grid: its wires, never its rotation.
fn grid_write(reading: &SensorboxReading, three_wire: bool) -> Option<u16> {
    let wires = reading.wires();
    let differs = (wires & 0b10 != 0) != three_wire;
    let rotation = u16::from(wires & 0b01);
    let wanted = (u16::from(three_wire) << 1) | rotation;
    (reading.has_grid_item() && differs).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUR_WIRE: Installation = Installation {
        three_wire: false,
        mains_a: 25,
    };

    fn reply(hardware: u8, status: u8, amps: [f32; 3]) -> [u8; 40] {
        let mut data = [0; 40];
        data[..4].copy_from_slice(&[0, hardware, 50, status]);
        for (slot, value) in data[28..].chunks_exact_mut(4).zip(amps) {
            slot.copy_from_slice(&value.to_be_bytes());
        }
        data
    }

    /// meters 7, source selection; 13.5
    #[test]
    fn when_the_status_says_nothing_usable_then_there_is_no_reading() {
        for (status, source) in [
            (0x00, None),
            (0x40, None),
            (0x04, None),
            (0x3C, None),
            (0x03, Some(CurrentSource::Ct)),
            (0x43, Some(CurrentSource::Ct)),
            (0x80, Some(CurrentSource::P1)),
            (0xC3, Some(CurrentSource::P1)),
        ] {
            let got = decode(&reply(0x14, status, [1.0; 3]), FOUR_WIRE);
            assert_eq!(
                got.ok().map(|reading| reading.source),
                source,
                "{status:#x}"
            );
        }
    }

    /// meters 15.15 and 15.12: only the selected slots matter
    #[test]
    fn when_unused_slots_are_no_numbers_then_they_do_not_matter() {
        let bad = reply(0x14, 0x03, [1.0, f32::NAN, 1.0]);
        assert_eq!(decode(&bad, FOUR_WIRE), Err(MeterError::NotFinite));
        let mut p1 = bad;
        p1[3] = 0x80;
        assert!(decode(&p1, FOUR_WIRE).is_ok());
    }

    /// meters 7, scaling
    #[test]
    fn when_transformers_are_large_then_double_before_the_cut() {
        let large = Installation {
            mains_a: 101,
            ..FOUR_WIRE
        };
        let milli = |data: &[u8; 40], installation| {
            let reading = decode(data, installation).unwrap();
            reading.currents.as_array().map(MilliAmps::as_milli)
        };
        let data = reply(0x14, 0x03, [0.05, 0.099, -0.1]);
        assert_eq!(milli(&data, FOUR_WIRE), [0, 0, -100]);
        assert_eq!(milli(&data, large), [100, 198, -200]);
        let edge = Installation {
            mains_a: 100,
            ..FOUR_WIRE
        };
        assert_eq!(milli(&data, edge), [0, 0, -100]);
        let huge = reply(0x14, 0x03, [2000.0, 0.0, 0.0]);
        assert_eq!(decode(&huge, large), Err(MeterError::OutOfRange));
    }

    /// meters 15.23
    #[test]
    fn when_the_grid_differs_then_the_rotation_is_kept() {
        for (hardware, status, three_wire, write) in [
            (0x14, 0x03, false, None),
            (0x14, 0x03, true, Some(2)),
            (0x15, 0x03, true, Some(3)),
            (0x16, 0x03, true, None),
            (0x16, 0x03, false, Some(0)),
            (0x17, 0x03, false, Some(1)),
            (0x17, 0x03, true, None),
            (0x0F, 0x03, true, None),
            (0x15, 0x80, true, None),
        ] {
            let installation = Installation {
                three_wire,
                mains_a: 25,
            };
            let reading = decode(&reply(hardware, status, [1.0; 3]), installation).unwrap();
            assert_eq!(reading.grid_write, write, "{hardware:#x} {three_wire}");
        }
    }

    /// meters 15.2
    #[test]
    fn when_the_length_is_wrong_then_nothing_is_decoded() {
        let data = reply(0x14, 3, [1.0; 3]);
        let short = decode(&data[..38], FOUR_WIRE);
        assert_eq!(short, Err(MeterError::Modbus(ModbusError::BadLength)));
    }
}
