//! A board port: pins, pilot, clock and watchdog of one board, joined to a
//! charger.
//!
//! Every part starts as [`Unwired`](unwired::Unwired): it refuses each command
//! and has no reading. The charger answers with its safe state, so that the
//! port can be filled in part by part.
#![no_std]

pub mod board;
pub mod clock;
pub mod control;
pub mod pilot;
pub mod pins;
pub mod unwired;
pub mod watchdog;

#[cfg(test)]
mod tests;
