//! The store: what was set outlives the power.

use std::path::Path;

use smartevse_sim::connector::PilotSeen;

use super::script::{UNTIL_CHARGING, check, is_charging, is_open, is_steady};
use crate::driver::{Act, Button};
use crate::machine::Fitting;
use crate::record::View;
use crate::rig::{Failure, Rig};

/// Steps in which everything that changed is stored: 1 s.
const STORED: u32 = 1_000;

fn boots(firmware: &Path, fitting: &Fitting) -> Result<Rig, Failure> {
    let mut rig = Rig::boot(firmware, fitting.clone())?;
    rig.wait("steady +12 V after the start", 10_000, is_steady)?;
    Ok(rig)
}

fn set(rig: &mut Rig, line: &str) -> Result<(), Failure> {
    rig.type_line(line);
    rig.run(300)?;
    let taken = rig.console().trim_end().ends_with("ok");
    check(taken, &format!("{line}: {}", rig.console()))
}

fn no_offer(view: &View) -> bool {
    !matches!(view.pilot, PilotSeen::Pulse(_)) && is_open(view)
}

/// Lets the default car charge and gives the duty of the settled offer.
fn offer(rig: &mut Rig) -> Result<PilotSeen, Failure> {
    rig.act(Act::Plug(Box::default()))?;
    rig.wait("charging", UNTIL_CHARGING, is_charging)?;
    rig.run(8_000)?;
    Ok(rig.view().pilot)
}

fn clean(fitting: &Fitting, rig: &Rig) -> Result<(), Failure> {
    check(
        fitting.nor.area().stray == 0,
        "flash outside the area was touched",
    )?;
    check(rig.view().counts.resets == 0, "the part was reset")
}

/// MAX by the console and the access by a button; both are there after the
/// power was cut.
pub fn kept(firmware: &Path) -> Result<String, Failure> {
    let fitting = Fitting::default();
    let mut rig = boots(firmware, &fitting)?;
    check(fitting.nor.area().is_blank(), "written without a change")?;
    set(&mut rig, "set max 10")?;
    rig.run(5_000)?;
    rig.act(Act::Press(Button::Left, true))?;
    rig.run(2_500)?;
    rig.act(Act::Press(Button::Left, false))?;
    rig.run(STORED)?;
    clean(&fitting, &rig)?;
    drop(rig);
    let words = fitting.nor.area().programmed;
    let mut rig = boots(firmware, &fitting)?;
    rig.act(Act::Plug(Box::default()))?;
    rig.hold("no offer with the access of before", 10_000, no_offer)?;
    rig.act(Act::Unplug)?;
    rig.run(2_000)?;
    set(&mut rig, "access on")?;
    let offered = offer(&mut rig)?;
    check(
        offered == PilotSeen::Pulse(166),
        &format!("not the MAX of before: {offered:?}"),
    )?;
    clean(&fitting, &rig)?;
    Ok(format!(
        "{words} words, then access off and an offer of 10 A"
    ))
}

/// The power is cut in the middle of a record: the value of before counts.
pub fn power_cut(firmware: &Path) -> Result<String, Failure> {
    let fitting = Fitting::default();
    let mut rig = boots(firmware, &fitting)?;
    set(&mut rig, "set max 13")?;
    rig.run(STORED)?;
    fitting.nor.area().words_left = Some(7);
    set(&mut rig, "set max 16")?;
    rig.run(STORED)?;
    drop(rig);
    let cut = fitting.nor.area().words_left == Some(0);
    check(cut, "nothing was written when the power was cut")?;
    fitting.nor.area().words_left = None;
    let mut rig = boots(firmware, &fitting)?;
    let offered = offer(&mut rig)?;
    check(
        offered == PilotSeen::Pulse(216),
        &format!("not the MAX of before: {offered:?}"),
    )?;
    clean(&fitting, &rig)?;
    Ok("cut after 7 words of a record: the offer is the 13 A of before".into())
}

/// Scraps in the area: factory values, access off and a fault; they are erased
/// when no car is there, the next start is the same, and when the settings are
/// saved the store keeps again.
pub fn broken(firmware: &Path) -> Result<String, Failure> {
    let fitting = Fitting::default();
    fitting.nor.area().spoil();
    let mut rig = boots(firmware, &fitting)?;
    rig.act(Act::Plug(Box::default()))?;
    rig.hold("no offer with a broken store", 8_000, no_offer)?;
    rig.type_line("status");
    rig.run(200)?;
    let told = rig.console().contains("Storage Fault");
    check(told, &format!("no fault is told: {}", rig.console()))?;
    check(
        fitting.nor.area().erased == 0,
        "erased while a car is there",
    )?;
    rig.act(Act::Unplug)?;
    rig.run(15_000)?;
    let area = fitting.nor.area().clone();
    check(area.erased == 2, "the scraps are still there")?;
    check(!area.is_blank(), "nothing says that values were lost")?;
    clean(&fitting, &rig)?;
    let stall = rig.view().longest_stall_us;
    drop(rig);
    let mut rig = boots(firmware, &fitting)?;
    rig.act(Act::Plug(Box::default()))?;
    rig.hold("no offer after the erases", 8_000, no_offer)?;
    rig.act(Act::Unplug)?;
    rig.run(2_000)?;
    set(&mut rig, "set max 10")?;
    set(&mut rig, "access on")?;
    rig.run(STORED)?;
    clean(&fitting, &rig)?;
    drop(rig);
    let mut rig = boots(firmware, &fitting)?;
    let offered = offer(&mut rig)?;
    check(
        offered == PilotSeen::Pulse(166),
        &format!("not the MAX of before: {offered:?}"),
    )?;
    clean(&fitting, &rig)?;
    Ok(format!(
        "no offer, 2 erases of up to {} ms without a reset, no offer again until settings are saved",
        stall / 1000
    ))
}
