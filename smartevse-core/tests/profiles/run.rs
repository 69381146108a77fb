//! Plays the cases of a profile and prints what they showed.

use std::fmt::Write as _;
use std::time::Instant;

use smartevse_core::oracle::Violation;

use crate::case::{Case, INPUTS, Outcome};
use crate::table::{Draw, PROFILES};

/// Cases of each profile unless `SMARTEVSE_CASES` says otherwise.
const CASES: u64 = 400;
/// Seed unless `SMARTEVSE_SEED` says otherwise.
const SEED: u64 = 0x5EED_2026;
/// At least so many of 100 cases close the contactor.
const CLOSED: u64 = 30;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    let number = text.and_then(|text| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    });
    number.unwrap_or(otherwise)
}

/// Sums over the cases of a profile.
#[derive(Default)]
struct Sum {
    cases: u64,
    polls: u64,
    closed: u64,
    hits: u64,
    reached: u64,
}

impl Sum {
    fn add(&mut self, outcome: &Outcome) {
        self.cases += 1;
        self.polls += u64::from(outcome.played.polls);
        self.closed += u64::from(outcome.played.closed);
        self.hits += u64::from(outcome.hits);
        self.reached += u64::from(outcome.hits > 0);
    }
}

/// Plays the profile of an invariant.
///
/// `SMARTEVSE_FIRST` is the number of the first case.
pub fn profile(number: u8) {
    let profile = PROFILES[usize::from(number) - 1];
    let (cases, seed) = (
        from_environment("SMARTEVSE_CASES", CASES),
        from_environment("SMARTEVSE_SEED", SEED),
    );
    let first = from_environment("SMARTEVSE_FIRST", 0);
    let draw = Draw::new(&profile);
    let mut case = Case::new(&profile);
    let mut sum = Sum::default();
    let begin = Instant::now();
    for index in first..first + cases {
        case.fill(&draw, seed, index);
        let outcome = case.play(&case.steps);
        let whole = outcome.played.polls >= INPUTS;
        assert!(whole || outcome.broken.is_some(), "a short case");
        sum.add(&outcome);
        if let Some(broken) = outcome.broken {
            let at = format!("profile {number}, seed {seed:#x}, case {index}");
            panic!("{at}: {}", describe(&mut case, broken));
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "I-{number:02} {}: {cases} cases from {first}, {} inputs, {} % closed, {} hits in {} % of the cases, seed {seed:#x}, {seconds:.2} s",
        profile.name,
        sum.polls,
        sum.closed * 100 / cases,
        sum.hits,
        sum.reached * 100 / cases,
    );
    assert!(sum.closed * 100 >= cases * CLOSED, "too few closings");
    // A share of a few cases says nothing.
    assert!(
        cases < 200 || sum.reached * 100 >= cases * u64::from(profile.reached),
        "too few cases reach the invariant"
    );
}

fn describe(case: &mut Case, broken: Violation) -> String {
    let steps = case.shrink(broken);
    case.shown = true;
    case.play(&steps);
    let mut text = format!("{broken}\n{:?}\n", case.site);
    for step in &steps {
        let _ = writeln!(text, "  {:?}, then {:?}", step.change, step.time);
    }
    text
}
