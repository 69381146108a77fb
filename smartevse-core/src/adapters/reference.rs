//! A board with the reference circuit, from its pins.

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::pwm::SetDutyCycle;
use smartevse_types::MilliVolts;

use super::{
    ActiveLevel, InputLine, Mcp9700, MilliVoltSource, OutputLine, PilotSampler, PinContactors,
    PinLock, PinMonitor, PinSwitch, PullUpProximity, PwmPilot, ReadBack,
};
use crate::hardware::{Parts, StatusLight};
use crate::options::LockKind;

/// Digital lines of the reference circuit (boards specification §1): outputs O,
/// inputs I, input of the switch S.
#[derive(Debug)]
pub struct ReferenceLines<O, I, S> {
    /// Isolation of the pilot: high separates the connector.
    pub isolation: O,
    /// Main contactor: high energises the coil.
    pub contactor1: O,
    /// Second contactor: high energises the coil.
    pub contactor2: O,
    /// Cable lock, where fitted.
    pub lock: Option<LockLines<O, I>>,
    /// Residual-current monitor: high is a fault, so a broken wire is one.
    pub monitor: I,
    /// Test of the monitor, where wired: low runs the test.
    pub monitor_test: Option<O>,
    /// External switch: closed pulls the input low.
    pub switch: S,
}

/// Lines of the cable lock.
#[derive(Debug)]
pub struct LockLines<O, I> {
    /// Red lead.
    pub red: O,
    /// White lead.
    pub white: O,
    /// Feedback.
    pub feedback: I,
}

/// Sources of the measured values of the reference circuit.
#[derive(Debug)]
pub struct ReferenceSources<P, X, T> {
    /// Summary of the pilot.
    pub pilot: P,
    /// Voltage of the proximity contact, pulled up with 1 kΩ to 3.3 V.
    pub proximity: X,
    /// Voltage at which the converter of the proximity contact saturates, where
    /// that is below its supply.
    pub proximity_ceiling: Option<MilliVolts>,
    /// Voltage of the temperature sensor, an MCP9700A.
    pub temperature: T,
}

/// A board with the reference circuit.
pub type ReferenceBoard<W, P, X, T, O, I, S, G> = Parts<
    PwmPilot<W, P, ReadBack<O>>,
    PinContactors<ReadBack<O>, ReadBack<O>>,
    PullUpProximity<X>,
    Option<PinLock<O, O, I>>,
    PinMonitor<I, O>,
    Mcp9700<T>,
    PinSwitch<S>,
    G,
>;

/// Joins pulse-width channel, measured values, lines and light to a board; no
/// level changes. Contactors and isolation are read back at their pads.
pub fn reference_board<W, P, X, T, O, I, S, G>(
    channel: W,
    sources: ReferenceSources<P, X, T>,
    lines: ReferenceLines<O, I, S>,
    light: G,
) -> ReferenceBoard<W, P, X, T, O, I, S, G>
where
    W: SetDutyCycle,
    P: PilotSampler,
    X: MilliVoltSource,
    T: MilliVoltSource,
    O: OutputPin + InputPin,
    I: InputPin,
    S: InputPin,
    G: StatusLight,
{
    let vital = |pin| OutputLine::new(ReadBack::new(pin), ActiveLevel::High);
    let proximity = PullUpProximity::new(sources.proximity);
    let test = |pin| OutputLine::new(pin, ActiveLevel::Low);
    Parts {
        pilot: PwmPilot::new(channel, sources.pilot).with_isolation(vital(lines.isolation)),
        proximity: match sources.proximity_ceiling {
            Some(ceiling) => proximity.with_ceiling(ceiling),
            None => proximity,
        },
        contactors: PinContactors::new(vital(lines.contactor1), vital(lines.contactor2)),
        lock: lines.lock.map(|lock| {
            PinLock::new(lock.red, lock.white, LockKind::Disabled).with_feedback(lock.feedback)
        }),
        residual_current: PinMonitor::with_optional_test(
            InputLine::new(lines.monitor, ActiveLevel::High),
            lines.monitor_test.map(test),
        ),
        temperature: Mcp9700::new(sources.temperature),
        switch: PinSwitch::new(InputLine::new(lines.switch, ActiveLevel::Low)),
        light,
    }
}
