//! Start of the firmware.

use embassy_executor::{Executor, InterruptExecutor};
use embassy_stm32::interrupt;
use embassy_stm32::interrupt::{InterruptExt, Priority};
use smartevse_core::hardware::LONGEST_WATCHDOG;
use static_cell::StaticCell;

use super::hardware::Hardware;
use super::tasks::{charging, front, planning};
use super::{clocks, dog, stop};
use crate::reset::ResetCause;
use crate::storage::first_access;

/// Charging control: above everything but the end of a pilot period and the
/// clock.
static UPPER: InterruptExecutor = InterruptExecutor::new();
/// Planning and meter line.
static MIDDLE: InterruptExecutor = InterruptExecutor::new();
/// Front ends.
static LOWER: StaticCell<Executor> = StaticCell::new();

/// Safe pins, cause of the reset, watchdog, then the clocks: a crystal that
/// does not start ends in a reset with safe pins.
///
/// Gives `None` when the watchdog does not start; nothing may run then.
#[must_use]
pub fn start() -> Option<(Hardware, ResetCause)> {
    stop::safe_pins();
    let cause = stop::reset_cause();
    dog::start(LONGEST_WATCHDOG).ok()?;
    let peripherals = embassy_stm32::init(clocks::config());
    clocks::caches();
    let hardware = Hardware::claim(peripherals).ok()?;
    Some((hardware, cause))
}

/// Runs the firmware.
pub fn firmware() -> ! {
    let Some((mut hardware, cause)) = start() else {
        stop::halt()
    };
    interrupt::I2C3_EV.set_priority(Priority::P2);
    interrupt::I2C3_ER.set_priority(Priority::P8);
    let upper = UPPER.start(interrupt::I2C3_EV);
    let middle = MIDDLE.start(interrupt::I2C3_ER);
    let access = first_access(&mut hardware.storage.0);
    let front = hardware.front;
    LOWER.init(Executor::new()).run(|lower| {
        if let (Ok(charge), Ok(plan), Ok(console), Ok(buttons), Ok(display)) = (
            charging::charge(hardware.charging),
            planning::plan(hardware.planning, access),
            front::console(front.console, cause),
            front::buttons(front.keys),
            front::display(front.display),
        ) {
            upper.spawn(charge);
            middle.spawn(plan);
            lower.spawn(console);
            lower.spawn(buttons);
            lower.spawn(display);
        }
    })
}

#[expect(unsafe_code, reason = "the names that the vector table expects")]
mod vectors {
    use embassy_stm32::interrupt;

    use super::{MIDDLE, UPPER};

    #[interrupt]
    unsafe fn I2C3_EV() {
        // SAFETY: the interrupt is unmasked by `UPPER.start` only.
        unsafe { UPPER.on_interrupt() }
    }

    #[interrupt]
    unsafe fn I2C3_ER() {
        // SAFETY: the interrupt is unmasked by `MIDDLE.start` only.
        unsafe { MIDDLE.on_interrupt() }
    }
}
