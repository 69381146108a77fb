//! RISC-V `virt`: serial port and test device.

use core::fmt;

/// Transmit register of the serial port.
const TRANSMIT: *mut u8 = 0x1000_0000 as *mut u8;
/// The device that ends the emulation.
const FINISHER: *mut u32 = 0x10_0000 as *mut u32;
/// Exit status 0.
const PASS: u32 = 0x5555;
/// Exit status 1: the status is in the upper half.
const FAIL: u32 = 0x1_3333;

/// The serial port.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console;

impl Console {
    /// Opens the port.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Write for Console {
    #[expect(unsafe_code, reason = "the transmit register")]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the register of this machine; it is always ready.
            unsafe { TRANSMIT.write_volatile(byte) };
        }
        Ok(())
    }
}

/// Ends the emulation.
#[expect(unsafe_code, reason = "the register that ends the emulation")]
pub fn exit(good: bool) -> ! {
    loop {
        // SAFETY: the register of this machine.
        unsafe { FINISHER.write_volatile(if good { PASS } else { FAIL }) };
    }
}
