//! Start of the firmware.

use embassy_executor::{Executor, InterruptExecutor};
use embassy_futures::block_on;
use embassy_stm32::interrupt::{InterruptExt, Priority};
use embassy_stm32::pac::TIM4;
use embassy_stm32::{Peripherals, interrupt};
use smartevse::port::{Keeper, ResetCause};
use smartevse_core::hardware::LONGEST_WATCHDOG;
use static_cell::StaticCell;

use super::hardware::Hardware;
use super::{clocks, dog, stop, tasks};
use crate::facts::ERASE_WATCHDOG;

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
    let peripherals = peripherals();
    clocks::caches();
    let hardware = Hardware::claim(peripherals).ok()?;
    Some((hardware, cause))
}

/// Starts clocks, peripherals and the time of the firmware.
///
/// The time driver sets its timer up while the compare register is still 0, so
/// the timer notes a compare event at count 0 (embassy-stm32 0.6). Its first
/// interrupt would count half a period that never was, and the time would be
/// 65.5 ms ahead. The note is withdrawn before an interrupt sees it; a few µs
/// after the start no event can be due.
fn peripherals() -> Peripherals {
    cortex_m::interrupt::free(|_| {
        let peripherals = embassy_stm32::init(clocks::config());
        TIM4.sr().write(|w| w.0 = 0);
        interrupt::TIM4.unpend();
        peripherals
    })
}

/// Runs the firmware.
///
/// While the store is read, which takes long with an area full of scraps, the
/// watchdog has its long period: the contactors are open (decision 52). The
/// charging control starts it anew with the short one.
pub fn firmware() -> ! {
    let Some((hardware, cause)) = start() else {
        stop::halt()
    };
    if dog::start(ERASE_WATCHDOG).is_err() {
        stop::halt()
    }
    interrupt::I2C3_EV.set_priority(Priority::P2);
    interrupt::I2C3_ER.set_priority(Priority::P8);
    let upper = UPPER.start(interrupt::I2C3_EV);
    let middle = MIDDLE.start(interrupt::I2C3_ER);
    let (keeper, restored) = block_on(Keeper::open(hardware.storage));
    let front = hardware.front;
    LOWER.init(Executor::new()).run(|lower| {
        if let (Ok(charge), Ok(plan), Ok(line), Ok(console), Ok(panel)) = (
            tasks::charge(hardware.charging, restored.boot),
            tasks::plan(restored, keeper),
            tasks::line(hardware.line),
            tasks::console(front.console, cause),
            tasks::panel(front.display, front.keys, front.backlight),
        ) {
            upper.spawn(charge);
            middle.spawn(plan);
            middle.spawn(line);
            lower.spawn(console);
            lower.spawn(panel);
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
