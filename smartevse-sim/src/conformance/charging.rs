//! `charging.jsonl`: stateless kinds, and sequences.

use super::{Case, Outcome, sequence, stateless};

/// Kinds of this file.
pub const KINDS: &[&str] = &[
    "current_to_duty",
    "duty_to_current",
    "cable_limit",
    "pilot_class",
    "diode",
    "sequence",
];

/// Runs one case.
pub fn run(case: &Case) -> Outcome {
    let value = &case.value;
    match case.kind.as_str() {
        "current_to_duty" => stateless::points(value, stateless::duty),
        "duty_to_current" => stateless::points(value, stateless::current),
        "cable_limit" => stateless::points(value, stateless::cable),
        "pilot_class" => stateless::samples(value, "pilot_class", stateless::pilot_class),
        "diode" => stateless::samples(value, "diode_good", stateless::diode),
        "sequence" => sequence::run(case),
        _ => Outcome::Failed("not built".to_owned()),
    }
}
