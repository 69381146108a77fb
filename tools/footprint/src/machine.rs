//! What the program that counts instructions needs of its machine.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(target_arch = "riscv32")]
mod riscv;

#[cfg(target_arch = "arm")]
pub use arm::{counts, exit, instructions, prepare, put, stack_pointer};
#[cfg(target_arch = "riscv32")]
pub use riscv::{counts, exit, instructions, prepare, put, stack_pointer};
