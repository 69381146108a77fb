//! Runs controllers in a plant in virtual time and collects the metrics.

use std::fmt;
use std::io::{self, Write};

use smartevse_core::event::Event;
use smartevse_core::io::{Deadline, Inputs, Outputs, PilotSample};
use smartevse_types::{DeciAmps, Duration, Instant};

use crate::metrics::{Collector, EvseSecond, Metrics, Second};
use crate::rs485::{Line, Party, Tap, TapFaults};
use crate::scenario::{Scenario, ScenarioError};
use crate::trace;
use crate::world::World;

/// Shortest time between two polls (design §1).
const POLL: Duration = Duration::from_millis(10);

/// Everybody has heard a frame so long after its end.
const HEARD: Duration = Duration::from_millis(300);

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

    /// Whether it has something new to say on the line.
    fn calls(&self) -> bool {
        false
    }

    /// Serves its end of the line that joins the chargers. The default has
    /// none.
    fn serve(&mut self, now: Instant, tap: &mut Tap, line: &mut Line) -> Served {
        let _ = (now, tap, line);
        Served {
            told: false,
            until: Instant::FAR_FUTURE,
        }
    }
}

/// What became of a turn on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Served {
    /// The controller learned something and wants to be polled.
    pub told: bool,
    /// When it has something to do on the line if it hears nothing.
    pub until: Instant,
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
    powered: bool,
    seen: Option<Inputs>,
    due: Instant,
    /// By when a fresh sample must have come. One that repeats the last levels
    /// changes nothing, so only a sample that grows old is worth a poll.
    sample_due: Instant,
    outputs: Outputs,
    tap: Tap,
    line_due: Instant,
    /// When its tap has something for it.
    tap_due: Instant,
}

/// Controllers in a plant, in virtual time.
pub struct Run<'a, C> {
    world: World,
    seats: Vec<Seat<C>>,
    collector: Collector,
    line: Option<Line>,
    /// The state of the line for which the seats know when to listen.
    revision: u64,
    trace: Option<&'a mut dyn Write>,
    polls: u64,
}

impl<'a, C: Controller> Run<'a, C> {
    /// Puts one controller at each board of a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, controllers: Vec<C>) -> Self {
        let world = World::new(scenario.plan.clone());
        let seats = controllers.into_iter().enumerate();
        let seats = seats.map(|(evse, one)| Seat::new(evse, one)).collect();
        Self {
            collector: Collector::new(scenario.limits(), world.len()),
            world,
            seats,
            line: None,
            revision: u64::MAX,
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

    /// Joins the controllers by a line.
    #[must_use]
    pub fn with_line(mut self, line: Line) -> Self {
        self.line = Some(line);
        self
    }

    /// The line, to disturb it.
    pub fn line(&mut self) -> Option<&mut Line> {
        self.line.as_mut()
    }

    /// Breaks or repairs the connection of a charger to the line.
    pub fn set_tap(&mut self, evse: usize, faults: TapFaults) {
        self.revision = u64::MAX;
        if let Some(seat) = self.seats.get_mut(evse) {
            seat.tap.set_faults(faults);
        }
    }

    /// A controller, to look at it or to tell it something.
    pub fn controller(&mut self, evse: usize) -> Option<&mut C> {
        let seat = self.seats.get_mut(evse)?;
        seat.due = Instant::ZERO;
        seat.line_due = Instant::ZERO;
        Some(&mut seat.controller)
    }

    /// A controller, to look at it.
    #[must_use]
    pub fn seat(&self, evse: usize) -> Option<&C> {
        self.seats.get(evse).map(|seat| &seat.controller)
    }

    /// Whether a controller has power.
    #[must_use]
    pub fn is_powered(&self, evse: usize) -> bool {
        self.seats.get(evse).is_some_and(|seat| seat.powered)
    }

    /// Takes the power from a controller: its board falls into the safe state.
    pub fn power_off(&mut self, evse: usize) {
        if let Some(seat) = self.seats.get_mut(evse) {
            seat.powered = false;
            seat.outputs = Outputs::SAFE;
            self.world.drive(evse, &Outputs::SAFE);
            self.collector.contactors(evse, false, false);
        }
    }

    /// Puts a freshly started controller in place of another one.
    pub fn restart(&mut self, evse: usize, controller: C) {
        self.power_off(evse);
        let now = self.world.now();
        if let Some(seat) = self.seats.get_mut(evse) {
            *seat = Seat {
                due: now,
                line_due: now,
                tap: Tap::new(Party(evse), now),
                ..Seat::new(evse, controller)
            };
        }
    }

    /// The plant, to change it between two calls of [`until`](Self::until).
    pub fn world(&mut self) -> &mut World {
        self.world.count();
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
        self.world.count();
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
            self.serve_line();
            for evse in 0..self.seats.len() {
                self.poll_if_due(evse)?;
            }
            let now = self.world.now();
            if now >= end {
                return Ok(());
            }
            let next = self.next().latest(now).earliest(end);
            self.world.pass(next);
        }
    }

    /// When anything happens next.
    fn next(&self) -> Instant {
        let line = self.line.is_some();
        let mut next = self.world.deadline();
        for (evse, seat) in self.seats.iter().enumerate() {
            next = next.earliest(seat.next(line));
            if self.world.is_frozen(evse) && seat.powered {
                next = next.earliest(seat.sample_due);
            }
        }
        next
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

    /// Lets everybody act on the line that hears something or wants to.
    fn serve_line(&mut self) {
        let Some(line) = &mut self.line else {
            return;
        };
        let now = self.world.now();
        line.forget_until(now - HEARD);
        for seat in self.seats.iter_mut().filter(|seat| seat.powered) {
            if now < seat.line_due && now < seat.tap_due {
                continue;
            }
            let served = seat.controller.serve(now, &mut seat.tap, line);
            // Nobody is asked twice at the same moment.
            seat.line_due = served.until.latest(now + Duration::from_micros(1));
            if served.told {
                seat.due = now;
            }
            seat.tap_due = seat.tap.deadline(line);
        }
        // Who was asked before a frame began has to hear it as well.
        if self.revision != line.revision() {
            self.revision = line.revision();
            for seat in &mut self.seats {
                seat.tap_due = seat.tap.deadline(line);
            }
        }
    }

    fn poll_if_due(&mut self, evse: usize) -> Result<(), RunError> {
        let now = self.world.now();
        let seat = &mut self.seats[evse];
        if !seat.powered {
            return Ok(());
        }
        let stale = self.world.is_frozen(evse) && now >= seat.sample_due;
        // Looking at an unchanged board must not move the sample's own span.
        if now < seat.due && !stale && !changed(&mut self.world, evse, seat) {
            return Ok(());
        }
        let mut inputs = Inputs::default();
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
        if seat.controller.calls() {
            seat.line_due = now;
        }
        seat.outputs = outputs;
        seat.seen = Some(inputs);
        let deadline = seat.controller.deadline();
        seat.sample_due = deadline.sample;
        seat.due = (now + POLL).latest(deadline.state);
        if changed(&mut self.world, evse, seat) {
            seat.due = now + POLL;
        }
        Ok(())
    }

    fn note(&mut self, second: u64) -> Result<(), RunError> {
        self.world.count();
        let evses = (0..self.seats.len()).map(|evse| self.look(evse)).collect();
        let second = Second {
            t: second,
            net: self.world.net_a(),
            circuit: self.world.circuit_a(),
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
            offered_a: if seat.powered {
                f64::from(seat.controller.offered().as_deci()) / 10.0
            } else {
                0.0
            },
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
    fn new(evse: usize, controller: C) -> Self {
        Self {
            controller,
            powered: true,
            seen: None,
            due: Instant::ZERO,
            sample_due: Instant::ZERO,
            outputs: Outputs::SAFE,
            tap: Tap::new(Party(evse), Instant::ZERO),
            line_due: Instant::ZERO,
            tap_due: Instant::ZERO,
        }
    }

    /// When it has something to do although nothing changes.
    fn next(&self, has_line: bool) -> Instant {
        match (self.powered, has_line) {
            (false, _) => Instant::FAR_FUTURE,
            (true, false) => self.due,
            (true, true) => self.due.earliest(self.line_due).earliest(self.tap_due),
        }
    }
}

/// Whether the board shows something else than at the last poll; the age of
/// the pilot sample does not count.
fn changed<C>(world: &mut World, evse: usize, seat: &Seat<C>) -> bool {
    let Some(seen) = seat.seen else {
        return true;
    };
    if !world.is_stirred(evse) {
        return false;
    }
    let present = world.peek(evse);
    let changed = present.is_some_and(|present| levels(present) != levels(seen));
    if !changed {
        world.calm(evse);
    }
    changed
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
