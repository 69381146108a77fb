//! The two halves of a charger together, for boards and simulations with one
//! context.

use smartevse_core::card::Uid;
use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::command::{Accepted, Command, Origin, Refused};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::event::Event;
use smartevse_core::io::{Deadline, Inputs, Outputs};
use smartevse_core::settings::Settings;
use smartevse_core::snapshot::Snapshot;
use smartevse_types::{Access, Instant};

use crate::manager::Manager;
use crate::power::Planning;

/// What a charger starts with.
///
/// The default is a charger without cards, with default settings and access
/// off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup<'a> {
    /// What the board has.
    pub facts: BoardFacts,
    /// Latched faults and the like from before the reset.
    pub boot: BootRecord,
    /// Stored settings.
    pub settings: Settings,
    /// Stored access.
    pub access: Access,
    /// Stored cards.
    pub cards: &'a [Uid],
    /// Who plans the current.
    pub planning: Planning,
}

/// A whole charger: [`Charger`] and [`Manager`].
///
/// The canonical loop:
///
/// ```
/// use smartevse::core::io::Inputs;
/// use smartevse::{Setup, Station};
/// use smartevse::types::Instant;
///
/// let mut station = Station::new(&Setup::default(), Instant::ZERO);
/// let mut inputs = Inputs::default();
/// for tick in 0..3 {
///     let now = Instant::from_millis(tick * 10);
///     // board.sample(now, &mut inputs);
///     let outputs = station.poll(now, &inputs);
///     // inputs.hardware = board.drive(&outputs);
///     assert!(!outputs.contactor1.is_closed());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Station {
    charger: Charger,
    manager: Manager,
    directive: Directive,
    status: ChargerStatus,
}

impl Station {
    /// Starts a charger.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant) -> Self {
        Self {
            charger: Charger::new(setup.facts, setup.boot, now),
            manager: Manager::new(setup, now),
            directive: Directive::default(),
            status: ChargerStatus::default(),
        }
    }

    /// Plans if that is due, then controls. Call it every 10 ms; or at
    /// [`deadline`](Self::deadline), when an input changed, and after each
    /// event or command.
    pub fn poll(&mut self, now: Instant, inputs: &Inputs) -> Outputs {
        if self.manager.is_due(now, &self.status) {
            self.directive = self.manager.poll(now, &self.status);
        }
        let outputs = self.charger.poll(now, inputs, &self.directive);
        self.status = self.charger.status();
        Outputs {
            light: self.manager.light(&self.status).at(now),
            ..outputs
        }
    }

    /// Takes a fact. It cannot be refused.
    pub fn event(&mut self, event: Event) {
        self.manager.event(event);
    }

    /// Takes a wish.
    ///
    /// # Errors
    ///
    /// The rule that denies it.
    pub fn command(
        &mut self,
        now: Instant,
        origin: Origin,
        command: Command,
    ) -> Result<Accepted, Refused> {
        self.manager.command(now, origin, command)
    }

    /// When the station must be polled again although nothing changes.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        let charger = self.charger.deadline();
        let due = self.manager.is_due(self.status.at, &self.status);
        let manager = if due {
            self.status.at
        } else {
            self.manager.deadline()
        };
        Deadline {
            state: charger.state.earliest(manager),
            sample: charger.sample,
        }
    }

    /// Status of the charging control after the latest poll.
    #[must_use]
    pub const fn status(&self) -> ChargerStatus {
        self.status
    }

    /// Directive that the latest poll worked with.
    #[must_use]
    pub const fn directive(&self) -> &Directive {
        &self.directive
    }

    /// The planning half.
    #[must_use]
    pub const fn manager(&self) -> &Manager {
        &self.manager
    }

    /// The view for front ends.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        self.manager.snapshot(&self.status)
    }
}
