//! One simulated implementation for each hardware role.
//!
//! The roles of the 10 ms loop are views of one [`SimBoard`]: what breaks the
//! board ([`BoardFaults`](crate::evse_board::BoardFaults)) breaks them. The
//! roles that a task waits for stand alone.
//!
//! ```
//! use smartevse_core::contract;
//! use smartevse_sim::evse_board::BoardKit;
//! use smartevse_sim::parts::SharedBoard;
//!
//! let shared = SharedBoard::new(BoardKit::default());
//! let mut parts = shared.parts();
//! contract::control_pilot(&mut parts.pilot)?;
//! contract::contactors_follow(&mut parts.contactors, &mut shared.clock())?;
//! # Ok::<(), contract::Violation>(())
//! ```

mod loop_roles;
mod serial;
mod task_roles;
mod watchdog;

use std::cell::RefCell;
use std::rc::Rc;

use smartevse_core::hardware::Parts;
use smartevse_core::io::{HardwareFaults, Inputs, Outputs};

pub use loop_roles::{
    SimContactors, SimLight, SimLock, SimMonitor, SimPilot, SimProximity, SimSwitch, SimTemperature,
};
pub use serial::{LineNoise, SerialEnd, serial_line};
pub use task_roles::{SimButtons, SimBuzzer, SimCardReader};
pub use watchdog::SimWatchdog;

use crate::clock::SimClock;
use crate::evse_board::{BoardKit, SimBoard};

/// All roles of the 10 ms loop, views of one board.
pub type SimParts = Parts<
    SimPilot,
    SimContactors,
    SimProximity,
    SimLock,
    SimMonitor,
    SimTemperature,
    SimSwitch,
    SimLight,
>;

/// A simulated board that its parts share.
#[derive(Clone, Debug)]
pub struct SharedBoard {
    board: Rc<RefCell<SimBoard>>,
    clock: SimClock,
}

impl SharedBoard {
    /// Makes a board at rest with its own clock.
    #[must_use]
    pub fn new(kit: BoardKit) -> Self {
        Self {
            board: Rc::new(RefCell::new(SimBoard::new(kit))),
            clock: SimClock::new(),
        }
    }

    /// The clock that stamps samples and moves contactors; who polls the parts
    /// moves it first.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        self.clock.clone()
    }

    /// Looks at the board, or breaks it.
    pub fn with<R>(&self, act: impl FnOnce(&mut SimBoard) -> R) -> R {
        act(&mut self.board.borrow_mut())
    }

    /// One part for each role.
    #[must_use]
    pub fn parts(&self) -> SimParts {
        Parts {
            pilot: SimPilot::new(self.clone()),
            proximity: SimProximity::new(self.clone()),
            contactors: SimContactors::new(self.clone()),
            lock: SimLock::new(self.clone()),
            residual_current: SimMonitor::new(self.clone()),
            temperature: SimTemperature::new(self.clone()),
            switch: SimSwitch::new(self.clone()),
            light: SimLight::new(self.clone()),
        }
    }

    /// Changes some outputs and drives all of them.
    fn drive(&self, change: impl FnOnce(&mut Outputs)) {
        let now = self.clock.now();
        self.with(|board| {
            let mut outputs = *board.outputs();
            change(&mut outputs);
            board.drive_at(now, &outputs);
        });
    }

    fn peek(&self) -> Inputs {
        let now = self.clock.now();
        self.with(|board| board.peek(now))
    }

    fn fails(&self, part: HardwareFaults) -> bool {
        self.with(|board| board.faults().refused.contains(part))
    }
}
