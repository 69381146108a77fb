//! Who may charge: access, cards, the relock timer and the charging window
//! (charging specification §6, §12.1).

use smartevse_types::{Access, Duration, Instant};

use crate::card::Uid;
use crate::cards::{CardChange, CardList};
use crate::options::RfidMode;

/// Time between a card and the plug, and between unplugging and relocking.
///
/// Upstream firmware: 60 s.
pub const ACCESS_TIMER: Duration = Duration::from_secs(60);

/// Result of the latest card, with its published number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum CardStatus {
    /// No card at the reader.
    #[default]
    Ready = 0,
    /// A card was read.
    Present = 1,
    /// Stored.
    Stored = 2,
    /// Deleted.
    Deleted = 3,
    /// Had been stored before.
    AlreadyStored = 4,
    /// Had not been stored.
    NotStored = 5,
    /// The list is full.
    Full = 6,
    /// Not allowed to charge.
    Invalid = 7,
}

impl CardStatus {
    /// Published number.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// Published text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ready => "Ready to read card",
            Self::Present => "Present",
            Self::Stored => "Card Stored",
            Self::Deleted => "Card Deleted",
            Self::AlreadyStored => "Card already stored",
            Self::NotStored => "Card not in storage",
            Self::Full => "Card Storage full",
            Self::Invalid => "Invalid",
        }
    }
}

impl From<CardChange> for CardStatus {
    fn from(change: CardChange) -> Self {
        match change {
            CardChange::Stored => Self::Stored,
            CardChange::AlreadyStored => Self::AlreadyStored,
            CardChange::Full => Self::Full,
            CardChange::Deleted => Self::Deleted,
            CardChange::NotStored => Self::NotStored,
        }
    }
}

/// Access and everything that changes it.
#[derive(Clone, Debug)]
pub struct AccessControl {
    access: Access,
    cards: CardList,
    card_in_use: Option<Uid>,
    status: CardStatus,
    remote_card: Option<Uid>,
    relock: Option<Instant>,
    vehicle: bool,
    inside_window: Option<bool>,
}

impl AccessControl {
    /// Starts with the stored access and cards.
    #[must_use]
    pub const fn new(access: Access, cards: CardList) -> Self {
        Self {
            access,
            cards,
            card_in_use: None,
            status: CardStatus::Ready,
            remote_card: None,
            relock: None,
            vehicle: false,
            inside_window: None,
        }
    }

    /// Remembers the card that gave the access before a restart (I-28); it
    /// counts unless the access is off.
    #[must_use]
    pub const fn with_card_in_use(mut self, card: Option<Uid>) -> Self {
        self.card_in_use = match self.access {
            Access::Off => None,
            Access::On | Access::Pause => card,
        };
        self
    }

    /// Card that gave the access; `None` = somebody else did.
    #[must_use]
    pub const fn card_in_use(&self) -> Option<Uid> {
        self.card_in_use
    }

    /// Present access.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// Result of the latest card.
    #[must_use]
    pub const fn card_status(&self) -> CardStatus {
        self.status
    }

    /// The stored cards.
    #[must_use]
    pub const fn cards(&self) -> &CardList {
        &self.cards
    }

    /// Deletes all cards (RFID = DeleteAll).
    pub fn erase_cards(&mut self) {
        self.cards.clear();
        self.card_in_use = None;
    }

    /// A card that a remote system has to judge; taken once.
    pub fn take_remote_card(&mut self) -> Option<Uid> {
        self.remote_card.take()
    }

    /// Sets the access. Gives whether this is a new reason to start.
    pub fn set(&mut self, access: Access) -> bool {
        self.access = access;
        if access == Access::Off {
            self.card_in_use = None;
        }
        access == Access::On
    }

    /// A card was held to the reader, or taken away. Gives whether this is a
    /// new reason to start.
    pub fn card(&mut self, card: Option<Uid>, mode: RfidMode) -> bool {
        let Some(card) = card else {
            self.status = CardStatus::Ready;
            return false;
        };
        if mode == RfidMode::Disabled || self.status != CardStatus::Ready {
            return false;
        }
        self.show(card, mode)
    }

    fn show(&mut self, card: Uid, mode: RfidMode) -> bool {
        match mode {
            RfidMode::Disabled | RfidMode::DeleteAll => return false,
            RfidMode::Learn => self.status = self.cards.store(card).into(),
            RfidMode::Delete => self.status = self.cards.delete(&card).into(),
            RfidMode::Remote => {
                self.status = CardStatus::Present;
                self.remote_card = Some(card);
            }
            RfidMode::EnableAll | RfidMode::EnableOne if !self.cards.knows(&card) => {
                self.status = CardStatus::Invalid;
            }
            RfidMode::EnableAll => return self.toggle_by_any(card),
            RfidMode::EnableOne => return self.toggle_by_same(card),
        }
        false
    }

    fn toggle_by_any(&mut self, card: Uid) -> bool {
        self.status = CardStatus::Present;
        match self.access {
            Access::On => self.set(Access::Off),
            Access::Off | Access::Pause => self.start_with(card),
        }
    }

    fn toggle_by_same(&mut self, card: Uid) -> bool {
        self.status = CardStatus::Present;
        match (self.access, self.card_in_use) {
            (Access::Off, _) => self.start_with(card),
            (Access::On | Access::Pause, Some(used)) if used.matches(&card) => {
                self.set(Access::Off)
            }
            (Access::On | Access::Pause, _) => false,
        }
    }

    fn start_with(&mut self, card: Uid) -> bool {
        self.card_in_use = Some(card);
        self.set(Access::On)
    }

    /// The charging window: only its edges change the access, so that a
    /// choice made inside the window stays. `None` = unknown or no window.
    pub fn window(&mut self, inside: Option<bool>) -> bool {
        let before = core::mem::replace(&mut self.inside_window, inside);
        match (before, inside) {
            (Some(false) | None, Some(true)) => self.set(Access::On),
            (Some(true) | None, Some(false)) => self.set(Access::Off),
            (_, None) | (Some(true), Some(true)) | (Some(false), Some(false)) => false,
        }
    }

    /// Whether a start waits for the charging window.
    #[must_use]
    pub fn waits_for_window(&self) -> bool {
        self.inside_window == Some(false)
    }

    /// Follows the vehicle and the relock timer. Gives whether the access
    /// changed.
    pub fn step(&mut self, now: Instant, vehicle: bool, mode: RfidMode) -> bool {
        let before = self.access;
        let unplugged = core::mem::replace(&mut self.vehicle, vehicle) && !vehicle;
        let by_card = matches!(mode, RfidMode::EnableAll | RfidMode::EnableOne);
        if unplugged && (by_card || mode == RfidMode::Remote) {
            self.set(Access::Off);
        }
        let waits = by_card && !vehicle && self.access == Access::On;
        self.relock = if waits {
            self.relock.or(Some(now + ACCESS_TIMER))
        } else {
            None
        };
        if self.relock.is_some_and(|at| now >= at) {
            self.relock = None;
            self.set(Access::Off);
        }
        before != self.access
    }

    /// When [`step`](Self::step) has something to do by itself.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.relock.unwrap_or(Instant::FAR_FUTURE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(n: u8) -> Uid {
        Uid::new(&[4, n, 2, 3]).unwrap()
    }

    fn control() -> AccessControl {
        AccessControl::new(Access::Off, CardList::from_cards(&[uid(1), uid(2)]))
    }

    fn swipe(control: &mut AccessControl, n: u8, mode: RfidMode) {
        control.card(Some(uid(n)), mode);
        control.card(None, mode);
    }

    /// I-28: with EnableOne only the card that started stops.
    #[test]
    fn when_another_known_card_is_shown_then_nothing_happens() {
        let mut control = control();
        swipe(&mut control, 1, RfidMode::EnableOne);
        assert_eq!(control.access(), Access::On);
        swipe(&mut control, 2, RfidMode::EnableOne);
        assert_eq!(control.access(), Access::On);
        swipe(&mut control, 1, RfidMode::EnableOne);
        assert_eq!(control.access(), Access::Off);
    }

    /// I-28: also after a restart.
    #[test]
    fn when_the_charger_restarts_then_the_card_that_started_still_stops() {
        let mut before = control();
        swipe(&mut before, 1, RfidMode::EnableOne);
        assert_eq!(before.card_in_use(), Some(uid(1)));
        let restarted = |access| {
            AccessControl::new(access, before.cards().clone())
                .with_card_in_use(before.card_in_use())
        };
        let mut after = restarted(Access::On);
        swipe(&mut after, 2, RfidMode::EnableOne);
        assert_eq!(after.access(), Access::On);
        swipe(&mut after, 1, RfidMode::EnableOne);
        assert_eq!((after.access(), after.card_in_use()), (Access::Off, None));
        assert_eq!(restarted(Access::Off).card_in_use(), None);
    }

    #[test]
    fn when_the_card_stays_at_the_reader_then_it_acts_once() {
        let mut control = control();
        control.card(Some(uid(1)), RfidMode::EnableAll);
        control.card(Some(uid(1)), RfidMode::EnableAll);
        assert_eq!(control.access(), Access::On);
    }

    #[test]
    fn when_the_card_is_unknown_then_it_is_invalid() {
        let mut control = control();
        control.card(Some(uid(9)), RfidMode::EnableAll);
        assert_eq!(control.card_status(), CardStatus::Invalid);
        assert_eq!(control.access(), Access::Off);
    }

    /// Charging 6.5: a card gives 60 s to plug in.
    #[test]
    fn when_nobody_plugs_in_then_access_ends_after_a_minute() {
        let mut control = control();
        let t0 = Instant::from_secs(5);
        swipe(&mut control, 1, RfidMode::EnableAll);
        assert!(!control.step(t0, false, RfidMode::EnableAll));
        assert_eq!(control.deadline(), t0 + ACCESS_TIMER);
        assert!(control.step(t0 + ACCESS_TIMER, false, RfidMode::EnableAll));
        assert_eq!(control.access(), Access::Off);
    }

    /// D-22, D-02: access by card ends with the plug, other access stays.
    #[test]
    fn when_unplugged_then_only_card_access_ends() {
        for (mode, after) in [
            (RfidMode::EnableAll, Access::Off),
            (RfidMode::Disabled, Access::On),
        ] {
            let mut control = control();
            control.set(Access::On);
            control.step(Instant::ZERO, true, mode);
            control.step(Instant::from_secs(9), false, mode);
            assert_eq!(control.access(), after);
        }
    }

    #[test]
    fn when_the_window_stays_then_a_choice_inside_it_stays() {
        let mut control = control();
        control.window(Some(false));
        assert!(control.waits_for_window());
        control.window(Some(true));
        assert_eq!(control.access(), Access::On);
        control.set(Access::Pause);
        control.window(Some(true));
        assert_eq!(control.access(), Access::Pause);
        control.window(Some(false));
        assert_eq!(control.access(), Access::Off);
    }

    #[test]
    fn when_learning_then_cards_are_stored_once() {
        let mut control = control();
        control.card(Some(uid(3)), RfidMode::Learn);
        assert_eq!(control.card_status(), CardStatus::Stored);
        control.card(None, RfidMode::Learn);
        control.card(Some(uid(3)), RfidMode::Learn);
        assert_eq!(control.card_status().id(), 4);
        control.erase_cards();
        assert!(control.cards().is_empty());
    }

    #[test]
    fn when_remote_then_the_card_is_handed_over_once() {
        let mut control = control();
        control.card(Some(uid(1)), RfidMode::Remote);
        assert_eq!(control.access(), Access::Off);
        assert_eq!(control.take_remote_card(), Some(uid(1)));
        assert_eq!(control.take_remote_card(), None);
    }

    /// Charging 6.4: the published numbers and texts.
    #[test]
    fn when_a_card_was_shown_then_the_published_text_says_what_became_of_it() {
        let published = [
            (CardStatus::Ready, "Ready to read card"),
            (CardStatus::Present, "Present"),
            (CardStatus::Stored, "Card Stored"),
            (CardStatus::Deleted, "Card Deleted"),
            (CardStatus::AlreadyStored, "Card already stored"),
            (CardStatus::NotStored, "Card not in storage"),
            (CardStatus::Full, "Card Storage full"),
            (CardStatus::Invalid, "Invalid"),
        ];
        for (number, (status, text)) in published.into_iter().enumerate() {
            assert_eq!((usize::from(status.id()), status.text()), (number, text));
        }
    }

    /// charging 6.4: what managing the list tells.
    #[test]
    fn when_cards_are_managed_then_the_result_is_shown() {
        let card = Uid::new(&[4, 1, 2, 3]).unwrap();
        let mut control = AccessControl::new(Access::Off, CardList::EMPTY);
        for (mode, status) in [
            (RfidMode::Learn, CardStatus::Stored),
            (RfidMode::Learn, CardStatus::AlreadyStored),
            (RfidMode::Delete, CardStatus::Deleted),
            (RfidMode::Delete, CardStatus::NotStored),
            (RfidMode::DeleteAll, CardStatus::Ready),
            (RfidMode::Disabled, CardStatus::Ready),
        ] {
            assert!(!control.card(Some(card), mode));
            assert_eq!(control.card_status(), status, "{mode}");
            control.card(None, mode);
        }
        let all: [Uid; 100] = core::array::from_fn(|n| Uid::new(&[9, 9, 9, n as u8]).unwrap());
        let mut control = AccessControl::new(Access::Off, CardList::from_cards(&all));
        control.card(Some(card), RfidMode::Learn);
        assert_eq!(control.card_status(), CardStatus::Full);
        control.erase_cards();
        assert!(control.cards().is_empty());
    }

    /// Decision 2: only access that becomes On is a new reason to start.
    #[test]
    fn when_access_is_given_then_only_on_is_a_reason_to_start() {
        let mut control = control();
        assert!(control.set(Access::On));
        assert!(!control.set(Access::Pause));
        assert!(!control.set(Access::Off));
        assert!(control.card(Some(uid(1)), RfidMode::EnableAll));
        control.card(None, RfidMode::EnableAll);
        assert!(!control.card(Some(uid(1)), RfidMode::EnableAll));
    }

    /// Charging 12.1: nobody waits without a window, or inside it.
    #[test]
    fn when_there_is_no_window_then_nothing_waits_for_it() {
        let mut control = control();
        assert!(!control.waits_for_window());
        control.window(Some(true));
        assert!(!control.waits_for_window());
        control.window(None);
        assert!(!control.waits_for_window());
    }

    /// Charging 6.5: the timer runs only by card, without a vehicle, while
    /// access is On.
    #[test]
    fn when_no_card_gave_access_then_nobody_relocks() {
        for (access, vehicle, mode) in [
            (Access::On, false, RfidMode::Disabled),
            (Access::On, false, RfidMode::Remote),
            (Access::On, true, RfidMode::EnableAll),
            (Access::Off, false, RfidMode::EnableAll),
            (Access::Off, false, RfidMode::EnableOne),
        ] {
            let mut control = control();
            control.set(access);
            assert!(!control.step(Instant::ZERO, vehicle, mode));
            assert_eq!(control.deadline(), Instant::FAR_FUTURE);
            assert!(!control.step(Instant::ZERO + ACCESS_TIMER, vehicle, mode));
            assert_eq!(control.access(), access, "{mode:?}");
        }
    }
}
