//! Records one after the other in blocks of flash.

use smartevse_core::hardware::Storage;
use smartevse_core::records::{Frame, Key, LARGEST_FRAME};

use super::header::{self, HEADER};
use super::{HEADROOM, OTHERS, StorageError};

/// Most blocks that are used.
const BLOCKS: usize = 32;

/// Byte of erased flash.
const ERASED: u8 = 0xFF;

/// Number of keys.
const KEYS: usize = Key::COUNT as usize;

/// Longest record with its padding, as a flash address.
const LARGEST: u32 = LARGEST_FRAME as u32;

/// Length of a header as a flash address.
const START: u32 = HEADER as u32;

/// A buffer for one record.
pub(super) type Buffer = [u8; LARGEST_FRAME];

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Block {
    /// Nothing; or there is no such block.
    #[default]
    Erased,
    /// Something else than records, or half of a header.
    Dirty,
    /// It could not be erased; not used until the next start.
    Worn,
    /// Records.
    Used {
        /// Running number: a later block has a greater one.
        number: u32,
        /// First byte that was never written.
        end: u32,
    },
}

impl Block {
    const fn number(self) -> Option<u32> {
        match self {
            Self::Used { number, .. } => Some(number),
            Self::Erased | Self::Dirty | Self::Worn => None,
        }
    }
}

/// Where a record stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    block: usize,
    offset: u32,
    length: u32,
}

/// Which room a record may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Claim {
    /// All of it: it may begin the block that is kept in reserve.
    Reserve,
    /// All but the reserve.
    Room,
    /// Only what the other records do not need.
    Spare,
}

/// What became of the wish to append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Append {
    /// The record is stored.
    Stored,
    /// Another block was begun for it; ask again.
    Begun,
    /// There is no room before a block is erased.
    NoRoom,
}

/// The blocks and the places of the newest records.
#[derive(Debug)]
pub(super) struct Journal<S> {
    flash: S,
    blocks: [Block; BLOCKS],
    count: usize,
    active: Option<usize>,
    places: [Option<Place>; KEYS],
    damaged: u32,
    scraps: u32,
    /// The dirty block with most in it; it is erased last.
    fullest: Option<(u32, usize)>,
    lost: u64,
}

/// Bit of a key in a set of keys.
pub(super) fn bit(key: Key) -> u64 {
    1_u64.checked_shl(u32::from(key.number())).unwrap_or(0)
}

const fn geometry<S: Storage>() -> bool {
    let read = S::READ_SIZE;
    let write = S::WRITE_SIZE;
    read > 0
        && write.is_multiple_of(read)
        && HEADER.is_multiple_of(write.saturating_mul(2))
        && LARGEST_FRAME.is_multiple_of(write)
        && S::ERASE_SIZE.is_multiple_of(write)
        && S::ERASE_SIZE >= 1024
}

impl<S: Storage> Journal<S> {
    /// Reads all blocks. Nothing is written.
    pub(super) async fn open(flash: S) -> Result<Self, StorageError<S::Error>> {
        let count = flash.capacity().checked_div(S::ERASE_SIZE).unwrap_or(0);
        if !geometry::<S>() || count < 2 || u32::try_from(flash.capacity()).is_err() {
            return Err(StorageError::Geometry);
        }
        let mut journal = Self {
            flash,
            blocks: [Block::Erased; BLOCKS],
            count: count.min(BLOCKS),
            active: None,
            places: [None; KEYS],
            damaged: 0,
            scraps: 0,
            fullest: None,
            lost: 0,
        };
        for block in 0..journal.count {
            let found = journal.classify(block).await?;
            journal.set(block, found);
        }
        journal.find_records().await?;
        Ok(journal)
    }

    async fn classify(&mut self, block: usize) -> Result<Block, StorageError<S::Error>> {
        let mut bytes = [0; HEADER];
        self.read(block, 0, &mut bytes).await?;
        let end = self.written(block).await?;
        Ok(match header::parse(&bytes) {
            Some(number) => Block::Used {
                number,
                end: end.max(START),
            },
            None if end == 0 => Block::Erased,
            None => {
                self.scraps = self.scraps.saturating_add(end);
                self.fullest = self.fullest.max(Some((end, block)));
                Block::Dirty
            }
        })
    }

    /// First byte from which on a block is erased, in whole words.
    async fn written(&mut self, block: usize) -> Result<u32, StorageError<S::Error>> {
        let mut end = 0;
        let mut offset = 0;
        let mut bytes = [0; HEADER];
        while offset < Self::size() {
            self.read(block, offset, &mut bytes).await?;
            if let Some(last) = bytes.iter().rposition(|byte| *byte != ERASED) {
                end = offset.saturating_add(Self::padded(last.saturating_add(1)));
            }
            offset = offset.saturating_add(START);
        }
        Ok(end)
    }

    /// Finds the newest record of every key: blocks in the order of their
    /// numbers, records in the order of writing.
    async fn find_records(&mut self) -> Result<(), StorageError<S::Error>> {
        let mut after = None;
        while let Some((number, block)) = self.next_block(after) {
            self.walk(block).await?;
            self.active = Some(block);
            after = Some(number);
        }
        Ok(())
    }

    fn next_block(&self, after: Option<u32>) -> Option<(u32, usize)> {
        self.used()
            .filter(|(number, _)| after.is_none_or(|after| *number > after))
            .min()
    }

    /// Used blocks with their numbers.
    fn used(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        let numbered = |(index, block): (usize, &Block)| Some((block.number()?, index));
        self.blocks.iter().enumerate().filter_map(numbered)
    }

    /// Notes the records of one block. Words that begin no record are skipped:
    /// what a power cut or a bit that flipped left behind.
    async fn walk(&mut self, block: usize) -> Result<(), StorageError<S::Error>> {
        let end = self.end(block);
        let mut offset = START;
        let mut gap = false;
        while offset < end {
            let mut bytes = [ERASED; LARGEST_FRAME];
            let found = self.frame_at(block, offset, &mut bytes).await?;
            let step = match found {
                Some((key, length)) => {
                    self.note(key, block, offset, length);
                    length
                }
                None => Self::word(),
            };
            if found.is_none() && !gap {
                self.damaged = self.damaged.saturating_add(1);
            }
            gap = found.is_none();
            offset = offset.saturating_add(step);
        }
        // The last record may end with bytes that look erased.
        self.move_end(block, offset);
        Ok(())
    }

    async fn frame_at(
        &mut self,
        block: usize,
        offset: u32,
        bytes: &mut Buffer,
    ) -> Result<Option<(Key, u32)>, StorageError<S::Error>> {
        let left = Self::size().saturating_sub(offset).min(LARGEST);
        let bytes = bytes.get_mut(..left as usize).unwrap_or_default();
        self.read(block, offset, bytes).await?;
        let frame = Frame::parse(bytes).ok();
        let length = Frame::length(bytes).map(Self::padded);
        Ok(frame.map(|frame| frame.key).zip(length))
    }

    fn note(&mut self, key: Key, block: usize, offset: u32, length: u32) {
        if let Some(place) = self.places.get_mut(usize::from(key.number())) {
            *place = Some(Place {
                block,
                offset,
                length,
            });
        }
    }

    fn place(&self, key: Key) -> Option<Place> {
        self.places.get(usize::from(key.number())).copied()?
    }

    /// Reads the newest record of a key; `None` when there is none, or when it
    /// is damaged by now.
    pub(super) async fn fetch<'a>(
        &mut self,
        key: Key,
        bytes: &'a mut Buffer,
    ) -> Result<Option<Frame<'a>>, StorageError<S::Error>> {
        let Some(place) = self.place(key) else {
            return Ok(None);
        };
        let bytes = bytes.get_mut(..place.length as usize).unwrap_or_default();
        self.read(place.block, place.offset, bytes).await?;
        Ok(Frame::parse(bytes).ok().filter(|frame| frame.key == key))
    }

    /// Keys with a record.
    pub(super) fn keys(&self) -> u64 {
        (0..Key::COUNT)
            .filter_map(Key::new)
            .filter(|key| self.place(*key).is_some())
            .fold(0, |keys, key| keys | bit(key))
    }

    /// Whether no block was ever written, or only the first word of the first
    /// record before the power was cut.
    pub(super) fn is_blank(&self) -> bool {
        let dirty = self.blocks.iter().filter(|block| **block == Block::Dirty);
        let begun = self
            .used()
            .all(|(_, block)| self.end(block) <= START.saturating_add(LARGEST));
        let cut = dirty.count() <= 1 && self.scraps <= START && self.used().count() <= 1 && begun;
        self.keys() == 0 && cut
    }

    /// Stretches that begin no record.
    pub(super) const fn damaged(&self) -> u32 {
        self.damaged
    }

    /// Keys whose newest record was found damaged while blocks were moved.
    pub(super) fn take_lost(&mut self) -> u64 {
        core::mem::take(&mut self.lost)
    }

    /// The flash.
    pub(super) const fn flash(&mut self) -> &mut S {
        &mut self.flash
    }

    /// Gives the flash back.
    pub(super) fn into_flash(self) -> S {
        self.flash
    }

    /// Appends a record where its claim finds room: one write.
    pub(super) async fn append(
        &mut self,
        frame: &[u8],
        claim: Claim,
    ) -> Result<Append, StorageError<S::Error>> {
        let length = Self::padded(frame.len());
        if claim == Claim::Spare && !self.can_spare(length) {
            return Ok(Append::NoRoom);
        }
        if let Some(block) = self.active.filter(|block| self.room(*block) >= length) {
            let left = self.room(block).saturating_sub(length);
            if self.erased().count() == 0 && left < self.live_of_oldest() {
                return Ok(Append::NoRoom);
            }
            self.write_record(block, frame).await?;
            return Ok(Append::Stored);
        }
        let left = Self::capacity().saturating_sub(length);
        let reserve = claim == Claim::Reserve && left >= self.live_of_oldest();
        match self.erased().count() {
            0 => Ok(Append::NoRoom),
            1 if !reserve && self.active.is_some() => Ok(Append::NoRoom),
            _ => self.begin_block().await.map(|()| Append::Begun),
        }
    }

    async fn write_record(
        &mut self,
        block: usize,
        frame: &[u8],
    ) -> Result<(), StorageError<S::Error>> {
        let offset = self.end(block);
        let length = Self::padded(frame.len());
        let mut bytes = [ERASED; LARGEST_FRAME];
        for (byte, value) in bytes.iter_mut().zip(frame) {
            *byte = *value;
        }
        let bytes = bytes.get(..length as usize).unwrap_or_default();
        // Whatever becomes of the write, these words are used up.
        self.move_end(block, offset.saturating_add(length));
        self.write(block, offset, bytes).await?;
        let mut found = [0; LARGEST_FRAME];
        match self.frame_at(block, offset, &mut found).await? {
            Some((key, _)) if found.starts_with(frame) => {
                self.note(key, block, offset, length);
                Ok(())
            }
            Some(_) | None => Err(StorageError::NotKept),
        }
    }

    /// Begins the next erased block after the active one: one write.
    async fn begin_block(&mut self) -> Result<(), StorageError<S::Error>> {
        let last = self.active.map_or(self.count, |block| block);
        let behind = self.erased().find(|block| *block > last);
        let Some(block) = behind.or_else(|| self.erased().next()) else {
            return Ok(());
        };
        let number = self.used().map(|(number, _)| number).max().unwrap_or(0);
        let number = number.saturating_add(1);
        self.set(block, Block::Dirty);
        self.write(block, 0, &header::emit(number)).await?;
        let mut found = [0; HEADER];
        self.read(block, 0, &mut found).await?;
        if found != header::emit(number) {
            return Err(StorageError::NotKept);
        }
        self.set(block, Block::Used { number, end: START });
        self.active = Some(block);
        Ok(())
    }

    /// Whether [`tidy`](Self::tidy) has something to do.
    pub(super) fn is_untidy(&self) -> bool {
        self.blocks.contains(&Block::Dirty) || !self.has_headroom()
    }

    /// Makes room inside a permit to erase: one write or one erase. Gives
    /// whether there was something to do.
    pub(super) async fn tidy(&mut self) -> Result<bool, StorageError<S::Error>> {
        if let Some(block) = self.next_dirty() {
            self.erase(block).await?;
            return Ok(true);
        }
        if self.has_headroom() {
            return Ok(false);
        }
        let Some((_, oldest)) = self.next_block(None) else {
            return Ok(false);
        };
        if self.active == Some(oldest) {
            let begins = self.erased().next().is_some();
            if begins {
                self.begin_block().await?;
            }
            return Ok(begins);
        }
        let live = self.live_in(oldest).map(|(key, _)| key).next();
        match live {
            Some(key) => self.move_record(key).await,
            None => self.erase(oldest).await.map(|()| true),
        }
    }

    /// The dirty block to be erased next. What shows that a store was lost goes
    /// last: by then a record says so.
    fn next_dirty(&self) -> Option<usize> {
        let last = self.fullest.map(|(_, block)| block);
        let blocks = self.blocks.iter().enumerate();
        let dirty = blocks.filter(|(_, block)| **block == Block::Dirty);
        dirty
            .map(|(index, _)| index)
            .min_by_key(|block| Some(*block) == last)
    }

    async fn move_record(&mut self, key: Key) -> Result<bool, StorageError<S::Error>> {
        let mut bytes = [0; LARGEST_FRAME];
        let length = self.fetch(key, &mut bytes).await?.is_some();
        let length = Frame::length(&bytes).filter(|_| length);
        let Some(frame) = length.and_then(|length| bytes.get(..length)) else {
            self.lost |= bit(key);
            if let Some(place) = self.places.get_mut(usize::from(key.number())) {
                *place = None;
            }
            return Ok(true);
        };
        match self.active {
            Some(block) if self.room(block) >= Self::padded(frame.len()) => {
                self.write_record(block, frame).await?;
                Ok(true)
            }
            Some(_) | None if self.erased().next().is_some() => {
                self.begin_block().await?;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn erase(&mut self, block: usize) -> Result<(), StorageError<S::Error>> {
        // Half erased until proven otherwise.
        self.set(block, Block::Dirty);
        let from = Self::address(block, 0);
        let to = from.saturating_add(Self::size());
        let erased = self.flash.erase(from, to).await;
        erased.map_err(StorageError::Flash)?;
        let clean = self.written(block).await? == 0;
        let state = if clean { Block::Erased } else { Block::Worn };
        self.set(block, state);
        Ok(())
    }

    /// Whether a block is in reserve and the records of a charge find room
    /// besides it, as far as the flash is large enough for that.
    fn has_headroom(&self) -> bool {
        let reserve = self.erased().count() > 0;
        self.active.is_none() || (reserve && self.free() >= HEADROOM.min(self.possible()))
    }

    /// Whether so many bytes leave the other records their room: what they need
    /// in a charge, or half of what so small a flash can give.
    fn can_spare(&self, length: u32) -> bool {
        let others = OTHERS.min(self.possible().div_euclid(2));
        let reserve = self.erased().count() > 0;
        self.active.is_none() || (reserve && self.free().saturating_sub(length) >= others)
    }

    /// Room of the active block and of erased ones, without the reserve.
    fn free(&self) -> u32 {
        let active = self.active.map_or(0, |block| self.room(block));
        let reserve = self.erased().count();
        Self::capacity_of(reserve.saturating_sub(1)).saturating_add(active)
    }

    /// Room that erasing can make.
    fn possible(&self) -> u32 {
        let usable = self.used().count().saturating_add(self.erased().count());
        let waste = LARGEST.saturating_mul(u32::try_from(usable).unwrap_or(0));
        Self::capacity_of(usable.saturating_sub(1))
            .saturating_sub(self.live().map(|(_, place)| place.length).sum())
            .saturating_sub(waste)
    }

    fn live(&self) -> impl Iterator<Item = (Key, Place)> + '_ {
        (0..Key::COUNT)
            .filter_map(Key::new)
            .filter_map(|key| Some((key, self.place(key)?)))
    }

    fn live_in(&self, block: usize) -> impl Iterator<Item = (Key, Place)> + '_ {
        self.live().filter(move |(_, place)| place.block == block)
    }

    /// Bytes that have to be copied before the oldest block can be erased.
    fn live_of_oldest(&self) -> u32 {
        let oldest = self.next_block(None).map(|(_, block)| block);
        oldest.map_or(0, |block| {
            self.live_in(block).map(|(_, place)| place.length).sum()
        })
    }

    fn erased(&self) -> impl Iterator<Item = usize> + '_ {
        let blocks = self.blocks.iter().take(self.count).enumerate();
        blocks
            .filter(|(_, block)| **block == Block::Erased)
            .map(|(index, _)| index)
    }

    fn set(&mut self, block: usize, state: Block) {
        if let Some(slot) = self.blocks.get_mut(block) {
            *slot = state;
        }
    }

    fn move_end(&mut self, block: usize, to: u32) {
        if let Some(Block::Used { end, .. }) = self.blocks.get_mut(block) {
            *end = to;
        }
    }

    fn end(&self, block: usize) -> u32 {
        match self.blocks.get(block) {
            Some(Block::Used { end, .. }) => *end,
            Some(Block::Erased | Block::Dirty | Block::Worn) | None => Self::size(),
        }
    }

    fn room(&self, block: usize) -> u32 {
        Self::size().saturating_sub(self.end(block))
    }

    /// Bytes of a block.
    fn size() -> u32 {
        u32::try_from(S::ERASE_SIZE).unwrap_or(u32::MAX)
    }

    /// Bytes of a block without its header.
    fn capacity() -> u32 {
        Self::size().saturating_sub(START)
    }

    fn capacity_of(blocks: usize) -> u32 {
        Self::capacity().saturating_mul(u32::try_from(blocks).unwrap_or(0))
    }

    fn word() -> u32 {
        Self::padded(1)
    }

    fn padded(length: usize) -> u32 {
        let whole = length.checked_next_multiple_of(S::WRITE_SIZE);
        u32::try_from(whole.unwrap_or(usize::MAX)).unwrap_or(u32::MAX)
    }

    fn address(block: usize, offset: u32) -> u32 {
        let block = u32::try_from(block).unwrap_or(u32::MAX);
        Self::size().saturating_mul(block).saturating_add(offset)
    }

    async fn read(
        &mut self,
        block: usize,
        offset: u32,
        bytes: &mut [u8],
    ) -> Result<(), StorageError<S::Error>> {
        let address = Self::address(block, offset);
        let read = self.flash.read(address, bytes).await;
        read.map_err(StorageError::Flash)
    }

    async fn write(
        &mut self,
        block: usize,
        offset: u32,
        bytes: &[u8],
    ) -> Result<(), StorageError<S::Error>> {
        let address = Self::address(block, offset);
        let written = self.flash.write(address, bytes).await;
        written.map_err(StorageError::Flash)
    }
}
