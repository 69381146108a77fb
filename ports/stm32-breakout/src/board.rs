//! Electrical facts of the board, and the hardware roles made of its parts.

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::pwm::SetDutyCycle;
use smartevse_core::adapters::{
    ActiveLevel, InputLine, Linear, Mcp9700, MilliVoltSource, OutputLine, PilotSampler,
    PinContactors, PinLock, PinMonitor, PinSwitch, PullUpProximity, PwmPilot,
};
use smartevse_core::hardware::{NotFitted, Parts};
use smartevse_core::options::LockKind;
use smartevse_types::{MilliVolts, Ohms};

/// Supply and reference of the converter, mV.
pub const REFERENCE: MilliVolts = MilliVolts::from_milli(3_300);

/// Largest count of the converter (12 bit).
pub const FULL_SCALE: u16 = 4_095;

/// Two points of the pilot's sense network, converter ↔ connector.
///
/// 40.2 kΩ to the pilot, 10 kΩ to 3.3 V, 15 kΩ to ground (boards specification
/// §1.2). A board whose resistors were measured changes these two rows.
pub const PILOT_SENSE: [(MilliVolts, MilliVolts); 2] = [
    (MilliVolts::from_milli(164), MilliVolts::from_milli(-12_000)),
    (
        MilliVolts::from_milli(3_281),
        MilliVolts::from_milli(12_000),
    ),
];

/// Pull-up of the proximity contact to [`REFERENCE`] (boards specification
/// §1.8).
pub const PROXIMITY_PULL_UP: Ohms = Ohms::from_ohms(1_000);

/// Level at which an output or input means "yes".
pub mod polarity {
    use smartevse_core::adapters::ActiveLevel;

    /// CPOFF: high separates the connector.
    pub const ISOLATION: ActiveLevel = ActiveLevel::High;
    /// SSR1, SSR2: high energises the coil.
    pub const CONTACTOR: ActiveLevel = ActiveLevel::High;
    /// Fault line of the monitor: high is a fault, so a broken wire is one.
    pub const MONITOR_FAULT: ActiveLevel = ActiveLevel::High;
    /// Test line of the monitor: low runs the test.
    pub const MONITOR_TEST: ActiveLevel = ActiveLevel::Low;
    /// External switch: closed pulls the input low.
    pub const SWITCH: ActiveLevel = ActiveLevel::Low;
    /// Buttons of the panel: pressed pulls the input low.
    pub const BUTTON: ActiveLevel = ActiveLevel::Low;
    /// Light: high lets a colour shine (N-channel transistor to ground).
    pub const LIGHT: ActiveLevel = ActiveLevel::High;
}

/// Makes the line of [`PILOT_SENSE`].
///
/// `None` when both points have the same voltage at the converter.
#[must_use]
pub fn pilot_sense() -> Option<Linear> {
    let [first, second] = PILOT_SENSE;
    Linear::new(first, second)
}

/// Converts a count to millivolts at the converter; rounds to nearest.
#[must_use]
pub fn milli_volts(count: u16) -> MilliVolts {
    let full = i64::from(FULL_SCALE);
    let twice = i64::from(count)
        .saturating_mul(i64::from(REFERENCE.as_milli()))
        .saturating_mul(2)
        .saturating_add(full);
    let level = twice.checked_div(full.saturating_mul(2)).unwrap_or(0);
    MilliVolts::from_milli(i32::try_from(level).unwrap_or(i32::MAX))
}

/// Digital lines of the charging control, outputs O and inputs I.
#[derive(Debug)]
pub struct Lines<O, I> {
    /// CPOFF.
    pub isolation: O,
    /// SSR1.
    pub contactor1: O,
    /// SSR2.
    pub contactor2: O,
    /// ACTA.
    pub lock_red: O,
    /// ACTB.
    pub lock_white: O,
    /// Test of the residual-current monitor.
    pub monitor_test: O,
    /// LOCK_IN.
    pub lock_feedback: I,
    /// Fault of the residual-current monitor.
    pub monitor: I,
    /// SW.
    pub switch: I,
}

/// Sources of the measured values.
#[derive(Debug)]
pub struct Analog<S, X, T> {
    /// Summary of the pilot.
    pub pilot: S,
    /// Voltage of the proximity contact.
    pub proximity: X,
    /// Voltage of the temperature sensor.
    pub temperature: T,
}

/// The board of adapters. The light belongs to the planning context.
pub type Breakout<W, S, X, T, O, I> = Parts<
    PwmPilot<W, S, O>,
    PinContactors<O, O>,
    PullUpProximity<X>,
    PinLock<O, O, I>,
    PinMonitor<I, O>,
    Mcp9700<T>,
    PinSwitch<I>,
    NotFitted,
>;

/// Joins channel, measured values and lines to a board; no level changes.
///
/// The type of the lock is a setting: take it over with
/// [`PinLock::set_kind`] at each poll.
pub fn breakout<W, S, X, T, O, I>(
    channel: W,
    analog: Analog<S, X, T>,
    lines: Lines<O, I>,
) -> Breakout<W, S, X, T, O, I>
where
    W: SetDutyCycle,
    S: PilotSampler,
    X: MilliVoltSource,
    T: MilliVoltSource,
    O: OutputPin,
    I: InputPin,
{
    let contactor = |pin| OutputLine::new(pin, polarity::CONTACTOR);
    let input = |pin, active: ActiveLevel| InputLine::new(pin, active);
    Parts {
        pilot: PwmPilot::new(channel, analog.pilot)
            .with_isolation(OutputLine::new(lines.isolation, polarity::ISOLATION)),
        proximity: PullUpProximity::new(analog.proximity)
            .with_pull_up(PROXIMITY_PULL_UP, REFERENCE),
        contactors: PinContactors::new(contactor(lines.contactor1), contactor(lines.contactor2)),
        lock: PinLock::new(lines.lock_red, lines.lock_white, LockKind::Disabled)
            .with_feedback(lines.lock_feedback),
        residual_current: PinMonitor::new(input(lines.monitor, polarity::MONITOR_FAULT))
            .with_test(OutputLine::new(lines.monitor_test, polarity::MONITOR_TEST)),
        temperature: Mcp9700::new(analog.temperature),
        switch: PinSwitch::new(input(lines.switch, polarity::SWITCH)),
        light: NotFitted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boards 3.2: counts of the nominal pilot levels, through both
    /// conversions.
    #[test]
    fn when_the_pilot_has_a_nominal_level_then_the_count_reads_as_that_level() {
        let sense = pilot_sense().unwrap();
        for (count, nominal) in [
            (4_071, 12_000),
            (3_588, 9_000),
            (3_105, 6_000),
            (2_621, 3_000),
            (2_138, 0),
            (204, -12_000),
        ] {
            let error = sense.at(milli_volts(count)).as_milli() - nominal;
            assert!(error.abs() <= 20, "{count}: off by {error} mV");
        }
    }

    /// Boards 3.2: a +12 V rail above 12.15 V saturates and is still 12 V.
    #[test]
    fn when_the_converter_saturates_then_the_level_is_above_twelve_volts() {
        let level = pilot_sense().unwrap().at(milli_volts(FULL_SCALE));
        assert!((12_000..12_300).contains(&level.as_milli()), "{level:?}");
        assert_eq!(milli_volts(0), MilliVolts::ZERO);
        assert_eq!(milli_volts(FULL_SCALE), REFERENCE);
    }

    #[test]
    fn when_counts_rise_then_millivolts_never_fall() {
        let sense = pilot_sense().unwrap();
        let mut last = MilliVolts::MIN;
        for count in 0..=FULL_SCALE {
            let level = sense.at(milli_volts(count));
            assert!(level >= last);
            last = level;
        }
    }
}
