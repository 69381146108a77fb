//! Facts of the board: what its parts do, in numbers.

use smartevse_core::charger::BoardFacts;
use smartevse_types::Duration;

/// What the charging control needs to know: no ventilation, no modem, and a
/// monitor without a test line (only v4 wires it).
pub const BOARD: BoardFacts = BoardFacts {
    ventilation: false,
    modem: false,
    residual_current_test: false,
    lock_advisory: false,
};

/// Name of the board on the display after power-up.
pub const BOARD_NAME: &str = "v3";

/// Pilot samples kept for each phase: 25, one per millisecond.
pub const PILOT_SAMPLES: usize = 25;

/// Steps of the pilot generator (10 bit).
pub const PILOT_STEPS: u16 = 1024;

/// Largest value of a conversion (12 bit).
pub const CONVERTER_END: u16 = 4095;

/// A conversion that takes longer has failed: several times the longest one.
pub const LONGEST_CONVERSION: Duration = Duration::from_micros(300);

/// Period of the 10 ms loop.
pub const POLL_PERIOD: Duration = Duration::from_millis(10);

/// Time for a pull-up of 15 kΩ to raise a wire, µs.
pub const RISE_US: u32 = 5;

/// Watchdog period inside a permit to erase: longer than one sector erase.
pub const ERASE_WATCHDOG: Duration = Duration::from_secs(2);

/// Longest append of 256 bytes in microseconds: two page programs of at most
/// 3 ms (data sheets of the fitted 3.3 V flash, maximum) and the calls.
pub const APPEND_STALL_US: u64 = 8_000;

/// Longest erase of a 4 KiB sector in microseconds (data sheets, maximum).
pub const ERASE_STALL_US: u64 = 400_000;

/// First address of our storage: the beginning of the stock `spiffs` range.
pub const STORAGE_START: u32 = 0x37_0000;

/// Size of our storage: 64 KiB.
pub const STORAGE_SIZE: u32 = 0x1_0000;

/// Size of the flash of the module.
pub const FLASH_SIZE: u32 = 0x40_0000;

/// Note of the buzzer, Hz (F7).
pub const NOTE: u32 = 2_794;

// The storage must end inside the flash and consist of whole sectors.
const _: () = assert!(STORAGE_START.is_multiple_of(0x1000) && STORAGE_SIZE.is_multiple_of(0x1000));
const _: () = assert!(STORAGE_START as u64 + STORAGE_SIZE as u64 <= FLASH_SIZE as u64);
