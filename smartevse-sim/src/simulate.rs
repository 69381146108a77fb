//! Plays closed-loop scenarios with stations.

use std::io::Write;

use smartevse::{Planning, Setup, Station, Stored};
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::event::Event;
use smartevse_core::io::{Deadline, Inputs, Outputs};
use smartevse_types::{Access, DeciAmps, Instant};

use crate::metrics::Metrics;
use crate::run::{Controller, Run, RunError, Violation};
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
    if scenario.power_share {
        return Err(ScenarioError::NotBuilt("power share").into());
    }
    let settings = wiring::scenario_settings(scenario).map_err(|why| ScenarioError::Member {
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
    };
    Ok(Run::new(scenario, vec![StationSeat::new(&setup)]))
}

/// What the simulated board has.
#[must_use]
pub fn board_facts() -> BoardFacts {
    BoardFacts {
        residual_current_test: true,
        ..BoardFacts::default()
    }
}

/// A station in a run, watched by the oracles.
#[derive(Debug)]
pub struct StationSeat {
    station: Station,
    checks: Checks,
}

impl StationSeat {
    /// Starts a station at time zero.
    #[must_use]
    pub fn new(setup: &Setup<'_>) -> Self {
        Self {
            station: Station::new(setup, Instant::ZERO),
            checks: Checks::new(setup),
        }
    }

    /// The station.
    pub fn station(&mut self) -> &mut Station {
        &mut self.station
    }
}

impl Controller for StationSeat {
    fn event(&mut self, event: Event) {
        self.station.event(event);
    }

    fn poll(
        &mut self,
        now: Instant,
        inputs: &Inputs,
        _world: &World,
    ) -> Result<Outputs, Violation> {
        let outputs = self.station.poll(now, inputs);
        self.checks.check(now, inputs, &outputs, &self.station)?;
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
}
