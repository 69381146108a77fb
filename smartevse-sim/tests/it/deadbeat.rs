//! The plant against `reference_deadbeat.json`: an unfiltered controller that
//! knows every vehicle's current exactly.

use smartevse_core::event::{Event, Fact};
use smartevse_core::io::{Contactor, Deadline, Inputs, Outputs, PilotSwitch};
use smartevse_sim::metrics::Metrics;
use smartevse_sim::run::{Controller, Run, Violation};
use smartevse_sim::scenario::Scenario;
use smartevse_sim::world::World;
use smartevse_types::{DeciAmps, Duration, DutyPermille, Instant};

/// Smallest pause.
const PAUSE: Duration = Duration::from_secs(60);

/// Distance to the limit. The reference does not state its own; this one gives
/// its energies.
const MARGIN_A: f64 = 0.14;

/// One stand-alone charger that knows its vehicle's current exactly.
struct Deadbeat {
    mains_a: f64,
    min_a: f64,
    max_a: f64,
    phases: [bool; 3],
    offered_a: f64,
    last: Option<(Instant, [f64; 3])>,
    house: Vec<(Instant, [f64; 3])>,
    paused_until: Instant,
    asking: bool,
    second: bool,
}

impl Deadbeat {
    fn new(scenario: &Scenario) -> Self {
        let settings = &scenario.settings;
        let car = &scenario.plan.visits[0].car;
        let mut phases = [false; 3];
        for phase in car.phase_map.iter().take(car.phases) {
            phases[*phase as usize] = true;
        }
        Self {
            mains_a: settings.mains_a.into(),
            min_a: settings.min_a.into(),
            max_a: settings.max_a.into(),
            phases,
            offered_a: 0.0,
            last: None,
            house: Vec::new(),
            paused_until: Instant::ZERO,
            asking: false,
            second: settings.contact2.may_close(),
        }
    }

    /// All of what the house leaves, on the vehicle's worst phase.
    fn plan(&mut self, now: Instant, world: &World) {
        let Some((_, net)) = self.last.take() else {
            return;
        };
        // The reading is as old as the meter's latency; the vehicle's current
        // of that moment is known exactly.
        let car = self
            .house
            .iter()
            .rev()
            .find(|(at, _)| now.since(*at) >= Duration::from_millis(400))
            .map_or([0.0; 3], |(_, car)| *car);
        let room = (0..3)
            .filter(|phase| self.phases[*phase])
            .map(|phase| self.mains_a - MARGIN_A - (net[phase] - car[phase]))
            .fold(self.max_a, f64::min);
        if world.car(0).is_none() {
            self.offered_a = 0.0;
        } else if room < self.min_a {
            if self.offered_a > 0.0 {
                self.paused_until = now + PAUSE;
            }
            self.offered_a = 0.0;
        } else if now >= self.paused_until {
            self.offered_a = room;
        }
    }
}

impl Controller for Deadbeat {
    fn event(&mut self, event: Event) {
        if let Fact::Mains(reading) = event.fact {
            let net = reading.currents.unwrap().as_array();
            self.last = Some((event.at, net.map(|amps| f64::from(amps.as_deci()) / 10.0)));
        }
    }

    fn poll(&mut self, now: Instant, inputs: &Inputs, world: &World) -> Result<Outputs, Violation> {
        self.house.push((now, world.car_a(0)));
        self.plan(now, world);
        let high = inputs.pilot.unwrap().high.max.as_milli();
        self.asking = high < 7_500;
        let closed =
            self.asking && (self.offered_a > 0.0 || world.car_a(0).iter().any(|amps| *amps > 0.0));
        let contactor = |on: bool| {
            if on {
                Contactor::Closed
            } else {
                Contactor::Open
            }
        };
        Ok(Outputs {
            duty: if self.offered_a > 0.0 {
                DutyPermille::from_permille((self.offered_a / 0.06).floor() as u16)
            } else {
                DutyPermille::from_permille(1000)
            },
            pilot_switch: PilotSwitch::Closed,
            contactor1: contactor(closed),
            contactor2: contactor(closed && self.second),
            ..Outputs::SAFE
        })
    }

    fn deadline(&self) -> Deadline {
        let next = self.house.last().map_or(Instant::ZERO, |(at, _)| *at);
        Deadline {
            state: next + Duration::from_millis(100),
            sample: Instant::FAR_FUTURE,
        }
    }

    fn offered(&self) -> DeciAmps {
        DeciAmps::from_deci((self.offered_a * 10.0) as i32)
    }

    fn state(&self) -> &'static str {
        if self.asking { "C" } else { "B" }
    }
}

fn play(name: &str) -> (Metrics, serde_json::Value) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/closed_loop");
    let path = std::path::PathBuf::from(format!("{folder}/{name}.json"));
    let scenario = Scenario::load(&path).unwrap();
    let controllers = vec![Deadbeat::new(&scenario)];
    let metrics = Run::new(&scenario, controllers)
        .finish(scenario.duration)
        .unwrap();
    let text = std::fs::read_to_string(format!("{folder}/reference_deadbeat.json")).unwrap();
    let reference: serde_json::Value = serde_json::from_str(&text).unwrap();
    (metrics, reference[name].clone())
}

/// Same plant and rules, but not the same program: switching operations are
/// equal, energies within 0.5 %, overload within 10 % or 10 A·s.
#[test]
fn when_a_deadbeat_controller_plays_then_the_figures_are_those_of_the_reference() {
    for name in [
        "smart-household-0",
        "smart-noisy-meter-0",
        "smart-meter-dropout-0",
        "smart-one-phase-0",
        "smart-slow-ev-0",
        "smart-steps-0",
        "smart-tight-16a-0",
    ] {
        let (ours, reference) = play(name);
        let figure = |member: &str| reference[member].as_f64().unwrap();
        let near = |ours: f64, member: &str, share: f64, least: f64| {
            let theirs = figure(member);
            assert!(
                (ours - theirs).abs() <= least.max(theirs * share),
                "{name} {member}: {ours}, reference {theirs}"
            );
        };
        near(ours.energy_wh as f64, "energy_wh", 0.005, 1.0);
        near(ours.grid_import_wh as f64, "grid_import_wh", 0.005, 1.0);
        near(
            ours.ev_grid_import_wh as f64,
            "ev_grid_import_wh",
            0.005,
            1.0,
        );
        near(ours.overload_as, "overload_as", 0.10, 10.0);
        near(ours.overload_peak_a, "overload_peak_a", 0.0, 0.1);
        near(ours.contactor_ops as f64, "contactor_ops", 0.0, 0.0);
        near(ours.min_service, "min_service", 0.0, 0.003);
        assert!(!ours.breaker_trip);
    }
}
