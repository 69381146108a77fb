//! QEMU's board `mps2-an386`: Cortex-M4, counted by SysTick, semihosting.

use core::arch::asm;

const CPACR: *mut u32 = 0xE000_ED88 as *mut u32;
const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;

/// SysTick counts 25 MHz; QEMU runs with 1024 ns for each instruction, which
/// is 25.6 counts.
const COUNTS_PER_FIVE: u32 = 128;

unsafe extern "C" {
    static _stack_top: u32;
    fn _start() -> !;
}

#[repr(C)]
struct Vectors {
    stack: *const u32,
    reset: unsafe extern "C" fn() -> !,
}

// SAFETY: constants that only the processor reads.
unsafe impl Sync for Vectors {}

#[used]
#[unsafe(link_section = ".vectors")]
static VECTORS: Vectors = Vectors {
    stack: &raw const _stack_top,
    reset: _start,
};

/// Switches the floating-point unit and SysTick on.
pub fn prepare() {
    // SAFETY: registers of this processor; nothing else runs.
    unsafe {
        CPACR.write_volatile(0x00F0_0000);
        asm!("dsb", "isb");
        SYST_RVR.write_volatile(0x00FF_FFFF);
        SYST_CVR.write_volatile(0);
        SYST_CSR.write_volatile(0b101);
    }
}

/// Reads the counter.
#[inline(always)]
#[must_use]
pub fn counts() -> u32 {
    // SAFETY: reading the counter has no effect.
    unsafe { SYST_CVR.read_volatile() }
}

/// Gives the instructions between two readings.
#[must_use]
pub fn instructions(before: u32, after: u32) -> u32 {
    let passed = before.wrapping_sub(after) & 0x00FF_FFFF;
    (passed * 5 + COUNTS_PER_FIVE / 2) / COUNTS_PER_FIVE
}

/// Writes a byte.
pub fn put(byte: u8) {
    semihost(3, &raw const byte as usize);
}

/// Ends the emulation.
pub fn exit() -> ! {
    loop {
        semihost(0x18, 0x2_0026);
    }
}

fn semihost(operation: usize, argument: usize) {
    // SAFETY: the emulator answers; the argument points to a live byte.
    unsafe {
        asm!("bkpt 0xAB", inout("r0") operation => _, in("r1") argument, options(nostack));
    }
}

/// Gives the stack pointer.
#[inline(always)]
#[must_use]
pub fn stack_pointer() -> *mut u32 {
    let pointer: *mut u32;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}
