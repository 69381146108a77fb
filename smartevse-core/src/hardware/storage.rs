//! Non-volatile storage.

use embedded_storage_async::nor_flash::NorFlash;
use smartevse_types::Duration;

/// Most bytes that one write call may append: 256, one page of a usual serial
/// flash. Longer records are written in several calls with a poll between.
pub const LARGEST_APPEND: usize = 256;

/// NOR flash that states for how long it may stop the processor.
///
/// Erasing sets every bit of a block, appending clears bits; addresses and
/// sizes are those of [`NorFlash`]. The futures must run to their end: a
/// dropped erase or append leaves the block undefined.
///
/// The module `contract` (feature of the same name) checks what is relied on.
pub trait Storage: NorFlash {
    /// Longest time that one write of up to [`LARGEST_APPEND`] bytes keeps
    /// the 10 ms loop from running; zero when it never does.
    const LONGEST_APPEND: Duration;

    /// Longest time that erasing one block keeps the 10 ms loop from running;
    /// zero when it never does.
    const LONGEST_ERASE: Duration;
}

impl<S: Storage> Storage for &mut S {
    const LONGEST_APPEND: Duration = S::LONGEST_APPEND;
    const LONGEST_ERASE: Duration = S::LONGEST_ERASE;
}

/// Tells whether the stalls of a storage fit between two polls and inside the
/// watchdog.
///
/// Appending happens while a vehicle charges and must leave the poll period
/// intact; erasing happens with contactors proven open and must only end
/// before the watchdog does. Meant for a constant assertion in the port:
///
/// ```
/// use smartevse_core::hardware::{LONGEST_WATCHDOG, Storage, stalls_fit};
/// use smartevse_types::Duration;
///
/// const fn check<S: Storage>() {
///     const {
///         assert!(stalls_fit::<S>(Duration::from_millis(10), LONGEST_WATCHDOG));
///     }
/// }
/// ```
#[must_use]
pub const fn stalls_fit<S: Storage>(poll_period: Duration, watchdog: Duration) -> bool {
    S::LONGEST_APPEND.as_micros() < poll_period.as_micros()
        && S::LONGEST_ERASE.as_micros() < watchdog.as_micros()
}
