//! Counts instructions on a Cortex-M4 that QEMU emulates with a fixed time for
//! each instruction. Prints lines of
//! a name, the instructions and the bytes of stack, with tabs between them.
#![no_std]
#![no_main]

use core::arch::asm;

use smartevse_footprint::opaque;
use smartevse_footprint::speed::{Counter, measure};

const CPACR: *mut u32 = 0xE000_ED88 as *mut u32;
const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;

/// SysTick counts 25 MHz; QEMU runs with 1024 ns for each instruction, which
/// is 25.6 counts.
const COUNTS_PER_FIVE: u32 = 128;

/// What lies on the stack where nothing was written.
const PAINT: u32 = 0x5AFE_57AC;
/// Painted part of the stack below a call.
const PAINTED: usize = 16 * 1024;

unsafe extern "C" {
    static _stack_top: u32;
}

#[repr(C)]
struct Vectors {
    stack: *const u32,
    reset: extern "C" fn() -> !,
}

// SAFETY: constants that only the processor reads.
unsafe impl Sync for Vectors {}

#[used]
#[unsafe(link_section = ".vectors")]
static VECTORS: Vectors = Vectors {
    stack: &raw const _stack_top,
    reset: _start,
};

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: registers of this processor; nothing else runs.
    unsafe {
        CPACR.write_volatile(0x00F0_0000);
        asm!("dsb", "isb");
        SYST_RVR.write_volatile(0x00FF_FFFF);
        SYST_CVR.write_volatile(0);
        SYST_CSR.write_volatile(0b101);
    }
    let mut systick = SysTick::default();
    let (overhead, ()) = systick.count(|| ());
    systick = SysTick {
        overhead,
        frame: systick.deepest,
        deepest: 0,
    };
    let (thousand, ()) = systick.count(thousand);
    systick.report("check: 1000 instructions and a return", thousand);
    measure(&mut systick);
    exit()
}

/// A frame of its own for the call, so that all it needs lies in the painted
/// part.
#[inline(never)]
fn enter<R>(call: impl FnOnce() -> R) -> R {
    opaque(call())
}

#[inline(never)]
fn thousand() {
    // SAFETY: does nothing.
    unsafe { asm!(".rept 1000", "nop", ".endr", options(nomem, nostack)) };
}

#[derive(Default)]
struct SysTick {
    overhead: u32,
    /// Stack of counting itself.
    frame: u32,
    /// Deepest stack since the last report.
    deepest: u32,
}

fn counts() -> u32 {
    // SAFETY: reading the counter has no effect.
    unsafe { SYST_CVR.read_volatile() }
}

impl Counter for SysTick {
    #[inline(never)]
    fn count<R>(&mut self, call: impl FnOnce() -> R) -> (u32, R) {
        let call = opaque(call);
        let here = stack_pointer();
        paint(here);
        let before = counts();
        let result = enter(call);
        let after = counts();
        self.deepest = self.deepest.max(depth(here));
        let passed = before.wrapping_sub(after) & 0x00FF_FFFF;
        let instructions = (passed * 5 + COUNTS_PER_FIVE / 2) / COUNTS_PER_FIVE;
        (instructions.saturating_sub(self.overhead), result)
    }

    fn report(&mut self, name: &str, value: u32) {
        print(name);
        print("\t");
        number(value);
        print("\t");
        number(self.deepest.saturating_sub(self.frame));
        print("\n");
        self.deepest = 0;
    }
}

fn number(mut value: u32) {
    let mut digits = [0; 10];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
        if value == 0 {
            break;
        }
    }
    digits.iter().skip(10 - used).for_each(|digit| put(*digit));
}

fn print(text: &str) {
    text.bytes().for_each(put);
}

fn put(byte: u8) {
    semihost(3, &raw const byte as usize);
}

fn semihost(operation: usize, argument: usize) {
    // SAFETY: the emulator answers; the argument points to a live byte.
    unsafe {
        asm!("bkpt 0xAB", inout("r0") operation => _, in("r1") argument, options(nostack));
    }
}

fn exit() -> ! {
    loop {
        semihost(0x18, 0x2_0026);
    }
}

fn stack_pointer() -> *mut u32 {
    let pointer: *mut u32;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}

/// Paints the stack below a frame; the few words of this very call as well,
/// for they are not needed any more when a word is written.
#[inline(always)]
fn paint(top: *mut u32) {
    let mut word = top.wrapping_byte_sub(PAINTED);
    while word < top {
        // SAFETY: free memory below the frame of the caller.
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
}

/// Bytes from a frame down to the deepest word that was written.
#[inline(always)]
fn depth(top: *mut u32) -> u32 {
    let mut word = top.wrapping_byte_sub(PAINTED);
    let mut left = PAINTED as u32;
    // SAFETY: the painted part of the stack.
    while left > 0 && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
        left -= 4;
    }
    left
}
