//! Contracts of the sensors.

use smartevse_types::{Celsius, Duration, Ohms};

use super::{Bench, Clause, Violation, accept, demand};
use crate::hardware::{ExternalSwitch, ProximityPilot, ResidualCurrentMonitor, Temperature};
use crate::io::{ProximityInput, ResidualCurrentInput, TemperatureInput};

/// Plausible temperatures (charging specification §9).
const COLDEST: Celsius = Celsius::from_celsius(-40);
const HOTTEST: Celsius = Celsius::from_celsius(110);

/// Checks that a proximity contact can be read.
///
/// # Errors
///
/// `Reads` when it cannot.
pub fn proximity_pilot(proximity: &mut impl ProximityPilot) -> Result<(), Violation> {
    for _ in 0..5 {
        accept(proximity.read_proximity(), Clause::Reads)?;
    }
    Ok(())
}

/// Checks the reading of a known resistor between the contact and earth.
///
/// # Errors
///
/// `Reads`, or `ProximityReading` when it is off by more than 10 %.
pub fn proximity_reads(
    proximity: &mut impl ProximityPilot,
    resistor: Ohms,
) -> Result<(), Violation> {
    let input = accept(proximity.read_proximity(), Clause::Reads)?;
    let holds = match input {
        ProximityInput::Resistance(seen) => {
            let seen = u64::from(seen.as_ohms()).saturating_mul(10);
            let known = u64::from(resistor.as_ohms());
            seen >= known.saturating_mul(9) && seen <= known.saturating_mul(11)
        }
        ProximityInput::OpenOrA13 => resistor >= Ohms::from_ohms(1_100),
        ProximityInput::Missing | ProximityInput::Open => false,
    };
    demand(holds, Clause::ProximityReading)
}

/// Checks that a monitor can be read, accepts its test and clears its edge.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`, `EdgeCleared`.
pub fn residual_current_monitor(
    monitor: &mut impl ResidualCurrentMonitor,
) -> Result<(), Violation> {
    let verdict = monitor_answers(monitor);
    verdict.and(accept(monitor.set_test(false), Clause::Accepts))
}

/// Checks that a connected monitor reacts to its test, over about 3 s.
///
/// A board without a test output passes when the monitor reads normal.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`, `MonitorNormal`,
/// `MonitorTest`.
pub fn monitor_test(
    monitor: &mut impl ResidualCurrentMonitor,
    bench: &mut impl Bench,
) -> Result<(), Violation> {
    let verdict = reacts(monitor, bench);
    verdict.and(accept(monitor.set_test(false), Clause::Accepts))
}

fn monitor_answers(monitor: &mut impl ResidualCurrentMonitor) -> Result<(), Violation> {
    accept(monitor.read_residual_current(), Clause::Reads)?;
    for active in [true, false] {
        accept(monitor.set_test(active), Clause::Accepts)?;
    }
    let _ = monitor.take_edge();
    demand(!monitor.take_edge(), Clause::EdgeCleared)
}

fn reacts(
    monitor: &mut impl ResidualCurrentMonitor,
    bench: &mut impl Bench,
) -> Result<(), Violation> {
    accept(monitor.set_test(false), Clause::Accepts)?;
    bench.wait(Duration::from_secs(1));
    normal(monitor)?;
    if !monitor.has_test() {
        return Ok(());
    }
    let _ = monitor.take_edge();
    accept(monitor.set_test(true), Clause::Accepts)?;
    bench.wait(Duration::from_secs(1));
    let level = accept(monitor.read_residual_current(), Clause::Reads)?;
    let reacted = level == ResidualCurrentInput::Fault || monitor.take_edge();
    demand(reacted, Clause::MonitorTest)?;
    accept(monitor.set_test(false), Clause::Accepts)?;
    bench.wait(Duration::from_secs(1));
    normal(monitor)
}

fn normal(monitor: &mut impl ResidualCurrentMonitor) -> Result<(), Violation> {
    let level = accept(monitor.read_residual_current(), Clause::Reads)?;
    demand(level == ResidualCurrentInput::Normal, Clause::MonitorNormal)
}

/// Checks that a temperature can be read and is plausible where measured.
///
/// # Errors
///
/// `Reads` or `TemperaturePlausible`.
pub fn temperature(sensor: &mut impl Temperature) -> Result<(), Violation> {
    for _ in 0..5 {
        let holds = match accept(sensor.read_temperature(), Clause::Reads)? {
            TemperatureInput::Measured(t) => t >= COLDEST && t <= HOTTEST,
            TemperatureInput::Missing | TemperatureInput::NotFitted => true,
            TemperatureInput::Failed => return demand(false, Clause::Reads),
        };
        demand(holds, Clause::TemperaturePlausible)?;
    }
    Ok(())
}

/// Checks that a switch can be read.
///
/// # Errors
///
/// `Reads` when it cannot.
pub fn external_switch(switch: &mut impl ExternalSwitch) -> Result<(), Violation> {
    for _ in 0..5 {
        accept(switch.read_switch(), Clause::Reads)?;
    }
    Ok(())
}
