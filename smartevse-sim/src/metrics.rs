//! Figures that compare controllers in the same plant (design §6).

use serde::Serialize;

use smartevse_types::Instant;

use crate::world::{Energies, World};

/// Change of the offer that counts as a new set-point, amperes.
const SETPOINT_STEP_A: f64 = 0.05;

/// Smallest current and overload that counts; below are rounding errors.
const NOISE_A: f64 = 0.01;

/// One charger in one second.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct EvseSecond {
    /// Offered current while charging is permitted, else 0, amperes.
    pub offered_a: f64,
    /// Current on each mains phase, amperes.
    pub amps: [f64; 3],
    /// Main contactor as commanded.
    pub contactor1: bool,
    /// Second contactor as commanded.
    pub contactor2: bool,
    /// Name of the charging state.
    pub state: &'static str,
    /// Energy so far, watt-hours.
    pub energy_wh: f64,
    /// A vehicle is plugged in that has not taken what it wants.
    pub wants: bool,
}

/// The site in one second: what a trace row shows and metrics are made of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Second {
    /// Time in seconds.
    pub t: u64,
    /// Current at the mains connection, amperes per phase.
    pub net: [f64; 3],
    /// Current of the circuit behind the EV meter, amperes per phase.
    pub circuit: [f64; 3],
    /// The chargers.
    pub evses: Vec<EvseSecond>,
}

impl Second {
    /// Current of all vehicles on one phase.
    fn cars_a(&self, phase: usize) -> f64 {
        self.evses.iter().map(|evse| evse.amps[phase]).sum()
    }

    /// Part of the excess over a limit that the vehicles cause, on one phase.
    fn overload_a(&self, phase: usize, limit_a: f64) -> f64 {
        (self.net[phase] - limit_a).max(0.0).min(self.cars_a(phase))
    }
}

/// The figures of one run. The names are those of `reference_upstream.json`.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Metrics {
    /// A·s above MAINS caused by the vehicles, sum of the phases.
    pub overload_as: f64,
    /// Largest excess caused by the vehicles, amperes.
    pub overload_peak_a: f64,
    /// Seconds with an excess on any phase.
    pub overload_s: u64,
    /// The thermal model of the main breaker tripped.
    pub breaker_trip: bool,
    /// Energy of all vehicles, watt-hours.
    pub energy_wh: u64,
    /// Energy of each vehicle, watt-hours.
    pub per_evse_wh: Vec<u64>,
    /// Energy imported from the grid, watt-hours.
    pub grid_import_wh: u64,
    /// Energy of the vehicles not covered by surplus, watt-hours.
    pub ev_grid_import_wh: u64,
    /// Energy exported to the grid, watt-hours.
    pub export_wh: u64,
    /// Changes of either contactor.
    pub contactor_ops: u64,
    /// Changes of the offer above 0.05 A, sampled each second.
    pub setpoint_changes: u64,
    /// A·s of the signed sum of the phases above CAPACITY.
    pub capacity_over_as: f64,
    /// Smallest share of the wanted seconds with current.
    pub min_service: f64,
    /// Jain index of the shares.
    pub jain_service: f64,
    /// Share of the wanted seconds with current, for each vehicle.
    pub per_evse_service: Vec<f64>,
    /// Openings of a main contactor while its vehicle drew more than 1 A.
    pub opens_under_load: u32,
    /// With a sub-panel, or a master without meters: most seconds in a row
    /// above CIRCUIT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit_over_longest_s: Option<u64>,
    /// In the same cases: most seconds in a row above MAINS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mains_over_longest_s: Option<u64>,
    /// With a grid relay: most seconds in a row in which the vehicles draw more
    /// than 4.2 kW while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_over_longest_s: Option<u64>,
}

/// Limits that the metrics are about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// MAINS, amperes per phase.
    pub mains_a: f64,
    /// CAPACITY, amperes over all phases; `None` = none.
    pub capacity_a: Option<f64>,
    /// CIRCUIT, amperes per phase, where its excess is judged.
    pub circuit_a: Option<f64>,
    /// When the grid relay opens and closes.
    pub relay: Option<(Instant, Instant)>,
}

/// Current of all vehicles on all phases with the grid relay open, amperes:
/// 4.2 kW at 230 V.
const RELAY_A: f64 = 18.3;

/// What is above a limit of current because a meter cannot resolve it, amperes.
const SLACK_A: f64 = 0.3;

/// Seconds in a row, now and at most.
#[derive(Clone, Copy, Debug, Default)]
struct Streak {
    now: u64,
    longest: u64,
}

impl Streak {
    fn see(&mut self, holds: bool) {
        self.now = if holds { self.now + 1 } else { 0 };
        self.longest = self.longest.max(self.now);
    }
}

/// Collects the figures while a run goes on.
#[derive(Clone, Debug)]
pub struct Collector {
    limits: Limits,
    sums: Metrics,
    wanted_s: Vec<u64>,
    served_s: Vec<u64>,
    offers: Vec<Option<f64>>,
    contactors: Vec<[bool; 2]>,
    over_circuit: Streak,
    over_mains: Streak,
    over_relay: Streak,
}

impl Collector {
    /// Starts with open contactors.
    #[must_use]
    pub fn new(limits: Limits, evses: usize) -> Self {
        Self {
            limits,
            sums: Metrics::default(),
            wanted_s: vec![0; evses],
            served_s: vec![0; evses],
            offers: vec![None; evses],
            contactors: vec![[false; 2]; evses],
            over_circuit: Streak::default(),
            over_mains: Streak::default(),
            over_relay: Streak::default(),
        }
    }

    /// Sees the contactors of a charger as commanded.
    pub fn contactors(&mut self, evse: usize, contactor1: bool, contactor2: bool) {
        let now = [contactor1, contactor2];
        let Some(before) = self.contactors.get_mut(evse) else {
            return;
        };
        let changes = before.iter().zip(now).filter(|(old, new)| **old != *new);
        self.sums.contactor_ops += changes.count() as u64;
        *before = now;
    }

    /// Sees one second.
    pub fn second(&mut self, second: &Second) {
        self.overload(second);
        self.streaks(second);
        if let Some(capacity) = self.limits.capacity_a {
            let sum: f64 = second.net.iter().sum();
            self.sums.capacity_over_as += (sum - capacity).max(0.0);
        }
        for (index, evse) in second.evses.iter().enumerate() {
            self.service(index, evse);
            self.setpoint(index, evse.offered_a);
        }
    }

    fn overload(&mut self, second: &Second) {
        let limit = self.limits.mains_a;
        let over = [0, 1, 2].map(|phase| second.overload_a(phase, limit));
        let peak = over.iter().copied().fold(0.0, f64::max);
        self.sums.overload_as += over.iter().sum::<f64>();
        self.sums.overload_peak_a = self.sums.overload_peak_a.max(peak);
        self.sums.overload_s += u64::from(peak > NOISE_A);
    }

    fn streaks(&mut self, second: &Second) {
        let over = |amps: &[f64; 3], limit: f64| amps.iter().any(|a| *a > limit + SLACK_A);
        let circuit = self.limits.circuit_a.unwrap_or(f64::MAX);
        self.over_circuit.see(over(&second.circuit, circuit));
        self.over_mains.see(over(&second.net, self.limits.mains_a));
        let at = Instant::from_secs(second.t);
        let open = |(from, to): (Instant, Instant)| at > from && at <= to;
        let cars: f64 = (0..3).map(|phase| second.cars_a(phase)).sum();
        let relay = self.limits.relay.is_some_and(open);
        self.over_relay.see(relay && cars > RELAY_A);
    }

    fn service(&mut self, index: usize, evse: &EvseSecond) {
        if evse.wants {
            let served = evse.amps.iter().sum::<f64>() > NOISE_A;
            self.wanted_s[index] += 1;
            self.served_s[index] += u64::from(served);
        }
    }

    fn setpoint(&mut self, index: usize, offered_a: f64) {
        let before = self.offers[index].replace(offered_a);
        let changed = before.is_some_and(|old| (old - offered_a).abs() > SETPOINT_STEP_A);
        self.sums.setpoint_changes += u64::from(changed);
    }

    /// The figures, with what only the plant knows.
    #[must_use]
    pub fn finish(self, world: &World) -> Metrics {
        let energies: Vec<f64> = (0..world.len()).map(|e| world.energy_wh(e)).collect();
        let mut metrics = self.finish_without_plant(&energies, world.energies());
        metrics.breaker_trip = world.breaker_tripped();
        metrics.opens_under_load = world.opens_under_load();
        metrics
    }

    /// The figures from energies given by hand.
    #[must_use]
    pub fn finish_without_plant(self, evse_wh: &[f64], energies: Energies) -> Metrics {
        let shares: Vec<f64> = self
            .served_s
            .iter()
            .zip(&self.wanted_s)
            .filter(|(_, wanted)| **wanted > 0)
            .map(|(served, wanted)| *served as f64 / *wanted as f64)
            .collect();
        let circuit = self.limits.circuit_a;
        Metrics {
            overload_as: rounded(self.sums.overload_as, 1),
            overload_peak_a: rounded(self.sums.overload_peak_a, 2),
            capacity_over_as: rounded(self.sums.capacity_over_as, 1),
            energy_wh: whole(evse_wh.iter().sum()),
            per_evse_wh: evse_wh.iter().map(|wh| whole(*wh)).collect(),
            grid_import_wh: whole(energies.grid_import_wh),
            ev_grid_import_wh: whole(energies.ev_grid_import_wh),
            export_wh: whole(energies.export_wh),
            min_service: rounded(shares.iter().copied().fold(1.0, f64::min), 3),
            jain_service: rounded(jain(&shares), 3),
            per_evse_service: shares.iter().map(|share| rounded(*share, 3)).collect(),
            circuit_over_longest_s: circuit.map(|_| self.over_circuit.longest),
            mains_over_longest_s: circuit.map(|_| self.over_mains.longest),
            relay_over_longest_s: self.limits.relay.map(|_| self.over_relay.longest),
            ..self.sums
        }
    }
}

/// Jain's index of fairness: 1 = all equal, 1/n = one has everything.
#[must_use]
pub fn jain(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    if squares == 0.0 {
        return 1.0;
    }
    sum * sum / (shares.len() as f64 * squares)
}

fn rounded(value: f64, digits: i32) -> f64 {
    let factor = 10.0_f64.powi(digits);
    (value * factor).round() / factor
}

fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}
