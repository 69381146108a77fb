//! Charger firmware for STM32F4 boards.
//!
//! The modules at this level do not touch the chip: conversion, wiring of the
//! hardware roles, supervision and texts, tested on the host. The module
//! `firmware` exists on the chip only: clocks, pins, pilot capture, tasks.
//!
//! Three contexts, the upper one interrupts the lower one:
//!
//! | Context | Runs | Shares |
//! |---|---|---|
//! | upper executor | the charging control every 10 ms, the watchdog | directive in, status out |
//! | middle executor | planning, meter line, status light | one command slot |
//! | thread mode | console, buttons | |
//!
//! The end of each pilot period interrupts them all: it takes the samples and
//! makes the charging control due every 10 ms.
//!
//! **Not supported yet:** stored settings (the flash area is ready), drawing on
//! the LCD, card reader, power share.
#![no_std]

pub mod board;
pub mod console;
#[cfg(target_os = "none")]
pub mod firmware;
pub mod line;
pub mod meters;
pub mod panel;
pub mod pins;
pub mod readback;
pub mod reset;
pub mod sampling;
pub mod sense;
pub mod storage;
pub mod supervisor;
pub mod watchdog;

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "figures of the simulation")]
mod contracts;
