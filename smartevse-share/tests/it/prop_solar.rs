//! Solar under a random sky, watched by the oracle.

use proptest::prelude::*;
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use smartevse_share::{Config, Contact2};
use smartevse_types::{Amps, Minutes};

use crate::solar::{Roof, solar};

fn config() -> impl Strategy<Value = Config> {
    let contact2 = prop_oneof![
        3 => Just(Contact2::Auto),
        1 => Just(Contact2::AlwaysOn),
        1 => Just(Contact2::AlwaysOff),
    ];
    (contact2, 0..3_u16, 0..12_u16, 0..10_u16, 6..=10_u16).prop_map(
        |(contact2, stop, start, import, min)| Config {
            stop: Minutes::from_minutes(stop),
            start: Amps::from_amps(start),
            import: Amps::from_amps(import),
            min: Amps::from_amps(min),
            ..solar(contact2)
        },
    )
}

/// and the others over whole days of weather; the hits of
/// those that random inputs do not reach.
#[test]
fn when_the_sky_changes_then_every_invariant_holds() {
    let runner_config = RunnerConfig {
        cases: 400,
        failure_persistence: None,
        ..RunnerConfig::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(runner_config, rng);
    let hits = std::cell::RefCell::new(std::collections::BTreeMap::<u8, u64>::new());
    let sky = prop_oneof![4 => -400..0_i32, 1 => 0..100_i32];
    let sky = proptest::collection::vec((sky, 10..600_u64), 1..40);
    let outcome = runner.run(&(config(), sky, 0..3_usize), |(config, sky, lag)| {
        let mut roof = Roof::new(config);
        roof.lag = lag;
        for (house, secs) in sky {
            roof.run(house, secs);
        }
        // Improvement (c) of regulation 8.3: six changes in any hour.
        let switches: Vec<u64> = roof
            .closings
            .windows(2)
            .filter(|pair| pair[0].1 != pair[1].1)
            .map(|pair| pair[1].0)
            .collect();
        let dense = switches.windows(7).any(|seven| seven[6] - seven[0] < 3_600);
        prop_assert!(!dense, "{switches:?}");
        for (number, count) in roof.oracle.hits() {
            *hits.borrow_mut().entry(number).or_default() += count;
        }
        Ok(())
    });
    outcome.unwrap();
    for (number, least) in [(10, 100), (11, 100), (12, 10_000)] {
        let count = hits.borrow().get(&number).copied().unwrap_or(0);
        println!("R-{number:02}: {count}");
        assert!(count >= least, "R-{number:02} only {count} times");
    }
}
