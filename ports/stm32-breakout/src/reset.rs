//! Why the processor started.

use smartevse_core::faults::Faults;

/// Cause of a start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResetCause {
    /// The watchdog was not fed.
    Watchdog,
    /// The window watchdog, which this firmware does not use.
    WindowWatchdog,
    /// A panic of the firmware, with its line.
    Panic(u32),
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

/// Flags of RCC_CSR, the most telling one first: a power-on sets the flags of
/// brown-out and pin as well, every reset that of the pin.
const FLAGS: [(u32, ResetCause); 7] = [
    (1 << 29, ResetCause::Watchdog),
    (1 << 30, ResetCause::WindowWatchdog),
    (1 << 31, ResetCause::LowPower),
    (1 << 28, ResetCause::Software),
    (1 << 27, ResetCause::PowerOn),
    (1 << 25, ResetCause::BrownOut),
    (1 << 26, ResetCause::Pin),
];

/// Mark of a panic in the last words; the line fills the lower 16 bits.
const PANIC: u32 = 0x50A1_0000;
/// Last words of a fault.
const FAULT: u32 = 0xFA17_0000;
const MARK: u32 = 0xFFFF_0000;

/// Last words of a panic in this line.
#[must_use]
pub const fn panic_words(line: u32) -> u32 {
    PANIC | (if line > 0xFFFF { 0xFFFF } else { line })
}

/// Last words of a fault.
#[must_use]
pub const fn fault_words() -> u32 {
    FAULT
}

/// Seals latched faults for RAM that survives a reset but not a power cut.
#[must_use]
pub const fn seal(latched: Faults) -> [u32; 2] {
    let bits = latched.bits() as u32;
    [bits, !bits]
}

/// Reads sealed faults; none when the seal is broken, as after a power cut.
#[must_use]
pub fn unseal([bits, seal]: [u32; 2]) -> Faults {
    u16::try_from(bits)
        .ok()
        .filter(|_| seal == !bits)
        .map_or(Faults::empty(), Faults::from_bits_truncate)
}

impl ResetCause {
    /// Reads the cause from RCC_CSR and from the last words in RAM, which
    /// count after a software reset only.
    #[must_use]
    pub fn of(csr: u32, last_words: u32) -> Self {
        let cause = FLAGS
            .iter()
            .find(|(flag, _)| csr & flag != 0)
            .map_or(Self::Unknown, |(_, cause)| *cause);
        match (cause, last_words & MARK) {
            (Self::Software, PANIC) => Self::Panic(last_words & !MARK),
            (Self::Software, FAULT) => Self::Fault,
            _ => cause,
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

impl core::fmt::Display for ResetCause {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// I-23: a latched fault outlives a reset by the watchdog.
    #[test]
    fn when_ram_survives_then_the_latched_faults_do() {
        let latched = Faults::RCM_TRIPPED | Faults::CONTACTOR_FAULT;
        assert_eq!(unseal(seal(latched)), latched);
        assert_eq!(unseal([0xFFFF_FFFF, 0xFFFF_FFFF]), Faults::empty());
        assert_eq!(unseal([0x1_0000, !0x1_0000]), Faults::empty());
        assert_eq!(unseal([0, 0]), Faults::empty());
    }

    #[test]
    fn when_power_comes_up_then_its_flag_wins_over_pin_and_brown_out() {
        let csr = 1 << 25 | 1 << 26 | 1 << 27;
        assert_eq!(ResetCause::of(csr, 0), ResetCause::PowerOn);
    }

    #[test]
    fn when_the_watchdog_fired_then_the_last_words_do_not_count() {
        let csr = 1 << 26 | 1 << 29;
        assert_eq!(ResetCause::of(csr, panic_words(7)), ResetCause::Watchdog);
    }

    #[test]
    fn when_the_firmware_reset_itself_then_the_last_words_tell_why() {
        let csr = 1 << 26 | 1 << 28;
        let cause = |words| ResetCause::of(csr, words);
        assert_eq!(cause(panic_words(70_000)), ResetCause::Panic(0xFFFF));
        assert_eq!(cause(panic_words(12)), ResetCause::Panic(12));
        assert_eq!(cause(fault_words()), ResetCause::Fault);
        assert_eq!(cause(0x1234_5678), ResetCause::Software);
        assert_eq!(ResetCause::of(0, 0), ResetCause::Unknown);
    }
}
