//! SmartEVSE v3.0 and v3.1 (ESP32).

use esp_hal::analog::adc::AdcCalLine;
use esp_hal::efuse;
use esp_hal::gpio::{Pin as _, Pull};
use esp_hal::ledc::timer::HSClockSource;
use esp_hal::ledc::{HighSpeed, channel};
use esp_hal::peripherals::{ADC1, GPIO34, GPIO36, GPIO39, LEDC, Peripherals};
use esp_hal::timer::timg::TimerGroup;

use super::claim::{Analogue, Claim, ControlPins, LinePins, LockPins, PanelPins, Pin, System, out};
use crate::revision::Revision;

/// CP_IN.
pub type PilotPin = GPIO39<'static>;
/// PP_IN.
pub type ProximityPin = GPIO34<'static>;
/// TEMP.
pub type TemperaturePin = GPIO36<'static>;
/// Calibration of the converter from the eFuses.
pub type Calibration = AdcCalLine<ADC1<'static>>;
/// Speed mode of the pulse-width generator.
pub type Speed = HighSpeed;

/// Clock of the pulse-width generator.
pub const CLOCK: HSClockSource = HSClockSource::APBClk;
/// Channel of the pilot; channel 1 stays free.
pub const PILOT_CHANNEL: channel::Number = channel::Number::Channel0;
/// Channels of the status light.
pub const LIGHT_CHANNELS: [channel::Number; 3] = [
    channel::Number::Channel2,
    channel::Number::Channel3,
    channel::Number::Channel4,
];
/// Channel of the backlight.
pub const BACKLIGHT_CHANNEL: channel::Number = channel::Number::Channel5;
/// Channel of the buzzer.
pub const BUZZER_CHANNEL: channel::Number = channel::Number::Channel6;

/// Position in the period of the pilot, in counts of its generator.
#[must_use]
pub fn pilot_count() -> u32 {
    LEDC::regs().hstimer(0).value().read().cnt().bits()
}

/// Revision of this board.
#[must_use]
pub fn revision() -> Revision {
    Revision::of_package(efuse::read_field_le(efuse::CHIP_PACKAGE))
}

/// Pins that differ between the revisions.
struct Moved {
    name: &'static str,
    red: Pin,
    white: Pin,
    residual_current: Pin,
    residual_current_pull: Pull,
    switch: Pin,
    rx: Pin,
    buzzer: Option<Pin>,
}

/// Takes the pins that differ; the others of a revision stay as they are.
macro_rules! moved {
    ($p:ident, $revision:expr) => {
        match $revision {
            Revision::V30 => Moved {
                name: "SmartEVSE v3.0",
                red: out($p.GPIO17),
                white: out($p.GPIO18),
                residual_current: $p.GPIO13.degrade(),
                residual_current_pull: Pull::Up,
                switch: out($p.GPIO16),
                rx: $p.GPIO23.degrade(),
                buzzer: None,
            },
            Revision::V31 => Moved {
                name: "SmartEVSE v3.1",
                red: out($p.GPIO10),
                white: out($p.GPIO9),
                residual_current: $p.GPIO38.degrade(),
                // GPIO38 has no pull; the board has 10 kΩ to 3.3 V.
                residual_current_pull: Pull::None,
                switch: out($p.GPIO23),
                rx: $p.GPIO37.degrade(),
                buzzer: Some(out($p.GPIO18)),
            },
        }
    };
}

/// Takes what the firmware uses.
#[must_use]
pub fn claim(p: Peripherals) -> Claim {
    let moved = moved!(p, revision());
    let timers = TimerGroup::new(p.TIMG0);
    Claim {
        name: moved.name,
        control: ControlPins {
            contactor1: out(p.GPIO32),
            contactor2: out(p.GPIO27),
            isolation: out(p.GPIO15),
            pilot: out(p.GPIO19),
            residual_current: moved.residual_current,
            residual_current_pull: moved.residual_current_pull,
            lock: Some(LockPins {
                red: moved.red,
                white: moved.white,
                feedback: p.GPIO35.degrade(),
            }),
            light: Some([out(p.GPIO2), out(p.GPIO4), out(p.GPIO12)]),
        },
        switch: moved.switch,
        analogue: Analogue {
            converter: p.ADC1,
            pilot: p.GPIO39,
            proximity: p.GPIO34,
            temperature: p.GPIO36,
            timer: timers.timer1.into(),
        },
        line: LinePins {
            port: p.UART1,
            tx: out(p.GPIO21),
            rx: moved.rx,
            direction: out(p.GPIO22),
        },
        panel: Some(PanelPins {
            clock: out(p.GPIO26),
            data: out(p.GPIO33),
            select: out(p.GPIO25),
            left: p.GPIO0.degrade(),
            reset: Some(out(p.GPIO5)),
            backlight: Some(out(p.GPIO14)),
        }),
        buzzer: moved.buzzer,
        ledc: p.LEDC,
        flash: p.FLASH,
        watchdog: p.TIMG1,
        system: System {
            timer: timers.timer0.into(),
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
    use esp_hal::peripherals::{GPIO15, GPIO27, GPIO32};
    // SAFETY: the caller answers for it.
    unsafe {
        [
            out(GPIO32::steal()),
            out(GPIO27::steal()),
            out(GPIO15::steal()),
        ]
    }
}
