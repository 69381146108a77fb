//! Charger firmware for STM32F4 boards.
//!
//! The modules at this level do not touch the chip: facts, pins, wiring of the
//! hardware roles, settings area of the flash, tested on the host. The module
//! `firmware` exists on the chip only: clocks, pins, pilot capture, and the
//! loops of `smartevse::port` as tasks.
//!
//! Three contexts, the upper one interrupts the lower one:
//!
//! | Context | Runs | Shares |
//! |---|---|---|
//! | upper executor | the charging control every 10 ms, status light, the watchdog | plan in, status out |
//! | middle executor | planning, meter line | one command slot each for console and buttons |
//! | thread mode | console, buttons | |
//!
//! The end of each pilot period interrupts them all: it takes the samples and
//! makes the charging control due every 10 ms.
//!
//! **Not supported yet:** card reader, modem, buzzer.
#![no_std]

pub mod facts;
#[cfg(target_os = "none")]
pub mod firmware;
pub mod pins;
pub mod storage;

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "figures of the simulation")]
mod contracts;
