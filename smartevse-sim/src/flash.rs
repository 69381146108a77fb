//! NOR flash in memory: bit rules, stalls, wear and power cuts.

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use smartevse_core::hardware::Storage;
use smartevse_types::Duration;

use crate::clock::SimClock;
use crate::random::Random;

/// Size of a block in bytes.
const BLOCK: usize = 4096;

/// Smallest write in bytes.
const WORD: usize = 4;

/// Byte of an erased block.
const ERASED: u8 = 0xFF;

/// Time that programming one word takes.
const WORD_TIME: Duration = Duration::from_micros(40);

/// Time that erasing one block takes.
const BLOCK_TIME: Duration = Duration::from_millis(120);

/// Why a flash refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FlashError {
    /// An address or a length is not a multiple of the unit.
    NotAligned,
    /// The request lies beyond the end.
    OutOfBounds,
    /// A write would set a bit that only erasing can set; nothing was written.
    BitIsClear,
    /// The power is gone; what was under way is half done.
    PowerLost,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::BitIsClear | Self::PowerLost => NorFlashErrorKind::Other,
        }
    }
}

/// Deliberate defects, to test a contract test or a storage engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FlashDefects {
    /// Operations take so many times as long as stated; 0 counts as 1.
    pub slower: u32,
    /// Erasing leaves this bit mask cleared in the first byte of the block.
    pub worn_bits: u8,
    /// Writes beyond the end are swallowed instead of refused.
    pub unbounded: bool,
    /// Every write also clears the byte behind it.
    pub disturbs: bool,
}

/// NOR flash of 4 KiB blocks with 4-byte words.
///
/// Writing clears bits, erasing sets them. Each operation moves the clock by
/// what it takes: 40 µs for a word, 120 ms for a block. A power cut is planned
/// as a number of steps (one word programmed, one block erased) after which the
/// step under way is left half done.
#[derive(Clone, Debug)]
pub struct SimFlash {
    bytes: Vec<u8>,
    erasures: Vec<u32>,
    clock: SimClock,
    random: Random,
    steps_left: Option<u32>,
    powered: bool,
    defects: FlashDefects,
    work: FlashWork,
}

/// What a flash had to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FlashWork {
    /// Words programmed and blocks erased.
    pub steps: u64,
    /// Calls to write.
    pub writes: u64,
    /// Calls to erase.
    pub erases: u64,
    /// Bytes of the longest write.
    pub longest_write: usize,
}

impl SimFlash {
    /// Makes an erased flash of so many blocks.
    #[must_use]
    pub fn new(blocks: usize, clock: SimClock) -> Self {
        Self {
            bytes: vec![ERASED; blocks * BLOCK],
            erasures: vec![0; blocks],
            clock,
            random: Random::new(1),
            steps_left: None,
            powered: true,
            defects: FlashDefects::default(),
            work: FlashWork::default(),
        }
    }

    /// What the flash had to do so far.
    #[must_use]
    pub const fn work(&self) -> FlashWork {
        self.work
    }

    /// Flips one bit, as wear and radiation do; beyond the end nothing.
    pub fn flip_bit(&mut self, bit: usize) {
        if let Some(cell) = self.bytes.get_mut(bit / 8) {
            *cell ^= 1 << (bit % 8);
        }
    }

    /// Gives the flash defects.
    pub fn set_defects(&mut self, defects: FlashDefects) {
        self.defects = defects;
    }

    /// Cuts the power in the middle of the step after so many more; the seed
    /// chooses what the step leaves behind.
    pub fn cut_power_after(&mut self, steps: u32, seed: u64) {
        self.steps_left = Some(steps);
        self.random = Random::new(seed);
    }

    /// Gives the power back; content as the cut left it.
    pub fn restore_power(&mut self) {
        self.powered = true;
        self.steps_left = None;
    }

    /// Whether there is power.
    #[must_use]
    pub const fn is_powered(&self) -> bool {
        self.powered
    }

    /// How often each block was erased.
    #[must_use]
    pub fn erasures(&self) -> &[u32] {
        &self.erasures
    }

    /// The content as it is.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.bytes
    }

    fn powered(&self) -> Result<(), FlashError> {
        if self.powered {
            return Ok(());
        }
        Err(FlashError::PowerLost)
    }

    /// Whether the next step is complete; otherwise the power goes in it.
    fn step(&mut self, takes: Duration) -> bool {
        self.work.steps += 1;
        let slower = u64::from(self.defects.slower.max(1));
        self.clock
            .pass(Duration::from_micros(takes.as_micros() * slower));
        match &mut self.steps_left {
            Some(0) => {
                self.powered = false;
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }

    fn bounds(&self, from: u32, length: usize, unit: usize) -> Result<usize, FlashError> {
        let from = from as usize;
        if !from.is_multiple_of(unit) || !length.is_multiple_of(unit) {
            return Err(FlashError::NotAligned);
        }
        match from.checked_add(length) {
            Some(end) if end <= self.bytes.len() => Ok(from),
            _ => Err(FlashError::OutOfBounds),
        }
    }

    fn program(&mut self, at: usize, word: &[u8]) -> Result<(), FlashError> {
        let complete = self.step(WORD_TIME);
        // Bits that a cut step did not reach stay set.
        let reached = if complete {
            0
        } else {
            self.random.next_bits() as u32
        };
        let kept = reached.to_le_bytes();
        for ((cell, byte), kept) in self.bytes[at..].iter_mut().zip(word).zip(kept) {
            *cell &= *byte | kept;
        }
        self.powered()
    }

    fn erase_block(&mut self, block: usize) -> Result<(), FlashError> {
        let complete = self.step(BLOCK_TIME);
        self.erasures[block] = self.erasures[block].saturating_add(1);
        for cell in &mut self.bytes[block * BLOCK..(block + 1) * BLOCK] {
            // A cut step set only some bits.
            let set = if complete {
                ERASED
            } else {
                self.random.next_bits() as u8
            };
            *cell |= set;
        }
        self.bytes[block * BLOCK] &= !self.defects.worn_bits;
        self.powered()
    }
}

impl ErrorType for SimFlash {
    type Error = FlashError;
}

impl ReadNorFlash for SimFlash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.powered()?;
        let from = self.bounds(offset, bytes.len(), Self::READ_SIZE)?;
        bytes.copy_from_slice(&self.bytes[from..from + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for SimFlash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = BLOCK;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.powered()?;
        self.work.erases += 1;
        let length = to.saturating_sub(from) as usize;
        let from = self.bounds(from, length, BLOCK)?;
        (from / BLOCK..(from + length) / BLOCK).try_for_each(|block| self.erase_block(block))
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.powered()?;
        self.work.writes += 1;
        self.work.longest_write = self.work.longest_write.max(bytes.len());
        let at = match self.bounds(offset, bytes.len(), WORD) {
            Err(FlashError::OutOfBounds) if self.defects.unbounded => return Ok(()),
            bounds => bounds?,
        };
        let sets = |(cell, byte): (&u8, &u8)| byte & !cell != 0;
        if self.bytes[at..].iter().zip(bytes).any(sets) {
            return Err(FlashError::BitIsClear);
        }
        for (offset, word) in (at..).step_by(WORD).zip(bytes.chunks(WORD)) {
            self.program(offset, word)?;
        }
        let next = at + bytes.len();
        if self.defects.disturbs && next < self.bytes.len() {
            self.bytes[next] = 0;
        }
        Ok(())
    }
}

impl MultiwriteNorFlash for SimFlash {}

impl Storage for SimFlash {
    const LONGEST_APPEND: Duration = Duration::from_millis(3);
    const LONGEST_ERASE: Duration = Duration::from_millis(150);
}
