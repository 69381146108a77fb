//! Fields of a payload, one after the other, little endian.

use super::RecordError;
use crate::card::Uid;

/// Longest UID of a card in bytes; a shorter one is filled up with zeros.
const UID_BYTES: usize = 10;

/// Bytes of one card: its length and its UID. The length 0 is no card.
pub(super) const CARD_BYTES: usize = 11;

/// Writes fields; what does not fit makes the record fail as a whole.
pub(super) struct Writer<'a> {
    bytes: &'a mut [u8],
    at: usize,
    fits: bool,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(bytes: &'a mut [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            fits: true,
        }
    }

    pub(super) fn bytes(&mut self, field: &[u8]) {
        let end = self.at.saturating_add(field.len());
        match self.bytes.get_mut(self.at..end) {
            Some(room) => {
                for (to, from) in room.iter_mut().zip(field) {
                    *to = *from;
                }
                self.at = end;
            }
            None => self.fits = false,
        }
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn card(&mut self, card: Option<&Uid>) {
        let uid = card.map_or(&[][..], Uid::as_bytes);
        self.u8(u8::try_from(uid.len()).unwrap_or(0));
        self.bytes(uid);
        for _ in uid.len()..UID_BYTES {
            self.u8(0);
        }
    }

    /// Length of what was written; `None` when it did not fit.
    pub(super) fn finish(self) -> Option<usize> {
        self.fits.then_some(self.at)
    }
}

/// Reads fields.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(RecordError::Content)?;
        self.0 = rest;
        Ok(*field)
    }

    pub(super) fn u8(&mut self) -> Result<u8, RecordError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, RecordError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, RecordError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, RecordError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(super) fn card(&mut self) -> Result<Option<Uid>, RecordError> {
        let length = usize::from(self.u8()?);
        let uid: [u8; UID_BYTES] = self.array()?;
        if length == 0 {
            return Ok(None);
        }
        let uid = uid.get(..length).and_then(Uid::new);
        uid.map(Some).ok_or(RecordError::Content)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends a record of fixed length.
    pub(super) const fn end(&self) -> Result<(), RecordError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(RecordError::Content)
        }
    }
}
