//! QEMU's machine `virt`: RISC-V, counted by `minstret`, serial port.

use core::arch::{asm, global_asm};

/// Transmit register of the serial port.
const TRANSMIT: *mut u8 = 0x1000_0000 as *mut u8;
/// The device that ends the emulation.
const FINISHER: *mut u32 = 0x10_0000 as *mut u32;
/// Exit status 0.
const PASS: u32 = 0x5555;

// The first instruction of the memory map.
global_asm!(
    ".section .vectors, \"ax\"",
    "la sp, _stack_top",
    "j _start",
    ".previous",
);

/// Everything is on after the reset.
pub fn prepare() {}

/// Reads the lower half of the counter of instructions.
#[inline(always)]
#[must_use]
pub fn counts() -> u32 {
    let count: u32;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, minstret", out(reg) count, options(nomem, nostack)) };
    count
}

/// Gives the instructions between two readings.
#[must_use]
pub fn instructions(before: u32, after: u32) -> u32 {
    after.wrapping_sub(before)
}

/// Writes a byte.
pub fn put(byte: u8) {
    // SAFETY: the register of this machine; it is always ready.
    unsafe { TRANSMIT.write_volatile(byte) };
}

/// Ends the emulation.
pub fn exit() -> ! {
    loop {
        // SAFETY: the register of this machine.
        unsafe { FINISHER.write_volatile(PASS) };
    }
}

/// Gives the stack pointer.
#[inline(always)]
#[must_use]
pub fn stack_pointer() -> *mut u32 {
    let pointer: *mut u32;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}
