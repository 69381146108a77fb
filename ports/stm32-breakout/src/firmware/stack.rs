//! How much of the stack was never used.
//!
//! The start-up code paints the stack; all contexts share it. What still has
//! the paint was never reached.

use cortex_m_rt::STACK_PAINT_VALUE;

/// Gives the bytes between the static data and the deepest use so far.
#[must_use]
#[expect(unsafe_code, reason = "reads the unused part of the stack")]
pub fn never_used() -> usize {
    unsafe extern "C" {
        static mut _stack_end: u32;
        static mut _stack_start: u32;
    }
    let (end, start) = (&raw const _stack_end, &raw const _stack_start);
    (end.addr()..start.addr())
        .step_by(size_of::<u32>())
        // SAFETY: the words between both symbols are RAM.
        .take_while(|place| unsafe { end.with_addr(*place).read_volatile() } == STACK_PAINT_VALUE)
        .count()
        .saturating_mul(size_of::<u32>())
}
