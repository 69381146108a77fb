//! Record of the access, the delayed charging and the locks.

use smartevse_types::Access;

use super::fields::{CARD_BYTES, Reader, Writer};
use super::{Frame, Key, RecordError};
use crate::card::Uid;
use crate::schedule::Schedule;

/// Version of the content.
const VERSION: u8 = 1;

/// Bytes of the content: access, flags, start, stop, card.
const LENGTH: usize = 10 + CARD_BYTES;

const HAS_START: u8 = 1;
const HAS_STOP: u8 = 1 << 1;
const DAILY: u8 = 1 << 2;
const CABLE_LOCK: u8 = 1 << 3;
const LCD_LOCK: u8 = 1 << 4;
const FLAGS: u8 = HAS_START | HAS_STOP | DAILY | CABLE_LOCK | LCD_LOCK;

/// What outlives a restart besides settings and cards (menu specification
/// §2.6, charging specification §11.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct AccessRecord {
    /// Access.
    pub access: Access,
    /// Card that gave the access (RFID = EnableOne, I-28).
    pub card: Option<Uid>,
    /// Delayed charging.
    pub schedule: Schedule,
    /// The cable stays locked without a vehicle.
    pub cable_lock: bool,
    /// The keys at the device are locked.
    pub lcd_lock: bool,
}

impl AccessRecord {
    fn flags(&self) -> u8 {
        let bits = [
            (self.schedule.start().is_some(), HAS_START),
            (self.schedule.stop().is_some(), HAS_STOP),
            (self.schedule.is_daily(), DAILY),
            (self.cable_lock, CABLE_LOCK),
            (self.lcd_lock, LCD_LOCK),
        ];
        bits.into_iter()
            .filter(|(set, _)| *set)
            .fold(0, |flags, (_, bit)| flags | bit)
    }

    /// Writes the record and gives its length.
    ///
    /// # Errors
    ///
    /// `TooLong`: there is less room.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, RecordError> {
        let mut payload = [0; LENGTH];
        let mut fields = Writer::new(&mut payload);
        fields.u8(self.access as u8);
        fields.u8(self.flags());
        fields.u32(self.schedule.start().unwrap_or(0));
        fields.u32(self.schedule.stop().unwrap_or(0));
        fields.card(self.card.as_ref());
        fields.finish().ok_or(RecordError::TooLong)?;
        Frame {
            key: Key::ACCESS,
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
        let mut fields = Reader::new(frame.expect(Key::ACCESS, VERSION)?);
        let access = match fields.u8()? {
            0 => Access::Off,
            1 => Access::On,
            2 => Access::Pause,
            _ => return Err(RecordError::Content),
        };
        let flags = fields.u8()?;
        if flags & !FLAGS != 0 {
            return Err(RecordError::Content);
        }
        let (start, stop) = (fields.u32()?, fields.u32()?);
        let card = fields.card()?;
        fields.end()?;
        let has = |bit| flags & bit != 0;
        Ok(Self {
            access,
            card,
            schedule: Schedule::restored(
                has(HAS_START).then_some(start),
                has(HAS_STOP).then_some(stop),
                has(DAILY),
            ),
            cable_lock: has(CABLE_LOCK),
            lcd_lock: has(LCD_LOCK),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(record: AccessRecord) -> Result<AccessRecord, RecordError> {
        let mut bytes = [0; 64];
        record.emit(&mut bytes)?;
        AccessRecord::parse(&Frame::parse(&bytes)?)
    }

    /// Charging 11.2 rule 4 and 12.1; I-28.
    #[test]
    fn when_access_was_written_then_it_is_read_back() {
        let schedules = [
            Schedule::NONE,
            Schedule::new(0, Some(100), None, false),
            Schedule::new(0, Some(100), Some(200), true),
            Schedule::new(0, Some(100), Some(200), false)
                .window(Some(150))
                .left,
        ];
        for access in [Access::Off, Access::On, Access::Pause] {
            for schedule in schedules {
                let record = AccessRecord {
                    access,
                    card: Uid::new(&[1, 2, 3, 4, 5, 6, 7]),
                    schedule,
                    cable_lock: true,
                    lcd_lock: schedule.is_daily(),
                };
                assert_eq!(round(record), Ok(record));
            }
        }
        let nothing = AccessRecord::default();
        assert_eq!(round(nothing), Ok(nothing));
    }

    #[test]
    fn when_the_content_has_no_meaning_then_nothing_is_read() {
        for (at, value) in [(0, 3), (1, 0x20), (10, 5), (10, 11)] {
            let mut payload = [0; LENGTH];
            payload[at] = value;
            let frame = Frame {
                key: Key::ACCESS,
                version: VERSION,
                payload: &payload,
            };
            let found = AccessRecord::parse(&frame);
            assert_eq!(found, Err(RecordError::Content), "{at}");
        }
    }
}
