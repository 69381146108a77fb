//! The settings area of the flash, which the emulator's model of the part
//! maps read-only: sectors 1 and 2, 16 KiB each.
//!
//! A word is programmed while `PG` is set and clears bits only. What is there
//! outlives the power: the next board starts with it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rigless::device::{ErasedDevice, ResetCause};
use rigless::image::Image;
use rigless::mcu::Mcu;
use rigless::soc::stm32f427::MEMORY;
use rigless::soc::{Bus, Error, Region};
use rigless::time::VirtualNanos;

/// First address of the area.
pub const BEGIN: u64 = 0x0800_4000;

/// Bytes of a sector.
const SECTOR: usize = 16 * 1024;

/// Bytes of the area.
const LENGTH: usize = 2 * SECTOR;

/// Number of the first sector.
const FIRST_SECTOR: usize = 1;

/// Byte of erased flash.
const ERASED: u8 = 0xFF;

/// What the area holds, and what was done to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Area {
    bytes: Vec<u8>,
    /// Words that may still be programmed before the power is cut.
    pub words_left: Option<u32>,
    /// Words that were programmed.
    pub programmed: u32,
    /// Sectors that were erased.
    pub erased: u32,
    /// Erases of other sectors, and words that were written without `PG` or
    /// outside the area: none may happen.
    pub stray: u32,
}

impl Area {
    /// Whether nothing is stored.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == ERASED)
    }

    /// Fills the area with something that is no record.
    pub fn spoil(&mut self) {
        self.bytes.fill(0x5A);
    }

    /// Programs bytes; gives what is there afterwards.
    pub fn program(&mut self, address: u64, value: u64, width: usize) -> Option<u64> {
        let from = usize::try_from(address.checked_sub(BEGIN)?).ok()?;
        let place = self.bytes.get_mut(from..from + width)?;
        let powered = self.words_left != Some(0);
        self.words_left = self.words_left.map(|words| words.saturating_sub(1));
        self.programmed += u32::from(powered);
        for (byte, new) in place.iter_mut().zip(value.to_le_bytes()) {
            *byte &= if powered { new } else { ERASED };
        }
        let mut now = [0; 8];
        for (to, byte) in now.iter_mut().zip(place.iter()) {
            *to = *byte;
        }
        Some(u64::from_le_bytes(now))
    }

    /// Erases a sector of the part; gives the addresses that are blank now.
    pub fn erase(&mut self, sector: usize) -> Option<core::ops::Range<u64>> {
        let from = sector.checked_sub(FIRST_SECTOR)? * SECTOR;
        let place = self.bytes.get_mut(from..from + SECTOR)?;
        if self.words_left == Some(0) {
            return None;
        }
        place.fill(ERASED);
        self.erased += 1;
        let begin = BEGIN + from as u64;
        Some(begin..begin + SECTOR as u64)
    }
}

/// The area of one board, which a test keeps over a power cut.
#[derive(Clone, Debug)]
pub struct Nor(Arc<Mutex<Area>>);

impl Default for Nor {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Area {
            bytes: vec![ERASED; LENGTH],
            words_left: None,
            programmed: 0,
            erased: 0,
            stray: 0,
        })))
    }
}

impl Nor {
    /// Looks into the area.
    pub fn area(&self) -> MutexGuard<'_, Area> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content as a board starts with it.
    ///
    /// # Errors
    ///
    /// It looks like a program.
    pub fn image(&self) -> Result<Image, rigless::image::Error> {
        let bytes = self.area().bytes.clone();
        Image::new(Path::new("settings"), bytes, Some(BEGIN))
    }
}

/// The memory of the part, its flash as one that is programmed: the emulator
/// then hands each store into it to the part, where the driver sees it.
static PROGRAMMED: [Region; 5] = [
    MEMORY[0].programmed_by("FLASH"),
    MEMORY[1],
    MEMORY[2],
    MEMORY[3],
    MEMORY[4],
];

/// The part as the emulator lays out its memory; it does nothing else.
#[derive(Debug)]
pub struct Layout(Bus);

impl Layout {
    /// Makes the layout of a part.
    ///
    /// # Errors
    ///
    /// The part's own description is wrong.
    pub fn of(bus: &Bus) -> Result<Self, Error> {
        let peripherals: Vec<_> = bus.peripherals().copied().collect();
        let layout = Bus::builder(bus.cpu(), &PROGRAMMED, peripherals).build();
        layout.map(Self)
    }
}

impl Mcu for Layout {
    fn bus(&self) -> &Bus {
        &self.0
    }

    fn bus_mut(&mut self) -> &mut Bus {
        &mut self.0
    }

    fn reset(&mut self, _: VirtualNanos, _: ResetCause) {}

    fn poll(&mut self, _: VirtualNanos) {}

    fn split(&mut self, _: usize) -> (&mut Bus, Option<&mut dyn ErasedDevice>) {
        (&mut self.0, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_word_is_programmed_then_bits_are_cleared_only() {
        let nor = Nor::default();
        let mut area = nor.area();
        assert_eq!(area.program(BEGIN + 4, 0x00FF_00F0, 4), Some(0x00FF_00F0));
        assert_eq!(area.program(BEGIN + 4, 0xFFFF_FFFF, 4), Some(0x00FF_00F0));
        assert_eq!(area.program(BEGIN - 4, 0, 4), None);
        assert!(!area.is_blank());
        assert_eq!(area.erase(0), None);
        assert_eq!(area.erase(3), None);
        assert_eq!(area.erase(1), Some(BEGIN..BEGIN + 0x4000));
        assert!(area.is_blank());
    }

    #[test]
    fn when_the_power_is_cut_then_nothing_changes_any_more() {
        let nor = Nor::default();
        let mut area = nor.area();
        area.words_left = Some(1);
        assert_eq!(area.program(BEGIN, 1, 4), Some(1));
        assert_eq!(area.program(BEGIN + 4, 1, 4), Some(0xFFFF_FFFF));
        assert_eq!(area.erase(1), None);
        assert!(!area.is_blank());
    }
}
