//! The pins of the board.

use crate::unwired::Unwired;

/// One pin of the board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pin {
    /// Signal.
    pub signal: &'static str,
    /// Name of the pin at the chip; "?" = not filled in.
    pub pin: &'static str,
    /// Level that the board must show while the processor is in reset, and what
    /// holds it.
    pub at_reset: &'static str,
}

/// Fill in: the pin table. A test keeps every signal of it unique; the README
/// of a port shows it.
pub const PINS: [Pin; 8] = [
    row("CP_OUT", "?", "high: +12 V"),
    row("CPOFF", "?", "pilot isolated: pull-up"),
    row("CP_IN", "?", "analogue"),
    row("SSR1", "?", "low: pull-down"),
    row("SSR2", "?", "low: pull-down"),
    row("RCM_FAULT", "?", "high = fault: pull-up"),
    row("TEMP", "?", "analogue"),
    row("PP_IN", "?", "analogue"),
];

const fn row(signal: &'static str, pin: &'static str, at_reset: &'static str) -> Pin {
    Pin {
        signal,
        pin,
        at_reset,
    }
}

/// The digital pins of the charging control, outputs O and inputs I.
#[derive(Debug)]
pub struct Pins<O, I> {
    /// CPOFF.
    pub isolation: O,
    /// SSR1.
    pub contactor1: O,
    /// SSR2.
    pub contactor2: O,
    /// Fault line of the residual-current monitor.
    pub monitor: I,
}

/// Takes the pins from the chip, each output at its level of the reset.
///
/// Fill in: the pins of the HAL instead of [`Unwired`], safe level first, then
/// output.
#[must_use]
pub const fn claim() -> Pins<Unwired, Unwired> {
    Pins {
        isolation: Unwired,
        contactor1: Unwired,
        contactor2: Unwired,
        monitor: Unwired,
    }
}
