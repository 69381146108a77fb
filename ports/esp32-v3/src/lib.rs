//! Firmware for the SmartEVSE v3 board (ESP32), with the ESP32-C3 and the
//! ESP32-C6 as development variants.
//!
//! Two tables know no chip and are tested on a PC: the facts of the board and
//! its pins. The module `chip` (features `esp32`, `esp32c3`, `esp32c6`) joins
//! the loops of `smartevse::port` to the peripherals.
//!
//! | Context | Priority | What runs | What it waits for |
//! |---|---|---|---|
//! | sampling interrupt | 3 | pilot conversions, the 10 ms tick | its own timer |
//! | control executor | 2 | the 10 ms loop | the tick |
//! | planning executor | 1 | manager, meter line | time, bus |
//! | threads | 0 | panel, card reader; later the network | anything |
//!
//! **Not supported yet:** Wi-Fi, melodies.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    test,
    expect(clippy::arithmetic_side_effects, reason = "test code counts freely")
)]

#[cfg(feature = "chip")]
pub mod chip;
pub mod facts;
pub mod revision;
