//! Faults while charging that the charger itself has to act on.
//!
//! Limits are counted in polls of 10 ms, not in emulated time (decision 50).

use std::path::Path;

use super::script::{charging, check, falls, in_order, is_open, is_steady, plugged};
use crate::driver::Act;
use crate::machine::Fitting;
use crate::plant::PilotFault;
use crate::rig::{Failure, Rig};

/// I-06, 12 V or 9 V: 60 ms, of which 25 ms are the window of samples.
const AT_ONCE: u32 = 6;

/// I-06, shorted, diode lost, 3 V: 100 ms more than the above.
const AFTER_100_MS: u32 = 16;

/// I-07: 150 ms after the last good sample.
const UNSAMPLED: u32 = 15;

/// I-08: the second of two samples, and the poll under way.
const RESIDUAL: u32 = 3;

/// Steps for which a contactor has to stay open.
const STAYS: u32 = 1_500;

fn opens(firmware: &Path, act: Act, limit: u32) -> Result<(Rig, String), Failure> {
    opens_in(charging(firmware, Fitting::default())?, act, limit)
}

fn opens_in(mut rig: Rig, act: Act, limit: u32) -> Result<(Rig, String), Failure> {
    let (resets, from) = (rig.view().counts.resets, rig.view().now_us);
    rig.act(act)?;
    let before = rig.view().counts.polls;
    rig.wait("both contactors open", 3_000, is_open)?;
    let edges = rig.take_edges();
    in_order(&edges)?;
    let (first, second) = falls(&edges)?;
    let polls = first.counts.polls - before;
    let measured = format!(
        "open after {polls} of {limit} polls, contactor 2 after {} (emulated {} ms)",
        second.counts.polls - before,
        (first.at_us - from) / 1000
    );
    check(polls <= limit, &format!("too late: {measured}"))?;
    check(second.counts.resets == resets, "it took a reset to open")?;
    rig.hold("both contactors stay open", STAYS, is_open)?;
    Ok((rig, measured))
}

fn pilot(firmware: &Path, fault: PilotFault, limit: u32) -> Result<String, Failure> {
    opens(firmware, Act::Fault(fault), limit).map(|(_, measured)| measured)
}

/// 12 V.
pub fn broken_wire(firmware: &Path) -> Result<String, Failure> {
    pilot(firmware, PilotFault::Nothing, AT_ONCE)
}

/// 9 V.
pub fn car_stops(firmware: &Path) -> Result<String, Failure> {
    pilot(firmware, PilotFault::Connected, AT_ONCE)
}

/// 0 V.
pub fn shorted(firmware: &Path) -> Result<String, Failure> {
    pilot(firmware, PilotFault::Shorted, AFTER_100_MS)
}

/// −6 V in the low phase.
pub fn diode_lost(firmware: &Path) -> Result<String, Failure> {
    pilot(firmware, PilotFault::NoDiode, AFTER_100_MS)
}

/// 3 V.
pub fn ventilation(firmware: &Path) -> Result<String, Failure> {
    pilot(firmware, PilotFault::Ventilated, AFTER_100_MS)
}

/// The converter no longer hears TIM1.
pub fn unsampled(firmware: &Path) -> Result<String, Failure> {
    opens(firmware, Act::Deafen(true), UNSAMPLED).map(|(_, measured)| measured)
}

/// The monitor trips; it stays open when the monitor is well again.
pub fn residual(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    rig.wait("steady +12 V after the start", 10_000, is_steady)?;
    rig.type_line("set rcmon Enabled");
    rig.run(1_000)?;
    let rig = plugged(rig)?;
    let (mut rig, measured) = opens_in(rig, Act::Residual(true), RESIDUAL)?;
    rig.act(Act::Residual(false))?;
    rig.hold("open until a local reset", 20_000, is_open)?;
    Ok(measured)
}
