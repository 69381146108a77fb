//! Small values shared between contexts of different priority.
//!
//! The 10 ms context and the planning context exchange exactly two values: the
//! directive and the status. Front ends put commands into a slot of their own.
//! Each access is one short critical section that copies the value.

use core::cell::Cell;

use critical_section::Mutex;

/// A value that one side writes and others read as a whole.
#[derive(Debug)]
pub struct Shared<T: Copy>(Mutex<Cell<T>>);

impl<T: Copy> Shared<T> {
    /// Makes a cell with a first value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(Cell::new(value)))
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        critical_section::with(|token| self.0.borrow(token).set(value));
    }

    /// The present value.
    #[must_use]
    pub fn get(&self) -> T {
        critical_section::with(|token| self.0.borrow(token).get())
    }
}

/// Room for one value that has not been taken yet.
#[derive(Debug)]
pub struct Slot<T: Copy>(Mutex<Cell<Option<T>>>);

/// The value before has not been taken yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Occupied;

impl core::fmt::Display for Occupied {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the value before has not been taken yet")
    }
}

impl core::error::Error for Occupied {}

impl<T: Copy> Slot<T> {
    /// Makes an empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Cell::new(None)))
    }

    /// Puts a value in.
    ///
    /// # Errors
    ///
    /// [`Occupied`] while the value before waits: nothing is overwritten.
    pub fn put(&self, value: T) -> Result<(), Occupied> {
        critical_section::with(|token| {
            let cell = self.0.borrow(token);
            if cell.get().is_some() {
                return Err(Occupied);
            }
            cell.set(Some(value));
            Ok(())
        })
    }

    /// Takes the value out.
    pub fn take(&self) -> Option<T> {
        critical_section::with(|token| self.0.borrow(token).take())
    }
}

impl<T: Copy> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_slot_is_occupied_then_nothing_is_overwritten() {
        let slot = Slot::new();
        assert_eq!(slot.put(1), Ok(()));
        assert_eq!(slot.put(2), Err(Occupied));
        assert_eq!(slot.take(), Some(1));
        assert_eq!(slot.take(), None);
    }

    #[test]
    fn when_shared_then_the_latest_value_is_read() {
        let shared = Shared::new(1);
        shared.set(2);
        assert_eq!(shared.get(), 2);
    }
}
