//! The settings area of the flash: sectors 1 and 2, 16 KiB each.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use smartevse_core::adapters::BlockingFlash;
use smartevse_core::hardware::{LONGEST_WATCHDOG, Storage, stalls_fit};
use smartevse_types::{Access, Duration};

use crate::watchdog::{ERASE_PERIOD, FASTEST, SLOWEST};

/// Begin of the area, bytes from the begin of the flash. The linker puts code
/// behind its end (`memory/*.x`).
pub const BEGIN: u32 = 0x4000;

/// Length of the area, bytes.
pub const LENGTH: u32 = 0x8000;

/// Longest append of 256 bytes, µs: 64 words of at most 100 µs each (data
/// sheets: t_prog, 32-bit parallelism). Between two words interrupts run.
pub const LONGEST_APPEND_US: u64 = 6_400;

/// Longest erase of a sector of 16 KiB, µs (data sheets: t_ERASE16KB, 8-bit
/// parallelism, which the driver uses). No interrupt runs meanwhile.
pub const LONGEST_ERASE_US: u64 = 800_000;

/// Period of the 10 ms loop.
pub const POLL_PERIOD: Duration = Duration::from_millis(10);

/// The settings area with its stalls stated.
pub type SettingsArea<F> = BlockingFlash<Area<F>, LONGEST_APPEND_US, LONGEST_ERASE_US>;

/// Shortest period of the watchdog around an erase: the wished one with the
/// fastest instead of the slowest clock.
const SHORTEST_ERASE_WATCHDOG: Duration =
    Duration::from_micros(ERASE_PERIOD.as_micros() / FASTEST * SLOWEST);

/// Design §3.10: appending fits between two polls, erasing into the watchdog
/// of an erase permit, and appending into the watchdog of a charge.
const fn check<F: NorFlash>() {
    const {
        assert!(stalls_fit::<SettingsArea<F>>(
            POLL_PERIOD,
            SHORTEST_ERASE_WATCHDOG
        ));
        let append = <SettingsArea<F> as Storage>::LONGEST_APPEND;
        assert!(append.as_micros() < LONGEST_WATCHDOG.as_micros() * SLOWEST / FASTEST);
    }
}

/// A part of a flash, addressed from 0.
///
/// Requests beyond its end are refused before the flash sees them.
#[derive(Debug)]
pub struct Area<F> {
    flash: F,
}

impl<F: NorFlash> Area<F> {
    /// Makes the settings area of a flash whose addresses begin at sector 0.
    #[must_use]
    pub const fn new(flash: F) -> SettingsArea<F> {
        check::<F>();
        BlockingFlash(Self { flash })
    }
}

/// Tells whether the whole area is erased: a device that never stored anything.
///
/// An area that cannot be read is not blank.
pub fn is_blank(area: &mut impl ReadNorFlash) -> bool {
    let mut bytes = [0; 64];
    (0..LENGTH).step_by(bytes.len()).all(|offset| {
        area.read(offset, &mut bytes).is_ok() && bytes.iter().all(|byte| *byte == 0xFF)
    })
}

/// Access at the start, as long as nothing is stored: on for a device that
/// never stored anything, off where there is something that this firmware
/// cannot read (charging specification §11.2 rules 2 and 4).
pub fn first_access(area: &mut impl ReadNorFlash) -> Access {
    if is_blank(area) {
        Access::On
    } else {
        Access::Off
    }
}

/// Why the area refuses a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AreaError<E> {
    /// The request leaves the area.
    Outside,
    /// The flash failed.
    Flash(E),
}

impl<E: NorFlashError> NorFlashError for AreaError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Outside => NorFlashErrorKind::OutOfBounds,
            Self::Flash(error) => error.kind(),
        }
    }
}

/// Gives the address in the flash of a range of the area.
fn place<E>(offset: u32, length: usize) -> Result<u32, AreaError<E>> {
    let end = u32::try_from(length)
        .ok()
        .and_then(|length| offset.checked_add(length))
        .filter(|end| *end <= LENGTH);
    end.and_then(|_| BEGIN.checked_add(offset))
        .ok_or(AreaError::Outside)
}

impl<F: ErrorType> ErrorType for Area<F> {
    type Error = AreaError<F::Error>;
}

impl<F: ReadNorFlash> ReadNorFlash for Area<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let address = place(offset, bytes.len())?;
        self.flash.read(address, bytes).map_err(AreaError::Flash)
    }

    fn capacity(&self) -> usize {
        LENGTH as usize
    }
}

impl<F: NorFlash> NorFlash for Area<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let length = to.checked_sub(from).ok_or(AreaError::Outside)?;
        let begin = place(from, length as usize)?;
        let end = begin.checked_add(length).ok_or(AreaError::Outside)?;
        self.flash.erase(begin, end).map_err(AreaError::Flash)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let address = place(offset, bytes.len())?;
        self.flash.write(address, bytes).map_err(AreaError::Flash)
    }
}
