//! Runs controllers in a plant in virtual time and collects the metrics.

use std::fmt;
use std::io::{self, Write};

use smartevse_core::event::Event;
use smartevse_core::io::{Deadline, Inputs, Outputs, PilotSample};
use smartevse_types::{DeciAmps, Duration, Instant};

use crate::metrics::{Collector, EvseSecond, Metrics, Second};
use crate::scenario::{Scenario, ScenarioError};
use crate::trace;
use crate::world::World;

/// Shortest time between two polls (design §1).
const POLL: Duration = Duration::from_millis(10);

/// A row shows the end of its second, before anything changes at the full
/// second.
const MOMENT: Duration = Duration::from_micros(1);

/// Something that controls one charger: a station, or a reference to compare
/// it with.
pub trait Controller {
    /// Takes a fact.
    fn event(&mut self, event: Event);

    /// Decides what the board drives. `world` is for references that know more
    /// than a charger can; a station does not look at it.
    ///
    /// # Errors
    ///
    /// The number of an invariant that the poll violated.
    fn poll(&mut self, now: Instant, inputs: &Inputs, world: &World) -> Result<Outputs, Violation>;

    /// When it wants to be polled although nothing changed.
    fn deadline(&self) -> Deadline;

    /// Current that it offers, 0 = nothing.
    fn offered(&self) -> DeciAmps;

    /// Name of its charging state, for the trace.
    fn state(&self) -> &'static str;
}

/// A numbered invariant that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Its number, for example `I-05`.
    pub number: String,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violated: {}", self.number, self.what)
    }
}

/// Why a run ended before its time.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The scenario cannot be run.
    Scenario(ScenarioError),
    /// An invariant was violated.
    Violated {
        /// When, in virtual time.
        at: Instant,
        /// At which charger.
        evse: usize,
        /// The invariant.
        violation: Violation,
    },
    /// The trace cannot be written.
    Trace(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(why) => write!(f, "{why}"),
            Self::Violated {
                at,
                evse,
                violation,
            } => write!(f, "at {at}, EVSE {evse}: {violation}"),
            Self::Trace(why) => write!(f, "the trace cannot be written: {why}"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<ScenarioError> for RunError {
    fn from(why: ScenarioError) -> Self {
        Self::Scenario(why)
    }
}

/// One controller at its board.
struct Seat<C> {
    controller: C,
    seen: Option<Inputs>,
    due: Instant,
    outputs: Outputs,
}

/// Controllers in a plant, in virtual time.
pub struct Run<'a, C> {
    world: World,
    seats: Vec<Seat<C>>,
    collector: Collector,
    trace: Option<&'a mut dyn Write>,
    polls: u64,
}

impl<'a, C: Controller> Run<'a, C> {
    /// Puts one controller at each board of a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, controllers: Vec<C>) -> Self {
        let world = World::new(scenario.plan.clone());
        let seats = controllers.into_iter().map(Seat::new).collect();
        Self {
            collector: Collector::new(scenario.limits(), world.len()),
            world,
            seats,
            trace: None,
            polls: 0,
        }
    }

    /// Writes a trace while it runs.
    #[must_use]
    pub fn with_trace(mut self, out: &'a mut dyn Write) -> Self {
        self.trace = Some(out);
        self
    }

    /// The plant, to change it between two calls of [`until`](Self::until).
    pub fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// Number of polls so far.
    #[must_use]
    pub const fn polls(&self) -> u64 {
        self.polls
    }

    /// Runs for the length of a scenario and gives the metrics.
    ///
    /// # Errors
    ///
    /// A violated invariant, or a trace that cannot be written.
    pub fn finish(mut self, length: Duration) -> Result<Metrics, RunError> {
        if let Some(out) = &mut self.trace {
            trace::write_header(*out, self.seats.len()).map_err(RunError::Trace)?;
        }
        for second in 1..=length.as_secs() {
            self.until(Instant::from_secs(second) - MOMENT)?;
            self.note(second)?;
        }
        self.until(Instant::ZERO + length)?;
        Ok(self.collector.finish(&self.world))
    }

    /// Runs until a moment; everything that happens at it has happened.
    ///
    /// # Errors
    ///
    /// A violated invariant.
    pub fn until(&mut self, end: Instant) -> Result<(), RunError> {
        loop {
            self.hand_over();
            for evse in 0..self.seats.len() {
                self.poll_if_due(evse)?;
            }
            let now = self.world.now();
            if now >= end {
                return Ok(());
            }
            let due = self.seats.iter().map(|seat| seat.due);
            let next = due.fold(self.world.deadline(), Instant::earliest);
            self.world.advance(next.latest(now).earliest(end));
        }
    }

    /// Hands the readings of the meters to the controllers.
    fn hand_over(&mut self) {
        while let Some(delivery) = self.world.take_delivery() {
            let evse = delivery.evse.unwrap_or(0);
            if let Some(seat) = self.seats.get_mut(evse) {
                seat.controller.event(delivery.event);
                seat.due = self.world.now();
            }
        }
    }

    fn poll_if_due(&mut self, evse: usize) -> Result<(), RunError> {
        let now = self.world.now();
        let mut inputs = Inputs::default();
        let seat = &mut self.seats[evse];
        // Looking at an unchanged board must not move the sample's own span.
        if now < seat.due && !changed(&self.world, evse, seat) {
            return Ok(());
        }
        self.world.sample(evse, &mut inputs);
        let outputs = seat
            .controller
            .poll(now, &inputs, &self.world)
            .map_err(|violation| RunError::Violated {
                at: now,
                evse,
                violation,
            })?;
        self.polls += 1;
        self.world.drive(evse, &outputs);
        self.collector.contactors(
            evse,
            outputs.contactor1.is_closed(),
            outputs.contactor2.is_closed(),
        );
        seat.outputs = outputs;
        seat.seen = Some(inputs);
        seat.due = (now + POLL).latest(seat.controller.deadline().earliest());
        if changed(&self.world, evse, seat) {
            seat.due = now + POLL;
        }
        Ok(())
    }

    fn note(&mut self, second: u64) -> Result<(), RunError> {
        let evses = (0..self.seats.len()).map(|evse| self.look(evse)).collect();
        let second = Second {
            t: second,
            net: self.world.net_a(),
            evses,
        };
        self.collector.second(&second);
        match &mut self.trace {
            Some(out) => trace::write_second(*out, &second).map_err(RunError::Trace),
            None => Ok(()),
        }
    }

    fn look(&self, evse: usize) -> EvseSecond {
        let seat = &self.seats[evse];
        EvseSecond {
            offered_a: f64::from(seat.controller.offered().as_deci()) / 10.0,
            amps: self.world.car_a(evse),
            contactor1: seat.outputs.contactor1.is_closed(),
            contactor2: seat.outputs.contactor2.is_closed(),
            state: seat.controller.state(),
            energy_wh: self.world.energy_wh(evse),
            wants: self.world.car(evse).is_some_and(|car| !car.is_full()),
        }
    }
}

impl<C> Seat<C> {
    fn new(controller: C) -> Self {
        Self {
            controller,
            seen: None,
            due: Instant::ZERO,
            outputs: Outputs::SAFE,
        }
    }
}

/// Whether the board shows something else than at the last poll; the age of
/// the pilot sample does not count.
fn changed<C>(world: &World, evse: usize, seat: &Seat<C>) -> bool {
    let Some(seen) = seat.seen else {
        return true;
    };
    world
        .peek(evse)
        .is_some_and(|present| levels(present) != levels(seen))
}

fn levels(inputs: Inputs) -> Inputs {
    Inputs {
        pilot: inputs.pilot.map(|pilot| PilotSample {
            from: Instant::ZERO,
            at: Instant::ZERO,
            ..pilot
        }),
        ..inputs
    }
}
