//! Clocks of the three chips.
//!
//! | Chip | Crystal | Core | APB1, timers | APB2, timers | Converter |
//! |---|---|---|---|---|---|
//! | STM32F411CE | 25 MHz | 96 MHz | 48, 96 MHz | 96, 96 MHz | 24 MHz |
//! | STM32F405RG | 8 MHz | 168 MHz | 42, 84 MHz | 84, 168 MHz | 21 MHz |
//! | STM32F427VG | 8 MHz | 168 MHz | 42, 84 MHz | 84, 168 MHz | 21 MHz |
//!
//! Every timer clock is a whole number of megahertz, so that one step of the
//! pilot timer is exactly 1 µs. The crystal is needed: the RC oscillator of the
//! chip is off by up to 8 % over temperature, the pilot may be by 0.5 %. A
//! board with another crystal changes [`CRYSTAL`] and the divider beside it.

use embassy_stm32::Config;
use embassy_stm32::interrupt::Priority;
use embassy_stm32::pac::FLASH;
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, Hse, HseMode, Pll, PllMul, PllPDiv, PllPreDiv, PllSource, Sysclk,
};
use embassy_stm32::time::Hertz;

/// Frequency of the crystal.
pub const CRYSTAL: Hertz = chip::CRYSTAL;

#[cfg(feature = "stm32f411ce")]
mod chip {
    use super::{APBPrescaler, Hertz, PllMul, PllPreDiv};

    pub const CRYSTAL: Hertz = Hertz(25_000_000);
    /// 25 MHz / 25 × 192 / 2 = 96 MHz.
    pub const LOOP: (PllPreDiv, PllMul) = (PllPreDiv::DIV25, PllMul::MUL192);
    pub const APB: (APBPrescaler, APBPrescaler) = (APBPrescaler::DIV2, APBPrescaler::DIV1);
}

#[cfg(not(feature = "stm32f411ce"))]
mod chip {
    use super::{APBPrescaler, Hertz, PllMul, PllPreDiv};

    pub const CRYSTAL: Hertz = Hertz(8_000_000);
    /// 8 MHz / 4 × 168 / 2 = 168 MHz.
    pub const LOOP: (PllPreDiv, PllMul) = (PllPreDiv::DIV4, PllMul::MUL168);
    pub const APB: (APBPrescaler, APBPrescaler) = (APBPrescaler::DIV4, APBPrescaler::DIV2);
}

/// Configuration of the chip.
#[must_use]
pub fn config() -> Config {
    let mut config = Config::default();
    let rcc = &mut config.rcc;
    rcc.hse = Some(Hse {
        freq: CRYSTAL,
        mode: HseMode::Oscillator,
    });
    rcc.pll_src = PllSource::HSE;
    rcc.pll = Some(Pll {
        prediv: chip::LOOP.0,
        mul: chip::LOOP.1,
        divp: Some(PllPDiv::DIV2),
        divq: None,
        divr: None,
    });
    rcc.sys = Sysclk::PLL1_P;
    rcc.ahb_pre = AHBPrescaler::DIV1;
    (rcc.apb1_pre, rcc.apb2_pre) = chip::APB;
    config.dma_interrupt_priority = Priority::P10;
    config
}

/// Switches on the caches of the flash, which the start-up of the chip crate
/// leaves off. Prefetch stays off: revision A of the STM32F405 has an erratum.
pub fn caches() {
    FLASH.acr().modify(|w| {
        w.set_icen(true);
        w.set_dcen(true);
    });
}
