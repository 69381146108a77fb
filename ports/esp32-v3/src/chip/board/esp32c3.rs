//! Development variant: ESP32-C3 module on a breadboard. Not a product board.

use esp_hal::analog::adc::AdcCalCurve;
use esp_hal::gpio::{Pin as _, Pull};
use esp_hal::ledc::timer::LSClockSource;
use esp_hal::ledc::{LowSpeed, channel};
use esp_hal::peripherals::{ADC1, GPIO0, GPIO1, GPIO3, LEDC, Peripherals};
use esp_hal::timer::systimer::SystemTimer;
use esp_hal::timer::timg::TimerGroup;

use super::claim::{Analogue, Claim, ControlPins, LinePins, Pin, System, out};

/// CP_IN.
pub type PilotPin = GPIO0<'static>;
/// PP_IN.
pub type ProximityPin = GPIO1<'static>;
/// TEMP.
pub type TemperaturePin = GPIO3<'static>;
/// Calibration of the converter from the eFuses.
pub type Calibration = AdcCalCurve<ADC1<'static>>;
/// Speed mode of the pulse-width generator.
pub type Speed = LowSpeed;

/// Clock of the pulse-width generator.
pub const CLOCK: LSClockSource = LSClockSource::APBClk;
/// Channel of the pilot.
pub const PILOT_CHANNEL: channel::Number = channel::Number::Channel0;
/// Channels of the status light.
pub const LIGHT_CHANNELS: [channel::Number; 3] = [
    channel::Number::Channel1,
    channel::Number::Channel2,
    channel::Number::Channel3,
];
/// Channel of the backlight.
pub const BACKLIGHT_CHANNEL: channel::Number = channel::Number::Channel4;
/// Channel of the buzzer.
pub const BUZZER_CHANNEL: channel::Number = channel::Number::Channel5;

/// Position in the period of the pilot, in counts of its generator.
#[must_use]
pub fn pilot_count() -> u32 {
    LEDC::regs().timer(0).value().read().cnt().bits().into()
}

/// Takes what the firmware uses. There are no pins left for lock, light and
/// panel; the console is the USB of GPIO18 and 19.
#[must_use]
pub fn claim(p: Peripherals) -> Claim {
    let timers = TimerGroup::new(p.TIMG0);
    Claim {
        name: "ESP32-C3 development variant",
        control: ControlPins {
            contactor1: out(p.GPIO6),
            contactor2: out(p.GPIO7),
            isolation: out(p.GPIO5),
            pilot: out(p.GPIO4),
            residual_current: p.GPIO8.degrade(),
            residual_current_pull: Pull::Up,
            lock: None,
            light: None,
        },
        switch: out(p.GPIO10),
        analogue: Analogue {
            converter: p.ADC1,
            pilot: p.GPIO0,
            proximity: p.GPIO1,
            temperature: p.GPIO3,
            timer: timers.timer0.into(),
        },
        line: LinePins {
            port: p.UART1,
            tx: out(p.GPIO21),
            rx: p.GPIO20.degrade(),
            direction: out(p.GPIO2),
        },
        panel: None,
        buzzer: None,
        ledc: p.LEDC,
        flash: p.FLASH,
        watchdog: p.TIMG1,
        system: System {
            timer: SystemTimer::new(p.SYSTIMER).alarm0.into(),
            scheduler: p.FROM_CPU_INTR0,
            control: p.FROM_CPU_INTR1,
            planning: p.FROM_CPU_INTR2,
        },
    }
}

/// Contactors 1 and 2 and the isolation of the pilot, whoever holds them.
///
/// # Safety
///
/// The pins may be in use: only for code that ends in a reset or runs before
/// [`claim`].
#[expect(unsafe_code, reason = "the pins are taken from whoever holds them")]
#[must_use]
pub unsafe fn steal_safe() -> [Pin; 3] {
    use esp_hal::peripherals::{GPIO5, GPIO6, GPIO7};
    // SAFETY: the caller answers for it.
    unsafe {
        [
            out(GPIO6::steal()),
            out(GPIO7::steal()),
            out(GPIO5::steal()),
        ]
    }
}
