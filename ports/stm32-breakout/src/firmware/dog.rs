//! The independent watchdog.

use embassy_stm32::Peri;
use embassy_stm32::pac::IWDG as REGISTERS;
use embassy_stm32::pac::iwdg::vals::{Key, Pr};
use embassy_stm32::peripherals::IWDG;
use smartevse_core::hardware::{ErrorKind, ErrorType, Watchdog};
use smartevse_types::Duration;

use crate::facts::WATCHDOG_CLOCK;

/// Readings of the status register after which a change has failed. A change
/// takes five cycles of the slowest clock, 0.3 ms.
const PATIENCE: u32 = 100_000;

/// The watchdog; runs from its first start until a reset.
#[derive(Debug)]
pub struct Dog {
    _peripheral: Peri<'static, IWDG>,
}

impl Dog {
    /// Makes it from its peripheral; it may run already.
    #[must_use]
    pub const fn new(peripheral: Peri<'static, IWDG>) -> Self {
        Self {
            _peripheral: peripheral,
        }
    }
}

impl ErrorType for Dog {
    type Error = ErrorKind;
}

impl Watchdog for Dog {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        start(period)
    }

    fn feed(&mut self) {
        REGISTERS.kr().write(|w| w.set_key(Key::RESET));
    }
}

/// Starts the watchdog, also before the peripherals are handed out.
///
/// # Errors
///
/// `Unsupported` when there is no such period, `Timeout` when the watchdog does
/// not take it over.
pub fn start(period: Duration) -> Result<(), ErrorKind> {
    let setting = WATCHDOG_CLOCK
        .at_most(period)
        .ok_or(ErrorKind::Unsupported)?;
    REGISTERS.kr().write(|w| w.set_key(Key::START));
    REGISTERS.kr().write(|w| w.set_key(Key::ENABLE));
    REGISTERS
        .pr()
        .write(|w| w.set_pr(Pr::from_bits(setting.prescaler)));
    REGISTERS.rlr().write(|w| w.set_rl(setting.reload));
    let settled = (0..PATIENCE).any(|_| {
        let status = REGISTERS.sr().read();
        !status.pvu() && !status.rvu()
    });
    REGISTERS.kr().write(|w| w.set_key(Key::RESET));
    if settled {
        Ok(())
    } else {
        Err(ErrorKind::Timeout)
    }
}
