//! A hand-driven charging control: the test says what it does, poll by poll.

use smartevse_types::{Access, Amps, Celsius, DeciAmps, Duration, DutyPermille, Instant, Ohms};

use crate::charger::BoardFacts;
use crate::directive::{ChargerConfig, ChargerStatus, Directive, PowerGrant};
use crate::faults::Faults;
use crate::io::{
    Contactor, Inputs, LockFeedback, MilliVoltRange, Outputs, PilotSample, PilotSwitch,
    ProximityInput, ResidualCurrentInput, TemperatureInput,
};
use crate::options::{Contact2, LockKind};
use crate::oracle::Watch;
use crate::oracle::limits::{duty_of, is_pulse};
use crate::state::ChargeState;

#[derive(Clone)]
pub(super) struct Bench {
    pub(super) watch: Watch,
    pub(super) now: Instant,
    pub(super) inputs: Inputs,
    pub(super) directive: Directive,
    pub(super) outputs: Outputs,
    pub(super) status: ChargerStatus,
    /// High level in millivolts; `None` = no new samples.
    pub(super) level: Option<i32>,
    /// Low level in millivolts.
    pub(super) low: i32,
    /// Planning confirms the directive at each poll.
    pub(super) renew: bool,
}

impl Bench {
    pub(super) fn new(facts: BoardFacts) -> Self {
        let config = ChargerConfig {
            max: Amps::from_amps(16),
            contact2: Contact2::AlwaysOn,
            lock: LockKind::Motor,
            residual_current: true,
            ..ChargerConfig::default()
        };
        Self {
            watch: Watch::new(facts),
            now: Instant::from_millis(10),
            inputs: Inputs {
                proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
                temperature: TemperatureInput::Measured(Celsius::from_celsius(20)),
                residual_current: ResidualCurrentInput::Normal,
                lock: LockFeedback::Locked,
                ..Inputs::default()
            },
            directive: Directive {
                access: Access::On,
                three_phase: true,
                grant: PowerGrant {
                    available: true,
                    offered: DeciAmps::from_deci(160),
                    ..PowerGrant::default()
                },
                config,
                ..Directive::default()
            },
            outputs: Outputs::SAFE,
            status: ChargerStatus::default(),
            level: Some(12_000),
            low: -12_000,
            renew: true,
        }
    }

    /// One poll some milliseconds later.
    pub(super) fn step(&mut self, millis: u64) -> Result<(), u8> {
        self.now += Duration::from_millis(millis);
        self.sample();
        if self.renew {
            self.directive.issued = Some(self.now);
        }
        self.poll()
    }

    /// One poll at the same moment with the same inputs.
    pub(super) fn poll(&mut self) -> Result<(), u8> {
        self.mirror();
        self.watch
            .observe(
                self.now,
                &self.inputs,
                &self.directive,
                &self.outputs,
                &self.status,
            )
            .map_err(|violation| violation.number)
    }

    fn sample(&mut self) {
        let Some(high) = self.level else { return };
        let pulse = is_pulse(self.outputs.duty);
        self.inputs.pilot = Some(PilotSample {
            from: self.now - Duration::from_millis(20),
            at: self.now,
            high: around(high),
            low: pulse.then(|| around(self.low)),
        });
    }

    fn mirror(&mut self) {
        self.status.at = self.now;
        self.status.duty = self.outputs.duty;
        self.status.pilot_switch = self.outputs.pilot_switch;
        self.status.contactor1 = self.outputs.contactor1;
        self.status.contactor2 = self.outputs.contactor2;
    }

    /// Polls every 10 ms; nothing may be reported.
    pub(super) fn run(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            let now = self.now;
            assert_eq!(self.step(10), Ok(()), "after {now}");
        }
    }

    /// The next poll breaks a row.
    pub(super) fn breaks(&mut self, number: u8) {
        assert_eq!(self.step(10), Err(number));
    }

    /// The next poll breaks a row, maybe among others.
    pub(super) fn breaks_also(&mut self, number: u8) {
        assert!(self.step(10).is_err());
        assert!(self.watch.is_broken(number), "I-{number:02}");
    }

    /// Polls once, 10 ms later, with samples of two classes.
    pub(super) fn straddle(&mut self) -> Result<(), u8> {
        self.now += Duration::from_millis(10);
        self.sample();
        self.directive.issued = Some(self.now);
        if let Some(sample) = self.inputs.pilot.as_mut() {
            sample.high = MilliVoltRange::from_milli(6_000, 9_000);
        }
        self.poll()
    }

    /// Polls every 10 ms until a row breaks, which must be this one, and
    /// gives the milliseconds that passed.
    pub(super) fn breaks_within(&mut self, number: u8, millis: u64) -> u64 {
        let start = self.now;
        for _ in 0..millis / 10 {
            if let Err(found) = self.step(10) {
                assert_eq!(found, number);
                return self.now.since(start).as_millis();
            }
        }
        panic!("I-{number:02} was not reported");
    }

    /// Polls every 10 ms until this row breaks, maybe among others.
    pub(super) fn run_until_broken(&mut self, number: u8, millis: u64) {
        let broken =
            (0..millis / 10).any(|_| self.step(10).is_err() && self.watch.is_broken(number));
        assert!(broken, "I-{number:02} was not reported");
    }

    pub(super) fn hits(&self, number: usize) -> u32 {
        self.watch.hits()[number]
    }

    /// Enters a state with its usual offer.
    pub(super) fn enter(&mut self, state: ChargeState) {
        self.status.state = state;
        self.status.since = self.now;
        let offers = matches!(
            state,
            ChargeState::B | ChargeState::C | ChargeState::CommC | ChargeState::CommCOk
        );
        self.offer(if offers { 60 } else { 0 });
        if !state.may_close() {
            self.set_contactors(false, false);
        }
    }

    /// Offers a current with the right duty.
    pub(super) fn offer(&mut self, deci: i32) {
        self.status.offered = DeciAmps::from_deci(deci);
        self.outputs.duty = duty_of(self.status.offered);
    }

    pub(super) fn duty(&mut self, permille: u16) {
        self.outputs.duty = DutyPermille::from_permille(permille);
    }

    pub(super) fn set_contactors(&mut self, first: bool, second: bool) {
        let position = |closed| {
            if closed {
                Contactor::Closed
            } else {
                Contactor::Open
            }
        };
        self.outputs.contactor1 = position(first);
        self.outputs.contactor2 = position(second);
    }

    pub(super) fn isolate(&mut self, isolated: bool) {
        self.outputs.pilot_switch = if isolated {
            PilotSwitch::Isolated
        } else {
            PilotSwitch::Closed
        };
    }

    pub(super) fn fault(&mut self, faults: Faults) {
        self.status.faults = faults;
        self.status.local_faults = faults;
    }

    /// Closes both contactors in their order.
    pub(super) fn close(&mut self) {
        self.set_contactors(false, true);
        self.run(100);
        self.status.state = ChargeState::C;
        self.set_contactors(true, true);
        self.run(10);
    }

    /// The vehicle lets go and the control answers at once.
    pub(super) fn release(&mut self) {
        self.level = Some(9_000);
        self.enter(ChargeState::B);
        self.run(10);
    }

    /// The vehicle is unplugged and the control answers at once.
    pub(super) fn unplug(&mut self) {
        self.level = Some(12_000);
        self.enter(ChargeState::A);
    }

    /// An orderly stop: C1 for 6 s under load, then B1.
    pub(super) fn stop(&mut self) {
        self.enter(ChargeState::C1);
        self.run(6_000);
        self.enter(ChargeState::B1);
    }
}

/// Samples within 50 mV of a level.
fn around(level: i32) -> MilliVoltRange {
    MilliVoltRange::from_milli(level.saturating_sub(50), level.saturating_add(50))
}

/// Started, nothing plugged in.
pub(super) fn idle() -> Bench {
    idle_on(BoardFacts::default())
}

pub(super) fn idle_on(facts: BoardFacts) -> Bench {
    let mut bench = Bench::new(facts);
    bench.run(5_000);
    bench.isolate(false);
    bench.run(200);
    bench
}

/// Connected in B; the diode has been seen.
pub(super) fn connected() -> Bench {
    connected_on(BoardFacts::default())
}

pub(super) fn connected_on(facts: BoardFacts) -> Bench {
    let mut bench = idle_on(facts);
    bench.level = Some(9_000);
    bench.enter(ChargeState::B);
    bench.run(500);
    bench
}

/// In B and asking for 500 ms.
pub(super) fn asking() -> Bench {
    asking_on(BoardFacts::default())
}

pub(super) fn asking_on(facts: BoardFacts) -> Bench {
    let mut bench = connected_on(facts);
    bench.level = Some(6_000);
    bench.run(510);
    bench
}

/// Charging on three phases.
pub(super) fn charging() -> Bench {
    let mut bench = asking();
    bench.close();
    bench.run(1_000);
    bench
}
