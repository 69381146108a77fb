//! The four forms of expectations on a charging sequence.

use serde_json::{Map, Value, json};
use smartevse_core::faults::{FAULT_TABLE, Faults};
use smartevse_core::io::{LockDrive, Outputs, PilotSwitch};
use smartevse_types::{Access, Mode};

/// Time between two rows of a record, ms.
pub const TICK_MS: i64 = 10;

/// All signals at one tick.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Signals {
    /// What the board drives.
    pub outputs: Outputs,
    /// Name of the charging state.
    pub state: &'static str,
    /// Faults that are set.
    pub faults: Faults,
    /// Access.
    pub access: Access,
    /// Mode in force.
    pub mode: Mode,
    /// Number of the card status.
    pub card_status: u8,
    /// Entries of the card list.
    pub card_count: usize,
    /// A vehicle is connected.
    pub vehicle_present: bool,
    /// The custom flag.
    pub custom_button: bool,
}

impl Signals {
    /// The value of a signal, or `None` for an unknown name.
    fn value(&self, signal: &str) -> Option<Value> {
        let contactor = |closed: bool| if closed { "closed" } else { "open" };
        Some(match signal {
            "state" => json!(self.state),
            "contactor1" => json!(contactor(self.outputs.contactor1.is_closed())),
            "contactor2" => json!(contactor(self.outputs.contactor2.is_closed())),
            "duty_permille" => json!(self.outputs.duty.as_permille()),
            "cp_switch" => json!(match self.outputs.pilot_switch {
                PilotSwitch::Closed => "closed",
                PilotSwitch::Isolated => "open",
            }),
            "actuator" => json!(match self.outputs.lock {
                LockDrive::Off => "off",
                LockDrive::Lock => "lock",
                LockDrive::Unlock => "unlock",
            }),
            "access" => json!(self.access.text()),
            "mode" => json!(self.mode.text()),
            "rfid_status" => json!(self.card_status),
            "card_count" => json!(self.card_count),
            "vehicle_present" => json!(self.vehicle_present),
            "custom_button" => json!(self.custom_button),
            "errors_include" | "errors_exclude" => json!(fault_names(self.faults)),
            _ => return None,
        })
    }

    /// Whether a signal has an expected value.
    fn has(&self, signal: &str, expected: &Value) -> Result<bool, String> {
        let actual = self
            .value(signal)
            .ok_or_else(|| format!("unknown signal {signal}"))?;
        Ok(match signal {
            "errors_include" => self.faults.contains(faults_of(expected)?),
            "errors_exclude" => !self.faults.intersects(faults_of(expected)?),
            "duty_permille" => duty_matches(expected, &actual)?,
            _ => actual == *expected,
        })
    }

    fn assert(&self, signal: &str, expected: &Value) -> Result<(), String> {
        if expected.is_null() || self.has(signal, expected)? {
            return Ok(());
        }
        let actual = self.value(signal).unwrap_or_default();
        Err(format!("{signal}: expected {expected}, actual {actual}"))
    }
}

fn fault_names(faults: Faults) -> Vec<&'static str> {
    FAULT_TABLE
        .iter()
        .filter(|row| faults.contains(row.fault))
        .map(|row| row.name)
        .collect()
}

fn faults_of(names: &Value) -> Result<Faults, String> {
    let names = names.as_array().ok_or("the errors are not a list")?;
    let mut faults = Faults::empty();
    for name in names {
        let row = FAULT_TABLE
            .iter()
            .find(|row| Some(row.name) == name.as_str());
        faults |= row.ok_or_else(|| format!("unknown error {name}"))?.fault;
    }
    Ok(faults)
}

fn duty_matches(expected: &Value, actual: &Value) -> Result<bool, String> {
    let Some(range) = expected.as_object() else {
        return Ok(expected == actual);
    };
    let actual = actual.as_i64().ok_or("the duty is not a number")?;
    let end = |name: &str| range.get(name).and_then(Value::as_i64);
    let (min, max) = (end("min"), end("max"));
    if min.is_none() && max.is_none() {
        return Err(format!("duty_permille: {expected} is not a range"));
    }
    Ok(min.is_none_or(|min| actual >= min) && max.is_none_or(|max| actual <= max))
}

/// The signals of a whole sequence, one row per tick from just before time
/// zero.
#[derive(Clone, Debug, Default)]
pub struct Record {
    rows: Vec<Signals>,
}

impl Record {
    /// Adds the row of the next tick; the first row is the one before time
    /// zero.
    pub fn push(&mut self, row: Signals) {
        self.rows.push(row);
    }

    /// The row of the tick at or before a time.
    fn at(&self, ms: i64) -> Result<&Signals, String> {
        usize::try_from(ms.div_euclid(TICK_MS) + 1)
            .ok()
            .and_then(|index| self.rows.get(index))
            .ok_or_else(|| format!("nothing is recorded at {ms} ms"))
    }

    /// The times of all ticks in a span, both ends included.
    fn ticks(from_ms: i64, to_ms: i64) -> impl Iterator<Item = i64> {
        let first = from_ms + (-from_ms).rem_euclid(TICK_MS);
        (0..)
            .map(move |n| first + n * TICK_MS)
            .take_while(move |ms| *ms <= to_ms)
    }

    /// The first tick in a span at which a signal changes to a value.
    fn change(
        &self,
        signal: &str,
        value: &Value,
        [from_ms, to_ms]: [i64; 2],
    ) -> Result<Option<i64>, String> {
        for ms in Self::ticks(from_ms, to_ms) {
            let before = self.at(ms - TICK_MS)?.has(signal, value)?;
            if !before && self.at(ms)?.has(signal, value)? {
                return Ok(Some(ms));
            }
        }
        Ok(None)
    }
}

/// One expectation.
#[derive(Clone, PartialEq, Debug)]
pub enum Expectation {
    /// Signals have values at a time.
    At {
        /// When.
        ms: i64,
        /// The values.
        signals: Map<String, Value>,
    },
    /// A signal takes a value inside a window.
    Change {
        /// The signal.
        signal: String,
        /// The value.
        to: Value,
        /// The window.
        window: [i64; 2],
    },
    /// A signal does not take a value in a span.
    Never {
        /// The values.
        signals: Map<String, Value>,
        /// The span.
        span: [i64; 2],
    },
    /// Two changes follow each other.
    Order {
        /// The first change: signal and value.
        first: (String, Value),
        /// The second change.
        second: (String, Value),
        /// The window.
        window: [i64; 2],
        /// Time between them.
        gap: [i64; 2],
    },
}

impl Expectation {
    /// Reads one entry of `expect`.
    ///
    /// # Errors
    ///
    /// An entry that has none of the four forms.
    pub fn parse(entry: &Value) -> Result<Self, String> {
        let object = entry.as_object().ok_or("an expectation is not an object")?;
        if let Some(ms) = object.get("at_ms") {
            let mut signals = object.clone();
            signals.remove("at_ms");
            signals.remove("note");
            return Ok(Self::At {
                ms: ms.as_i64().ok_or("at_ms is not a number")?,
                signals,
            });
        }
        if let Some(change) = object.get("change") {
            return Ok(Self::Change {
                signal: text(change, "signal")?,
                to: change.get("to").cloned().ok_or("change has no to")?,
                window: pair(object, "window_ms")?,
            });
        }
        if let Some(never) = object.get("never") {
            return Ok(Self::Never {
                signals: never.as_object().cloned().ok_or("never is not an object")?,
                span: [number(object, "from_ms")?, number(object, "to_ms")?],
            });
        }
        Self::parse_order(object)
    }

    fn parse_order(object: &Map<String, Value>) -> Result<Self, String> {
        let order = object.get("order").and_then(Value::as_array);
        let Some([first, second]) = order.map(Vec::as_slice) else {
            return Err(format!("{:?} is no form of an expectation", object.keys()));
        };
        Ok(Self::Order {
            first: split(first)?,
            second: split(second)?,
            window: pair(object, "window_ms")?,
            gap: pair(object, "gap_ms")?,
        })
    }

    /// When the last thing happens that it looks at.
    #[must_use]
    pub const fn end_ms(&self) -> i64 {
        match self {
            Self::At { ms, .. } => *ms,
            Self::Change { window, .. } | Self::Order { window, .. } => window[1],
            Self::Never { span, .. } => span[1],
        }
    }

    /// Judges a record.
    ///
    /// # Errors
    ///
    /// What was expected and what was found.
    pub fn check(&self, record: &Record) -> Result<(), String> {
        match self {
            Self::At { ms, signals } => check_at(record, *ms, signals),
            Self::Change { signal, to, window } => check_change(record, signal, to, *window),
            Self::Never { signals, span } => check_never(record, signals, *span),
            Self::Order {
                first,
                second,
                window,
                gap,
            } => check_order(record, first, second, *window, *gap),
        }
    }
}

fn check_at(record: &Record, ms: i64, signals: &Map<String, Value>) -> Result<(), String> {
    let row = record.at(ms)?;
    signals.iter().try_for_each(|(signal, expected)| {
        row.assert(signal, expected)
            .map_err(|why| format!("at {ms} ms {why} (state {})", row.state))
    })
}

fn check_change(
    record: &Record,
    signal: &str,
    to: &Value,
    [lo, hi]: [i64; 2],
) -> Result<(), String> {
    if record.at(lo - TICK_MS)?.has(signal, to)? {
        return Err(format!(
            "{signal}: expected a change to {to} within {lo}..{hi} ms, actual {to} already before"
        ));
    }
    for ms in Record::ticks(lo, hi) {
        if record.at(ms)?.has(signal, to)? {
            return Ok(());
        }
    }
    let end = record.at(hi)?;
    let actual = end.value(signal).unwrap_or_default();
    Err(format!(
        "{signal}: expected a change to {to} within {lo}..{hi} ms, actual {actual} at {hi} ms (state {})",
        end.state
    ))
}

fn check_never(
    record: &Record,
    signals: &Map<String, Value>,
    [from, to]: [i64; 2],
) -> Result<(), String> {
    // The end is not part of the span: an input that changes at that moment may
    // act in the very same tick.
    for ms in Record::ticks(from, to.max(from.saturating_add(1)).saturating_sub(1)) {
        let row = record.at(ms)?;
        for (signal, value) in signals {
            if row.has(signal, value)? {
                let span = format!("{from}..{to} ms");
                return Err(format!(
                    "{signal}: expected never {value} within {span}, actual {value} at {ms} ms (state {})",
                    row.state
                ));
            }
        }
    }
    Ok(())
}

fn check_order(
    record: &Record,
    first: &(String, Value),
    second: &(String, Value),
    window: [i64; 2],
    [lo, hi]: [i64; 2],
) -> Result<(), String> {
    let a = record.change(&first.0, &first.1, window)?;
    let b = record.change(&second.0, &second.1, window)?;
    let (Some(a), Some(b)) = (a, b) else {
        return Err(format!(
            "order: expected {}:{} and {}:{}, actual at {a:?} and {b:?} ms",
            first.0, first.1, second.0, second.1
        ));
    };
    if (lo..=hi).contains(&(b - a)) {
        Ok(())
    } else {
        Err(format!(
            "order: expected {} to follow {} after {lo}..{hi} ms, actual {} ms",
            second.0,
            first.0,
            b - a
        ))
    }
}

fn text(value: &Value, member: &str) -> Result<String, String> {
    value
        .get(member)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("{member} is missing"))
}

fn number(object: &Map<String, Value>, member: &str) -> Result<i64, String> {
    object
        .get(member)
        .and_then(Value::as_i64)
        .ok_or_else(|| format!("{member} is missing"))
}

fn pair(object: &Map<String, Value>, member: &str) -> Result<[i64; 2], String> {
    let list = object.get(member).and_then(Value::as_array);
    match list.map(Vec::as_slice) {
        Some([a, b]) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Ok([a, b]),
            _ => Err(format!("{member} has no numbers")),
        },
        _ => Err(format!("{member} is not a pair")),
    }
}

/// Splits `signal:value`.
fn split(change: &Value) -> Result<(String, Value), String> {
    change
        .as_str()
        .and_then(|text| text.split_once(':'))
        .map(|(signal, value)| (signal.to_owned(), json!(value)))
        .ok_or_else(|| format!("{change} is not signal:value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::io::Contactor;
    use smartevse_types::DutyPermille;

    fn row(state: &'static str, closed: bool, duty: u16) -> Signals {
        let contactor = if closed {
            Contactor::Closed
        } else {
            Contactor::Open
        };
        Signals {
            outputs: Outputs {
                duty: DutyPermille::from_permille(duty),
                contactor1: contactor,
                ..Outputs::SAFE
            },
            state,
            faults: Faults::LESS_6A,
            access: Access::On,
            mode: Mode::Normal,
            card_status: 7,
            card_count: 2,
            vehicle_present: true,
            custom_button: false,
        }
    }

    /// A until 90 ms, B from 100 ms, C with a closed contactor from 200 ms.
    fn record() -> Record {
        let mut record = Record::default();
        for ms in (-10..=400).step_by(10) {
            record.push(match ms {
                ..100 => row("A", false, 1000),
                100..200 => row("B", false, 100),
                _ => row("C", true, 266),
            });
        }
        record
    }

    fn holds(entry: &str) -> bool {
        let entry = serde_json::from_str(entry).unwrap();
        Expectation::parse(&entry).unwrap().check(&record()).is_ok()
    }

    #[test]
    fn when_signals_are_asserted_at_a_time_then_each_counts() {
        assert!(holds(r#"{"at_ms":90,"state":"A","contactor1":"open"}"#));
        assert!(!holds(r#"{"at_ms":100,"state":"A"}"#));
        assert!(!holds(r#"{"at_ms":90,"state":"A","contactor1":"closed"}"#));
        assert!(holds(r#"{"at_ms":95,"state":"A","mode":null}"#));
        assert!(!holds(r#"{"at_ms":95,"no_such_signal":1}"#));
        assert!(!holds(r#"{"at_ms":9000,"state":"C"}"#));
    }

    #[test]
    fn when_every_signal_is_asserted_wrongly_then_each_is_found() {
        for (right, wrong) in [
            (r#""contactor2":"open""#, r#""contactor2":"closed""#),
            (r#""duty_permille":266"#, r#""duty_permille":267"#),
            (
                r#""duty_permille":{"min":200,"max":300}"#,
                r#""duty_permille":{"max":200}"#,
            ),
            (r#""cp_switch":"open""#, r#""cp_switch":"closed""#),
            (r#""actuator":"off""#, r#""actuator":"lock""#),
            (
                r#""errors_include":["LESS_6A"]"#,
                r#""errors_include":["NO_SUN"]"#,
            ),
            (
                r#""errors_exclude":["NO_SUN"]"#,
                r#""errors_exclude":["LESS_6A"]"#,
            ),
            (r#""access":"On""#, r#""access":"Off""#),
            (r#""mode":"Normal""#, r#""mode":"Solar""#),
            (r#""rfid_status":7"#, r#""rfid_status":0"#),
            (r#""card_count":2"#, r#""card_count":3"#),
            (r#""vehicle_present":true"#, r#""vehicle_present":false"#),
            (r#""custom_button":false"#, r#""custom_button":true"#),
        ] {
            assert!(holds(&format!(r#"{{"at_ms":300,{right}}}"#)), "{right}");
            assert!(!holds(&format!(r#"{{"at_ms":300,{wrong}}}"#)), "{wrong}");
        }
        assert!(!holds(r#"{"at_ms":300,"errors_include":["NO_SUCH"]}"#));
    }

    #[test]
    fn when_a_change_is_expected_then_its_window_counts() {
        let change = |signal: &str, to: &str, lo: i64, hi: i64| {
            holds(&format!(
                r#"{{"change":{{"signal":"{signal}","to":"{to}"}},"window_ms":[{lo},{hi}]}}"#
            ))
        };
        assert!(change("state", "B", 100, 150));
        assert!(change("contactor1", "closed", 150, 200));
        assert!(!change("contactor1", "closed", 110, 190));
        assert!(!change("contactor1", "closed", 210, 300));
        assert!(!change("state", "D", 0, 400));
        // The first tick may itself be the change.
        assert!(change("state", "C", 200, 200));
    }

    #[test]
    fn when_a_value_must_never_come_then_one_tick_is_enough_to_fail() {
        assert!(holds(
            r#"{"never":{"contactor1":"closed"},"from_ms":0,"to_ms":200}"#
        ));
        assert!(!holds(
            r#"{"never":{"contactor1":"closed"},"from_ms":0,"to_ms":210}"#
        ));
        assert!(!holds(
            r#"{"never":{"state":"B"},"from_ms":190,"to_ms":190}"#
        ));
    }

    #[test]
    fn when_two_changes_are_ordered_then_gap_and_direction_count() {
        let order = |a: &str, b: &str, lo: i64, hi: i64| {
            holds(&format!(
                r#"{{"order":["{a}","{b}"],"window_ms":[0,400],"gap_ms":[{lo},{hi}]}}"#
            ))
        };
        assert!(order("state:B", "contactor1:closed", 80, 120));
        assert!(!order("state:B", "contactor1:closed", 110, 120));
        assert!(!order("contactor1:closed", "state:B", 0, 400));
        assert!(!order("state:B", "state:D", 0, 400));
    }

    #[test]
    fn when_an_entry_has_no_known_form_then_it_is_an_error() {
        for entry in [
            r#"{"sometimes":1}"#,
            r#"{"change":{"signal":"state"},"window_ms":[0,1]}"#,
            r#"{"change":{"signal":"state","to":"A"}}"#,
            r#"{"never":{"state":"A"},"from_ms":0}"#,
            r#"{"order":["state:A"],"window_ms":[0,1],"gap_ms":[0,1]}"#,
            r#"[]"#,
        ] {
            let entry = serde_json::from_str(entry).unwrap();
            assert!(Expectation::parse(&entry).is_err(), "{entry}");
        }
    }
}
