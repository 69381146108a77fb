//! The firmware's clock.

use std::path::Path;

use super::script::check;
use crate::machine::Fitting;
use crate::rig::{Failure, Rig};

/// Milliseconds between two polls, by the pilot timer.
const POLL_MS: u32 = 10;

/// Most by which clock and polls may differ: the first writes of the pin are no
/// polls, and the answer comes some polls later. Half a period of the time
/// driver that never was makes 65 ms.
const APART_MS: u32 = 30;

/// The moment of the latest line of status on the console, ms since the start.
fn latest_status(console: &str) -> Option<u32> {
    let line = console.lines().rfind(|line| line.contains(" ms state "))?;
    line.split_once(" ms ")?.0.trim().parse().ok()
}

/// The clock agrees with the number of polls, which come by another timer.
pub fn is_right(firmware: &Path) -> Result<String, Failure> {
    let mut rig = Rig::boot(firmware, Fitting::default())?;
    rig.run(2_000)?;
    rig.type_line("status");
    let asked = rig.view().counts.polls * POLL_MS;
    rig.run(100)?;
    let Some(told) = latest_status(rig.console()) else {
        return Err(format!("no status on the console: {}", rig.console()));
    };
    check(
        told.abs_diff(asked) <= APART_MS,
        &format!("the clock says {told} ms after {asked} ms of polls"),
    )?;
    Ok(format!("{told} ms after {asked} ms of polls"))
}
