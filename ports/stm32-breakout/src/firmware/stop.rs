//! Safe pins, and what happens when the firmware cannot go on.

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SCB;
use embassy_stm32::pac::gpio::vals::Moder;
use embassy_stm32::pac::{GPIOA, GPIOB, RCC};

use smartevse_core::faults::Faults;

use crate::reset::{ResetCause, fault_words, panic_words, seal, unseal};

/// CPOFF: high separates the connector.
const CPOFF: usize = 15;
/// SSR1, SSR2, ACTA, ACTB and DE: low is safe.
const LOW_ON_B: [usize; 5] = [10, 5, 7, 8, 2];
/// Test of the residual-current monitor: high is idle.
const MONITOR_TEST: usize = 6;

/// Left behind before a reset; RAM keeps it.
#[expect(unsafe_code, reason = "the section that no start-up code writes")]
#[unsafe(link_section = ".uninit.LAST_WORDS")]
static LAST_WORDS: AtomicU32 = AtomicU32::new(0);

/// Sealed latched faults; RAM keeps them.
#[expect(unsafe_code, reason = "the section that no start-up code writes")]
#[unsafe(link_section = ".uninit.LATCHED")]
static LATCHED: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// Keeps the latched faults over the next reset.
pub fn keep(latched: Faults) {
    for (place, word) in LATCHED.iter().zip(seal(latched)) {
        place.store(word, Ordering::Relaxed);
    }
}

/// Gives the latched faults from before the reset.
#[must_use]
pub fn kept() -> Faults {
    unseal(
        LATCHED
            .each_ref()
            .map(|place| place.load(Ordering::Relaxed)),
    )
}

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
    let words = LAST_WORDS.load(Ordering::Relaxed);
    LAST_WORDS.store(0, Ordering::Relaxed);
    ResetCause::of(csr, words)
}

/// Opens everything and starts anew.
fn give_up(words: u32) -> ! {
    cortex_m::interrupt::disable();
    safe_pins();
    LAST_WORDS.store(words, Ordering::Relaxed);
    SCB::sys_reset()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    give_up(panic_words(info.location().map_or(0, |place| place.line())))
}

#[expect(unsafe_code, reason = "exception handlers are unsafe functions")]
mod vectors {
    use cortex_m_rt::{ExceptionFrame, exception};

    use super::{fault_words, give_up};

    #[exception]
    unsafe fn HardFault(_: &ExceptionFrame) -> ! {
        give_up(fault_words())
    }

    #[exception]
    unsafe fn DefaultHandler(_: i16) {
        give_up(fault_words())
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
