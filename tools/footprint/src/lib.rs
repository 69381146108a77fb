//! Calls of every entry point of weight with values that the compiler cannot
//! know.
//!
//! The programs in `src/bin` link one of these modules each. Their panic
//! handler calls a function that does not exist: a program links only if the
//! optimiser proved that no panic can be reached.
#![no_std]

pub mod adapters;
pub mod control_path;
pub mod core;
#[cfg(feature = "menu")]
pub mod face;
pub mod firmware;
pub mod flash;
#[cfg(feature = "speed")]
pub mod machine;
pub mod menu;
mod meter_sources;
pub mod meters;
pub mod more;
#[cfg(feature = "oracle")]
pub mod oracle;
pub mod pins;
pub mod port;
pub mod protocol;
pub mod records;
pub mod share;
pub mod sizes;
pub mod speed;
#[cfg(feature = "speed")]
pub mod speed_peers;
pub mod station;
pub mod storage;
pub mod tasks;
pub mod text;
pub mod types;

pub use ::core::hint::black_box as opaque;

/// Uses a value up, so that its making is not optimised away.
pub fn consume<T>(value: T) {
    let _ = opaque(value);
}

#[cfg(all(target_os = "none", not(feature = "trace")))]
#[panic_handler]
fn panic(_: &::core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn a_panic_is_reachable() -> !;
    }
    // SAFETY: never runs, for a program with this call does not link.
    unsafe { a_panic_is_reachable() }
}

#[cfg(all(target_os = "none", feature = "trace"))]
#[panic_handler]
fn panic(info: &::core::panic::PanicInfo<'_>) -> ! {
    consume(info.location());
    loop {}
}

/// One core: a critical section holds off the interrupts, as in a firmware.
struct SingleCore;
critical_section::set_impl!(SingleCore);

// SAFETY: with interrupts off nothing else runs on the only core.
unsafe impl critical_section::Impl for SingleCore {
    #[cfg(target_arch = "arm")]
    unsafe fn acquire() -> bool {
        let masked: u32;
        // SAFETY: one core; the former mask is restored.
        unsafe { ::core::arch::asm!("mrs {}, PRIMASK", "cpsid i", out(reg) masked) };
        masked & 1 == 0
    }

    #[cfg(target_arch = "arm")]
    unsafe fn release(enable: bool) {
        if enable {
            // SAFETY: interrupts were on before.
            unsafe { ::core::arch::asm!("cpsie i") };
        }
    }

    #[cfg(target_arch = "riscv32")]
    unsafe fn acquire() -> bool {
        let status: u32;
        // SAFETY: one core; the former bit is restored.
        unsafe { ::core::arch::asm!("csrrci {}, mstatus, 8", out(reg) status) };
        status & 8 != 0
    }

    #[cfg(target_arch = "riscv32")]
    unsafe fn release(enable: bool) {
        if enable {
            // SAFETY: interrupts were on before.
            unsafe { ::core::arch::asm!("csrsi mstatus, 8") };
        }
    }

    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    unsafe fn acquire() -> bool {
        false
    }

    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    unsafe fn release(_: bool) {}
}

/// Makes a program of an expression.
#[macro_export]
macro_rules! program {
    ($run:expr) => {
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            $run;
            loop {}
        }
    };
}
