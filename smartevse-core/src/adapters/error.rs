//! Error of the adapters.

use core::fmt;

use embedded_hal::{digital, pwm};

use crate::hardware::{Error, ErrorKind};

/// What went wrong below an adapter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AdapterError {
    /// An output pin refused its level.
    Output(digital::ErrorKind),
    /// An input pin could not be read.
    Input(digital::ErrorKind),
    /// A pulse-width channel refused its duty.
    PulseWidth(pwm::ErrorKind),
    /// A source of millivolts or pilot samples failed.
    Source(ErrorKind),
    /// The pulse-width channel has too few steps for a pilot.
    Resolution,
}

impl AdapterError {
    pub(super) fn output(error: impl digital::Error) -> Self {
        Self::Output(error.kind())
    }

    pub(super) fn input(error: impl digital::Error) -> Self {
        Self::Input(error.kind())
    }

    pub(super) fn pulse_width(error: impl pwm::Error) -> Self {
        Self::PulseWidth(error.kind())
    }

    pub(super) fn source(error: impl Error) -> Self {
        Self::Source(error.kind())
    }
}

impl Error for AdapterError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Output(_) => ErrorKind::Output,
            Self::Input(_) => ErrorKind::Input,
            Self::PulseWidth(_) => ErrorKind::PulseWidth,
            Self::Source(kind) => *kind,
            Self::Resolution => ErrorKind::Unsupported,
        }
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(kind) => write!(f, "output pin: {kind}"),
            Self::Input(kind) => write!(f, "input pin: {kind}"),
            Self::PulseWidth(kind) => write!(f, "pulse width: {kind}"),
            Self::Source(kind) => write!(f, "source: {kind}"),
            Self::Resolution => f.write_str("pulse width has too few steps for a pilot"),
        }
    }
}

impl core::error::Error for AdapterError {}
