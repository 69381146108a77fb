//! List of the cards that may charge (charging specification §6.3).

use crate::card::Uid;

/// Number of cards that fit (configuration guide: RFID, 100 cards).
pub const CARD_CAPACITY: usize = 100;

/// What became of a change of the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CardChange {
    /// The card is in the list now.
    Stored,
    /// The card had been stored before.
    AlreadyStored,
    /// The list is full.
    Full,
    /// The card is not in the list any more.
    Deleted,
    /// The card had not been stored.
    NotStored,
}

/// Up to [`CARD_CAPACITY`] cards without duplicates, in the order of storing.
#[derive(Clone, Debug)]
pub struct CardList {
    slots: [Option<Uid>; CARD_CAPACITY],
}

impl CardList {
    /// An empty list.
    pub const EMPTY: Self = Self {
        slots: [None; CARD_CAPACITY],
    };

    /// Makes a list from cards; duplicates and cards that do not fit are left
    /// out.
    #[must_use]
    pub fn from_cards(cards: &[Uid]) -> Self {
        let mut list = Self::EMPTY;
        for card in cards {
            list.store(*card);
        }
        list
    }

    /// Makes a list from slots; cards that are stored in an earlier slot are
    /// left out.
    #[must_use]
    pub fn from_slots(slots: [Option<Uid>; CARD_CAPACITY]) -> Self {
        let mut list = Self::EMPTY;
        for (index, card) in slots.into_iter().enumerate() {
            let free = |card: &Uid| !list.iter().any(|stored| stored.matches(card));
            let card = card.filter(free);
            if let Some(slot) = list.slots.get_mut(index) {
                *slot = card;
            }
        }
        list
    }

    /// All slots, free ones included, in the order of storing.
    #[must_use]
    pub const fn slots(&self) -> &[Option<Uid>; CARD_CAPACITY] {
        &self.slots
    }

    /// Number of stored cards.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether no card is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The stored cards.
    pub fn iter(&self) -> impl Iterator<Item = &Uid> {
        self.slots.iter().flatten()
    }

    /// Stores a card in the first free slot.
    pub fn store(&mut self, card: Uid) -> CardChange {
        if self.iter().any(|stored| stored.matches(&card)) {
            return CardChange::AlreadyStored;
        }
        match self.slots.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => {
                *slot = Some(card);
                CardChange::Stored
            }
            None => CardChange::Full,
        }
    }

    /// Deletes every entry that accepts this card: it may be stored with and
    /// without its seventh byte.
    pub fn delete(&mut self, card: &Uid) -> CardChange {
        let mut change = CardChange::NotStored;
        for slot in &mut self.slots {
            if slot.is_some_and(|stored| accepts(&stored, card)) {
                *slot = None;
                change = CardChange::Deleted;
            }
        }
        change
    }

    /// Deletes all cards.
    pub fn clear(&mut self) {
        self.slots = [None; CARD_CAPACITY];
    }

    /// Whether a card may charge. Every slot is compared, so that the time
    /// does not tell where a card is stored.
    #[must_use]
    pub fn knows(&self, card: &Uid) -> bool {
        self.iter()
            .fold(false, |known, stored| known | accepts(stored, card))
    }
}

/// Whether a stored entry accepts a card: the same UID, or an entry of six
/// bytes (learned from a reader that does not transmit the seventh) with the
/// same first six bytes.
fn accepts(stored: &Uid, card: &Uid) -> bool {
    let prefix = || {
        let six = card.as_bytes().get(..6).and_then(Uid::new);
        card.as_bytes().len() == 7 && six.is_some_and(|six| stored.matches(&six))
    };
    stored.matches(card) | prefix()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(n: u8) -> Uid {
        Uid::new(&[4, n, 2, 3, 4, 5, 6]).unwrap()
    }

    /// I-27: every slot is found, the 101st card does not fit, a deleted card
    /// is not found.
    #[test]
    fn when_a_hundred_cards_are_stored_then_each_is_known() {
        let mut list = CardList::EMPTY;
        for n in 0..100 {
            assert_eq!(list.store(uid(n)), CardChange::Stored);
        }
        assert_eq!(list.store(uid(100)), CardChange::Full);
        assert_eq!(list.store(uid(99)), CardChange::AlreadyStored);
        assert!((0..100).all(|n| list.knows(&uid(n))));
        assert_eq!(list.delete(&uid(99)), CardChange::Deleted);
        assert!(!list.knows(&uid(99)));
        assert_eq!(list.len(), 99);
        assert_eq!(list.delete(&uid(99)), CardChange::NotStored);
    }

    #[test]
    fn when_slots_are_restored_then_each_card_keeps_its_slot() {
        let mut list = CardList::from_cards(&[uid(1), uid(2), uid(3)]);
        list.delete(&uid(2));
        assert_eq!(CardList::from_slots(*list.slots()).slots(), list.slots());
        let mut slots = *list.slots();
        slots[50] = Some(uid(1));
        assert_eq!(CardList::from_slots(slots).slots(), list.slots());
    }

    /// I-27: a card that is stored twice, once without its seventh byte, is
    /// not found after it was deleted.
    #[test]
    fn when_two_entries_accept_a_card_then_both_are_deleted() {
        let six = Uid::new(&[4, 1, 2, 3, 4, 5]).unwrap();
        let mut list = CardList::from_cards(&[six, uid(1), uid(2)]);
        assert_eq!(list.delete(&uid(1)), CardChange::Deleted);
        assert!(!list.knows(&uid(1)));
        assert_eq!(list.len(), 1);
    }

    /// Charging 6.3: only a six-byte entry accepts a longer card.
    #[test]
    fn when_the_entry_has_six_bytes_then_it_accepts_the_seven_byte_card() {
        let six = Uid::new(&[4, 1, 2, 3, 4, 5]).unwrap();
        let mut list = CardList::from_cards(&[six]);
        assert!(list.knows(&uid(1)));
        list = CardList::from_cards(&[uid(1)]);
        assert!(!list.knows(&six));
        list.clear();
        assert!(list.is_empty());
    }

    /// Charging 6.3: a card that two entries accept is known.
    #[test]
    fn when_the_long_and_the_short_entry_are_stored_then_the_card_is_known() {
        let six = Uid::new(&[4, 1, 2, 3, 4, 5]).unwrap();
        let list = CardList::from_cards(&[six, uid(1)]);
        assert_eq!(list.len(), 2);
        assert!(list.knows(&uid(1)) && !list.is_empty());
    }
}
