//! Small values shared between contexts of different priority.
//!
//! The 10 ms context and the planning context exchange exactly two values: the
//! directive and the status. Front ends put commands into a slot of their own.
//! Each access is one short critical section that copies the value.

use core::cell::{Cell, RefCell};

use critical_section::Mutex;
use heapless::Deque;

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

/// A value that several contexts change in place, for what is too large to be
/// copied at each access.
#[derive(Debug)]
pub struct Guarded<T>(Mutex<RefCell<T>>);

impl<T> Guarded<T> {
    /// Makes a cell with a first value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(RefCell::new(value)))
    }

    /// Uses the value in one critical section; `None` when it is in use
    /// already, which only a call from inside `f` can bring about.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        critical_section::with(|token| {
            let mut value = self.0.borrow(token).try_borrow_mut().ok()?;
            Some(f(&mut value))
        })
    }
}

/// Facts on their way, at most N.
#[derive(Debug)]
pub struct Queue<T, const N: usize>(Guarded<Deque<T, N>>);

impl<T, const N: usize> Queue<T, N> {
    /// Makes an empty queue.
    #[must_use]
    pub const fn new() -> Self {
        Self(Guarded::new(Deque::new()))
    }

    /// Adds a value at the end; gives it back when the queue is full.
    ///
    /// # Errors
    ///
    /// The value that found no place.
    pub fn put(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        let done = self
            .0
            .with(|queue| value.take().map_or(Ok(()), |value| queue.push_back(value)));
        match (done, value) {
            (Some(done), _) => done,
            (None, Some(value)) => Err(value),
            (None, None) => Ok(()),
        }
    }

    /// Takes the oldest value.
    pub fn take(&self) -> Option<T> {
        self.0.with(Deque::pop_front).flatten()
    }
}

impl<T, const N: usize> Default for Queue<T, N> {
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

    #[test]
    fn when_guarded_then_the_value_changes_in_place_and_not_twice_at_once() {
        let guarded = Guarded::new([1, 2]);
        assert_eq!(guarded.with(|pair| pair[0] += 1), Some(()));
        let inner = guarded.with(|pair| (pair[0], guarded.with(|_| ())));
        assert_eq!(inner, Some((2, None)));
    }

    #[test]
    fn when_a_queue_is_full_then_the_newest_comes_back() {
        let queue = Queue::<_, 2>::default();
        assert_eq!((queue.put(1), queue.put(2)), (Ok(()), Ok(())));
        assert_eq!(queue.put(3), Err(3));
        assert_eq!((queue.take(), queue.take()), (Some(1), Some(2)));
        assert_eq!(queue.take(), None);
    }
}
