//! The programs on a PC.

use core::fmt;
use std::io::{self, Write};

/// Standard output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console;

impl Console {
    /// Opens the console.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        io::stdout()
            .write_all(text.as_bytes())
            .map_err(|_| fmt::Error)
    }
}

/// Ends the program.
pub fn exit(good: bool) -> ! {
    std::process::exit(i32::from(!good))
}
