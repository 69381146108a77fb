//! The four forms of expectations, judged tick by tick.

use super::signals::Signals;
use crate::vectors::{Failure, Outcome, Value};

/// Time between two ticks, ms.
pub const TICK_MS: i64 = 10;

/// Most expectations of one case.
const MOST: usize = 32;

/// What is expected.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Form {
    /// Signals have values at a time.
    At { tick: i64, signals: Value },
    /// A signal takes a value inside a window.
    Change {
        signal: &'static str,
        to: Value,
        window: (i64, i64),
    },
    /// A signal does not take a value in a span; its end is not part of it.
    Never { signals: Value, span: (i64, i64) },
    /// Two changes follow each other.
    Order {
        changes: [(&'static str, Value); 2],
        window: (i64, i64),
        gap: (i64, i64),
    },
}

impl Form {
    fn parse(entry: &Value) -> Option<Self> {
        if let Some(at) = entry.member("at_ms").number() {
            return Some(Self::At {
                tick: floor(at),
                signals: *entry,
            });
        }
        let (change, never) = (entry.member("change"), entry.member("never"));
        if !change.is_null() {
            return Some(Self::Change {
                signal: change.member("signal").text()?,
                to: change.member("to"),
                window: entry.member("window_ms").pair()?,
            });
        }
        if !never.is_null() {
            let (from, to) = (entry.member("from_ms"), entry.member("to_ms"));
            return Some(Self::Never {
                signals: never,
                span: (from.number()?, to.number()?),
            });
        }
        let [first, second] = entry.member("order").items() else {
            return None;
        };
        Some(Self::Order {
            changes: [split(first)?, split(second)?],
            window: entry.member("window_ms").pair()?,
            gap: entry.member("gap_ms").pair()?,
        })
    }

    /// Last time that it looks at, ms.
    const fn end(&self) -> i64 {
        match self {
            Self::At { tick, .. } => *tick,
            Self::Change { window, .. } | Self::Order { window, .. } => window.1,
            Self::Never { span, .. } => span.1,
        }
    }
}

/// Splits `signal:value`.
fn split(change: &Value) -> Option<(&'static str, Value)> {
    let (signal, value) = change.text()?.split_once(':')?;
    Some((signal, Value::Text(value)))
}

/// The tick at or before a time.
const fn floor(ms: i64) -> i64 {
    ms.saturating_sub(ms.rem_euclid(TICK_MS))
}

/// One expectation and what was seen of it.
#[derive(Clone, Copy, Debug)]
struct Judge {
    form: Form,
    /// Moments at which what it waits for came.
    seen: [Option<i64>; 2],
    failed: Option<Failure>,
}

impl Judge {
    fn fail(&mut self, index: usize, problem: &'static str, ms: i64, row: &Signals) {
        self.failed.get_or_insert(Failure {
            index,
            problem,
            at_ms: ms,
            state: row.state,
        });
    }

    /// Takes the next tick; `before` is the tick before it.
    fn observe(&mut self, index: usize, ms: i64, row: &Signals, before: &Signals) {
        let within = |(from, to): (i64, i64)| (from..=to).contains(&ms);
        match self.form {
            Form::At { tick, signals } if tick == ms => {
                self.seen = [Some(ms); 2];
                if !asserted(row, &signals) {
                    self.fail(index, "another value", ms, row);
                }
            }
            Form::Change { signal, to, window } => {
                let has = row.has(signal, &to);
                let early = ms == floor(window.0.saturating_sub(TICK_MS));
                if has.is_none() || (early && has == Some(true)) {
                    self.fail(index, "already before", ms, row);
                } else if within(window) && has == Some(true) {
                    self.see(0, ms);
                }
            }
            Form::Never { signals, span } => {
                let last = span.1.max(span.0.saturating_add(1)).saturating_sub(1);
                if !within((span.0, last)) {
                    return;
                }
                self.seen = [Some(ms); 2];
                let mut members = signals.members().iter();
                if members.any(|(name, value)| row.has(name, value) != Some(false)) {
                    self.fail(index, "a forbidden value", ms, row);
                }
            }
            Form::Order {
                changes, window, ..
            } if within(window) => {
                for (place, (signal, to)) in changes.iter().enumerate() {
                    let (old, new) = (before.has(signal, to), row.has(signal, to));
                    if old == Some(false) && new == Some(true) {
                        self.see(place, ms);
                    }
                }
            }
            Form::At { .. } | Form::Order { .. } => {}
        }
    }

    /// Notes the first time that something came.
    fn see(&mut self, place: usize, ms: i64) {
        if let Some(seen) = self.seen.get_mut(place) {
            seen.get_or_insert(ms);
        }
    }

    /// The final verdict.
    fn failure(&self, index: usize) -> Option<Failure> {
        let missing = match (self.form, self.seen) {
            (Form::At { .. } | Form::Never { .. }, [None, _]) => "never looked at",
            (Form::Change { .. }, [None, _]) => "the change did not come",
            (Form::Order { gap, .. }, [Some(first), Some(second)])
                if (gap.0..=gap.1).contains(&second.saturating_sub(first)) =>
            {
                return self.failed;
            }
            (Form::Order { .. }, _) => "not in this order or not with this gap",
            (Form::At { .. } | Form::Never { .. } | Form::Change { .. }, _) => return self.failed,
        };
        self.failed.or(Some(Failure::of(index, missing)))
    }
}

/// Whether every signal of an entry has its value; `Null` asserts nothing.
fn asserted(row: &Signals, entry: &Value) -> bool {
    entry
        .members()
        .iter()
        .filter(|(name, value)| *name != "at_ms" && !value.is_null())
        .all(|(name, value)| row.has(name, value) == Some(true))
}

/// All expectations of a case.
#[derive(Debug)]
pub struct Judges([Option<Judge>; MOST]);

impl Judges {
    /// Reads the expectations; `None` when one has no known form or there are
    /// none or too many.
    pub fn new(entries: &[Value]) -> Option<Self> {
        let mut judges = [None; MOST];
        if entries.is_empty() || entries.len() > MOST {
            return None;
        }
        for (place, entry) in judges.iter_mut().zip(entries) {
            *place = Some(Judge {
                form: Form::parse(entry)?,
                seen: [None; 2],
                failed: None,
            });
        }
        Some(Self(judges))
    }

    /// Last time that any of them looks at, ms.
    pub fn end(&self) -> i64 {
        let ends = self.0.iter().flatten().map(|judge| judge.form.end());
        ends.max().unwrap_or(0)
    }

    /// Takes the next tick.
    pub fn observe(&mut self, ms: i64, row: &Signals, before: &Signals) {
        for (index, judge) in self.0.iter_mut().flatten().enumerate() {
            judge.observe(index, ms, row, before);
        }
    }

    /// The first expectation that does not hold.
    pub fn verdict(&self) -> Outcome {
        let judges = self.0.iter().flatten().enumerate();
        let mut failures = judges.filter_map(|(index, judge)| judge.failure(index));
        failures.next().map_or(Outcome::Passed, Outcome::Failed)
    }
}
