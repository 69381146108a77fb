//! Roles that a task waits for.

use core::future::Future;

use embedded_io_async::{Read, Write};

use super::ErrorType;
use crate::card::Uid;

/// Waits for cards.
pub trait CardReader: ErrorType {
    /// Waits for a card and gives its UID.
    ///
    /// A card that stays in the field is given once. Dropping the future is
    /// allowed and loses at most the card being read.
    ///
    /// # Errors
    ///
    /// When the reader does not answer; bytes with a bad checksum are not an
    /// error and are read again.
    fn next_card(&mut self) -> impl Future<Output = Result<Uid, Self::Error>>;
}

impl<T: CardReader> CardReader for &mut T {
    fn next_card(&mut self) -> impl Future<Output = Result<Uid, Self::Error>> {
        T::next_card(self)
    }
}

bitflags::bitflags! {
    /// The three buttons of the charger.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct ButtonSet: u8 {
        /// "<".
        const LEFT = 1;
        /// "o".
        const MIDDLE = 2;
        /// ">".
        const RIGHT = 4;
    }
}

/// Waits for a change of the buttons.
pub trait Buttons: ErrorType {
    /// Waits until the pressed buttons differ from `known` and gives them.
    ///
    /// Returns at once when they differ already, so that no change is lost
    /// between two calls. Bouncing contacts are given as they are. Dropping
    /// the future loses nothing.
    ///
    /// # Errors
    ///
    /// When an input cannot be read.
    fn wait_change(
        &mut self,
        known: ButtonSet,
    ) -> impl Future<Output = Result<ButtonSet, Self::Error>>;
}

impl<T: Buttons> Buttons for &mut T {
    fn wait_change(
        &mut self,
        known: ButtonSet,
    ) -> impl Future<Output = Result<ButtonSet, Self::Error>> {
        T::wait_change(self, known)
    }
}

/// Serial line to meters and other EVSEs.
///
/// Every `embedded-io-async` reader and writer is one. The implementation
/// turns the direction of the line itself: it drives the line from the first
/// byte written, and `flush` returns when the last stop bit has left and the
/// line listens again. What it sent is not received. `read` gives the bytes
/// that have come so far, at least one, and may be dropped without losing any.
pub trait MeterBus: Read + Write {}

impl<T: Read + Write + ?Sized> MeterBus for T {}
