//! How long a poll takes, with the oracle and without.

use std::time::Instant as Clock;

use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::directive::Directive;
use smartevse_core::io::Inputs;
use smartevse_core::oracle::Watch;
use smartevse_types::{Duration, Instant};

const POLLS: u32 = 50_000;

fn nanos(begin: Clock) -> u128 {
    begin.elapsed().as_nanos() / u128::from(POLLS)
}

/// Prints the time of a poll of the charger and of its judgement.
#[test]
fn when_polled_many_times_then_the_time_is_printed() {
    let facts = BoardFacts::default();
    let mut now = Instant::from_secs(1);
    let mut charger = Charger::new(facts, BootRecord::default(), now);
    let mut watch = Watch::new(facts);
    let (inputs, mut directive) = (Inputs::default(), Directive::default());
    let begin = Clock::now();
    for _ in 0..POLLS {
        now += Duration::from_millis(10);
        directive.issued = Some(now);
        charger.poll(now, &inputs, &directive);
    }
    let alone = nanos(begin);
    let begin = Clock::now();
    for _ in 0..POLLS {
        now += Duration::from_millis(10);
        directive.issued = Some(now);
        let outputs = charger.poll(now, &inputs, &directive);
        let status = charger.status();
        watch
            .observe(now, &inputs, &directive, &outputs, &status)
            .unwrap();
    }
    println!("{alone} ns for a poll, {} ns with the oracle", nanos(begin));
}
