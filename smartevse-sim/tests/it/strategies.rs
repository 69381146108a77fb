//! Random sites and scripts against the oracles.

use proptest::prelude::*;
use smartevse_core::charger::{BootRecord, Charger};
use smartevse_core::directive::Directive;
use smartevse_core::io::Outputs;
use smartevse_core::oracle::Watch;
use smartevse_sim::bench::{Bench, BenchPlan};
use smartevse_sim::happening::{Happening, Script};
use smartevse_sim::run::RunError;
use smartevse_sim::simulate::board_facts;
use smartevse_sim::strategies::{good_car, inputs, script, site};
use smartevse_types::{Duration, Instant};

use crate::site::{complete, happen, secs};

/// Plays a script; a wish may be refused.
fn play(plan: &BenchPlan, script: &Script) -> Result<Bench, TestCaseError> {
    let mut bench = Bench::new(plan);
    let fail = |why: RunError| TestCaseError::fail(why.to_string());
    for (wait, happening) in script {
        bench.run(*wait).map_err(fail)?;
        let _ = bench.happen(happening);
    }
    bench.run(secs(20)).map_err(fail)?;
    Ok(bench)
}

/// Number of cases by default; `PROPTEST_CASES` raises it.
fn cases(default: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let cases = asked.and_then(|text| text.parse().ok()).unwrap_or(default);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(300))]

    /// I-01 to I-32, R-01 and up: no site and no script violates an invariant,
    /// and with feedback the cable is never unlocked under voltage.
    #[test]
    fn when_anything_happens_then_no_invariant_is_violated(
        plan in site(),
        script in script(8),
    ) {
        let bench = play(&plan, &script)?;
        if plan.world.boards[0].contactor_feedback {
            prop_assert_eq!(bench.unlocks_under_voltage(), 0);
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// I-22: whatever happened, a repaired and restarted charger serves a good
    /// vehicle within 90 s.
    #[test]
    fn when_all_is_whole_again_then_a_good_vehicle_charges(
        script in script(5),
        car in good_car(),
    ) {
        let mut bench = play(&complete(), &script)?;
        for step in [
            Happening::Unplug,
            crate::site::whole(),
            Happening::Temperature(smartevse_types::Celsius::from_celsius(25)),
            Happening::Cable(smartevse_types::Ohms::from_ohms(220)),
            Happening::House([0.0; 3]),
            Happening::MainsMeterSilent(false),
        ] {
            happen(&mut bench, step);
        }
        bench.run(secs(3)).map_err(|why| TestCaseError::fail(why.to_string()))?;
        bench.restart();
        bench.run(secs(3)).unwrap();
        happen(&mut bench, Happening::key());
        happen(&mut bench, Happening::repaired());
        happen(&mut bench, Happening::Plug(car));
        let took = bench.wait_for(secs(90), Bench::is_charging).unwrap();
        prop_assert!(took.is_some(), "{:?}", bench.status());
    }

    /// I-20 and the rest with inputs that no board gives.
    #[test]
    fn when_inputs_are_nonsense_then_no_invariant_is_violated(
        list in prop::collection::vec((inputs(Instant::ZERO + secs(100)), 1..40_u64), 1..60),
    ) {
        let facts = board_facts();
        let mut charger = Charger::new(facts, BootRecord::default(), Instant::ZERO);
        let mut watch = Watch::new(facts);
        let mut now = Instant::ZERO;
        for (raw, polls) in list {
            for _ in 0..polls {
                now += Duration::from_millis(10);
                let mut inputs = raw;
                let shift = |at: Instant| now - (Instant::from_secs(100).since(at));
                if let Some(pilot) = &mut inputs.pilot {
                    (pilot.from, pilot.at) = (shift(pilot.from), shift(pilot.at));
                }
                let directive = Directive { issued: Some(now), ..Directive::default() };
                let outputs: Outputs = charger.poll(now, &inputs, &directive);
                let judged = watch.observe(now, &inputs, &directive, &outputs, &charger.status());
                prop_assert!(judged.is_ok(), "{}", judged.unwrap_err());
            }
        }
    }
}
