//! A store with values that change.

use embassy_futures::block_on;
use smartevse::core::card::Uid;
use smartevse::core::cards::CardList;
use smartevse::core::charger::BootRecord;
use smartevse::core::event::Record;
use smartevse::core::faults::Faults;
use smartevse::core::records::access::AccessRecord;
use smartevse::core::records::energy::EnergyRecord;
use smartevse::core::registry::SettingId;
use smartevse::core::schedule::Schedule;
use smartevse::core::settings::{Settings, load};
use smartevse::storage::{Contents, Done, FlashPermit, Restored, StorageError, Store};
use smartevse::types::Access;
use smartevse_sim::clock::SimClock;
use smartevse_sim::flash::{FlashError, SimFlash};
use smartevse_sim::random::Random;

pub const RECORDS: [Record; 5] = [
    Record::Latches,
    Record::Access,
    Record::Settings,
    Record::Cards,
    Record::Energy,
];

pub type SimStore = Store<SimFlash>;

/// Values of all records.
#[derive(Clone, Debug)]
pub struct Values {
    pub settings: Settings,
    pub access: Option<AccessRecord>,
    pub boot: BootRecord,
    pub cards: CardList,
    pub energy: Option<EnergyRecord>,
}

impl Values {
    pub fn virgin() -> Self {
        Self {
            settings: Settings::default(),
            access: None,
            boot: BootRecord::default(),
            cards: CardList::EMPTY,
            energy: None,
        }
    }

    pub fn contents(&self) -> Contents<'_> {
        Contents {
            settings: &self.settings,
            access: self.access.unwrap_or_default(),
            boot: self.boot,
            cards: &self.cards,
            energy: self.energy.unwrap_or_default(),
        }
    }

    pub fn of(restored: &Restored) -> Self {
        Self {
            settings: restored.loaded.settings,
            access: restored.access,
            boot: restored.boot,
            cards: restored.cards.clone(),
            energy: restored.energy,
        }
    }

    /// Whether a record has the same value in both.
    pub fn agrees(&self, other: &Self, record: Record) -> bool {
        match record {
            Record::Settings => self.settings == other.settings,
            Record::Access => self.access == other.access,
            Record::Latches => self.boot == other.boot,
            Record::Cards => self.cards.slots() == other.cards.slots(),
            Record::Energy => {
                let [own, others] = [self, other].map(|values| values.energy);
                // What was never stored says nothing, as an empty ledger does.
                own.unwrap_or(EnergyRecord::NONE) == others.unwrap_or(EnergyRecord::NONE)
            }
        }
    }

    /// Changes a record.
    pub fn change(&mut self, record: Record, random: &mut Random) {
        let number = random.next_bits();
        let [a, b, ..] = number.to_le_bytes();
        match record {
            Record::Settings => {
                let max = (SettingId::Max, 6 + u16::from(a % 75));
                let mains = (SettingId::Mains, 10 + u16::from(b % 191));
                self.settings = load([max, mains]).settings;
            }
            Record::Access => {
                self.access = Some(AccessRecord {
                    access: [Access::Off, Access::On, Access::Pause][usize::from(a) % 3],
                    schedule: Schedule::new(0, Some(1 + u32::from(b)), None, false),
                    cable_lock: a > 127,
                    ..AccessRecord::default()
                });
            }
            Record::Latches => {
                let latched = [
                    Faults::empty(),
                    Faults::RCM_TRIPPED,
                    Faults::CONTACTOR_FAULT,
                ];
                self.boot.latched = latched[usize::from(a) % 3];
            }
            Record::Cards => self.change_cards(a, b),
            Record::Energy => {
                self.energy = Some(EnergyRecord {
                    imported: i64::from(a),
                    last_import: Some(i64::from(b)),
                    ..EnergyRecord::default()
                });
            }
        }
    }

    fn change_cards(&mut self, a: u8, b: u8) {
        match a {
            0..8 => self.cards.clear(),
            8..80 => {
                let card = self.cards.iter().nth(usize::from(b) % 7).copied();
                if let Some(card) = card {
                    self.cards.delete(&card);
                }
            }
            _ => {
                let uid = [a, b, 2, 3, 4, 5, 6, 7, 8, 9];
                let length = [4, 6, 7, 10][usize::from(b) % 4];
                if let Some(card) = Uid::new(&uid[..length]) {
                    self.cards.store(card);
                }
            }
        }
    }
}

pub fn flash(blocks: usize) -> SimFlash {
    SimFlash::new(blocks, SimClock::new())
}

pub fn open(flash: SimFlash) -> (SimStore, Restored) {
    block_on(Store::open(flash)).unwrap()
}

pub fn step(
    store: &mut SimStore,
    permit: FlashPermit,
    record: impl Into<Option<Record>>,
    values: &Values,
) -> Result<Done, StorageError<FlashError>> {
    let unsaved = record.into().map(|record| (record, 1));
    block_on(store.step(permit, unsaved, &values.contents()))
}

/// Saves a record; gives whether that was possible.
pub fn save(store: &mut SimStore, permit: FlashPermit, record: Record, values: &Values) -> bool {
    for _ in 0..200 {
        match step(store, permit, record, values).unwrap() {
            Done::Saved(saved, 1) => {
                assert_eq!(saved, record);
                return true;
            }
            Done::Worked => {}
            Done::Waiting => return false,
            done @ (Done::Idle | Done::Saved(..)) => panic!("{done:?}"),
        }
    }
    panic!("{record:?} is never saved");
}

/// Lets the store do what is left, until nothing is.
pub fn settle(store: &mut SimStore, permit: FlashPermit, values: &Values) {
    for _ in 0..2_000 {
        let done = block_on(store.step(permit, [], &values.contents())).unwrap();
        if done == Done::Idle {
            return;
        }
        assert_eq!(done, Done::Worked);
    }
    panic!("the store never comes to rest");
}
