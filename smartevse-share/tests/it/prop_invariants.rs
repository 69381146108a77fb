//! Every invariant that exists, under arbitrary inputs, by the oracle.

use proptest::prelude::*;
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use smartevse_share::oracle::Oracle;
use smartevse_share::{Config, Contact2, EvseView, Plan, Regulator, Role, Site};
use smartevse_types::{Amps, Duration, Instant, Minutes, Mode, PhaseSet};

use crate::bench::{currents, deci};

/// What happens at one moment.
#[derive(Clone, Debug)]
pub enum Happening {
    Mains([i32; 3]),
    Circuit([i32; 3]),
    Measured(i32),
    Battery(i32),
    Relay(bool),
    Wants(bool),
    Contactor(bool),
    Override(Option<i32>),
    Ocpp(Option<i32>),
    Cap(i32),
    Mode(Mode),
    Nothing,
}

fn load() -> impl Strategy<Value = i32> {
    prop_oneof![
        8 => -50..300_i32,
        4 => -120..0_i32,
        2 => 200..320_i32,
        1 => any::<i16>().prop_map(i32::from),
    ]
}

fn loads() -> impl Strategy<Value = [i32; 3]> {
    prop_oneof![
        4 => load().prop_map(|value| [value; 3]),
        1 => [load(), load(), load()],
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        24 => loads().prop_map(Happening::Mains),
        4 => loads().prop_map(Happening::Circuit),
        2 => (0..200_i32).prop_map(Happening::Measured),
        1 => (-300..300_i32).prop_map(Happening::Battery),
        1 => any::<bool>().prop_map(Happening::Relay),
        1 => any::<bool>().prop_map(Happening::Wants),
        8 => prop_oneof![6 => Just(true), 1 => Just(false)].prop_map(Happening::Contactor),
        1 => proptest::option::of(0..400_i32).prop_map(Happening::Override),
        1 => proptest::option::of(0..400_i32).prop_map(Happening::Ocpp),
        1 => (0..400_i32).prop_map(Happening::Cap),
        1 => prop_oneof![Just(Mode::Normal), Just(Mode::Smart), Just(Mode::Solar)].prop_map(Happening::Mode),
        4 => Just(Happening::Nothing),
    ]
}

pub fn config() -> impl Strategy<Value = Config> {
    let mode = prop_oneof![
        6 => Just(Mode::Smart),
        3 => Just(Mode::Normal),
        5 => Just(Mode::Solar),
    ];
    let role = prop_oneof![
        8 => Just(Role::StandAlone),
        1 => Just(Role::Master),
        1 => Just(Role::Node),
    ];
    let capacity = prop_oneof![3 => Just(0_u16), 1 => 10..60_u16];
    let amps = (10..64_u16, 6..=16_u16, 6..=80_u16, 10..=64_u16, capacity);
    let contact2 = prop_oneof![
        2 => Just(Contact2::AlwaysOn),
        1 => Just(Contact2::AlwaysOff),
        2 => Just(Contact2::Auto),
    ];
    let flags = (
        0..3_u16,
        proptest::bool::weighted(0.2),
        any::<bool>(),
        contact2,
    );
    (mode, role, amps, flags).prop_map(|(mode, role, amps, flags)| {
        let (mains, min, max, circuit, capacity) = amps;
        let (cap_stop, has_ev_meter, normal_respects_mains, contact2) = flags;
        Config {
            mode,
            role,
            mains: Amps::from_amps(mains),
            min: Amps::from_amps(min),
            max: Amps::from_amps(max),
            circuit: Amps::from_amps(circuit),
            capacity: Amps::from_amps(capacity),
            cap_stop: Minutes::from_minutes(cap_stop),
            has_mains_meter: true,
            has_ev_meter,
            normal_respects_mains,
            contact2,
            stop: Minutes::from_minutes(cap_stop),
            ..Config::default()
        }
    })
}

/// Happenings with the tenths of a second since the one before.
pub fn story() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let pause = prop_oneof![12 => 1..30_u64, 1 => 100..1_200_u64];
    proptest::collection::vec((pause, happening()), 1..120)
}

/// The inputs of a regulator while a story goes on.
pub struct World {
    pub config: Config,
    pub site: Site,
    pub evse: EvseView,
}

impl World {
    pub fn new(config: Config) -> Self {
        let evse = EvseView {
            wants: true,
            cap: config.max.to_deci(),
            phases: PhaseSet::THREE,
            ..EvseView::default()
        };
        let site = Site::default();
        Self { config, site, evse }
    }

    pub fn apply(&mut self, now: Instant, what: &Happening, plan: &Plan) {
        let (site, evse) = (&mut self.site, &mut self.evse);
        match what {
            Happening::Mains(raw) => drop(site.mains.update(currents(*raw), now)),
            Happening::Circuit(raw) => drop(site.circuit.update(currents(*raw), now)),
            Happening::Measured(value) => drop(evse.measured.update(currents([*value; 3]), now)),
            Happening::Battery(value) => drop(site.battery.update(deci(*value), now)),
            Happening::Relay(open) => site.grid_relay_open = *open,
            Happening::Wants(wants) => evse.wants = *wants,
            Happening::Contactor(closed) => {
                let may = evse.charging || plan.offered > deci(0);
                let closes = *closed && evse.wants && may;
                if closes && !evse.charging && self.config.has_auto_phases() {
                    evse.phases = if plan.three_phase {
                        PhaseSet::THREE
                    } else {
                        PhaseSet::SINGLE
                    };
                }
                evse.charging = closes;
            }
            Happening::Override(value) => evse.override_current = value.map(deci),
            Happening::Ocpp(value) => evse.ocpp_limit = value.map(deci),
            Happening::Cap(value) => evse.cap = deci(*value),
            Happening::Mode(mode) => self.config.mode = *mode,
            Happening::Nothing => {}
        }
    }
}

fn play(
    config: Config,
    story: &[(u64, Happening)],
    oracle: &mut Oracle,
) -> Result<(), TestCaseError> {
    let mut world = World::new(config);
    let mut regulator = Regulator::new();
    let mut plan = Plan::default();
    let mut now = Instant::from_secs(1_000);
    for (tenths, what) in story {
        now += Duration::from_millis(tenths * 100);
        world.apply(now, what, &plan);
        for _ in 0..2 {
            plan = regulator.step(now, &world.config, &world.site, &[world.evse]);
            let verdict = oracle.check(now, &world.config, &world.site, &world.evse, &plan);
            prop_assert!(verdict.is_ok(), "{verdict:?} at {now}: {plan:?}");
        }
    }
    Ok(())
}

/// each with a
/// least number of calls in which it had to hold. R-16 is the absence of
/// overflow in all of them: the tests are built with overflow checks.
#[test]
fn when_anything_happens_then_every_invariant_holds() {
    let runner_config = RunnerConfig {
        cases: 4_000,
        failure_persistence: None,
        ..RunnerConfig::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(runner_config, rng);
    let hits = std::cell::RefCell::new(std::collections::BTreeMap::<u8, u64>::new());
    let outcome = runner.run(&(config(), story()), |(config, story)| {
        let mut oracle = Oracle::new();
        play(config, &story, &mut oracle)?;
        for (number, count) in oracle.hits() {
            *hits.borrow_mut().entry(number).or_default() += count;
        }
        Ok(())
    });
    outcome.unwrap();
    for (number, count) in hits.borrow().iter() {
        println!("R-{number:02}: {count}");
        // These need the patience of `prop_solar`.
        if (10..=12).contains(number) {
            continue;
        }
        assert!(*count >= 500, "R-{number:02} only {count} times");
    }
}
