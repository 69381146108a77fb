//! Counts instructions on a Cortex-M4 or a RISC-V processor that QEMU emulates
//! with a fixed time for each instruction. Prints lines of
//! a name, the instructions and the bytes of stack, with tabs between them.
#![no_std]
#![no_main]

use core::arch::asm;

use smartevse_footprint::speed::{Counter, measure};
use smartevse_footprint::{machine, opaque};

/// What lies on the stack where nothing was written.
const PAINT: u32 = 0x5AFE_57AC;
/// Painted part of the stack below a call.
const PAINTED: usize = 16 * 1024;

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    machine::prepare();
    let mut meter = Meter::default();
    let (overhead, ()) = meter.count(|| ());
    meter = Meter {
        overhead,
        frame: meter.deepest,
        deepest: 0,
    };
    let (thousand, ()) = meter.count(thousand);
    meter.report("check: 1000 instructions and a return", thousand);
    measure(&mut meter);
    machine::exit()
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
struct Meter {
    overhead: u32,
    /// Stack of counting itself.
    frame: u32,
    /// Deepest stack since the last report.
    deepest: u32,
}

impl Counter for Meter {
    #[inline(never)]
    fn count<R>(&mut self, call: impl FnOnce() -> R) -> (u32, R) {
        let call = opaque(call);
        let here = machine::stack_pointer();
        paint(here);
        let before = machine::counts();
        let result = enter(call);
        let after = machine::counts();
        self.deepest = self.deepest.max(depth(here));
        let instructions = machine::instructions(before, after);
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
    digits
        .iter()
        .skip(10 - used)
        .for_each(|digit| machine::put(*digit));
}

fn print(text: &str) {
    text.bytes().for_each(machine::put);
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
