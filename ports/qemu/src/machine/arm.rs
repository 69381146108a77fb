//! Cortex-M: semihosting.

use core::fmt;

use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hio::{self, HostStream};

/// The console of the emulator.
pub struct Console(Option<HostStream>);

impl Console {
    /// Opens the console.
    #[must_use]
    pub fn new() -> Self {
        Self(hio::hstdout().ok())
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console")
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let stream = self.0.as_mut().ok_or(fmt::Error)?;
        stream.write_all(text.as_bytes()).map_err(|()| fmt::Error)
    }
}

/// Ends the emulation.
pub fn exit(good: bool) -> ! {
    loop {
        debug::exit(if good { EXIT_SUCCESS } else { EXIT_FAILURE });
    }
}
