//! Record of the faults that outlive a restart.

use super::fields::{Reader, Writer};
use super::{Frame, Key, RecordError};
use crate::charger::BootRecord;
use crate::faults::Faults;

/// Version of the content: the fault flags in two bytes.
const VERSION: u8 = 1;

impl BootRecord {
    /// Writes the record and gives its length.
    ///
    /// # Errors
    ///
    /// `TooLong`: there is less room.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, RecordError> {
        let mut payload = [0; 2];
        let mut fields = Writer::new(&mut payload);
        fields.u16(self.latched.bits());
        Frame {
            key: Key::LATCHES,
            version: VERSION,
            payload: &payload,
        }
        .emit(out)
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// All of [`RecordError`] but `TooLong`. Flags without a meaning are
    /// `Content`: a fault that this firmware does not know may not end unseen.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, RecordError> {
        let mut fields = Reader::new(frame.expect(Key::LATCHES, VERSION)?);
        let latched = Faults::from_bits(fields.u16()?).ok_or(RecordError::Content)?;
        fields.end()?;
        Ok(Self { latched })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I-23: a latched fault outlives the restart.
    #[test]
    fn when_a_fault_is_latched_then_the_record_tells_it() {
        for latched in [
            Faults::empty(),
            Faults::CONTACTOR_FAULT,
            Faults::RCM_TRIPPED,
        ] {
            let mut bytes = [0; 16];
            let record = BootRecord { latched };
            let length = record.emit(&mut bytes).unwrap();
            let frame = Frame::parse(&bytes[..length]).unwrap();
            assert_eq!(BootRecord::parse(&frame), Ok(record));
        }
        let unknown = Frame {
            key: Key::LATCHES,
            version: VERSION,
            payload: &[0, 0x80],
        };
        assert_eq!(BootRecord::parse(&unknown), Err(RecordError::Content));
    }
}
