//! How to test the balancing of currents with random cases.
//!
//! `cargo run --release -p smartevse-sim --features strategies --example property_test_power_share`
//!
//! The strategies give random demands, budgets, settings, groups and mishaps;
//! the oracles know the numbered invariants. What is left for you is the promise
//! that you make to your users. A case that breaks it is shrunk to the smallest
//! one that still does.

use proptest::test_runner::{Config, TestCaseError, TestCaseResult, TestRunner};
use smartevse_share::share_oracle::{ShareMoment, ShareOracle};
use smartevse_share::{Conductor, Group, Limit, ShareConfig, ShareInputs, ShareView};
use smartevse_sim::car::CarModel;
use smartevse_sim::strategies::{
    Mishap, budget, demands, group, mishaps, play_group, share_config,
};
use smartevse_types::{DeciAmps, Instant, LimitedBy, Phase};

/// Chargers in the groups of the first test.
const N: usize = 8;

/// One decision of the scheduler under its oracle, and an own promise.
fn decision_keeps_promises(
    now: Instant,
    config: ShareConfig,
    views: [ShareView; N],
    budget: DeciAmps,
) -> TestCaseResult {
    let by = LimitedBy::Circuit(Phase::L1);
    let mut limits = [Limit::new(budget, Conductor::Phase(Phase::L1), by)];
    let mut group: Group<N> = Group::new();
    let inputs = ShareInputs {
        views: &views,
        ..ShareInputs::default()
    };
    let decision = group.step(now, &config, &inputs, &mut limits);
    let moment = ShareMoment {
        now,
        config,
        views,
        sent: None,
        grace_running: false,
        limits: &limits,
        slots: *group.slots(),
        decision,
    };
    let verdict = ShareOracle::new().check(&moment);
    verdict.map_err(|broken| TestCaseError::fail(format!("{broken:?}")))?;
    // The own promise: whoever is served gets at least MIN, and all together
    // never more than there is.
    let orders = group.orders();
    let sum: DeciAmps = orders.into_iter().sum();
    let served = orders.iter().filter(|order| **order > DeciAmps::ZERO);
    if sum > budget.max(DeciAmps::ZERO) {
        return Err(TestCaseError::fail(format!("{sum:?} of {budget:?}")));
    }
    if !served.clone().all(|order| order.as_deci() >= 60) {
        return Err(TestCaseError::fail(format!("{orders:?}")));
    }
    Ok(())
}

/// Random decisions.
fn test_decisions(cases: u32) -> Result<(), String> {
    let now = Instant::from_secs(100);
    let case = (share_config(), demands::<N>(now), budget());
    TestRunner::new(Config::with_cases(cases))
        .run(&case, |(config, views, budget)| {
            decision_keeps_promises(now, config, views, budget)
        })
        .map_err(|why| why.to_string())
}

/// Whether a car that is asked to stop draws nothing after 6 s.
fn lets_go_in_time(car: &CarModel) -> bool {
    car.delay_s + car.stops_after_s + car.max_a.min(16.0) / car.ramp_down_a_s < 6.0
}

/// Random groups of whole chargers on a simulated line, with random mishaps.
fn test_groups(cases: u32) -> Result<(), String> {
    TestRunner::new(Config::with_cases(cases))
        .run(&(group(), mishaps(6)), |(scenario, mishaps)| {
            let fail = |why: smartevse_sim::run::RunError| TestCaseError::fail(why.to_string());
            let mut run = play_group(&scenario, &mishaps).map_err(fail)?;
            // The own promise: no contactor opens under load, unless its
            // charger was restarted or the car needs longer than the 6 s that
            // a charger waits (IEC 61851-1, C1).
            let restarted = mishaps
                .iter()
                .any(|(_, it)| matches!(it, Mishap::Restart(_)));
            let in_time = scenario
                .plan
                .visits
                .iter()
                .all(|it| lets_go_in_time(&it.car));
            if !restarted && in_time && run.world().opens_under_load() > 0 {
                return Err(TestCaseError::fail("a contactor opened under load"));
            }
            Ok(())
        })
        .map_err(|why| why.to_string())
}

fn main() -> Result<(), String> {
    test_decisions(20_000)?;
    test_groups(50)?;
    println!("20000 decisions and 50 groups: every promise holds");
    Ok(())
}

#[test]
fn when_demands_are_random_then_every_promise_holds() {
    assert_eq!(test_decisions(2_000), Ok(()));
}

#[test]
fn when_groups_meet_mishaps_then_no_oracle_fires() {
    assert_eq!(test_groups(12), Ok(()));
}
