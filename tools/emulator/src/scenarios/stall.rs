//! A firmware that no longer runs: only the watchdog can open the contactor.

use std::path::Path;

use super::script::{charging, check, falls, is_open};
use crate::driver::Act;
use crate::machine::{Fitting, SLOWEST_LSI};
use crate::rig::Failure;

/// Decision 52: period of the watchdog while a contactor is closed, by the
/// slowest oscillator of the watchdog; the last feed lies before the stall.
const PERIOD_US: u64 = 250_000;

/// Steps after the reset in which no contactor may close (I-29).
const AFTER_START: u32 = 5_000;

fn opens(firmware: &Path, act: Act, cause: &str) -> Result<String, Failure> {
    let slowest = Fitting {
        lsi_hz: SLOWEST_LSI,
        ..Fitting::default()
    };
    let mut rig = charging(firmware, slowest)?;
    let (counts, from) = (rig.view().counts, rig.view().now_us);
    rig.act(act)?;
    rig.wait("both contactors open", 3_000, is_open)?;
    rig.wait("a reset", 3_000, |view| view.counts.resets > counts.resets)?;
    let reset_after = rig.view().now_us - from;
    let (edge, _) = falls(&rig.take_edges())?;
    let took = edge.at_us - from;
    check(took <= PERIOD_US, &format!("open only after {took} us"))?;
    let polls = rig.view().counts.polls;
    rig.hold("open after the reset", AFTER_START, is_open)?;
    let alive = rig.view().counts.polls > polls + 100;
    check(alive, "the firmware does not run again after the reset")?;
    check(rig.view().counts.resets == counts.resets + 1, "reset again")?;
    let told = rig.console().contains(&format!("start after {cause}"));
    check(told, &format!("the cause is not told: {}", rig.console()))?;
    Ok(format!(
        "open after {} ms, reset by \"{cause}\" after {} ms, runs again",
        took / 1000,
        reset_after / 1000
    ))
}

/// The core executes nothing.
pub fn core_frozen(firmware: &Path) -> Result<String, Failure> {
    opens(firmware, Act::FreezeCore, "watchdog")
}

/// TIM1 stands still: nothing is sampled and nothing calls the loop.
pub fn loop_stalled(firmware: &Path) -> Result<String, Failure> {
    opens(firmware, Act::StopPilotTimer, "watchdog")
}

/// TIM4 stands still: the firmware's clock does not go on.
pub fn clock_stalled(firmware: &Path) -> Result<String, Failure> {
    opens(firmware, Act::StopClock, "watchdog")
}

/// An access fails: the fault handler opens and starts anew.
pub fn crashed(firmware: &Path) -> Result<String, Failure> {
    opens(firmware, Act::FailConverter, "processor fault")
}
