//! Start, text and end of a program on each machine.

use core::fmt;

#[cfg(all(target_os = "none", target_arch = "arm"))]
mod arm;
#[cfg(not(target_os = "none"))]
mod pc;
#[cfg(all(target_os = "none", target_arch = "riscv32"))]
mod riscv;

#[cfg(all(target_os = "none", target_arch = "arm"))]
pub use arm::{Console, exit};
#[cfg(not(target_os = "none"))]
pub use pc::{Console, exit};
#[cfg(all(target_os = "none", target_arch = "riscv32"))]
pub use riscv::{Console, exit};

/// A program: writes what it finds and tells whether all is well.
pub type Program = fn(&mut Console) -> Result<bool, fmt::Error>;

/// Runs a program and ends with its verdict.
pub fn run(program: Program) -> ! {
    let mut console = Console::new();
    exit(program(&mut console) == Ok(true))
}

/// Nothing is connected here that a panic could leave closed.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = fmt::Write::write_fmt(&mut Console::new(), format_args!("{info}\n"));
    exit(false)
}

/// Makes a program the one that the machine starts.
#[macro_export]
macro_rules! start {
    ($program:path) => {
        #[cfg_attr(all(target_os = "none", target_arch = "arm"), cortex_m_rt::entry)]
        #[cfg_attr(all(target_os = "none", target_arch = "riscv32"), riscv_rt::entry)]
        #[cfg(target_os = "none")]
        fn start() -> ! {
            $crate::machine::run($program)
        }

        #[cfg(not(target_os = "none"))]
        fn main() {
            $crate::machine::run($program)
        }
    };
}
