//! Safe levels before anything else runs and when nothing else can.

use esp_hal::gpio::{Flex, Level, OutputConfig};

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

/// Opens the contactors, isolates the pilot, says why and resets.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    make_safe();
    esp_println::println!("{info}");
    esp_hal::system::software_reset()
}
