//! Facts of the board: what its parts do, in numbers.

use smartevse::port::ResetCause;
use smartevse_core::adapters::{PILOT_POINTS, PilotScale, WatchdogClock, converted};
use smartevse_core::charger::BoardFacts;
use smartevse_types::{Duration, MilliVolts};

/// What the charging control needs to know: a residual-current monitor with a
/// test line.
pub const BOARD: BoardFacts = BoardFacts {
    ventilation: false,
    modem: false,
    residual_current_test: true,
    lock_advisory: false,
};

/// Supply and reference of the converter.
pub const REFERENCE: MilliVolts = MilliVolts::from_milli(3_300);

/// Largest count of the converter (12 bit).
pub const FULL_SCALE: u16 = 4_095;

/// Two points of the pilot's sense network, converter ↔ connector; a board
/// whose resistors were measured writes its own.
pub const PILOT_SENSE: [(MilliVolts, MilliVolts); 2] = PILOT_POINTS;

/// Makes the scale of the pilot; `None` when both points of the network have
/// the same voltage at the converter.
#[must_use]
pub fn pilot_scale() -> Option<PilotScale> {
    PilotScale::new(PILOT_SENSE, REFERENCE, MilliVolts::from_milli(12_000))
}

/// Converts a count to millivolts at the converter.
#[must_use]
pub fn milli_volts(count: u16) -> MilliVolts {
    converted(count, FULL_SCALE, REFERENCE)
}

/// Samples of one phase in the window. Each phase has one every 2 ms, so that
/// 12 speak for 22 ms (charging specification §1.3: at least 20 ms).
pub const PILOT_SAMPLES: usize = 12;

/// Level at which a button or a colour of the light means "yes"; the other
/// lines are those of the reference circuit.
pub mod polarity {
    use smartevse_core::adapters::ActiveLevel;

    /// Buttons of the panel: pressed pulls the input low.
    pub const BUTTON: ActiveLevel = ActiveLevel::Low;
    /// Light: high lets a colour shine (N-channel transistor to ground).
    pub const LIGHT: ActiveLevel = ActiveLevel::High;
}

/// Period of the 10 ms loop.
pub const POLL_PERIOD: Duration = Duration::from_millis(10);

/// Periods of the pilot between two polls.
pub const POLL_PERIODS: u16 = 10;

/// Bytes of the receive ring of the meter line: 533 ms of a line that never
/// pauses.
pub const RING: usize = 512;

/// Speed of the console, bit/s.
pub const CONSOLE_BAUD: u32 = 115_200;

/// Name of the board on the display after power-up.
pub const BOARD_NAME: &str = "breakout";

/// Speed of the display, Hz (SPI mode 3).
pub const LCD_SPEED: u32 = 10_000_000;

/// Begin of the settings area, bytes from the begin of the flash: sectors 1 and
/// 2, 16 KiB each. The linker puts code behind its end (`memory/*.x`).
pub const STORAGE_BEGIN: u32 = 0x4000;

/// Length of the settings area, bytes.
pub const STORAGE_LENGTH: u32 = 0x8000;

/// Longest append of 256 bytes, µs: 64 words of at most 100 µs each (data
/// sheets: t_prog, 32-bit parallelism). Between two words interrupts run.
pub const APPEND_STALL_US: u64 = 6_400;

/// Longest erase of a sector of 16 KiB, µs (data sheets: t_ERASE16KB, 8-bit
/// parallelism, which the driver uses). No interrupt runs meanwhile.
pub const ERASE_STALL_US: u64 = 800_000;

/// Clock of the watchdog (data sheets of the three chips: LSI frequency).
pub const WATCHDOG_CLOCK: WatchdogClock = WatchdogClock {
    slowest: 17_000,
    fastest: 47_000,
};

/// Period of the watchdog around an erase of a flash sector, inside an erase
/// permit only. Even with the fastest clock it is longer than the erase.
pub const ERASE_WATCHDOG: Duration = Duration::from_millis(2_500);

/// Flags of RCC_CSR, the most telling one first: a power-on sets the flags of
/// brown-out and pin as well, every reset that of the pin.
pub const RESET_FLAGS: [(u32, ResetCause); 7] = [
    (1 << 29, ResetCause::Watchdog),
    (1 << 30, ResetCause::WindowWatchdog),
    (1 << 31, ResetCause::LowPower),
    (1 << 28, ResetCause::Software),
    (1 << 27, ResetCause::PowerOn),
    (1 << 25, ResetCause::BrownOut),
    (1 << 26, ResetCause::Pin),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_power_comes_up_then_its_flag_wins_over_pin_and_brown_out() {
        let csr = 1 << 25 | 1 << 26 | 1 << 27;
        assert_eq!(ResetCause::of(csr, &RESET_FLAGS, 0), ResetCause::PowerOn);
        let csr = 1 << 26 | 1 << 29;
        assert_eq!(ResetCause::of(csr, &RESET_FLAGS, 0), ResetCause::Watchdog);
    }
}
