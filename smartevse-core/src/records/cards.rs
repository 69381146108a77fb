//! Records of the card list (decision 58), and the image for interchange.
//!
//! A hundred cards do not fit in one record. The list has ten parts of ten
//! cards; each part has two places in the store, and the directory says which
//! of the two counts. A change writes the other place of each changed part
//! and then the directory, so that the list changes as a whole.

use super::fields::{CARD_BYTES, Reader, Writer};
use super::{Frame, Key, RecordError, crc32_more};
use crate::card::Uid;
use crate::cards::{CARD_CAPACITY, CardList};

/// Version of the content.
const VERSION: u8 = 1;

/// Parts of the list.
pub const PARTS: u8 = 10;

/// Cards in a part.
pub const CARDS_PER_PART: usize = 10;

/// Bytes of a part.
const PART_BYTES: usize = CARDS_PER_PART * CARD_BYTES;

/// Bytes of the image for interchange: 100 slots of 7 bytes.
pub const IMAGE_BYTES: usize = CARD_CAPACITY * SLOT_BYTES;

const SLOT_BYTES: usize = 7;

/// Byte of an empty slot of the image.
const EMPTY: u8 = 0xFF;

/// Cards of one part; `None` = a free slot.
pub type CardPart = [Option<Uid>; CARDS_PER_PART];

/// Gives one part of a list; empty unless the part is 0 to 9.
#[must_use]
pub fn part_of(list: &CardList, part: u8) -> CardPart {
    let mut cards = [None; CARDS_PER_PART];
    let slots = list.slots().chunks(CARDS_PER_PART).nth(usize::from(part));
    for (card, slot) in cards.iter_mut().zip(slots.unwrap_or(&[])) {
        *card = *slot;
    }
    cards
}

fn part_payload(cards: &CardPart) -> [u8; PART_BYTES] {
    let mut payload = [0; PART_BYTES];
    let mut fields = Writer::new(&mut payload);
    for card in cards {
        fields.card(card.as_ref());
    }
    payload
}

/// Writes a part under its key and gives the length.
///
/// # Errors
///
/// `TooLong`: there is less room.
pub fn emit_part(key: Key, cards: &CardPart, out: &mut [u8]) -> Result<usize, RecordError> {
    Frame {
        key,
        version: VERSION,
        payload: &part_payload(cards),
    }
    .emit(out)
}

/// Reads a part.
///
/// # Errors
///
/// All of [`RecordError`] but `TooLong`.
pub fn parse_part(key: Key, frame: &Frame<'_>) -> Result<CardPart, RecordError> {
    let mut fields = Reader::new(frame.expect(key, VERSION)?);
    let mut cards = [None; CARDS_PER_PART];
    for card in &mut cards {
        *card = fields.card()?;
    }
    fields.end()?;
    Ok(cards)
}

/// Which of the two places of each part counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Directory {
    /// Bit n: part n stands in its second place.
    pub second: u16,
    /// Checksum of the whole list.
    pub sum: u32,
}

impl Directory {
    /// Whether the part stands in its second place.
    #[must_use]
    pub const fn is_second(&self, part: u8) -> bool {
        match 1_u16.checked_shl(part as u32) {
            Some(bit) => self.second & bit != 0,
            None => false,
        }
    }

    /// Moves a part to its other place.
    pub const fn swap(&mut self, part: u8) {
        if let Some(bit) = 1_u16.checked_shl(part as u32) {
            self.second ^= bit;
        }
    }

    /// Writes the directory and gives the length.
    ///
    /// # Errors
    ///
    /// `TooLong`: there is less room.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, RecordError> {
        let mut payload = [0; 6];
        let mut fields = Writer::new(&mut payload);
        fields.u16(self.second);
        fields.u32(self.sum);
        Frame {
            key: Key::CARDS,
            version: VERSION,
            payload: &payload,
        }
        .emit(out)
    }

    /// Reads the directory.
    ///
    /// # Errors
    ///
    /// All of [`RecordError`] but `TooLong`.
    pub fn parse(frame: &Frame<'_>) -> Result<Self, RecordError> {
        let mut fields = Reader::new(frame.expect(Key::CARDS, VERSION)?);
        let (second, sum) = (fields.u16()?, fields.u32()?);
        fields.end()?;
        if second >> PARTS != 0 {
            return Err(RecordError::Content);
        }
        Ok(Self { second, sum })
    }
}

/// Computes the checksum of a whole list.
#[must_use]
pub fn list_sum(list: &CardList) -> u32 {
    (0..PARTS).fold(0, |sum, part| {
        crc32_more(sum, &part_payload(&part_of(list, part)))
    })
}

/// What the image of another device held.
#[derive(Clone, Debug)]
pub struct ImportedCards {
    /// The cards.
    pub cards: CardList,
    /// Slots that hold no card although they are not empty.
    pub unreadable: u8,
    /// Cards that stood in the image twice.
    pub repeated: u8,
}

/// Reads the list of an existing device: slots of 7 bytes, `FF` seven times
/// when empty, byte 7 = `FF` for a card of six bytes, three zeros at the end
/// for a card of four (charging specification §6.2, §6.3). Fewer slots are
/// allowed, more than 100 are unreadable.
#[must_use]
pub fn import_image(image: &[u8]) -> ImportedCards {
    let mut found = ImportedCards {
        cards: CardList::EMPTY,
        unreadable: 0,
        repeated: 0,
    };
    for slot in image.chunks(SLOT_BYTES) {
        if slot.iter().all(|byte| *byte == EMPTY) {
            continue;
        }
        let Some(card) = slot_card(slot) else {
            found.unreadable = found.unreadable.saturating_add(1);
            continue;
        };
        match found.cards.store(card) {
            crate::cards::CardChange::AlreadyStored => {
                found.repeated = found.repeated.saturating_add(1);
            }
            crate::cards::CardChange::Full => {
                found.unreadable = found.unreadable.saturating_add(1);
            }
            crate::cards::CardChange::Stored
            | crate::cards::CardChange::Deleted
            | crate::cards::CardChange::NotStored => {}
        }
    }
    found
}

fn slot_card(slot: &[u8]) -> Option<Uid> {
    match slot {
        [0, 0, 0, 0, 0, 0, _] => None,
        [a, b, c, d, 0, 0, 0 | EMPTY] => Uid::new(&[*a, *b, *c, *d]),
        [six @ .., EMPTY] if six.len() == 6 => Uid::new(six),
        seven => Uid::new(seven).filter(|uid| uid.as_bytes().len() == SLOT_BYTES),
    }
}

/// Writes the list for an existing device and gives the number of cards that
/// are too long for it (ten bytes).
pub fn export_image(list: &CardList, image: &mut [u8; IMAGE_BYTES]) -> usize {
    image.fill(EMPTY);
    let short = |card: &&Uid| card.as_bytes().len() <= SLOT_BYTES;
    for (slot, card) in image.chunks_mut(SLOT_BYTES).zip(list.iter().filter(short)) {
        let uid = card.as_bytes();
        let fill = if uid.len() == 4 { 0 } else { EMPTY };
        for (byte, value) in slot
            .iter_mut()
            .zip(uid.iter().copied().chain(core::iter::repeat(fill)))
        {
            *byte = value;
        }
    }
    list.iter().filter(|card| !short(card)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> CardList {
        let mut list = CardList::EMPTY;
        for n in 0..100 {
            let length = [4, 6, 7, 10][usize::from(n % 4)];
            let uid = [n, 1, 2, 3, 4, 5, 6, 7, 8, 9];
            list.store(Uid::new(&uid[..length]).unwrap());
        }
        list
    }

    /// I-27, decision 58: cards of all lengths.
    #[test]
    fn when_parts_were_written_then_the_list_is_read_back() {
        let list = full();
        for part in 0..PARTS {
            for second in [false, true] {
                let key = Key::card_part(part, second).unwrap();
                let mut bytes = [0; 256];
                emit_part(key, &part_of(&list, part), &mut bytes).unwrap();
                let frame = Frame::parse(&bytes).unwrap();
                assert_eq!(parse_part(key, &frame), Ok(part_of(&list, part)));
                assert!(parse_part(Key::CARDS, &frame).is_err());
            }
        }
        assert_eq!(part_of(&list, 10), [None; CARDS_PER_PART]);
        assert_ne!(list_sum(&list), list_sum(&CardList::EMPTY));
    }

    #[test]
    fn when_a_part_moves_then_the_directory_tells_where_it_stands() {
        let mut directory = Directory { second: 0, sum: 7 };
        directory.swap(9);
        assert!(directory.is_second(9) && !directory.is_second(0));
        let mut bytes = [0; 32];
        directory.emit(&mut bytes).unwrap();
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!(Directory::parse(&frame), Ok(directory));
        directory.second = 1 << 10;
        directory.emit(&mut bytes).unwrap();
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!(Directory::parse(&frame), Err(RecordError::Content));
    }

    /// I-27: the list image round-trips, cards of ten bytes apart.
    #[test]
    fn when_the_image_is_exported_then_the_same_cards_come_back() {
        let list = full();
        let mut image = [0; IMAGE_BYTES];
        assert_eq!(export_image(&list, &mut image), 25);
        let found = import_image(&image);
        assert_eq!((found.unreadable, found.repeated), (0, 0));
        let short = list.iter().filter(|card| card.as_bytes().len() <= 7);
        assert!(found.cards.iter().eq(short));
    }

    /// Menu 14, 29: an image with impossible slots is not a full list.
    #[test]
    fn when_slots_are_impossible_then_they_are_counted_and_left_out() {
        let mut image = [EMPTY; 28];
        image[..7].copy_from_slice(&[0; 7]);
        image[7..14].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7]);
        image[14..21].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7]);
        let found = import_image(&image);
        assert_eq!((found.unreadable, found.repeated), (1, 1));
        assert_eq!(found.cards.len(), 1);
        assert_eq!(import_image(&[1, 2, 3]).unreadable, 1);
        assert_eq!(import_image(&[1; 7 * 101]).repeated, 100);
    }
}
