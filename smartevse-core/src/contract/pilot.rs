//! Contract of the control pilot.

use smartevse_types::{Duration, DutyPermille, Instant, MilliVolts};

use super::{Bench, Clause, Violation, accept, demand};
use crate::hardware::ControlPilot;
use crate::io::{MilliVoltRange, PilotSample, PilotSwitch};

/// Duties that every generator must accept: all that the charger uses, and
/// one beyond the end.
const DUTIES: [u16; 10] = [1000, 0, 50, 100, 266, 533, 850, 960, 1001, 1000];

/// Window for the levels of the open connector at +12 V.
const POSITIVE: MilliVoltRange = MilliVoltRange::from_milli(10_500, 13_500);
/// Window for the levels of the open connector at −12 V.
const NEGATIVE: MilliVoltRange = MilliVoltRange::from_milli(-13_500, -10_000);

/// Checks that a pilot accepts every command and that its summaries are well
/// formed.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`, `SampleRange`,
/// `SampleSpan`, `SampleOrder`.
pub fn control_pilot(pilot: &mut impl ControlPilot) -> Result<(), Violation> {
    let verdict = accepts_commands(pilot).and_then(|()| well_formed(pilot));
    verdict.and(park(pilot))
}

/// Checks the levels of a pilot whose connector is open, over about 1 s.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`, `SampleAge`,
/// `SampleFuture`, `SampleWindow`, `SampleRange`, `SampleSpan`, `LowPhase`,
/// `PositiveLevel`, `NegativeLevel`.
pub fn pilot_levels(
    pilot: &mut impl ControlPilot,
    bench: &mut impl Bench,
) -> Result<(), Violation> {
    let verdict = levels(pilot, bench);
    verdict.and(park(pilot))
}

fn park(pilot: &mut impl ControlPilot) -> Result<(), Violation> {
    let switched = pilot.set_switch(PilotSwitch::Isolated);
    let steady = pilot.set_steady_high();
    accept(switched.and(steady), Clause::Accepts)
}

fn accepts_commands(pilot: &mut impl ControlPilot) -> Result<(), Violation> {
    for switch in [PilotSwitch::Isolated, PilotSwitch::Closed] {
        accept(pilot.set_switch(switch), Clause::Accepts)?;
        for permille in DUTIES {
            let duty = DutyPermille::from_permille(permille);
            accept(pilot.set_duty(duty), Clause::Accepts)?;
            accept(pilot.set_duty(duty), Clause::Accepts)?;
        }
        accept(pilot.set_steady_low(), Clause::Accepts)?;
        accept(pilot.set_steady_high(), Clause::Accepts)?;
    }
    Ok(())
}

fn well_formed(pilot: &mut impl ControlPilot) -> Result<(), Violation> {
    let mut newest = Instant::ZERO;
    for _ in 0..3 {
        let Some(sample) = accept(pilot.sample(Instant::ZERO), Clause::Reads)? else {
            continue;
        };
        form(&sample)?;
        demand(sample.at >= newest, Clause::SampleOrder)?;
        newest = sample.at;
    }
    Ok(())
}

fn form(sample: &PilotSample) -> Result<(), Violation> {
    let ordered = |range: &MilliVoltRange| range.min <= range.max;
    demand(ordered(&sample.high), Clause::SampleRange)?;
    let low = sample.low.as_ref();
    demand(low.is_none_or(ordered), Clause::SampleRange)?;
    demand(sample.from <= sample.at, Clause::SampleSpan)
}

fn levels(pilot: &mut impl ControlPilot, bench: &mut impl Bench) -> Result<(), Violation> {
    accept(pilot.set_switch(PilotSwitch::Closed), Clause::Accepts)?;
    let sample = settled(pilot, bench, 1000)?;
    demand(sample.low.is_none(), Clause::LowPhase)?;
    demand(lies_within(sample.high, POSITIVE), Clause::PositiveLevel)?;
    for permille in [100, 533, 960] {
        let sample = settled(pilot, bench, permille)?;
        demand(lies_within(sample.high, POSITIVE), Clause::PositiveLevel)?;
        let Some(low) = sample.low else {
            return demand(false, Clause::LowPhase);
        };
        demand(lies_within(low, NEGATIVE), Clause::NegativeLevel)?;
    }
    let sample = settled(pilot, bench, 0)?;
    demand(sample.low.is_none(), Clause::LowPhase)?;
    demand(lies_within(sample.high, NEGATIVE), Clause::NegativeLevel)
}

/// Sets a duty and gives a summary that speaks only for it.
fn settled(
    pilot: &mut impl ControlPilot,
    bench: &mut impl Bench,
    permille: u16,
) -> Result<PilotSample, Violation> {
    let duty = DutyPermille::from_permille(permille);
    accept(pilot.set_duty(duty), Clause::Accepts)?;
    bench.wait(Duration::from_millis(100));
    let now = bench.now();
    let sample = accept(pilot.sample(now), Clause::Reads)?;
    let Some(sample) = sample else {
        return Err(Violation {
            clause: Clause::SampleAge,
            error: None,
        });
    };
    form(&sample)?;
    demand(sample.at <= now, Clause::SampleFuture)?;
    let age = now.since(sample.at);
    demand(age <= Duration::from_millis(50), Clause::SampleAge)?;
    let span = sample.at.since(sample.from);
    demand(span >= Duration::from_millis(20), Clause::SampleWindow)?;
    Ok(sample)
}

fn lies_within(range: MilliVoltRange, window: MilliVoltRange) -> bool {
    let inside = |level: MilliVolts| level >= window.min && level <= window.max;
    inside(range.min) && inside(range.max)
}
