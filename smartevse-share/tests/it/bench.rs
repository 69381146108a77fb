//! A small bench: a house, a vehicle that follows at once, and a meter.

use smartevse_share::{Config, EvseView, Plan, Regulator, Site};
use smartevse_types::{Amps, DeciAmps, Instant, Mode, PerPhase};

pub fn deci(value: i32) -> DeciAmps {
    DeciAmps::from_deci(value)
}

pub fn currents(values: [i32; 3]) -> PerPhase<DeciAmps> {
    PerPhase::new(values.map(deci))
}

pub fn smart(mains: u16, max: u16) -> Config {
    Config {
        mode: Mode::Smart,
        mains: Amps::from_amps(mains),
        max: Amps::from_amps(max),
        has_mains_meter: true,
        ..Config::default()
    }
}

/// One regulator with its inputs.
pub struct Bench {
    pub now: Instant,
    pub config: Config,
    pub site: Site,
    pub evse: EvseView,
    pub plan: Plan,
    regulator: Regulator,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        let evse = EvseView {
            wants: true,
            cap: config.max.to_deci(),
            ..EvseView::default()
        };
        Self {
            now: Instant::from_secs(100),
            config,
            site: Site::default(),
            evse,
            plan: Plan::default(),
            regulator: Regulator::new(),
        }
    }

    pub fn step(&mut self) -> Plan {
        self.plan = self
            .regulator
            .step(self.now, &self.config, &self.site, &[self.evse]);
        self.plan
    }

    /// Lets time pass without new data.
    pub fn wait(&mut self, millis: u64) -> Plan {
        self.now += smartevse_types::Duration::from_millis(millis);
        self.step()
    }

    /// A new mains sample 2 s later.
    pub fn sample(&mut self, raw: [i32; 3]) -> Plan {
        self.now += smartevse_types::Duration::from_secs(2);
        self.site.mains.update(currents(raw), self.now);
        self.step()
    }

    /// The contactor closes with this much room on the mains.
    pub fn start(&mut self, raw: [i32; 3]) {
        self.sample(raw);
        self.evse.charging = true;
        self.step();
    }

    pub fn offered(&self) -> i32 {
        self.plan.offered.as_deci()
    }

    /// Runs a house load with a vehicle that follows at once.
    pub fn house(&mut self, base: i32, samples: u32) -> i32 {
        for n in 0..samples {
            // The last digit moves, as with any real meter.
            let ripple = if n % 2 == 0 { 0 } else { -1 };
            let load = base + ripple + self.offered();
            self.sample([load; 3]);
        }
        self.offered()
    }

    /// Charges at a chosen set-point, settled and without a swing for 120 s.
    pub fn settled_at(config: Config, set_point: i32) -> Self {
        let mains = config.mains.to_deci().as_deci();
        let mut bench = Self::new(config);
        bench.start([0; 3]);
        bench.house(0, 60);
        if set_point < bench.offered() {
            bench.house(mains - set_point, 1);
        }
        for n in 0..65 {
            bench.sample([mains - 3 - n % 2; 3]);
        }
        assert_eq!(bench.offered(), set_point);
        bench
    }
}
