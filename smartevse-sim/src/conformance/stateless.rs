//! The stateless kinds of `charging.jsonl`.

use serde_json::{Value, json};
use smartevse_core::duty::{DutyMeaning, current_to_duty, duty_to_current};
use smartevse_core::io::{MilliVoltRange, PilotSample};
use smartevse_core::pilot::{classify, diode_good};
use smartevse_core::proximity::CableCoding;
use smartevse_types::{Amps, DeciAmps, Duration, DutyPermille, Instant, Ohms};

use super::{Outcome, equal};

/// Moment at which samples are judged.
const NOW: Instant = Instant::from_secs(1_000);

/// Checks a list of pairs: a number, and what it becomes.
pub fn points(case: &Value, convert: fn(i64) -> Value) -> Outcome {
    let Some(points) = case["points"].as_array() else {
        return Outcome::Failed("points is not a list".to_owned());
    };
    all(points, |point| {
        let from = point[0].as_i64().ok_or("a point has no number")?;
        equal(&from.to_string(), &point[1], &convert(from))
    })
}

/// Offered current in dA → duty in permille.
pub fn duty(deci: i64) -> Value {
    let current = DeciAmps::from_deci(i32::try_from(deci).unwrap_or(i32::MAX));
    json!(current_to_duty(current).as_permille())
}

/// Duty in permille → current in dA, or its meaning.
pub fn current(permille: i64) -> Value {
    let duty = DutyPermille::from_permille(u16::try_from(permille).unwrap_or(u16::MAX));
    match duty_to_current(duty) {
        DutyMeaning::Fault => json!("fault"),
        DutyMeaning::Digital => json!("digital"),
        DutyMeaning::Current(current) => json!(current.as_deci()),
    }
}

/// Coding resistor in ohms → current limit in A.
pub fn cable(ohms: i64) -> Value {
    let ohms = Ohms::from_ohms(u32::try_from(ohms).unwrap_or(u32::MAX));
    json!(CableCoding::from_ohms(ohms).limit().map(Amps::as_amps))
}

/// Checks samples: the levels, and what they show.
pub fn samples(case: &Value, member: &str, judge: fn(&Value) -> Value) -> Outcome {
    let Some(samples) = case["samples"].as_array() else {
        return Outcome::Failed("samples is not a list".to_owned());
    };
    all(samples, |sample| {
        equal(&sample.to_string(), &sample[member], &judge(sample))
    })
}

/// Class of the high phase.
pub fn pilot_class(sample: &Value) -> Value {
    let age = Duration::from_millis(sample["age_ms"].as_u64().unwrap_or(0));
    let pilot = PilotSample {
        from: NOW - age,
        at: NOW - age,
        high: range(sample, "high"),
        low: None,
    };
    json!(classify(Some(&pilot), NOW, None).name())
}

/// Whether the low phase shows the diode.
pub fn diode(sample: &Value) -> Value {
    json!(diode_good(Some(range(sample, "low"))))
}

fn range(sample: &Value, phase: &str) -> MilliVoltRange {
    let level = |end: &str| {
        let level = sample[format!("{phase}_{end}_mv")].as_i64().unwrap_or(0);
        i32::try_from(level).unwrap_or(0)
    };
    MilliVoltRange::from_milli(level("min"), level("max"))
}

/// Judges a list of checks: the first one that fails is the outcome.
fn all<T>(items: impl IntoIterator<Item = T>, check: impl Fn(T) -> Result<(), String>) -> Outcome {
    match items.into_iter().try_for_each(check) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}
