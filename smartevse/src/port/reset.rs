//! Why the processor started, and what it keeps over a reset.

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use smartevse_core::directive::ChargerStatus;
use smartevse_core::faults::Faults;

/// Cause of a start.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ResetCause {
    /// The watchdog was not fed.
    Watchdog,
    /// A window watchdog.
    WindowWatchdog,
    /// A panic of the firmware, with its line.
    Panic(u16),
    /// A fault of the processor or an interrupt that nobody expects.
    Fault,
    /// The firmware asked for it.
    Software,
    /// A forbidden low-power mode.
    LowPower,
    /// Power came up.
    PowerOn,
    /// The supply dipped.
    BrownOut,
    /// The reset pin.
    Pin,
    /// None of the known flags.
    Unknown,
}

impl ResetCause {
    /// Reads the cause from the reset flags of a chip, the most telling row
    /// first, and from the last words, which count after a software reset only.
    #[must_use]
    pub fn of(flags: u32, rows: &[(u32, Self)], last_words: u32) -> Self {
        let cause = rows
            .iter()
            .find(|(flag, _)| flags & flag != 0)
            .map_or(Self::Unknown, |(_, cause)| *cause);
        match (cause, LastWords::read(last_words)) {
            (Self::Software, Some(LastWords::Panic(line))) => Self::Panic(line),
            (Self::Software, Some(LastWords::Fault)) => Self::Fault,
            (cause, _) => cause,
        }
    }

    /// Text for the console.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Watchdog => "watchdog",
            Self::WindowWatchdog => "window watchdog",
            Self::Panic(_) => "panic",
            Self::Fault => "processor fault",
            Self::Software => "software",
            Self::LowPower => "low-power mode",
            Self::PowerOn => "power on",
            Self::BrownOut => "brown-out",
            Self::Pin => "reset pin",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ResetCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self {
            Self::Panic(line) => write!(f, " in line {line}"),
            Self::Watchdog
            | Self::WindowWatchdog
            | Self::Fault
            | Self::Software
            | Self::LowPower
            | Self::PowerOn
            | Self::BrownOut
            | Self::Pin
            | Self::Unknown => Ok(()),
        }
    }
}

/// What a firmware that cannot go on leaves behind, in one word of RAM that
/// survives the reset.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LastWords {
    /// A panic in this line.
    Panic(u16),
    /// A fault of the processor.
    Fault,
}

/// Mark of a panic; the line fills the lower 16 bits.
const PANIC: u32 = 0x50A1_0000;
const FAULT: u32 = 0xFA17_0000;
const MARK: u32 = 0xFFFF_0000;

impl LastWords {
    /// Words for a panic in a line; a line above 65 535 reads as that.
    #[must_use]
    pub fn panic_in(line: u32) -> Self {
        Self::Panic(u16::try_from(line).unwrap_or(u16::MAX))
    }

    /// The word to leave behind.
    #[must_use]
    pub fn word(self) -> u32 {
        match self {
            Self::Panic(line) => PANIC | u32::from(line),
            Self::Fault => FAULT,
        }
    }

    /// Reads a word that was left behind; `None` = it means nothing.
    #[must_use]
    pub fn read(word: u32) -> Option<Self> {
        match word & MARK {
            PANIC => u16::try_from(word & !MARK).ok().map(Self::Panic),
            FAULT => Some(Self::Fault),
            _ => None,
        }
    }
}

/// Seals latched faults.
const fn seal(latched: Faults) -> [u32; 2] {
    let bits = latched.bits() as u32;
    [bits, !bits]
}

/// Reads sealed faults; none when the seal is broken, as after a power cut.
fn unseal([bits, seal]: [u32; 2]) -> Faults {
    u16::try_from(bits)
        .ok()
        .filter(|_| seal == !bits)
        .map_or(Faults::empty(), Faults::from_bits_truncate)
}

/// What a firmware keeps over a reset, but not over a power cut: last words and
/// sealed latched faults.
///
/// For a `static` in a section of RAM that no start-up code writes. Every
/// content has a meaning: what was not left by [`keep`](Self::keep) reads as no
/// faults, what was not left by [`leave`](Self::leave) as no words.
#[derive(Debug)]
#[repr(C)]
pub struct Kept {
    words: AtomicU32,
    latched: [AtomicU32; 2],
}

impl Kept {
    /// Makes the place; what it holds is not what such a `static` starts with.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            words: AtomicU32::new(0),
            latched: [AtomicU32::new(0), AtomicU32::new(0)],
        }
    }

    /// Keeps the latched faults over the next reset.
    pub fn keep(&self, latched: Faults) {
        for (place, word) in self.latched.iter().zip(seal(latched)) {
            place.store(word, Ordering::Relaxed);
        }
    }

    /// Keeps the latched faults of a status: for [`Hub::control`](super::Hub::control).
    pub fn note(&self, status: &ChargerStatus) {
        self.keep(status.latched);
    }

    /// Gives the latched faults from before the reset.
    #[must_use]
    pub fn latched(&self) -> Faults {
        let words = self.latched.each_ref();
        unseal(words.map(|place| place.load(Ordering::Relaxed)))
    }

    /// Leaves last words.
    pub fn leave(&self, words: LastWords) {
        self.words.store(words.word(), Ordering::Relaxed);
    }

    /// Takes the word that was left; see [`ResetCause::of`].
    #[must_use]
    pub fn take_word(&self) -> u32 {
        let word = self.words.load(Ordering::Relaxed);
        self.words.store(0, Ordering::Relaxed);
        word
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    /// Flags of an imaginary chip: a power-on sets all of them.
    const ROWS: [(u32, ResetCause); 4] = [
        (8, ResetCause::Watchdog),
        (4, ResetCause::Software),
        (2, ResetCause::PowerOn),
        (1, ResetCause::Pin),
    ];

    /// I-23: a latched fault outlives a reset by the watchdog.
    #[test]
    fn when_ram_survives_then_the_latched_faults_do() {
        let latched = Faults::RCM_TRIPPED | Faults::CONTACTOR_FAULT;
        assert_eq!(unseal(seal(latched)), latched);
        for broken in [[0xFFFF_FFFF; 2], [0x1_0000, !0x1_0000], [0, 0]] {
            assert_eq!(unseal(broken), Faults::empty());
        }
    }

    /// I-23.
    #[test]
    fn when_something_is_kept_then_it_is_there_after_the_reset() {
        let kept = Kept::default();
        assert_eq!(kept.latched(), Faults::empty());
        kept.note(&ChargerStatus {
            latched: Faults::RCM_TRIPPED,
            ..ChargerStatus::default()
        });
        kept.leave(LastWords::Fault);
        assert_eq!(kept.latched(), Faults::RCM_TRIPPED);
        assert_eq!(LastWords::read(kept.take_word()), Some(LastWords::Fault));
        assert_eq!(LastWords::read(kept.take_word()), None);
    }

    #[test]
    fn when_several_flags_are_set_then_the_most_telling_one_wins() {
        assert_eq!(ResetCause::of(3, &ROWS, 0), ResetCause::PowerOn);
        assert_eq!(ResetCause::of(0, &ROWS, 0), ResetCause::Unknown);
    }

    #[test]
    fn when_the_firmware_reset_itself_then_the_last_words_tell_why() {
        let cause = |words| ResetCause::of(5, &ROWS, words);
        let panic = |line| LastWords::panic_in(line).word();
        assert_eq!(cause(panic(70_000)), ResetCause::Panic(0xFFFF));
        assert_eq!(cause(panic(12)), ResetCause::Panic(12));
        assert_eq!(cause(LastWords::Fault.word()), ResetCause::Fault);
        assert_eq!(cause(0x1234_5678), ResetCause::Software);
        assert_eq!(ResetCause::of(9, &ROWS, panic(7)), ResetCause::Watchdog);
    }

    #[test]
    fn when_it_is_written_then_a_panic_names_its_line() {
        let mut text = heapless::String::<40>::new();
        write!(text, "{}, {}", ResetCause::Panic(7), ResetCause::Pin).unwrap();
        assert_eq!(text, "panic in line 7, reset pin");
    }
}
