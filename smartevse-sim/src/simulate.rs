//! Plays closed-loop scenarios with stations.

use std::io::Write;

use smartevse::meter_line::{LineAction, LineEnd};
use smartevse::site_line::{CHARACTER_BITS, LINE_BAUD, MeterChoice, SiteLine, site_line};
use smartevse::{Planning, Setup, Station, Stored};
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::command::Origin;
use smartevse_core::event::{Event, Fact};
use smartevse_core::io::{Deadline, Inputs, Outputs};
use smartevse_core::settings::Settings;
use smartevse_meters::{BusConfig, Meter};
use smartevse_types::{Access, DeciAmps, Instant};

use crate::metrics::Metrics;
use crate::rs485::{Line, LineFaults, Tap};
use crate::run::{Controller, Run, RunError, Served, Violation};
use crate::scenario::{Scenario, ScenarioError};
use crate::watch::Checks;
use crate::wiring;
use crate::world::World;

/// Plays a scenario with stations and gives its metrics.
///
/// # Errors
///
/// A scenario that cannot be run, or the number of a violated invariant.
pub fn simulate(scenario: &Scenario) -> Result<Metrics, RunError> {
    run(scenario)?.finish(scenario.duration)
}

/// Plays a scenario and writes a trace, one row per second.
///
/// # Errors
///
/// As [`simulate`], and a trace that cannot be written.
pub fn simulate_with_trace(scenario: &Scenario, out: &mut dyn Write) -> Result<Metrics, RunError> {
    run(scenario)?.with_trace(out).finish(scenario.duration)
}

/// Prepares a scenario with stations, to change the plant while it runs.
///
/// # Errors
///
/// A scenario that cannot be run.
pub fn run<'a>(scenario: &Scenario) -> Result<Run<'a, StationSeat>, RunError> {
    let evses = scenario.plan.boards.len();
    let seats = (0..evses).map(|evse| seat(scenario, evse, Instant::ZERO));
    Ok(joined(scenario, seats.collect::<Result<_, _>>()?))
}

/// As [`run`], without the oracles: several times as fast.
///
/// # Errors
///
/// A scenario that cannot be run.
pub fn run_unwatched<'a>(scenario: &Scenario) -> Result<Run<'a, StationSeat>, RunError> {
    let evses = scenario.plan.boards.len();
    let seats = (0..evses).map(|evse| Ok(seat(scenario, evse, Instant::ZERO)?.unwatched()));
    let seats = seats.collect::<Result<_, ScenarioError>>()?;
    Ok(joined(scenario, seats))
}

/// The seats in the plant, on one line if they form a group.
fn joined<'a>(scenario: &Scenario, seats: Vec<StationSeat>) -> Run<'a, StationSeat> {
    let run = Run::new(scenario, seats);
    if !scenario.power_share {
        return run;
    }
    let config = BusConfig::rtu(LINE_BAUD, CHARACTER_BITS);
    let line = Line::new(config.air_time(1), LineFaults::default(), 1);
    run.with_line(line)
}

/// Starts the station of one charger of a scenario.
///
/// # Errors
///
/// A setting that cannot be used.
pub fn seat(scenario: &Scenario, evse: usize, now: Instant) -> Result<StationSeat, ScenarioError> {
    let settings = wiring::scenario_settings(scenario, evse);
    let settings = settings.map_err(|why| ScenarioError::Member {
        member: "settings".to_owned(),
        problem: format!("cannot be used: {why}"),
    })?;
    let setup = Setup {
        facts: board_facts(),
        boot: BootRecord::default(),
        settings,
        access: Access::On,
        stored: Stored::Intact,
        card: None,
        cards: &[],
        planning: Planning::Regulated,
        serial: 1 + evse as u32,
        ..Setup::default()
    };
    Ok(StationSeat::started(&setup, now))
}

/// What the simulated board has.
#[must_use]
pub fn board_facts() -> BoardFacts {
    BoardFacts {
        residual_current_test: true,
        ..BoardFacts::default()
    }
}

/// What happens to the confirmations of a master's orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Confirmations {
    /// They arrive.
    #[default]
    Good,
    /// They never arrive.
    Lost,
}

/// A station in a run with its end of the line, watched by the oracles.
#[derive(Debug)]
pub struct StationSeat {
    station: Station,
    /// `None` = nobody judges.
    checks: Option<Checks>,
    line: Option<SiteLine>,
    choice: MeterChoice,
    /// The settings behind the choice.
    settings: Option<Settings>,
    /// The orders that the line knows.
    version: u32,
    /// The station may show something that the line does not know.
    news: bool,
    /// What happens to the confirmations of its orders.
    pub confirmations: Confirmations,
}

impl StationSeat {
    /// Starts a station at time zero.
    #[must_use]
    pub fn new(setup: &Setup<'_>) -> Self {
        Self::started(setup, Instant::ZERO)
    }

    /// Starts a station at a moment.
    #[must_use]
    pub fn started(setup: &Setup<'_>, now: Instant) -> Self {
        Self {
            station: Station::new(setup, now),
            checks: Some(Checks::new(setup)),
            line: None,
            choice: MeterChoice::default(),
            settings: None,
            version: 0,
            news: true,
            confirmations: Confirmations::Good,
        }
    }

    /// Plays without the oracles: faster, and nothing is judged.
    #[must_use]
    pub fn unwatched(mut self) -> Self {
        self.checks = None;
        self
    }

    /// The station, to look at it.
    #[must_use]
    pub const fn watched(&self) -> &Station {
        &self.station
    }

    /// The oracles.
    #[must_use]
    pub const fn checks(&self) -> Option<&Checks> {
        self.checks.as_ref()
    }

    /// The station.
    pub fn station(&mut self) -> &mut Station {
        self.news = true;
        &mut self.station
    }

    /// Its end of the line, if its role has one.
    #[must_use]
    pub const fn line(&self) -> Option<&SiteLine> {
        self.line.as_ref()
    }

    /// Shows the line what the station shows now. Another role or another
    /// meter makes the line anew.
    fn follow_station(&mut self, now: Instant, tap: &mut Tap) {
        let in_force = self.station.snapshot().in_force;
        if self.settings != Some(*in_force) {
            self.settings = Some(*in_force);
            let choice = self.station.manager().meter_choice();
            if self.line.is_none() || choice != self.choice {
                self.choice = choice;
                self.line = site_line(choice, now);
            }
        }
        // Only a node with a meter on the line overhears what others say.
        let choice = &self.choice;
        let reads = Meter::from_id(choice.ev.0).is_some_and(|meter| meter != Meter::Api);
        let alone = choice.address > 1 && !reads;
        tap.set_address(alone.then_some(choice.address));
        let feed = self.station.manager().line_feed(&self.station.status());
        self.version = feed.orders.version;
        if let Some(line) = &mut self.line {
            line.feed(&feed);
            line.want_wifi(self.station.manager().sensorbox_wifi());
        }
    }

    fn tell(&mut self, event: Event) {
        let confirms = matches!(event.fact, Fact::OrdersSent(_));
        if confirms && self.confirmations == Confirmations::Lost {
            return;
        }
        self.news = true;
        self.station.event(event);
    }
}

impl Controller for StationSeat {
    fn event(&mut self, event: Event) {
        self.news = true;
        self.station.event(event);
    }

    fn poll(
        &mut self,
        now: Instant,
        inputs: &Inputs,
        _world: &World,
    ) -> Result<Outputs, Violation> {
        let outputs = self.station.poll(now, inputs);
        self.news = true;
        if let Some(checks) = &mut self.checks {
            checks.check(now, inputs, &outputs, &self.station)?;
        }
        Ok(outputs)
    }

    fn deadline(&self) -> Deadline {
        self.station.deadline()
    }

    fn offered(&self) -> DeciAmps {
        self.station.status().offered
    }

    fn state(&self) -> &'static str {
        self.station.status().state.name()
    }

    fn calls(&self) -> bool {
        self.version != self.station.manager().orders().version
    }

    fn serve(&mut self, now: Instant, tap: &mut Tap, wire: &mut Line) -> Served {
        if std::mem::take(&mut self.news) {
            self.follow_station(now, tap);
        }
        let mut told = false;
        tap.release(wire, now);
        if let Some(line) = &mut self.line {
            if let Some(end) = tap.sent(now) {
                line.transmitted(end);
            }
            if let Some((last, bytes)) = tap.listen(wire, now) {
                line.receive(last, bytes);
            }
        }
        // What is told changes nothing on the line before the next turn.
        while let Some(line) = &mut self.line {
            let (event, wish) = match line.poll(now) {
                LineAction::Transmit { frame, .. } => {
                    let until = tap.send(wire, now, frame);
                    return Served { told, until };
                }
                LineAction::Listen { until } if until > now => return Served { told, until },
                LineAction::Fact(event) => (Some(event), None),
                LineAction::Wish(wish) => (None, Some(wish)),
                LineAction::Listen { .. } | LineAction::Failed(..) | LineAction::Reconnect => {
                    (None, None)
                }
            };
            event.into_iter().for_each(|event| self.tell(event));
            if let Some(wish) = wish {
                // The bus has no way to be told why it was refused.
                let _ = self.station.command(now, Origin::Bus, wish);
                self.news = true;
            }
            told |= event.is_some() || wish.is_some();
        }
        Served {
            told,
            until: Instant::FAR_FUTURE,
        }
    }
}
