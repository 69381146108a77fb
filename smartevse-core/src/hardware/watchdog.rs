//! Watchdog.

use smartevse_types::Duration;

use super::ErrorType;

/// Longest watchdog period while a vehicle is connected: 250 ms
/// (decisions 52 and 73).
pub const LONGEST_WATCHDOG: Duration = Duration::from_millis(250);

/// Resets the processor when it is not fed, which opens the contactors.
pub trait Watchdog: ErrorType {
    /// Starts the watchdog, or changes its period and feeds it.
    ///
    /// The period in force may be shorter than the wished one, never longer.
    /// Range: up to [`LONGEST_WATCHDOG`] while a vehicle is connected; longer
    /// only inside a permit to erase flash.
    ///
    /// # Errors
    ///
    /// When the watchdog cannot have this period; the former one stays.
    fn start(&mut self, period: Duration) -> Result<(), Self::Error>;

    /// Begins a new period.
    fn feed(&mut self);
}

impl<T: Watchdog + ?Sized> Watchdog for &mut T {
    fn start(&mut self, period: Duration) -> Result<(), Self::Error> {
        T::start(self, period)
    }

    fn feed(&mut self) {
        T::feed(self);
    }
}
