//! Safe pins, and what happens when the firmware cannot go on.

use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use embassy_stm32::pac::gpio::vals::Moder;
use embassy_stm32::pac::{GPIOA, GPIOB, RCC};
use smartevse::port::{Kept, LastWords, ResetCause};

use crate::facts::RESET_FLAGS;

/// CPOFF: high separates the connector.
const CPOFF: usize = 15;
/// SSR1, SSR2, ACTA, ACTB and DE: low is safe.
const LOW_ON_B: [usize; 5] = [10, 5, 7, 8, 2];
/// Test of the residual-current monitor: high is idle.
const MONITOR_TEST: usize = 6;

/// Last words and latched faults.
#[expect(unsafe_code, reason = "the section that no start-up code writes")]
#[unsafe(link_section = ".uninit.KEPT")]
pub static KEPT: Kept = Kept::new();

/// Brings every output to its safe level, from any state of the chip:
/// connector separated, contactors open, lock without voltage, line listening.
pub fn safe_pins() {
    RCC.ahb1enr().modify(|w| {
        w.set_gpioaen(true);
        w.set_gpioben(true);
    });
    // The clock of a port needs two cycles before its first use.
    let _ = RCC.ahb1enr().read();
    GPIOA.bsrr().write(|w| w.set_bs(CPOFF, true));
    GPIOB.bsrr().write(|w| {
        w.set_bs(MONITOR_TEST, true);
        for pin in LOW_ON_B {
            w.set_br(pin, true);
        }
    });
    GPIOA.moder().modify(|w| w.set_moder(CPOFF, Moder::OUTPUT));
    GPIOB.moder().modify(|w| {
        w.set_moder(MONITOR_TEST, Moder::OUTPUT);
        for pin in LOW_ON_B {
            w.set_moder(pin, Moder::OUTPUT);
        }
    });
}

/// Reads and clears the cause of the latest reset.
#[must_use]
pub fn reset_cause() -> ResetCause {
    let csr = RCC.csr().read().0;
    RCC.csr().modify(|w| w.set_rmvf(true));
    ResetCause::of(csr, &RESET_FLAGS, KEPT.take_word())
}

/// Opens everything and starts anew.
fn give_up(words: LastWords) -> ! {
    cortex_m::interrupt::disable();
    safe_pins();
    KEPT.leave(words);
    SCB::sys_reset()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let line = info.location().map_or(0, |place| place.line());
    give_up(LastWords::panic_in(line))
}

#[expect(unsafe_code, reason = "exception handlers are unsafe functions")]
mod vectors {
    use cortex_m_rt::{ExceptionFrame, exception};

    use super::{LastWords, give_up};

    #[exception]
    unsafe fn HardFault(_: &ExceptionFrame) -> ! {
        give_up(LastWords::Fault)
    }

    #[exception]
    unsafe fn DefaultHandler(_: i16) {
        give_up(LastWords::Fault)
    }
}

/// Waits with safe pins for the watchdog, for ever when it does not run.
pub fn halt() -> ! {
    cortex_m::interrupt::disable();
    safe_pins();
    loop {
        cortex_m::asm::nop();
    }
}
