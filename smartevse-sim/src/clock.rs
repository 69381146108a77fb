//! A clock in virtual time that several parts share.

use std::cell::Cell;
use std::rc::Rc;

use smartevse_core::contract::Bench;
use smartevse_types::{Duration, Instant};

/// A clock that only moves when somebody lets time pass; clones show the same
/// time.
#[derive(Clone, Debug, Default)]
pub struct SimClock(Rc<Cell<Instant>>);

impl SimClock {
    /// Makes a clock at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.get()
    }

    /// Lets time pass.
    pub fn pass(&self, span: Duration) {
        self.0.set(self.0.get() + span);
    }

    /// Moves the clock forward to a moment; it never goes back.
    pub fn reach(&self, now: Instant) {
        self.0.set(self.0.get().latest(now));
    }
}

impl Bench for SimClock {
    fn now(&mut self) -> Instant {
        self.0.get()
    }

    fn wait(&mut self, span: Duration) {
        self.pass(span);
    }
}
