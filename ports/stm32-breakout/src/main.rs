//! Charger firmware for STM32F4 boards; see the library of this package.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
#[cortex_m_rt::entry]
fn main() -> ! {
    smartevse_stm32_breakout::firmware::run::firmware()
}

/// On the host there is nothing to run; the library has the tests.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("build this program for thumbv7em-none-eabihf");
}
