//! The firmware.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod firmware {
    use core::panic::PanicInfo;

    use cortex_m::Peripherals;
    use cortex_m::peripheral::SYST;
    use cortex_m::peripheral::syst::SystClkSource;

    use {{crate_name}}::board::{board, no_voltage};
    use {{crate_name}}::clock::{COUNTS, TickClock};
    use {{crate_name}}::control::{Control, setup};
    use {{crate_name}}::pilot::{channel, sampler};
    use {{crate_name}}::pins::claim;
    use {{crate_name}}::watchdog::Dog;

    /// Makes every output safe, whatever ran before.
    ///
    /// Fill in: contactors open, pilot isolated, by the registers of the chip;
    /// nothing that can fail. It runs first of all and after a panic.
    const fn make_safe() {}

    /// Starts the tick of the loop.
    fn start_tick(timer: &mut SYST) {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(COUNTS.saturating_sub(1));
        timer.clear_current();
        timer.enable_counter();
    }

    #[cortex_m_rt::entry]
    fn main() -> ! {
        make_safe();
        let mut clock = TickClock::new();
        let parts = board(channel(), sampler(), (no_voltage, no_voltage), claim());
        let control = Control::new(parts, Dog, &setup(), clock.tick());
        if let (Ok(mut control), Some(peripherals)) = (control, Peripherals::take()) {
            let mut timer = peripherals.SYST;
            start_tick(&mut timer);
            loop {
                while !timer.has_wrapped() {}
                let _outputs = control.turn(clock.tick());
            }
        }
        halt()
    }

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        halt()
    }

    /// Safe outputs until somebody looks at the board.
    fn halt() -> ! {
        make_safe();
        loop {
            cortex_m::asm::nop();
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {}
