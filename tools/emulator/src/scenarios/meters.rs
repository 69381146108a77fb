//! A mains meter on the RS-485 line.

use std::path::Path;

use super::script::{UNTIL_CHARGING, check, is_charging, is_open, is_steady};
use crate::driver::Act;
use crate::machine::Fitting;
use crate::rig::{Failure, Rig};

/// Lines that put an Eastron meter on the line and guard the mains with it.
const SETTINGS: [&str; 3] = ["set mains_adr 10", "set mains_met 4", "set mode Smart"];

/// Current of the house on L1, amperes: leaves 10 A of the default MAINS, 25 A.
const HOUSE: f32 = 15.0;

/// The room that the house leaves, and what the meter may be off by.
const ROOM: f64 = 10.0 + 0.2;

/// Decision 56 and I-12: stale at the latest after 12 s, then 6.1 s for the
/// car to stop, in polls.
const LIMIT: u32 = 1_200 + 610;

fn measured(firmware: &Path) -> Result<Rig, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    rig.wait("steady +12 V after the start", 10_000, is_steady)?;
    rig.run(1_000)?;
    for line in SETTINGS {
        rig.type_line(line);
        rig.run(500)?;
    }
    rig.meter().house = [HOUSE, 0.0, 0.0];
    rig.run(5_000)?;
    let asked = rig.meter().asked;
    check(
        asked > 0,
        &format!("the meter is not asked; {}", rig.console()),
    )?;
    let undirected = rig.view().counts.sent_without_direction;
    check(undirected == 0, "sent while the transceiver listens")?;
    Ok(rig)
}

/// Charges in Smart mode beside a house, until the meter falls silent.
pub fn silent(firmware: &Path) -> Result<String, Failure> {
    let mut rig = measured(firmware)?;
    rig.act(Act::Plug(Box::default()))?;
    rig.wait("charging", UNTIL_CHARGING, is_charging)?;
    rig.run(20_000)?;
    rig.hold("the car takes no more than the room", 10_000, |view| {
        view.contactors[0] && view.current_a <= ROOM
    })?;
    let (current, asked) = (rig.view().current_a, rig.meter().asked);
    rig.meter().silent = true;
    let polls = rig.wait("open after the meter fell silent", 30_000, is_open)?;
    check(polls <= LIMIT, &format!("open only after {polls} polls"))?;
    check(rig.view().counts.resets == 0, "the part was reset")?;
    Ok(format!(
        "{asked} requests, {current:.1} A beside a house of {HOUSE} A; \
         open {polls} of {LIMIT} polls after silence"
    ))
}
