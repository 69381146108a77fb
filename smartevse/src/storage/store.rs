//! Records in the journal.

use smartevse_core::cards::{CARD_CAPACITY, CardList};
use smartevse_core::charger::BootRecord;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::Record;
use smartevse_core::hardware::Storage;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::records::cards::{self, CARDS_PER_PART, CardPart, Directory, PARTS};
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::records::settings::{self as settings_record, UnknownValues};
use smartevse_core::records::{Frame, Key, LARGEST_FRAME, RecordError};
use smartevse_core::settings::Settings;

use super::journal::{Append, Buffer, Claim, Journal, bit};
use super::restored::Restored;
use super::{FlashPermit, StorageError};
use crate::manager::Manager;
use crate::station::Stored;

/// Version of the record of keys that were ever stored.
const PRESENT_VERSION: u8 = 1;

/// All records, the most important first.
const RECORDS: [Record; 5] = [
    Record::Latches,
    Record::Access,
    Record::Settings,
    Record::Cards,
    Record::Energy,
];

/// The present values of all records.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// Settings as wanted, in force or not.
    pub settings: &'a Settings,
    /// Access, delayed charging and locks.
    pub access: AccessRecord,
    /// Latched faults.
    pub boot: BootRecord,
    /// Cards.
    pub cards: &'a CardList,
    /// Energy ledger.
    pub energy: EnergyRecord,
}

impl Manager {
    /// Present values of all records, together with the charging control's
    /// status.
    #[must_use]
    pub fn contents(&self, status: &ChargerStatus) -> Contents<'_> {
        Contents {
            settings: &self.settings,
            access: AccessRecord {
                access: self.access.access(),
                card: self.access.card_in_use(),
                schedule: self.delay.schedule(),
                cable_lock: self.plan.cable_lock,
                lcd_lock: self.plan.lcd_lock,
            },
            boot: BootRecord {
                latched: status.latched,
            },
            cards: self.access.cards(),
            energy: self.energy.noted(),
        }
    }
}

/// What a call of [`Store::step`] did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Done {
    /// Nothing: everything is stored.
    Idle,
    /// Nothing: the permit or the room is missing.
    Waiting,
    /// One write or one erase; there may be more to do.
    Worked,
    /// This version of a record is stored; to be told as
    /// [`Fact::Stored`](smartevse_core::event::Fact::Stored).
    Saved(Record, u32),
}

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Save {
    Stored,
    Worked,
    NoRoom,
}

impl From<Append> for Save {
    fn from(append: Append) -> Self {
        match append {
            Append::Stored | Append::Begun => Self::Worked,
            Append::NoRoom => Self::NoRoom,
        }
    }
}

/// The store of one charger.
#[derive(Debug)]
pub struct Store<S> {
    journal: Journal<S>,
    unknown: UnknownValues,
    /// Directory of the cards as stored, and as it will be.
    directory: Option<Directory>,
    next: Directory,
    /// Keys that are noted as stored.
    present: u64,
    /// Keys that could not be read; saving the settings takes their present
    /// values over.
    unreadable: u64,
    /// Keys that have to be written although their values did not change.
    again: u64,
}

impl<S: Storage> Store<S> {
    /// Reads what is stored. Nothing is written.
    ///
    /// # Errors
    ///
    /// `Geometry`, or an error of the flash while reading.
    pub async fn open(flash: S) -> Result<(Self, Restored), StorageError<S::Error>> {
        let journal = Journal::open(flash).await?;
        let mut store = Self {
            journal,
            unknown: UnknownValues::EMPTY,
            directory: None,
            next: Directory::default(),
            present: 0,
            unreadable: 0,
            again: 0,
        };
        let restored = store.restore().await?;
        Ok((store, restored))
    }

    async fn restore(&mut self) -> Result<Restored, StorageError<S::Error>> {
        let keys = self.journal.keys();
        let stored = match keys {
            0 if self.journal.is_blank() => Stored::Blank,
            0 => Stored::Broken,
            _ => Stored::Intact,
        };
        let mut restored = Restored::nothing(stored);
        self.read_present().await?;
        self.unreadable |= self.present & !keys;
        if stored == Stored::Broken {
            // Nobody knows what was here, but it was a charger's store.
            self.unreadable |= bit(Key::SETTINGS) | bit(Key::ACCESS);
        }
        self.restore_settings(&mut restored).await?;
        self.restore_access(&mut restored).await?;
        self.restore_cards(&mut restored).await?;
        restored.energy = self.decode(Key::ENERGY, EnergyRecord::parse).await?;
        // Nothing that a charger decides depends on the ledger.
        if self.unreadable & !bit(Key::ENERGY) != 0 {
            restored.stored = Stored::Broken;
        }
        restored.report.unreadable = self.unreadable;
        restored.report.damaged = self.journal.damaged();
        Ok(restored)
    }

    async fn read_present(&mut self) -> Result<(), StorageError<S::Error>> {
        let mut bytes = [0; LARGEST_FRAME];
        let frame = self.journal.fetch(Key::PRESENT, &mut bytes).await?;
        let Some(frame) = frame else { return Ok(()) };
        let payload = frame.expect(Key::PRESENT, PRESENT_VERSION);
        match payload.ok().and_then(<[u8]>::first_chunk) {
            Some(keys) => self.present = u64::from_le_bytes(*keys),
            None => self.unreadable |= bit(Key::PRESENT),
        }
        Ok(())
    }

    /// Reads and decodes one record; what cannot be decoded is noted.
    async fn decode<T>(
        &mut self,
        key: Key,
        parse: impl FnOnce(&Frame<'_>) -> Result<T, RecordError>,
    ) -> Result<Option<T>, StorageError<S::Error>> {
        let mut bytes = [0; LARGEST_FRAME];
        let had = self.journal.keys() & bit(key) != 0;
        let frame = self.journal.fetch(key, &mut bytes).await?;
        let value = frame.and_then(|frame| parse(&frame).ok());
        if had && value.is_none() {
            self.unreadable |= bit(key);
        }
        Ok(value)
    }

    async fn restore_settings(&mut self, to: &mut Restored) -> Result<(), StorageError<S::Error>> {
        let Some(found) = self.decode(Key::SETTINGS, settings_record::parse).await? else {
            return Ok(());
        };
        self.unknown = found.unknown;
        to.loaded = found.loaded;
        to.report.replaced = found.loaded.replaced;
        to.report.notices = found.loaded.notices;
        to.report.missing = found.missing;
        to.report.unknown = found.unknown;
        Ok(())
    }

    async fn restore_access(&mut self, to: &mut Restored) -> Result<(), StorageError<S::Error>> {
        to.access = self.decode(Key::ACCESS, AccessRecord::parse).await?;
        let boot = self.decode(Key::LATCHES, BootRecord::parse).await?;
        to.boot = boot.unwrap_or_default();
        Ok(())
    }

    async fn restore_cards(&mut self, to: &mut Restored) -> Result<(), StorageError<S::Error>> {
        self.directory = self.decode(Key::CARDS, Directory::parse).await?;
        let Some(directory) = self.directory else {
            return Ok(());
        };
        self.next = directory;
        let mut slots = [None; CARD_CAPACITY];
        for (part, room) in (0..PARTS).zip(slots.chunks_mut(CARDS_PER_PART)) {
            let cards = self.part(part, directory).await?;
            for (slot, card) in room.iter_mut().zip(cards.unwrap_or_default()) {
                *slot = card;
            }
        }
        let list = CardList::from_slots(slots);
        if cards::list_sum(&list) != directory.sum {
            self.unreadable |= bit(Key::CARDS);
        }
        to.set_cards(list);
        Ok(())
    }

    /// Cards of one part where the directory says; a part that was never
    /// written is empty.
    async fn part(
        &mut self,
        part: u8,
        directory: Directory,
    ) -> Result<Option<CardPart>, StorageError<S::Error>> {
        let Some(key) = Key::card_part(part, directory.is_second(part)) else {
            return Ok(None);
        };
        self.decode(key, |frame| cards::parse_part(key, frame))
            .await
    }

    /// Does one piece of work: at most one write of up to 256 bytes, or one
    /// erase of a block where the permit allows it.
    ///
    /// `unsaved` are the records that changed, the most important first, with
    /// their versions. A record whose value is stored already is not written.
    /// What was found lost is noted before anything is saved (decision D-226).
    ///
    /// # Errors
    ///
    /// The flash failed or did not keep what was written. The record stays
    /// unsaved; the next call tries again.
    pub async fn step(
        &mut self,
        permit: FlashPermit,
        unsaved: impl IntoIterator<Item = (Record, u32)>,
        contents: &Contents<'_>,
    ) -> Result<Done, StorageError<S::Error>> {
        let mut waits = false;
        for (record, version) in unsaved {
            if permit == FlashPermit::Nothing {
                return Ok(Done::Waiting);
            }
            if self.is_loss_unnoted() {
                waits = true;
                break;
            }
            match self.save(record, contents).await? {
                Save::Stored => return Ok(self.saved(record, version)),
                Save::Worked => return Ok(Done::Worked),
                Save::NoRoom => waits = true,
            }
        }
        match self.upkeep(permit, contents).await? {
            true => Ok(Done::Worked),
            false if waits => Ok(Done::Waiting),
            false => Ok(Done::Idle),
        }
    }

    fn saved(&mut self, record: Record, version: u32) -> Done {
        if record == Record::Settings {
            self.again |= core::mem::take(&mut self.unreadable);
        }
        Done::Saved(record, version)
    }

    /// Work that nobody asked for. Gives whether there was any.
    async fn upkeep(
        &mut self,
        permit: FlashPermit,
        contents: &Contents<'_>,
    ) -> Result<bool, StorageError<S::Error>> {
        if permit == FlashPermit::Nothing {
            return Ok(false);
        }
        if self.note_present().await? == Save::Worked {
            return Ok(true);
        }
        // What was not even read has no value that could be written again.
        self.again |= self.journal.take_lost() & !self.unreadable;
        if self.again != 0 && self.write_again(contents).await? {
            return Ok(true);
        }
        if permit == FlashPermit::Erase {
            return self.journal.tidy().await;
        }
        Ok(false)
    }

    /// Whether a restart would not know what this start found lost.
    fn is_loss_unnoted(&self) -> bool {
        self.unreadable & !self.present != 0 && !self.is_note_unreadable()
    }

    /// The note itself cannot be read: it stays, or the next start would trust
    /// the store.
    fn is_note_unreadable(&self) -> bool {
        self.unreadable & bit(Key::PRESENT) != 0
    }

    /// Notes which keys were ever stored, so that one that vanishes is missed,
    /// and one that is missed already stays so until the settings are saved.
    async fn note_present(&mut self) -> Result<Save, StorageError<S::Error>> {
        let stored = self.journal.keys();
        let keys = self.present | stored | self.unreadable | bit(Key::PRESENT);
        let noted = keys == self.present && stored & bit(Key::PRESENT) != 0;
        let nothing = stored | self.unreadable == 0;
        if noted || nothing || self.is_note_unreadable() {
            return Ok(Save::Stored);
        }
        let mut bytes = [0; LARGEST_FRAME];
        let length = Frame {
            key: Key::PRESENT,
            version: PRESENT_VERSION,
            payload: &keys.to_le_bytes(),
        }
        .emit(&mut bytes)?;
        let frame = bytes.get(..length).unwrap_or_default();
        let append = self.journal.append(frame, Claim::Reserve).await?;
        if append == Append::Stored {
            self.present = keys;
        }
        Ok(append.into())
    }

    /// Writes records whose stored values are gone.
    async fn write_again(
        &mut self,
        contents: &Contents<'_>,
    ) -> Result<bool, StorageError<S::Error>> {
        for record in RECORDS {
            if self.again & keys_of(record) == 0 {
                continue;
            }
            match self.save(record, contents).await? {
                Save::Stored => self.again &= !keys_of(record),
                Save::Worked => return Ok(true),
                Save::NoRoom => {}
            }
        }
        // What is left has no value here; its key is not missed any more.
        let others = self.again & !RECORDS.iter().fold(0, |keys, r| keys | keys_of(*r));
        self.again &= !others;
        Ok(false)
    }

    async fn save(
        &mut self,
        record: Record,
        contents: &Contents<'_>,
    ) -> Result<Save, StorageError<S::Error>> {
        let mut bytes = [0; LARGEST_FRAME];
        let (key, length) = match record {
            Record::Latches => (Key::LATCHES, contents.boot.emit(&mut bytes)?),
            Record::Access => (Key::ACCESS, contents.access.emit(&mut bytes)?),
            Record::Settings => {
                let settings = contents.settings;
                let length = settings_record::emit(settings, &self.unknown, &mut bytes)?;
                (Key::SETTINGS, length)
            }
            Record::Cards => return self.save_cards(contents.cards).await,
            Record::Energy => (Key::ENERGY, contents.energy.emit(&mut bytes)?),
        };
        self.write_new(key, bytes, length, claim_of(record)).await
    }

    /// Writes a record unless it is stored with the same value.
    async fn write_new(
        &mut self,
        key: Key,
        bytes: Buffer,
        length: usize,
        claim: Claim,
    ) -> Result<Save, StorageError<S::Error>> {
        let frame = bytes.get(..length).unwrap_or_default();
        let wanted = Frame::parse(frame)?;
        let mut old = [0; LARGEST_FRAME];
        if self.journal.fetch(key, &mut old).await? == Some(wanted) {
            return Ok(Save::Stored);
        }
        match self.journal.append(frame, claim).await? {
            Append::Stored => Ok(Save::Stored),
            Append::Begun => Ok(Save::Worked),
            Append::NoRoom => Ok(Save::NoRoom),
        }
    }

    /// Writes the first part that differs to its other place, and when none is
    /// left the directory.
    async fn save_cards(&mut self, list: &CardList) -> Result<Save, StorageError<S::Error>> {
        let stored = self.directory.unwrap_or_default();
        for part in 0..PARTS {
            let wanted = cards::part_of(list, part);
            if self.part(part, stored).await?.unwrap_or_default() == wanted {
                self.point(part, stored.is_second(part));
                continue;
            }
            let other = !stored.is_second(part);
            let Some(key) = Key::card_part(part, other) else {
                continue;
            };
            let mut bytes = [0; LARGEST_FRAME];
            let length = cards::emit_part(key, &wanted, &mut bytes)?;
            let mut old = [0; LARGEST_FRAME];
            let frame = bytes.get(..length).unwrap_or_default();
            if self.journal.fetch(key, &mut old).await? != Frame::parse(frame).ok() {
                return Ok(self.journal.append(frame, Claim::Room).await?.into());
            }
            self.point(part, other);
        }
        self.save_directory(list).await
    }

    fn point(&mut self, part: u8, second: bool) {
        if self.next.is_second(part) != second {
            self.next.swap(part);
        }
    }

    async fn save_directory(&mut self, list: &CardList) -> Result<Save, StorageError<S::Error>> {
        self.next.sum = cards::list_sum(list);
        let mut bytes = [0; LARGEST_FRAME];
        let length = self.next.emit(&mut bytes)?;
        let save = self
            .write_new(Key::CARDS, bytes, length, Claim::Room)
            .await?;
        if save == Save::Stored {
            self.directory = Some(self.next);
        }
        Ok(save)
    }

    /// Whether there is work that needs a permit to erase.
    #[must_use]
    pub fn wants_erase(&self) -> bool {
        self.journal.is_untidy()
    }

    /// The flash, to look at it.
    pub const fn flash(&mut self) -> &mut S {
        self.journal.flash()
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> S {
        self.journal.into_flash()
    }
}

/// Room that a record may take (decisions 70 and D-227).
const fn claim_of(record: Record) -> Claim {
    match record {
        Record::Latches | Record::Access => Claim::Reserve,
        Record::Settings | Record::Cards => Claim::Room,
        Record::Energy => Claim::Spare,
    }
}

/// Keys under which a record is stored.
fn keys_of(record: Record) -> u64 {
    match record {
        Record::Latches => bit(Key::LATCHES),
        Record::Access => bit(Key::ACCESS),
        Record::Settings => bit(Key::SETTINGS),
        Record::Cards => (0..PARTS)
            .flat_map(|part| [Key::card_part(part, false), Key::card_part(part, true)])
            .flatten()
            .fold(bit(Key::CARDS), |keys, key| keys | bit(key)),
        Record::Energy => bit(Key::ENERGY),
    }
}
