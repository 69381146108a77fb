//! The picture on the display, dot by dot.

use std::path::Path;

use super::script::check;
use crate::driver::{Act, Button};
use crate::machine::Fitting;
use crate::rig::{Failure, Rig};

/// Golden pictures of the menu's own tests.
const READY: &str = include_str!("../../../../smartevse-menu/tests/golden/screens/ready.txt");
const HOLD_MENU: &str =
    include_str!("../../../../smartevse-menu/tests/golden/screens/hold-menu.txt");
const HOLD_STOP: &str =
    include_str!("../../../../smartevse-menu/tests/golden/screens/hold-stop.txt");

/// Waits until the display shows a picture; gives the steps it took.
fn shows(rig: &mut Rig, what: &str, golden: &str, steps: u32) -> Result<u32, Failure> {
    for step in 0..steps {
        if rig.lcd().text() == golden {
            return Ok(step);
        }
        rig.run(1)?;
    }
    let shown = rig.lcd().text();
    Err(format!(
        "{what} is not shown within {steps} steps, but\n{shown}"
    ))
}

/// The screen of an idle charger, after the one with its name.
pub fn ready(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    rig.run(1_000)?;
    let named = rig.lcd().text();
    check(named.contains('#'), "nothing is shown after 1 s")?;
    let steps = shows(&mut rig, "the ready screen", READY, 15_000)?;
    check(named != READY, "the name is not shown first")?;
    Ok(format!(
        "equal to the golden picture after {} ms",
        steps + 1_000
    ))
}

/// A held button shows what it will do; released, the charger is ready again.
pub fn button(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    shows(&mut rig, "the ready screen", READY, 15_000)?;
    let mut took = Vec::new();
    for (button, golden) in [(Button::Middle, HOLD_MENU), (Button::Left, HOLD_STOP)] {
        rig.act(Act::Press(button, true))?;
        took.push(shows(
            &mut rig,
            "what a held button will do",
            golden,
            1_500,
        )?);
        rig.act(Act::Press(button, false))?;
        shows(&mut rig, "the ready screen again", READY, 15_000)?;
    }
    Ok(format!("golden pictures after {took:?} ms of holding"))
}
