//! Generator and samples of the control pilot.

use smartevse_core::adapters::{PilotSampler, PilotWindow};
use smartevse_core::hardware::ErrorKind;
use smartevse_core::io::PilotSample;
use smartevse_types::Instant;

use crate::unwired::Unwired;

/// Samples that a summary speaks for: 25 at 1 kHz are 25 ms.
pub const SAMPLES: usize = 25;

/// Takes the pulse-width channel: 1 kHz, at least 200 steps, high = +12 V,
/// started at steady high.
///
/// Fill in: the channel of the HAL.
#[must_use]
pub const fn channel() -> Unwired {
    Unwired
}

/// Gives the summary of the samples that the board took in the background.
///
/// Fill in: a timer or an interrupt takes one conversion per millisecond, 50 µs
/// after the rising edge (and one late in the low phase), converts it to
/// millivolts at the connector (`board::PILOT_SENSE`) and pushes it into a
/// window with its moment; this function copies the window out in a critical
/// section. It must not convert here: the summary would then speak for one
/// moment only. An empty window gives no summary, and nothing closes.
#[must_use]
pub fn sampler() -> impl PilotSampler {
    let window = PilotWindow::<SAMPLES>::new();
    move |_: Instant| -> Result<Option<PilotSample>, ErrorKind> { Ok(window.summary()) }
}
