//! Calls of every entry point of weight with values that the compiler cannot
//! know.
//!
//! The programs in `src/bin` link one of these modules each. Their panic
//! handler calls a function that does not exist: a program links only if the
//! optimiser proved that no panic can be reached.
#![no_std]

pub mod core;
pub mod firmware;
pub mod meters;
#[cfg(feature = "oracle")]
pub mod oracle;
pub mod pins;
pub mod share;
pub mod sizes;
pub mod speed;
pub mod station;
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

/// One core, no interrupts: there is nothing to keep out.
struct SingleContext;
critical_section::set_impl!(SingleContext);

// SAFETY: the programs have neither interrupts nor a second core.
unsafe impl critical_section::Impl for SingleContext {
    unsafe fn acquire() -> bool {
        false
    }

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
