//! A whole station at its place in the plant, polled every 10 ms, with the
//! oracles watching.
//!
//! [`Run`](crate::run::Run) skips what does not change and counts; the bench
//! skips nothing and lets a test look at every poll.

use smartevse::{Extras, Planning, Setup, Station, Stored};
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::command::Refused;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::hardware::Board;
use smartevse_core::io::{Inputs, LockDrive, Outputs};
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::settings::Settings;
use smartevse_types::{Access, Duration, Instant};

use crate::happening::Happening;
use crate::run::{RunError, Violation};
use crate::simulate::board_facts;
use crate::watch::Checks;
use crate::world::{World, WorldPlan};

/// Time between two polls (design §1).
const POLL: Duration = Duration::from_millis(10);

/// How far behind a poll a happening comes: the charger can see it at the next
/// poll at the earliest.
const BEHIND_POLL: Duration = Duration::from_millis(1);

/// What a bench consists of.
#[derive(Clone, PartialEq, Debug)]
pub struct BenchPlan {
    /// The plant; charger 0 is the one on the bench.
    pub world: WorldPlan,
    /// What the board has.
    pub facts: BoardFacts,
    /// Settings.
    pub settings: Settings,
    /// Access at the start.
    pub access: Access,
}

impl BenchPlan {
    /// A usual board in an empty house, with access.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            world: WorldPlan::default(),
            facts: board_facts(),
            settings,
            access: Access::On,
        }
    }
}

/// A station at a board in a plant, in virtual time.
///
/// ```
/// use smartevse_core::settings::Settings;
/// use smartevse_sim::bench::{Bench, BenchPlan};
/// use smartevse_sim::car::CarModel;
/// use smartevse_sim::happening::Happening;
/// use smartevse_types::Duration;
///
/// let mut bench = Bench::new(&BenchPlan::new(Settings::default()));
/// bench.happen(&Happening::Plug(CarModel::default()))?;
/// let took = bench.wait_for(Duration::from_secs(90), |bench| bench.is_charging())?;
/// assert!(took.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Bench {
    plan: BenchPlan,
    world: World,
    station: Station,
    checks: Checks,
    now: Instant,
    due: Instant,
    inputs: Inputs,
    outputs: Outputs,
    unlocks_under_voltage: u32,
}

impl Bench {
    /// Starts plant and station at time zero.
    #[must_use]
    pub fn new(plan: &BenchPlan) -> Self {
        let setup = setup_of(plan, BootRecord::default());
        Self {
            world: World::new(plan.world.clone()),
            station: Station::new(&setup, Instant::ZERO),
            checks: Checks::new(&setup),
            now: Instant::ZERO,
            due: Instant::ZERO,
            inputs: Inputs::default(),
            outputs: Outputs::SAFE,
            unlocks_under_voltage: 0,
            plan: plan.clone(),
        }
    }

    /// Switches the charger off and on again: outputs safe, latched faults
    /// kept, everything else forgotten.
    pub fn restart(&mut self) {
        let boot = BootRecord {
            latched: self.status().latched,
        };
        let setup = setup_of(&self.plan, boot);
        self.outputs = Outputs::SAFE;
        self.world.drive(0, &Outputs::SAFE);
        self.inputs = Inputs::default();
        self.station = Station::new(&setup, self.now);
        self.checks = Checks::new(&setup);
    }

    /// The plant, to look at it or to change what no [`Happening`] covers.
    pub fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// Status after the latest poll.
    #[must_use]
    pub const fn status(&self) -> ChargerStatus {
        self.station.status()
    }

    /// Outputs of the latest poll.
    #[must_use]
    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Present moment.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Whether the main contactor is commanded closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.outputs.contactor1.is_closed()
    }

    /// Whether current flows into the vehicle.
    #[must_use]
    pub fn is_charging(&self) -> bool {
        self.world.car_a(0).iter().any(|amps| *amps > 1.0)
    }

    /// Polls in which the lock was driven open while a contactor was closed in
    /// truth, whatever its feedback said.
    #[must_use]
    pub const fn unlocks_under_voltage(&self) -> u32 {
        self.unlocks_under_voltage
    }

    /// How often each row of the safety oracle had something to judge.
    #[must_use]
    pub fn hits(&self) -> &[u32] {
        self.checks.hits()
    }

    /// Lets something happen 1 ms after the latest poll.
    ///
    /// # Errors
    ///
    /// The rule that denies a wish.
    pub fn happen(&mut self, happening: &Happening) -> Result<(), Refused> {
        if self.now + POLL == self.due {
            self.now += BEHIND_POLL;
            self.world.advance(self.now);
        }
        match happening {
            Happening::Plug(model) => self.world.plug(0, model.clone()),
            Happening::Unplug => self.world.unplug(0),
            Happening::Car(model) => self.world.change_car(0, model.clone()),
            Happening::House(amps) => self.world.set_house(*amps),
            Happening::MainsMeterSilent(silent) => self.world.set_mains_meter_silent(*silent),
            Happening::Wish(origin, command) => {
                self.station.command(self.now, *origin, *command)?;
            }
            Happening::Board(_)
            | Happening::Temperature(_)
            | Happening::Cable(_)
            | Happening::Switch(_) => self.change_board(happening),
        }
        Ok(())
    }

    fn change_board(&mut self, happening: &Happening) {
        let Some(board) = self.world.board(0) else {
            return;
        };
        match happening {
            Happening::Board(faults) => board.set_faults(*faults),
            Happening::Temperature(temperature) => board.set_temperature(*temperature),
            Happening::Cable(cable) => board.set_cable(*cable),
            Happening::Switch(switch) => board.set_switch(*switch),
            Happening::Plug(_)
            | Happening::Unplug
            | Happening::Car(_)
            | Happening::House(_)
            | Happening::MainsMeterSilent(_)
            | Happening::Wish(..) => {}
        }
    }

    /// Polls for a span.
    ///
    /// # Errors
    ///
    /// A violated invariant.
    pub fn run(&mut self, span: Duration) -> Result<(), RunError> {
        self.wait_for(span, |_| false).map(|_| ())
    }

    /// Polls until a condition holds after a poll and gives the time that this
    /// took; `None` when it does not hold within the span.
    ///
    /// # Errors
    ///
    /// A violated invariant.
    pub fn wait_for(
        &mut self,
        span: Duration,
        holds: impl Fn(&Self) -> bool,
    ) -> Result<Option<Duration>, RunError> {
        let start = self.now;
        while self.due <= start + span {
            self.poll()?;
            if holds(self) {
                return Ok(Some(self.now.since(start)));
            }
        }
        Ok(None)
    }

    fn poll(&mut self) -> Result<(), RunError> {
        self.now = self.due;
        self.due = self.now + POLL;
        let failed = self.inputs.hardware;
        self.inputs = Inputs {
            hardware: failed,
            ..Inputs::default()
        };
        self.world.port(0).sample(self.now, &mut self.inputs);
        while let Some(delivery) = self.world.take_delivery() {
            self.station.event(delivery.event);
        }
        self.outputs = self.station.poll(self.now, &self.inputs);
        self.checks
            .check(self.now, &self.inputs, &self.outputs, &self.station)
            .map_err(|violation| self.violated(violation))?;
        let failed = self.world.port(0).drive(&self.outputs);
        self.inputs.hardware = failed;
        self.note_unlock();
        Ok(())
    }

    fn violated(&self, violation: Violation) -> RunError {
        RunError::Violated {
            at: self.now,
            evse: 0,
            violation,
        }
    }

    fn note_unlock(&mut self) {
        let live = self
            .world
            .board(0)
            .is_some_and(|board| board.main_contactor().is_closed());
        if live && self.outputs.lock == LockDrive::Unlock {
            self.unlocks_under_voltage = self.unlocks_under_voltage.saturating_add(1);
        }
    }
}

const fn setup_of(plan: &BenchPlan, boot: BootRecord) -> Setup<'static> {
    Setup {
        facts: plan.facts,
        boot,
        settings: plan.settings,
        access: plan.access,
        stored: Stored::Intact,
        card: None,
        cards: &[],
        lcd_lock: false,
        energy: EnergyRecord::NONE,
        planning: Planning::Regulated,
        serial: 0,
        circuit_meter: None,
        extras: Extras::NONE,
    }
}
