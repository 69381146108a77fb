//! A charger on a bench: a pilot with a level, inputs, a planning half that
//! passes figures through, and the oracle that watches every step.

use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::directive::{ChargerStatus, Directive, PowerGrant};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    Contactor, ContactorFeedback, Inputs, MilliVoltRange, Outputs, PilotSample, ProximityInput,
    ResidualCurrentInput, TemperatureInput,
};
use smartevse_core::options::CableKind;
use smartevse_core::oracle::Watch;
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Celsius, DeciAmps, Duration, Instant, LimitedBy, Ohms};

/// Beat of the bench.
pub const BEAT: Duration = Duration::from_millis(10);

/// What the pilot line shows.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    Class(PilotClass),
    Volts { high: MilliVoltRange, low: i32 },
}

#[derive(Clone, Debug)]
pub struct Rig {
    pub charger: Charger,
    pub watch: Watch,
    pub now: Instant,
    pub level: Level,
    pub diode: bool,
    pub inputs: Inputs,
    pub directive: Directive,
    /// Planning renews its directive.
    pub planning: bool,
    /// Feedback of the main contactor follows the command.
    pub follow: bool,
    pub rcm: bool,
    pub rcm_reacts: bool,
    pub outputs: Outputs,
    /// Age of the pilot samples.
    pub delay: Duration,
}

impl Rig {
    /// A fresh charger at its reset, with access, 16 A and a fixed cable.
    pub fn boot(facts: BoardFacts) -> Self {
        Self::boot_with(facts, BootRecord::default())
    }

    pub fn boot_with(facts: BoardFacts, boot: BootRecord) -> Self {
        let now = Instant::from_secs(1_000);
        let inputs = Inputs {
            proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
            residual_current: ResidualCurrentInput::Normal,
            temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
            ..Inputs::default()
        };
        let mut directive = Directive {
            access: Access::On,
            grant: PowerGrant {
                available: true,
                offered: DeciAmps::from_deci(160),
                limited_by: LimitedBy::Max,
            },
            three_phase: true,
            ..Directive::default()
        };
        directive.config.cable = CableKind::Fixed;
        Self {
            charger: Charger::new(facts, boot, now),
            watch: Watch::new(facts).started(now),
            now,
            level: Level::Class(PilotClass::A12),
            diode: true,
            inputs,
            directive,
            planning: true,
            follow: false,
            rcm: false,
            rcm_reacts: true,
            outputs: Outputs::default(),
            delay: Duration::ZERO,
        }
    }

    /// A charger that has been idle for a while.
    pub fn settled(facts: BoardFacts) -> Self {
        let mut rig = Self::boot(facts);
        rig.run_ms(16_000);
        rig
    }

    /// A plain board.
    pub fn plain() -> Self {
        Self::settled(BoardFacts::default())
    }

    /// A plain board that charges.
    pub fn charging() -> Self {
        let mut rig = Self::plain();
        rig.set(PilotClass::B9);
        rig.run_ms(1_500);
        rig.set(PilotClass::C6);
        rig.run_ms(2_000);
        assert!(rig.closed(), "{:?}", rig.status());
        rig
    }

    pub fn set(&mut self, class: PilotClass) {
        self.level = Level::Class(class);
    }

    pub fn offer(&mut self, deci: i32) {
        self.directive.grant.offered = DeciAmps::from_deci(deci);
    }

    pub fn status(&self) -> ChargerStatus {
        self.charger.status()
    }

    pub fn state(&self) -> ChargeState {
        self.status().state
    }

    pub fn closed(&self) -> bool {
        self.outputs.contactor1.is_closed()
    }

    pub fn has(&self, fault: Faults) -> bool {
        self.status().faults.contains(fault)
    }

    fn sample(&self) -> Option<PilotSample> {
        let duty = self.outputs.duty.as_permille();
        let pulsed = (1..1_000).contains(&duty);
        let from = self.now - Duration::from_millis(25);
        match self.level {
            Level::Class(PilotClass::Unknown) => self.inputs.pilot,
            Level::Class(class) => {
                let (from, at) = (from - self.delay, self.now - self.delay);
                PilotSample::from_class(class, pulsed.then_some(self.diode), from, at)
            }
            Level::Volts { high, low } => {
                let low = if self.diode {
                    low
                } else {
                    -high.max.as_milli()
                };
                Some(PilotSample {
                    from,
                    at: self.now,
                    high,
                    low: pulsed.then(|| MilliVoltRange::from_milli(low, low)),
                })
            }
        }
    }

    /// One poll; then time goes on.
    pub fn tick(&mut self) {
        self.inputs.pilot = self.sample();
        let test = self.outputs.residual_current_test && self.rcm_reacts;
        self.inputs.residual_current = if self.rcm || test {
            ResidualCurrentInput::Fault
        } else {
            ResidualCurrentInput::Normal
        };
        if self.follow {
            self.inputs.contactor1 = feedback(self.outputs.contactor1);
            self.inputs.contactor2 = feedback(self.outputs.contactor2);
        }
        if self.planning {
            self.directive.issued = Some(self.now);
        }
        self.outputs = self.charger.poll(self.now, &self.inputs, &self.directive);
        let status = self.charger.status();
        let watched = self.watch.observe(
            self.now,
            &self.inputs,
            &self.directive,
            &self.outputs,
            &status,
        );
        if let Err(violation) = watched {
            panic!("{violation}: {status:#?} {:#?}", self.inputs);
        }
        let deadline = self.charger.deadline();
        assert!(deadline.state > self.now && deadline.sample > self.now);
        self.watch.promise(deadline);
        self.now += BEAT;
    }

    pub fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    /// Runs until the condition holds; gives the time that passed.
    pub fn until(&mut self, limit_ms: u64, mut done: impl FnMut(&Self) -> bool) -> Option<u64> {
        let start = self.now;
        while self.now.since(start).as_millis() <= limit_ms {
            self.tick();
            if done(self) {
                return Some(self.now.since(start).as_millis() - 10);
            }
        }
        None
    }
}

fn feedback(commanded: Contactor) -> ContactorFeedback {
    if commanded.is_closed() {
        ContactorFeedback::Closed
    } else {
        ContactorFeedback::Open
    }
}
