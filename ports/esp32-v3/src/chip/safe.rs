//! Safe levels before anything else runs and when nothing else can.

use esp_hal::gpio::{Flex, Level, OutputConfig};
use smartevse::port::{Kept, LastWords};

use super::board::steal_safe;
use super::claim::Pin;

/// Makes a pin an output whose pad can be read back.
#[must_use]
pub fn output(pin: Pin, level: Level) -> Flex<'static> {
    let mut pin = Flex::new(pin);
    pin.set_level(level);
    pin.apply_output_config(&OutputConfig::default());
    pin.set_input_enable(true);
    pin.set_output_enable(true);
    pin
}

/// Opens both contactors and isolates the pilot, whoever holds the pins.
///
/// For the first moment of the program and for the panic handler.
#[expect(unsafe_code, reason = "the pins are taken from whoever holds them")]
pub fn make_safe() {
    // SAFETY: nothing has taken the pins yet, or a reset follows.
    let [contactor1, contactor2, isolation] = unsafe { steal_safe() };
    // The pins keep their level when the drivers are dropped.
    let _ = output(contactor1, Level::Low);
    let _ = output(contactor2, Level::Low);
    let _ = output(isolation, Level::High);
}

/// Last words and latched faults: in a memory that every reset but that of a
/// power-on leaves alone.
#[expect(unsafe_code, reason = "the section that is zeroed at power-on only")]
#[unsafe(link_section = ".rtc_fast.persistent")]
pub static KEPT: Kept = Kept::new();

/// Opens the contactors, isolates the pilot, says why and resets.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    make_safe();
    KEPT.leave(LastWords::panic_in(
        info.location().map_or(0, |place| place.line()),
    ));
    esp_println::println!("{info}");
    esp_hal::system::software_reset()
}
