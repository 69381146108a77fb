//! Record of the energy ledger, as plain numbers.

use super::fields::{Reader, Writer};
use super::{Frame, Key, RecordError};

/// Version of the content.
const VERSION: u8 = 1;

/// Bytes of the content.
const LENGTH: usize = 38;

const HAS_IMPORT: u8 = 1;
const HAS_EXPORT: u8 = 2;

/// Where the charge was when the record was written.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ChargePhase {
    /// Nothing had been charged since power-up.
    #[default]
    Boot,
    /// A charge was under way.
    Running,
    /// The vehicle had left.
    Armed,
}

/// Counters of the energy ledger in Wh (meters specification §10).
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct EnergyRecord {
    /// Where the charge was.
    pub phase: ChargePhase,
    /// Imported energy of the present or last charge.
    pub imported: i64,
    /// Exported energy of the present or last charge.
    pub exported: i64,
    /// Last reading of the import counter; `None` = there was none.
    pub last_import: Option<i64>,
    /// Last reading of the export counter; `None` = there was none.
    pub last_export: Option<i64>,
    /// Wall clock of the record, seconds since 1970-01-01 UTC; 0 = not set.
    pub at: u32,
}

impl EnergyRecord {
    /// Nothing was ever counted.
    pub const NONE: Self = Self {
        phase: ChargePhase::Boot,
        imported: 0,
        exported: 0,
        last_import: None,
        last_export: None,
        at: 0,
    };

    /// Writes the record and gives its length.
    ///
    /// # Errors
    ///
    /// `TooLong`: there is less room.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, RecordError> {
        let mut payload = [0; LENGTH];
        let mut fields = Writer::new(&mut payload);
        let flag = |counter: Option<i64>, flag| counter.map_or(0, |_| flag);
        fields.u8(self.phase as u8);
        fields.u8(flag(self.last_import, HAS_IMPORT) | flag(self.last_export, HAS_EXPORT));
        fields.i64(self.imported);
        fields.i64(self.exported);
        fields.i64(self.last_import.unwrap_or(0));
        fields.i64(self.last_export.unwrap_or(0));
        fields.u32(self.at);
        fields.finish().ok_or(RecordError::TooLong)?;
        Frame {
            key: Key::ENERGY,
            version: VERSION,
            payload: &payload,
        }
        .emit(out)
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// All of [`RecordError`] but `TooLong`.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, RecordError> {
        let mut fields = Reader::new(frame.expect(Key::ENERGY, VERSION)?);
        let phase = match fields.u8()? {
            0 => ChargePhase::Boot,
            1 => ChargePhase::Running,
            2 => ChargePhase::Armed,
            _ => return Err(RecordError::Content),
        };
        let flags = fields.u8()?;
        if flags & !(HAS_IMPORT | HAS_EXPORT) != 0 {
            return Err(RecordError::Content);
        }
        let (imported, exported) = (fields.i64()?, fields.i64()?);
        let (import, export) = (fields.i64()?, fields.i64()?);
        let at = fields.u32()?;
        fields.end()?;
        Ok(Self {
            phase,
            imported,
            exported,
            last_import: (flags & HAS_IMPORT != 0).then_some(import),
            last_export: (flags & HAS_EXPORT != 0).then_some(export),
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_ledger_was_written_then_it_is_read_back() {
        let record = EnergyRecord {
            phase: ChargePhase::Armed,
            imported: 12_345,
            exported: -1,
            last_import: Some(i64::MAX),
            last_export: None,
            at: 1_800_000_000,
        };
        for record in [record, EnergyRecord::default()] {
            let mut bytes = [0; 64];
            record.emit(&mut bytes).unwrap();
            let frame = Frame::parse(&bytes).unwrap();
            assert_eq!(EnergyRecord::parse(&frame), Ok(record));
        }
        fn frame(payload: &[u8]) -> Frame<'_> {
            Frame {
                key: Key::ENERGY,
                version: VERSION,
                payload,
            }
        }
        let mut odd = [0; LENGTH];
        odd[0] = 3;
        assert!(EnergyRecord::parse(&frame(&odd)).is_err());
        odd[..2].copy_from_slice(&[0, 4]);
        assert!(EnergyRecord::parse(&frame(&odd)).is_err());
        assert!(EnergyRecord::parse(&frame(&odd[..LENGTH - 1])).is_err());
    }
}
