//! Normal operation.

use std::path::Path;

use smartevse_sim::connector::PilotSeen;

use super::script::{UNTIL_CHARGING, check, in_order, is_charging, is_open, is_steady};
use crate::driver::Act;
use crate::machine::Fitting;
use crate::record::View;
use crate::rig::{Failure, Rig};

/// Duty for the default MAX of 16 A: floor(5 · 160 / 3) ‰.
const DUTY_AT_MAX: u16 = 266;

/// Smallest duty that offers a current: 6 A.
const DUTY_AT_MIN: u16 = 100;

/// From reset on: contactors open, pilot isolated until the firmware has
/// decided, then steady +12 V; a waiting car is not closed in the first 5 s.
pub fn boot(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    check(is_open(rig.view()), "a contactor pin is high at reset")?;
    let isolated = rig.view().pilot == PilotSeen::Isolated;
    check(isolated, "the pilot is connected at reset")?;
    rig.act(Act::Plug(Box::default()))?;
    rig.hold("both contactors open for 5 s", 5_000, is_open)?;
    check(rig.view().counts.resets == 0, "the part was reset")?;
    check(rig.view().counts.polls > 400, "fewer than 400 polls in 5 s")?;
    Ok(format!("{} polls in 5 s", rig.view().counts.polls))
}

fn offers(view: &View) -> bool {
    matches!(view.pilot, PilotSeen::Pulse(_))
}

fn legal_offer(view: &View) -> bool {
    matches!(view.pilot, PilotSeen::Pulse(DUTY_AT_MIN..=DUTY_AT_MAX))
}

/// Plug-in, offer, closing, charge at the offer, unplugging.
pub fn whole(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    rig.wait("steady +12 V after the start", 10_000, is_steady)?;
    rig.hold("A without a car", 2_000, |view| {
        is_steady(view) && is_open(view)
    })?;
    rig.act(Act::Plug(Box::default()))?;
    let to_offer = rig.wait("an offer to the car", UNTIL_CHARGING, offers)?;
    check(is_open(rig.view()), "closed before the car asked")?;
    let to_close = rig.wait("closing", UNTIL_CHARGING, |view| view.contactors[0])?;
    rig.wait("charging", 10_000, is_charging)?;
    rig.hold("an offer within the limits", 15_000, legal_offer)?;
    let duty = PilotSeen::Pulse(DUTY_AT_MAX);
    check(rig.view().pilot == duty, "the offer is not the full MAX")?;
    let (current, offered) = (rig.view().current_a, duty.offer_a());
    check(
        (current - offered).abs() < 0.2,
        "the car does not take the offer",
    )?;
    let both = rig.view().contactors == [true; 2];
    check(both, "the second contactor is not closed")?;
    let to_open = unplug(&mut rig)?;
    let edges = rig.take_edges();
    in_order(&edges)?;
    check(rig.view().counts.resets == 0, "the part was reset")?;
    Ok(format!(
        "{to_offer} polls to the offer, {to_close} to closing, {current:.1} A at {offered:.1} A, \
         {to_open} polls from unplugging to open"
    ))
}

fn unplug(rig: &mut Rig) -> Result<u32, Failure> {
    rig.act(Act::Unplug)?;
    let polls = rig.wait("open after unplugging", 2_000, |view| !view.contactors[0])?;
    check(
        polls <= 6,
        &format!("open only {polls} polls after unplugging"),
    )?;
    rig.wait("both contactors open", 2_000, is_open)?;
    rig.wait("steady +12 V after unplugging", 2_000, is_steady)?;
    rig.hold("A after unplugging", 5_000, |view| {
        is_steady(view) && is_open(view)
    })?;
    Ok(polls)
}

/// No meter is set, so nobody is asked.
pub fn line_idle(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    rig.run(10_000)?;
    let counts = rig.view().counts;
    check(counts.sent == 0, "characters were sent on the RS-485 line")?;
    check(counts.resets == 0, "the part was reset")?;
    Ok("0 characters in 10 s".into())
}
