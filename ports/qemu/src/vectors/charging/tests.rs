//! The player itself: it passes what holds and finds what does not.

use std::string::String;

use super::*;
use crate::vectors::{Count, SUITES};

#[test]
fn when_all_rows_are_played_then_every_one_passes() {
    let mut text = String::new();
    let count = SUITES[0].play(&mut text).unwrap();
    let all = Count {
        passed: 88,
        ..Count::default()
    };
    assert_eq!(count, all, "{text}");
}

const PLUGGED: Value = Value::List(&[Value::Object(&[
    ("t_ms", Value::Number(1_000)),
    ("pilot", Value::Text("B9")),
])]);

/// Plays a vehicle that plugs in at 1 s against one expectation.
fn plugged(expect: &'static [(&'static str, Value)]) -> bool {
    let expect: &'static [Value] = std::vec![Value::Object(expect)].leak();
    let case = std::vec![
        ("kind", Value::Text("sequence")),
        ("timeline", PLUGGED),
        ("expect", Value::List(expect)),
    ];
    run(&Value::Object(case.leak())) == Outcome::Passed
}

const B: Value = Value::Text("B");
const A: Value = Value::Text("A");
const BEFORE: Value = Value::List(&[Value::Number(0), Value::Number(900)]);
const AROUND: Value = Value::List(&[Value::Number(1_000), Value::Number(3_000)]);
const NO_GAP: Value = Value::List(&[Value::Number(0), Value::Number(0)]);
const ANY_GAP: Value = Value::List(&[Value::Number(0), Value::Number(3_000)]);
const TO_B: Value = Value::Object(&[("signal", Value::Text("state")), ("to", B)]);
const STATE_B: Value = Value::Object(&[("state", B)]);

#[test]
fn when_signals_are_asserted_at_a_time_then_each_counts() {
    let at = |ms, state| std::vec![("at_ms", Value::Number(ms)), ("state", state)].leak() as &_;
    assert!(plugged(at(900, A)) && plugged(at(3_000, B)));
    assert!(!plugged(at(900, B)) && !plugged(at(3_000, A)));
    assert!(!plugged(&[("at_ms", Value::Number(900)), ("no_such", B)]));
}

#[test]
fn when_a_change_is_expected_then_its_window_counts() {
    assert!(plugged(&[("change", TO_B), ("window_ms", AROUND)]));
    assert!(!plugged(&[("change", TO_B), ("window_ms", BEFORE)]));
}

#[test]
fn when_a_value_must_never_come_then_one_tick_is_enough_to_fail() {
    let span = |from, to| {
        let from = ("from_ms", Value::Number(from));
        std::vec![("never", STATE_B), from, ("to_ms", Value::Number(to))].leak() as &_
    };
    assert!(plugged(span(0, 1_000)));
    assert!(!plugged(span(0, 3_000)));
}

#[test]
fn when_two_changes_are_ordered_then_direction_and_gap_count() {
    let order = |first, second, gap| {
        let order = std::vec![Value::Text(first), Value::Text(second)].leak();
        let order = ("order", Value::List(order));
        std::vec![order, ("window_ms", AROUND), ("gap_ms", gap)].leak() as &_
    };
    assert!(plugged(order("state:B", "state:B", NO_GAP)));
    assert!(!plugged(order("state:B", "contactor1:closed", ANY_GAP)));
}

#[test]
fn when_a_case_is_not_understood_then_it_fails() {
    for case in [
        Value::Null,
        Value::Object(&[("kind", Value::Text("no_such"))]),
        Value::Object(&[("kind", Value::Text("sequence"))]),
        Value::Object(&[("kind", Value::Text("diode"))]),
        Value::Object(&[
            ("kind", Value::Text("sequence")),
            ("settings", Value::Object(&[("mode", Value::Text("Fast"))])),
            (
                "expect",
                Value::List(&[Value::Object(&[("at_ms", Value::Number(0))])]),
            ),
        ]),
    ] {
        assert!(matches!(run(&case), Outcome::Failed(_)), "{case:?}");
    }
}

#[test]
fn when_a_case_needs_a_power_cycle_then_it_is_skipped_by_name() {
    let step = Value::Object(&[
        ("t_ms", Value::Number(0)),
        ("power_cycle", Value::Flag(true)),
    ]);
    let timeline = std::vec![step].leak();
    let case = std::vec![
        ("kind", Value::Text("sequence")),
        ("timeline", Value::List(timeline)),
    ];
    assert_eq!(
        run(&Value::Object(case.leak())),
        Outcome::Skipped("power_cycle")
    );
}
