//! Record of all settings.
//!
//! Each setting has a number that never changes, so that records survive rows
//! that are added to or removed from the menu. Values of numbers that this
//! firmware does not know are kept and written again.

use super::fields::{Reader, Writer};
use super::{Frame, Key, LARGEST_PAYLOAD, RecordError};
use crate::registry::{SettingId, SettingSet};
use crate::settings::{Loaded, Settings, load};

/// Version of the content: pairs of number (one byte) and value (two bytes).
const VERSION: u8 = 1;

/// Number of every setting in the record, in the order of the menu. A new
/// setting takes the next free number wherever its row stands; a number is
/// never used again.
const NUMBERS: [u8; SettingId::COUNT] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
];

/// Number of values with unknown numbers that are kept.
pub const UNKNOWN_CAPACITY: usize = 32;

const _: () = assert!(
    (SettingId::COUNT + UNKNOWN_CAPACITY) * 3 <= LARGEST_PAYLOAD,
    "settings and kept values fit in one record"
);

/// Number of a setting in the record.
#[must_use]
pub fn number_of(id: SettingId) -> u8 {
    NUMBERS.get(id.index()).copied().unwrap_or(0)
}

fn with_number(number: u8) -> Option<SettingId> {
    SettingId::ALL
        .iter()
        .copied()
        .find(|id| number_of(*id) == number)
}

/// Values of settings that this firmware does not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownValues {
    pairs: [(u8, u16); UNKNOWN_CAPACITY],
    count: usize,
    lost: u16,
}

impl Default for UnknownValues {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl UnknownValues {
    /// No values.
    pub const EMPTY: Self = Self {
        pairs: [(0, 0); UNKNOWN_CAPACITY],
        count: 0,
        lost: 0,
    };

    /// The kept numbers and values.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u16)> + '_ {
        self.pairs.iter().copied().take(self.count)
    }

    /// Number of values that could not be kept.
    #[must_use]
    pub const fn lost(&self) -> u16 {
        self.lost
    }

    /// The last value of a number counts.
    fn keep(&mut self, number: u8, value: u16) {
        let known = self.iter().position(|(kept, _)| kept == number);
        match self.pairs.get_mut(known.unwrap_or(self.count)) {
            Some(pair) => {
                *pair = (number, value);
                let more = usize::from(known.is_none());
                self.count = self.count.saturating_add(more);
            }
            None => self.lost = self.lost.saturating_add(1),
        }
    }
}

/// Settings as they were stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredSettings {
    /// Valid settings, and what had to be changed to make them so (menu rules
    /// X22, X23).
    pub loaded: Loaded,
    /// Settings without a stored value; they have their default.
    pub missing: SettingSet,
    /// Values with numbers that this firmware does not know.
    pub unknown: UnknownValues,
}

/// Settings that are stored: all but APP PIN, which has no value.
fn stored_ids() -> impl Iterator<Item = SettingId> {
    SettingId::ALL
        .iter()
        .copied()
        .filter(|id| *id != SettingId::AppPin)
}

/// Writes the record and gives its length.
///
/// # Errors
///
/// `TooLong`: there is less room.
pub fn emit(
    settings: &Settings,
    unknown: &UnknownValues,
    out: &mut [u8],
) -> Result<usize, RecordError> {
    let mut payload = [0; LARGEST_PAYLOAD];
    let mut fields = Writer::new(&mut payload);
    let known = stored_ids().map(|id| (number_of(id), settings.value(id)));
    for (number, value) in known.chain(unknown.iter()) {
        fields.u8(number);
        fields.u16(value);
    }
    let length = fields.finish().ok_or(RecordError::TooLong)?;
    Frame {
        key: Key::SETTINGS,
        version: VERSION,
        payload: payload.get(..length).ok_or(RecordError::TooLong)?,
    }
    .emit(out)
}

/// Reads the record. Values out of range become defaults with a notice.
///
/// # Errors
///
/// All of [`RecordError`] but `TooLong`.
pub fn parse(frame: &Frame<'_>) -> Result<StoredSettings, RecordError> {
    let payload = frame.expect(Key::SETTINGS, VERSION)?;
    let mut unknown = UnknownValues::EMPTY;
    let mut pairs = [(SettingId::Mode, 0); SettingId::COUNT];
    let mut found = SettingSet::EMPTY;
    let mut fields = Reader::new(payload);
    while !fields.is_empty() {
        let (number, value) = (fields.u8()?, fields.u16()?);
        match with_number(number) {
            Some(id) => {
                found.insert(id);
                if let Some(pair) = pairs.get_mut(id.index()) {
                    *pair = (id, value);
                }
            }
            None => unknown.keep(number, value),
        }
    }
    let values = pairs
        .into_iter()
        .zip(SettingId::ALL)
        .filter(|((id, _), place)| found.contains(*id) && id == *place);
    Ok(StoredSettings {
        loaded: load(values.map(|(pair, _)| pair)),
        missing: stored_ids().filter(|id| !found.contains(*id)).collect(),
        unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Notices;

    fn frame(payload: &[u8]) -> Frame<'_> {
        Frame {
            key: Key::SETTINGS,
            version: VERSION,
            payload,
        }
    }

    /// The numbers are those of the first release.
    #[test]
    fn when_settings_are_numbered_then_no_number_is_used_twice() {
        for id in SettingId::ALL {
            assert_eq!(with_number(number_of(*id)), Some(*id));
        }
        assert_eq!(number_of(SettingId::Mode), 1);
        assert_eq!(number_of(SettingId::Mains), 22);
        assert_eq!(number_of(SettingId::IdleTmo), 43);
    }

    #[test]
    fn when_settings_were_written_then_they_are_read_back() {
        let settings = load([
            (SettingId::Mode, 1),
            (SettingId::MainsMet, 4),
            (SettingId::EmPowReg, 65_534),
            (SettingId::LcdPin, 9_999),
        ])
        .settings;
        let mut bytes = [0; 256];
        emit(&settings, &UnknownValues::EMPTY, &mut bytes).unwrap();
        let found = parse(&Frame::parse(&bytes).unwrap()).unwrap();
        assert_eq!(found.loaded.settings, settings);
        assert_eq!(found.loaded.notices, Notices::empty());
        assert!(found.missing.is_empty());
    }

    /// A firmware that knows less keeps what it does not know.
    #[test]
    fn when_numbers_are_unknown_then_their_values_are_kept() {
        let stored = [200, 1, 2, 24, 13, 0, 0, 7, 7, 200, 3, 4];
        let found = parse(&frame(&stored)).unwrap();
        assert_eq!(found.loaded.settings.value(SettingId::Max), 13);
        assert!(found.unknown.iter().eq([(200, 0x0403), (0, 0x0707)]));
        assert_eq!(found.missing.len(), 41);
        let mut bytes = [0; 256];
        emit(&found.loaded.settings, &found.unknown, &mut bytes).unwrap();
        let again = parse(&Frame::parse(&bytes).unwrap()).unwrap();
        assert_eq!(again.unknown, found.unknown);
        assert_eq!(again.loaded.settings, found.loaded.settings);
    }

    /// Menu rule X23.
    #[test]
    fn when_a_value_is_out_of_range_then_it_is_reported_and_the_default_counts() {
        let found = parse(&frame(&[24, 81, 0, 22, 40, 0])).unwrap();
        assert_eq!(found.loaded.settings.value(SettingId::Max), 16);
        assert_eq!(found.loaded.settings.value(SettingId::Mains), 40);
        assert!(found.loaded.replaced.iter().eq([SettingId::Max]));
        assert_eq!(found.loaded.notices, Notices::DEFAULTS_TAKEN);
    }

    #[test]
    fn when_more_is_unknown_than_fits_then_the_rest_is_counted() {
        let mut stored = [0; 40 * 3];
        for (triple, number) in stored.chunks_mut(3).zip(100..) {
            triple[0] = number;
        }
        let found = parse(&frame(&stored)).unwrap();
        assert_eq!(found.unknown.iter().count(), UNKNOWN_CAPACITY);
        assert_eq!(found.unknown.lost(), 8);
        assert_eq!(parse(&frame(&[24, 0])), Err(RecordError::Content));
    }
}
