//! What a board module hands over: pins by signal, peripherals by use.

use esp_hal::gpio::{AnyPin, OutputPin, Pull};
use esp_hal::peripherals::{
    ADC1, FLASH, FROM_CPU_INTR0, FROM_CPU_INTR1, FROM_CPU_INTR2, LEDC, TIMG1, UART1,
};
use esp_hal::timer::AnyTimer;

use super::board::{PilotPin, ProximityPin, TemperaturePin};

/// A pin of any number.
pub type Pin = AnyPin<'static>;

/// Takes a pin that will be driven: an input-only pin does not compile.
#[must_use]
pub fn out(pin: impl OutputPin + 'static) -> Pin {
    pin.degrade()
}

/// Everything that the firmware uses of a board.
pub struct Claim {
    /// Name of the board.
    pub name: &'static str,
    /// Pins of the charging control.
    pub control: ControlPins,
    /// Line of switch and card reader.
    pub switch: Pin,
    /// Pilot, proximity and temperature.
    pub analogue: Analogue,
    /// Meter line.
    pub line: LinePins,
    /// Display and buttons.
    pub panel: Option<PanelPins>,
    /// Buzzer.
    pub buzzer: Option<Pin>,
    /// Generator of all pulse widths.
    pub ledc: LEDC<'static>,
    /// Flash.
    pub flash: FLASH<'static>,
    /// Watchdog group.
    pub watchdog: TIMG1<'static>,
    /// Timers and interrupts of the executors.
    pub system: System,
}

/// Pins of the charging control.
pub struct ControlPins {
    /// Contactor 1, HIGH = closed.
    pub contactor1: Pin,
    /// Contactor 2, HIGH = closed.
    pub contactor2: Pin,
    /// Isolation of the pilot, HIGH = isolated.
    pub isolation: Pin,
    /// Pilot generator.
    pub pilot: Pin,
    /// Residual-current monitor, HIGH = fault.
    pub residual_current: Pin,
    /// Pull of that pin.
    pub residual_current_pull: Pull,
    /// Cable lock.
    pub lock: Option<LockPins>,
    /// Status light: red, green, blue; HIGH = on.
    pub light: Option<[Pin; 3]>,
}

/// Pins of the cable lock.
pub struct LockPins {
    /// Lead R.
    pub red: Pin,
    /// Lead W.
    pub white: Pin,
    /// Feedback.
    pub feedback: Pin,
}

/// Converter with its pins.
pub struct Analogue {
    /// The converter.
    pub converter: ADC1<'static>,
    /// CP_IN.
    pub pilot: PilotPin,
    /// PP_IN.
    pub proximity: ProximityPin,
    /// TEMP.
    pub temperature: TemperaturePin,
    /// Timer of the sample points.
    pub timer: AnyTimer<'static>,
}

/// Serial port of the meter line.
pub struct LinePins {
    /// The port.
    pub port: UART1<'static>,
    /// Transmit.
    pub tx: Pin,
    /// Receive.
    pub rx: Pin,
    /// Direction, HIGH = transmit.
    pub direction: Pin,
}

/// Pins of display and buttons.
pub struct PanelPins {
    /// Clock.
    pub clock: Pin,
    /// Data and button ">".
    pub data: Pin,
    /// Select and button "o".
    pub select: Pin,
    /// Button "<".
    pub left: Pin,
    /// Reset of the display, where wired.
    pub reset: Option<Pin>,
    /// Backlight, where wired.
    pub backlight: Option<Pin>,
}

/// What the executors need.
pub struct System {
    /// Timer of the scheduler and of `embassy-time`.
    pub timer: AnyTimer<'static>,
    /// Interrupt of the scheduler.
    pub scheduler: FROM_CPU_INTR0<'static>,
    /// Interrupt of the control executor.
    pub control: FROM_CPU_INTR1<'static>,
    /// Interrupt of the planning executor.
    pub planning: FROM_CPU_INTR2<'static>,
}
