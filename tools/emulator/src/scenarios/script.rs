//! Parts of scripts that several scenarios share.

use std::path::Path;

use smartevse_sim::connector::PilotSeen;

use crate::driver::Act;
use crate::machine::Fitting;
use crate::record::{Edge, View};
use crate::rig::{Failure, Rig};

/// Longest time from plug-in to closing (I-22), in steps of the plant.
pub const UNTIL_CHARGING: u32 = 90_000;

/// Steps for which a charge runs before something befalls it: the offer has
/// reached its final value.
const SETTLED: u32 = 15_000;

/// Fails unless something is so.
pub fn check(is_so: bool, what: &str) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(what.into()) }
}

/// The car draws current through a closed first contactor.
pub fn is_charging(view: &View) -> bool {
    view.contactors[0] && view.current_a > 0.0
}

/// Both contactor pins are low.
pub fn is_open(view: &View) -> bool {
    view.contactors == [false; 2]
}

/// The pilot is connected and steady at +12 V.
pub fn is_steady(view: &View) -> bool {
    view.pilot == PilotSeen::SteadyHigh
}

/// Boots a firmware and lets the default car charge.
pub fn charging(firmware: &Path, fitting: Fitting) -> Result<Rig, Failure> {
    let mut rig = Rig::boot(firmware, fitting)?;
    rig.wait("steady +12 V after the start", 10_000, is_steady)?;
    plugged(rig)
}

/// Plugs the default car in and lets it charge until all is settled.
pub fn plugged(mut rig: Rig) -> Result<Rig, Failure> {
    rig.act(Act::Plug(Box::default()))?;
    rig.wait("charging", UNTIL_CHARGING, is_charging)?;
    rig.run(SETTLED)?;
    check(is_charging(rig.view()), "the charge does not last")?;
    rig.take_edges();
    Ok(rig)
}

/// The changes with which the first and the second contactor open.
pub fn falls(edges: &[Edge]) -> Result<(Edge, Edge), Failure> {
    let fall = |nth: usize| {
        let open = |edge: &&Edge| edge.contactors.get(nth) == Some(&false);
        edges.iter().find(open).copied()
    };
    match (fall(0), fall(1)) {
        (Some(first), Some(second)) => Ok((first, second)),
        _ => Err("no contactor pin changed".into()),
    }
}

/// Checks the order of the contactors (I-02, I-03): the second one changes only
/// while the first has been open for 10 polls, except when both open at once,
/// and is closed alone for at most 20 polls and the one under way.
pub fn in_order(edges: &[Edge]) -> Result<(), Failure> {
    for pair in edges.windows(2) {
        let [before, after] = pair else { continue };
        let polls = after.counts.polls - before.counts.polls;
        let ([first, second], [_, changed]) = (before.contactors, after.contactors);
        let changes = second != changed;
        let at_once = first || polls == 0;
        let all_off = at_once && after.contactors == [false; 2];
        let early = first || polls < 10;
        check(
            !changes || all_off || !early,
            "contactor 2 moved under load",
        )?;
        let alone = before.contactors == [false, true];
        check(!alone || polls <= 21, "contactor 2 alone for too long")?;
    }
    Ok(())
}
