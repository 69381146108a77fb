//! Cards and access beside the charger, judged by a model of their own: I-27
//! and I-28.

use smartevse_core::access::AccessControl;
use smartevse_core::card::Uid;
use smartevse_core::cards::{CARD_CAPACITY, CardList};
use smartevse_core::options::RfidMode;
use smartevse_core::oracle::Violation;
use smartevse_types::{Access, Instant};

use crate::change::Change;
use crate::rng::Rng;

/// Cards that are shown; some differ only in what an old reader leaves out.
const SHOWN: u8 = 16;

/// The card behind a number.
fn card(number: u8) -> Uid {
    let bytes = [4, number / 4, 2, 3, 4, 5, number, 7, 8, 9];
    let length = [4, 6, 7, 7][usize::from(number % 4)];
    Uid::new(&bytes[..length]).unwrap()
}

/// A card that is only stored, never shown.
fn other(number: usize) -> Uid {
    Uid::new(&[8, number as u8, 1, 2, 3, 4, 5, 6, 7, 8]).unwrap()
}

/// Whether an entry lets a card charge (charging specification §6.3), written
/// a second time.
fn lets(entry: &Uid, card: &Uid) -> bool {
    let (entry, card) = (entry.as_bytes(), card.as_bytes());
    entry == card || (entry.len() == 6 && card.len() == 7 && card.starts_with(entry))
}

/// Access control with the model that judges it; `None` inside = no cards in
/// this case.
#[derive(Default)]
pub struct Wallet(Option<Box<Cards>>);

struct Cards {
    control: AccessControl,
    stored: Vec<Uid>,
    /// Card that switched on.
    used: Option<Uid>,
    mode: RfidMode,
    hits: [u32; 2],
}

impl Wallet {
    /// Cards of a case, now and then nearly a full list.
    pub fn random(rng: &mut Rng) -> Self {
        let others = if rng.chance(4) { 93 + rng.below(8) } else { 0 };
        let mut stored: Vec<Uid> = (0..others as usize).map(other).collect();
        if others == 0 {
            stored.extend((0..SHOWN).filter(|_| rng.chance(30)).map(card));
        }
        let list = CardList::from_cards(&stored);
        Self(Some(Box::new(Cards {
            control: AccessControl::new(Access::On, list),
            stored,
            used: None,
            mode: RfidMode::EnableOne,
            hits: [0; 2],
        })))
    }

    /// Access that the cards give.
    pub fn access(&self) -> Option<Access> {
        self.0.as_ref().map(|cards| cards.control.access())
    }

    /// How often I-27 and I-28 were really tried.
    pub fn hits(&self) -> [u32; 2] {
        self.0.as_ref().map_or([0; 2], |cards| cards.hits)
    }

    /// Follows the vehicle and the timer.
    pub fn follow(&mut self, now: Instant, vehicle: bool) {
        if let Some(cards) = &mut self.0 {
            cards.control.step(now, vehicle, cards.mode);
            cards.forget();
        }
    }

    pub fn apply(&mut self, change: Change, at: Instant) -> Result<(), Violation> {
        let Some(cards) = &mut self.0 else {
            return Ok(());
        };
        let result = match change {
            Change::Card(shown, 7) => {
                cards
                    .control
                    .set([Access::Off, Access::On, Access::Pause][usize::from(shown % 3)]);
                cards.forget();
                Ok(())
            }
            Change::Card(shown, mode) => cards.show(card(shown % SHOWN), mode),
            _ => cards.upload(),
        };
        result.map_err(|(number, text)| Violation { number, text, at })
    }
}

type Broken = (u8, &'static str);

fn check(number: u8, good: bool, text: &'static str) -> Result<(), Broken> {
    if good { Ok(()) } else { Err((number, text)) }
}

impl Cards {
    fn forget(&mut self) {
        if self.control.access() == Access::Off {
            self.used = None;
        }
    }

    fn show(&mut self, card: Uid, mode: u8) -> Result<(), Broken> {
        self.mode = RfidMode::ALL[usize::from(mode) % RfidMode::ALL.len()];
        if self.mode == RfidMode::DeleteAll {
            self.control.erase_cards();
            self.stored.clear();
            self.used = None;
        }
        let before = self.control.access();
        let known = self.stored.iter().any(|entry| lets(entry, &card));
        self.control.card(Some(card), self.mode);
        let after = self.control.access();
        self.control.card(None, self.mode);
        let judged = self.judge_access(&card, known, before, after);
        if after == Access::On && before != Access::On {
            self.used = Some(card);
        }
        self.forget();
        judged?;
        self.change_list(card)
    }

    /// I-28.
    fn judge_access(
        &mut self,
        card: &Uid,
        known: bool,
        before: Access,
        after: Access,
    ) -> Result<(), Broken> {
        let by_card = matches!(self.mode, RfidMode::EnableAll | RfidMode::EnableOne);
        check(
            28,
            by_card && known || before == after,
            "a stranger's card acts",
        )?;
        if self.mode != RfidMode::EnableOne || !known || before == Access::Off {
            return Ok(());
        }
        self.hits[1] += 1;
        let expected = if self.used.as_ref() == Some(card) {
            Access::Off
        } else {
            before
        };
        check(28, after == expected, "not the card that switched on")
    }

    fn fits(&self, card: &Uid) -> bool {
        !self.stored.contains(card) && self.stored.len() < CARD_CAPACITY
    }

    fn change_list(&mut self, card: Uid) -> Result<(), Broken> {
        match self.mode {
            RfidMode::Learn if self.fits(&card) => self.stored.push(card),
            RfidMode::Delete => self.stored.retain(|entry| !lets(entry, &card)),
            _ => {}
        }
        self.hits[0] += 1;
        let list = self.control.cards();
        let known = self.stored.iter().any(|entry| lets(entry, &card));
        check(
            27,
            list.knows(&card) == known,
            "a card is not as it was stored",
        )?;
        check(
            27,
            list.len() == self.stored.len(),
            "the list has another length",
        )
    }

    /// The list is taken from its own image: every card is found again, none
    /// twice.
    fn upload(&mut self) -> Result<(), Broken> {
        self.hits[0] += 1;
        let image: Vec<Uid> = self.control.cards().iter().copied().collect();
        let twice: Vec<Uid> = image.iter().chain(&image).copied().collect();
        let list = CardList::from_cards(&twice);
        check(
            27,
            list.iter().eq(image.iter()),
            "the image is another list",
        )?;
        check(27, image.len() == self.stored.len(), "a card is lost")?;
        let all = |has: fn(&CardList, &Uid) -> bool| self.stored.iter().all(|uid| has(&list, uid));
        check(27, all(CardList::knows), "a stored card is not found")?;
        self.control = AccessControl::new(self.control.access(), list);
        self.used = None;
        Ok(())
    }
}
