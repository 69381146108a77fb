//! Electrical facts of the board, and the hardware roles made of its parts.

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::pwm::SetDutyCycle;
use smartevse_core::adapters::{
    ActiveLevel, InputLine, Mcp9700, MilliVoltSource, OutputLine, PilotSampler, PinContactors,
    PinMonitor, PullUpProximity, PwmPilot,
};
use smartevse_core::charger::BoardFacts;
use smartevse_core::hardware::{ErrorKind, NotFitted, Parts};
use smartevse_types::{MilliVolts, Ohms};

use crate::pins::Pins;

/// Fill in: what the board has.
pub const FACTS: BoardFacts = BoardFacts {
    ventilation: false,
    modem: false,
    residual_current_test: false,
    lock_advisory: false,
};

/// Fill in: two points of the sense network of the pilot, converter ↔
/// connector. These are 40.2 kΩ to the pilot, 10 kΩ to 3.3 V and 15 kΩ to
/// ground.
pub const PILOT_SENSE: [(MilliVolts, MilliVolts); 2] = [
    (MilliVolts::from_milli(164), MilliVolts::from_milli(-12_000)),
    (
        MilliVolts::from_milli(3_281),
        MilliVolts::from_milli(12_000),
    ),
];

/// Fill in: pull-up of the proximity contact and its supply.
pub const PROXIMITY: (Ohms, MilliVolts) = (Ohms::from_ohms(1_000), MilliVolts::from_milli(3_300));

/// Fill in: the level at which each line means "yes".
pub mod polarity {
    use smartevse_core::adapters::ActiveLevel;

    /// Energises the coil of a contactor.
    pub const CONTACTOR: ActiveLevel = ActiveLevel::High;
    /// Separates the pilot from the connector.
    pub const ISOLATION: ActiveLevel = ActiveLevel::High;
    /// Residual current; a broken wire must read as one.
    pub const MONITOR: ActiveLevel = ActiveLevel::High;
}

/// The parts of the board. A part that it does not have is [`NotFitted`].
pub type Wired<W, S, X, T, O, I> = Parts<
    PwmPilot<W, S, O>,
    PinContactors<O, O>,
    PullUpProximity<X>,
    NotFitted,
    PinMonitor<I>,
    Mcp9700<T>,
>;

/// Joins channel, samples, voltages and pins to a board; no level changes.
///
/// `voltages`: proximity contact and temperature sensor, at the converter.
pub fn board<W, S, X, T, O, I>(
    channel: W,
    sampler: S,
    voltages: (X, T),
    pins: Pins<O, I>,
) -> Wired<W, S, X, T, O, I>
where
    W: SetDutyCycle,
    S: PilotSampler,
    X: MilliVoltSource,
    T: MilliVoltSource,
    O: OutputPin,
    I: InputPin,
{
    let line = |pin, active: ActiveLevel| OutputLine::new(pin, active);
    let (pull_up, supply) = PROXIMITY;
    Parts {
        pilot: PwmPilot::new(channel, sampler)
            .with_isolation(line(pins.isolation, polarity::ISOLATION)),
        proximity: PullUpProximity::new(voltages.0).with_pull_up(pull_up, supply),
        contactors: PinContactors::new(
            line(pins.contactor1, polarity::CONTACTOR),
            line(pins.contactor2, polarity::CONTACTOR),
        ),
        lock: NotFitted,
        residual_current: PinMonitor::new(InputLine::new(pins.monitor, polarity::MONITOR)),
        temperature: Mcp9700::new(voltages.1),
        switch: NotFitted,
        light: NotFitted,
    }
}

/// A voltage that nobody measures.
///
/// Fill in: the latest conversion of the background, or an error when it is
/// old.
///
/// # Errors
///
/// Always.
pub const fn no_voltage() -> Result<MilliVolts, ErrorKind> {
    Err(ErrorKind::Input)
}
