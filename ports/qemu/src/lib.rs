//! The charger on emulated processors: a Cortex-M4 (QEMU, `mps2-an386`) and a
//! RISC-V (QEMU, `virt`).
//!
//! | Program | What it does |
//! |---|---|
//! | `station` | the smallest port: a whole [`Station`](smartevse::Station) with a board of simulated registers and a scripted vehicle |
//! | `vectors` | plays the conformance vectors on the processor |
//!
//! Both end with 0 when everything is as expected and with 1 otherwise, and run
//! on a PC as well.
//!
//! The port itself is [`registers`] (what a chip has), [`board`] (what the
//! board makes of it), [`control`] (the 10 ms loop) and [`machine`] (start,
//! text, end). [`vehicle`] and [`session`] are its bench.
#![no_std]

#[cfg(any(test, not(target_os = "none")))]
extern crate std;

pub mod board;
pub mod control;
pub mod machine;
pub mod registers;
pub mod session;
pub mod vectors;
pub mod vehicle;

#[cfg(test)]
mod contracts;
