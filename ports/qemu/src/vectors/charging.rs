//! `charging.jsonl`: stateless rows, and sequences on a whole station.

mod bench;
mod judge;
mod signals;
mod start;
mod stateless;
mod timeline;

use super::{Failure, Outcome, Value};
use bench::Bench;
use judge::Judges;

/// Plays one case.
pub fn run(case: &Value) -> Outcome {
    match case.member("kind").text() {
        Some("current_to_duty") => stateless::points(case, stateless::duty),
        Some("duty_to_current") => stateless::points(case, stateless::current),
        Some("cable_limit") => stateless::points(case, stateless::cable),
        Some("pilot_class") => stateless::samples(case, stateless::pilot_class),
        Some("diode") => stateless::samples(case, stateless::diode),
        Some("sequence") => sequence(case),
        Some(_) | None => Outcome::Failed(Failure::of(0, "unknown kind")),
    }
}

fn sequence(case: &Value) -> Outcome {
    let timeline = case.member("timeline").items();
    let steps = timeline.iter().flat_map(Value::members);
    if let Some((missing, _)) = steps.into_iter().find(|(name, _)| *name == "power_cycle") {
        return Outcome::Skipped(missing);
    }
    let Some(mut judges) = Judges::new(case.member("expect").items()) else {
        return Outcome::Failed(Failure::of(0, "an expectation has no known form"));
    };
    let Some(bench) = Bench::new(case) else {
        return Outcome::Failed(Failure::of(0, "a setting has no such value"));
    };
    match bench.play(timeline, &mut judges) {
        Ok(()) => judges.verdict(),
        Err(index) => Outcome::Failed(Failure::of(index, "a timeline entry is not understood")),
    }
}

#[cfg(test)]
mod tests;
