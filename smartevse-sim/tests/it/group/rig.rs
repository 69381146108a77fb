//! A group with vehicles, watched second by second.

use smartevse_sim::run::Run;
use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate::{self, StationSeat};
use smartevse_types::{Duration, Instant};

/// A group as a scenario in words.
pub struct Plan {
    /// `normal`, `smart` or `solar`.
    pub mode: &'static str,
    /// Chargers with vehicles that want 60 kWh, plugged in one after the other.
    pub evses: usize,
    /// CIRCUIT.
    pub circuit_a: u16,
    /// MAINS.
    pub mains_a: u16,
    /// House, amperes on each phase.
    pub house_a: f64,
    /// More members of the settings, each ending with a comma.
    pub settings: &'static str,
    /// More members of the scenario, each ending with a comma.
    pub more: &'static str,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            mode: "normal",
            evses: 3,
            circuit_a: 20,
            mains_a: 25,
            house_a: 2.0,
            settings: "",
            more: "",
        }
    }
}

impl Plan {
    pub fn scenario(&self) -> Scenario {
        let cars: Vec<String> = (0..self.evses)
            .map(|evse| {
                let plug = 30 + 20 * evse;
                format!(
                    r#"{{"plug_s": {plug}, "phases": 3, "max_a": 16, "need_wh": 60000,
                        "ramp_up_a_s": 4, "ramp_down_a_s": 8}}"#
                )
            })
            .collect();
        let house = self.house_a;
        let text = format!(
            r#"{{"id": "own", "duration_s": 3600, "mode": "{}", "power_share": true, {}
                "settings": {{{} "mains_a": {}, "min_a": 6, "max_a": 16, "circuit_a": {}}},
                "meter": {{"period_s": 2, "latency_s": 0.4, "noise_a": 0.1, "seed": 1}},
                "evses": [{}],
                "net_house_a": {{"l1": [{house}], "l2": [{house}], "l3": [{house}]}}}}"#,
            self.mode,
            self.more,
            self.settings,
            self.mains_a,
            self.circuit_a,
            cars.join(",")
        );
        Scenario::parse(&text).unwrap()
    }
}

/// A running group.
pub struct Group {
    pub run: Run<'static, StationSeat>,
    pub scenario: Scenario,
    pub second: u64,
    /// Highest sum of all vehicles on one phase, amperes.
    pub highest_a: f64,
}

impl Group {
    pub fn start(plan: &Plan) -> Self {
        let scenario = plan.scenario();
        Self {
            run: simulate::run(&scenario).unwrap(),
            scenario,
            second: 0,
            highest_a: 0.0,
        }
    }

    /// Lets time pass; `each` looks at the end of every second.
    pub fn pass(&mut self, seconds: u64, mut each: impl FnMut(&mut Self)) {
        for _ in 0..seconds {
            self.second += 1;
            let end = Instant::from_secs(self.second);
            for tenth in (1..=10).rev() {
                self.run
                    .until(end - Duration::from_millis(100 * (tenth - 1)))
                    .unwrap();
                let sum = self.run.world().cars_a();
                self.highest_a = sum.into_iter().fold(self.highest_a, f64::max);
            }
            each(self);
        }
    }

    /// Lets time pass without looking.
    pub fn wait(&mut self, seconds: u64) {
        self.pass(seconds, |_| {});
    }

    /// Current of one vehicle on its first phase, amperes.
    pub fn amps(&mut self, evse: usize) -> f64 {
        self.run.world().car_a(evse)[0]
    }

    /// Seconds until a condition holds, at most `limit`.
    pub fn until(&mut self, limit: u64, mut holds: impl FnMut(&mut Self) -> bool) -> u64 {
        for second in 0..limit {
            if holds(self) {
                return second;
            }
            self.wait(1);
        }
        limit
    }

    /// Starts a fresh station in place of the one there.
    pub fn restart(&mut self, evse: usize) {
        let now = Instant::from_secs(self.second);
        let seat = simulate::seat(&self.scenario, evse, now).unwrap();
        self.run.restart(evse, seat);
    }

    /// Energy of all vehicles so far, watt-hours.
    pub fn energy_wh(&mut self) -> f64 {
        let evses = self.run.world().len();
        (0..evses)
            .map(|evse| self.run.world().energy_wh(evse))
            .sum()
    }
}
