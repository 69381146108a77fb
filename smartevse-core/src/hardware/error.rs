//! Errors of hardware roles, in embedded-hal's manner.

use core::convert::Infallible;
use core::fmt;

/// Kind of a hardware error: what generic code may know about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An output did not accept its level.
    Output,
    /// An input or a converter could not be read.
    Input,
    /// The pulse-width generator did not accept its duty.
    PulseWidth,
    /// The part does not answer on its bus.
    Bus,
    /// The part took longer than it may.
    Timeout,
    /// The request lies outside what the part can do.
    Unsupported,
    /// Something else; the type of the error tells more.
    Other,
}

impl ErrorKind {
    /// Gives the text for logs.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Output => "output refused its level",
            Self::Input => "input could not be read",
            Self::PulseWidth => "pulse width refused its duty",
            Self::Bus => "part does not answer",
            Self::Timeout => "part took too long",
            Self::Unsupported => "request outside the range of the part",
            Self::Other => "hardware error",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for ErrorKind {}

/// An error of a hardware role.
pub trait Error: fmt::Debug {
    /// Converts the error to a kind that generic code understands.
    fn kind(&self) -> ErrorKind;
}

impl Error for ErrorKind {
    fn kind(&self) -> ErrorKind {
        *self
    }
}

impl Error for Infallible {
    fn kind(&self) -> ErrorKind {
        match *self {}
    }
}

/// The error type that all roles of one implementation share.
pub trait ErrorType {
    /// Error of this implementation.
    type Error: Error;
}

impl<T: ErrorType + ?Sized> ErrorType for &mut T {
    type Error = T::Error;
}
