//! One turn of the 10 ms loop.

use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::hardware::Board;
use smartevse_core::io::{HardwareFaults, Inputs, Outputs};
use smartevse_types::{Duration, Instant};

use super::planner::Plan;
use super::reset::Kept;
use super::supervisor::{Part, Supervisor};

/// What the 10 ms loop starts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlSetup {
    /// What the board has.
    pub facts: BoardFacts,
    /// Latched faults from before the reset.
    pub boot: BootRecord,
    /// Watchdog period inside a permit to erase flash; longer than the longest
    /// erase, see [`stalls_fit`](smartevse_core::hardware::stalls_fit).
    pub erase_watchdog: Duration,
}

impl ControlSetup {
    /// Starts with the latched faults that outlived the reset (rule I-23).
    #[must_use]
    pub fn after_reset(facts: BoardFacts, erase_watchdog: Duration, kept: &Kept) -> Self {
        let latched = kept.latched();
        Self {
            facts,
            boot: BootRecord { latched },
            erase_watchdog,
        }
    }

    /// Adds the latched faults of the store, which outlive a power cut (rule
    /// I-23). A fault that one of the two knows is latched.
    #[must_use]
    pub fn with_stored(mut self, stored: BootRecord) -> Self {
        self.boot.latched |= stored.latched;
        self
    }
}

/// What a turn of the 10 ms loop tells the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Status of the charging control.
    pub status: ChargerStatus,
    /// Watchdog period to begin now; `None` = the dog is not fed.
    pub feed: Option<Duration>,
}

/// The 10 ms loop: samples, decides, drives, and says whether the watchdog may
/// be fed.
#[derive(Debug)]
pub struct Control {
    charger: Charger,
    inputs: Inputs,
    supervisor: Supervisor,
}

impl Control {
    /// Starts with safe outputs.
    #[must_use]
    pub fn new(setup: &ControlSetup, now: Instant) -> Self {
        Self {
            charger: Charger::new(setup.facts, setup.boot, now),
            inputs: Inputs::default(),
            supervisor: Supervisor::new(setup.erase_watchdog, now),
        }
    }

    /// Takes one turn. `alive` has the signs of life of the other parts.
    pub fn turn(
        &mut self,
        now: Instant,
        board: &mut impl Board,
        plan: &Plan,
        alive: &[(Part, Instant)],
        erase_permit: bool,
    ) -> Turn {
        board.sample(now, &mut self.inputs);
        let decided = self.charger.poll(now, &self.inputs, &plan.directive);
        let light = plan.light.map_or(decided.light, |light| light.at(now));
        let outputs = Outputs { light, ..decided };
        let failed = board.drive(&outputs);
        self.watch(alive);
        self.inputs.hardware = failed;
        Turn {
            status: self.charger.status(),
            feed: self.feed(now, failed, erase_permit, &outputs),
        }
    }

    fn watch(&mut self, alive: &[(Part, Instant)]) {
        for (part, at) in alive {
            self.supervisor.alive(*part, *at);
        }
        if let Some(sample) = self.inputs.pilot {
            self.supervisor.alive(Part::Pilot, sample.at);
        }
    }

    fn feed(
        &mut self,
        now: Instant,
        failed: HardwareFaults,
        erase_permit: bool,
        outputs: &Outputs,
    ) -> Option<Duration> {
        let open = !outputs.contactor1.is_closed() && !outputs.contactor2.is_closed();
        let feeds = self.supervisor.may_feed(now, failed);
        feeds.then(|| self.supervisor.period(erase_permit, open))
    }
}
