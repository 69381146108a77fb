//! What the store held when the charger started.

use smartevse_core::card::Uid;
use smartevse_core::cards::{CARD_CAPACITY, CardList};
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::options::RfidMode;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::records::settings::UnknownValues;
use smartevse_core::registry::SettingSet;
use smartevse_core::settings::{Loaded, Notices, load};
use smartevse_types::Access;

use crate::station::{Setup, Stored};

/// What a user or a developer should know about the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Bit n: the record with key n was stored and cannot be read any more.
    pub unreadable: u64,
    /// Stretches of flash that begin no record: power cuts, and bits that
    /// flipped in records that may be old.
    pub damaged: u32,
    /// Settings whose stored value was not legal; they have their default
    /// (menu rule X23).
    pub replaced: SettingSet,
    /// Settings without a stored value although settings were stored.
    pub missing: SettingSet,
    /// What had to be changed to make the settings valid.
    pub notices: Notices,
    /// Values of unknown settings; they are kept.
    pub unknown: UnknownValues,
}

/// What the store held.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Whether the store can be trusted.
    pub stored: Stored,
    /// The settings.
    pub loaded: Loaded,
    /// Access, delayed charging and locks; `None` = never stored.
    pub access: Option<AccessRecord>,
    /// Latched faults.
    pub boot: BootRecord,
    /// The cards.
    pub cards: CardList,
    /// Energy ledger; `None` = never stored, or not readable.
    pub energy: Option<EnergyRecord>,
    /// What was not as it should be.
    pub report: Report,
    uids: heapless::Vec<Uid, CARD_CAPACITY>,
}

impl Restored {
    /// What a device restores that never stored anything.
    pub(super) fn nothing(stored: Stored) -> Self {
        Self {
            stored,
            loaded: load([]),
            access: None,
            boot: BootRecord::default(),
            cards: CardList::EMPTY,
            energy: None,
            report: Report::default(),
            uids: heapless::Vec::new(),
        }
    }

    /// Takes the cards over.
    pub(super) fn set_cards(&mut self, cards: CardList) {
        self.uids.clear();
        for card in cards.iter() {
            // Both have the same capacity.
            let _ = self.uids.push(*card);
        }
        self.cards = cards;
    }

    /// What a device starts with whose flash cannot be used: factory values,
    /// access off and a fault that says so.
    #[cfg(feature = "async")]
    pub(crate) fn unusable() -> Self {
        Self::nothing(Stored::Broken)
    }

    /// Gives what the charger starts with; facts and planning are the caller's.
    #[must_use]
    pub fn setup(&self) -> Setup<'_> {
        Setup {
            boot: self.boot,
            settings: self.loaded.settings,
            stored: self.stored,
            access: self.first_access(),
            card: self.access.and_then(|record| record.card),
            lcd_lock: self.access.is_some_and(|record| record.lcd_lock),
            cards: &self.uids,
            energy: self.energy.unwrap_or_default(),
            ..Setup::default()
        }
    }

    /// Gives what a charger with these parts starts with.
    #[must_use]
    pub fn setup_of(&self, facts: BoardFacts) -> Setup<'_> {
        Setup {
            facts,
            ..self.setup()
        }
    }

    /// Access that was never stored is on, unless a card or a network decides
    /// (charging specification §11.2 rule 4).
    fn first_access(&self) -> Access {
        match self.access {
            Some(record) => record.access,
            None if self.loaded.settings.rfid() == RfidMode::Disabled => Access::On,
            None => Access::Off,
        }
    }
}
