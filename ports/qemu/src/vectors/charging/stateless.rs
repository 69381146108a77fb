//! Rows without a time.

use smartevse_core::duty::{DutyMeaning, current_to_duty, duty_to_current};
use smartevse_core::io::{MilliVoltRange, PilotSample};
use smartevse_core::pilot::{classify, diode_good};
use smartevse_core::proximity::CableCoding;
use smartevse_types::{Amps, DeciAmps, Duration, DutyPermille, Instant, Ohms};

use crate::vectors::{Failure, Outcome, Value};

/// Moment at which samples are judged.
const NOW: Instant = Instant::from_secs(1_000);

/// Checks a list; the first entry that does not hold is the outcome.
fn all(list: &'static [Value], holds: impl Fn(&Value) -> Option<bool>) -> Outcome {
    let wrong = list.iter().position(|entry| holds(entry) != Some(true));
    match wrong {
        _ if list.is_empty() => Outcome::Failed(Failure::of(0, "the list is empty")),
        Some(index) => Outcome::Failed(Failure::of(index, "another value")),
        None => Outcome::Passed,
    }
}

/// Checks pairs: a number, and what it becomes.
pub fn points(case: &Value, convert: fn(i64) -> Option<Value>) -> Outcome {
    all(case.member("points").items(), |point| {
        let [from, to] = point.items() else {
            return None;
        };
        Some(convert(from.number()?)? == *to)
    })
}

/// Offered current in dA → duty in permille.
pub fn duty(deci: i64) -> Option<Value> {
    let duty = current_to_duty(DeciAmps::from_deci(i32::try_from(deci).ok()?));
    Some(Value::Number(i64::from(duty.as_permille())))
}

/// Duty in permille → current in dA, or its meaning.
pub fn current(permille: i64) -> Option<Value> {
    let duty = DutyPermille::from_permille(u16::try_from(permille).ok()?);
    Some(match duty_to_current(duty) {
        DutyMeaning::Fault => Value::Text("fault"),
        DutyMeaning::Digital => Value::Text("digital"),
        DutyMeaning::Current(current) => Value::Number(i64::from(current.as_deci())),
    })
}

/// Coding resistor in ohms → current limit in A.
pub fn cable(ohms: i64) -> Option<Value> {
    let coding = CableCoding::from_ohms(Ohms::from_ohms(u32::try_from(ohms).ok()?));
    let amps = coding.limit().map(Amps::as_amps);
    Some(amps.map_or(Value::Null, |amps| Value::Number(i64::from(amps))))
}

/// Checks samples of one phase.
pub fn samples(case: &Value, holds: fn(&Value) -> Option<bool>) -> Outcome {
    all(case.member("samples").items(), holds)
}

/// Class of the high phase.
pub fn pilot_class(sample: &Value) -> Option<bool> {
    let at = NOW - Duration::from_millis(sample.member("age_ms").whole()?);
    let high = range(&sample.member("high_min_mv"), &sample.member("high_max_mv"))?;
    let pilot = PilotSample {
        from: at,
        at,
        high,
        low: None,
    };
    let class = classify(Some(&pilot), NOW, None);
    Some(Some(class.name()) == sample.member("pilot_class").text())
}

/// Whether the low phase shows the diode.
pub fn diode(sample: &Value) -> Option<bool> {
    let low = range(&sample.member("low_min_mv"), &sample.member("low_max_mv"))?;
    Some(Value::Flag(diode_good(Some(low))) == sample.member("diode_good"))
}

fn range(min: &Value, max: &Value) -> Option<MilliVoltRange> {
    Some(MilliVoltRange::from_milli(min.whole()?, max.whole()?))
}
