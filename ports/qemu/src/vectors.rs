//! Conformance vectors, compiled in as constant tables and played without a
//! heap.
//!
//! The build script turns each line of a file of the folder `vectors` into a
//! [`Value`]; a runner plays one case. A new file is one row in the table of
//! the build script, one in [`SUITES`], and its runner.

mod charging;
mod tables;
mod value;

use core::fmt::{self, Write};

pub use value::Value;

/// What became of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Everything as expected.
    Passed,
    /// Not as expected.
    Failed(Failure),
    /// Not played, with the member or feature that is missing here.
    Skipped(&'static str),
}

/// What was not as expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Number of the expectation, point or sample in its list, from 0.
    pub index: usize,
    /// What is wrong.
    pub problem: &'static str,
    /// Time in the sequence, ms.
    pub at_ms: i64,
    /// State of the charger at that time.
    pub state: &'static str,
}

impl Failure {
    /// Makes a failure outside a sequence.
    #[must_use]
    pub const fn of(index: usize, problem: &'static str) -> Self {
        Self {
            index,
            problem,
            at_ms: 0,
            state: "",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.index, self.problem)?;
        if self.state.is_empty() {
            return Ok(());
        }
        write!(f, " (at {} ms, state {})", self.at_ms, self.state)
    }
}

/// One file of vectors.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Name of the file.
    pub name: &'static str,
    /// Its cases.
    pub cases: &'static [Value],
    /// Plays one case.
    pub run: fn(&Value) -> Outcome,
}

/// All files that are compiled in.
pub const SUITES: [Suite; 1] = [Suite {
    name: "charging.jsonl",
    cases: tables::CHARGING,
    run: charging::run,
}];

/// Numbers of cases.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Cases that passed.
    pub passed: u32,
    /// Cases that failed.
    pub failed: u32,
    /// Cases that were not played.
    pub skipped: u32,
}

impl Suite {
    /// Plays all cases and writes what did not pass.
    ///
    /// # Errors
    ///
    /// When the output takes no more.
    pub fn play(&self, out: &mut impl Write) -> Result<Count, fmt::Error> {
        let mut count = Count::default();
        for case in self.cases {
            let id = case.member("id").text().unwrap_or("?");
            match (self.run)(case) {
                Outcome::Passed => count.passed = count.passed.saturating_add(1),
                Outcome::Skipped(missing) => {
                    count.skipped = count.skipped.saturating_add(1);
                    writeln!(out, "{id}: skipped, needs {missing}")?;
                }
                Outcome::Failed(failure) => {
                    count.failed = count.failed.saturating_add(1);
                    writeln!(out, "{id}: {failure}")?;
                }
            }
        }
        Ok(count)
    }
}

/// Plays all files; gives whether nothing failed.
///
/// # Errors
///
/// When the output takes no more.
pub fn run(out: &mut impl Write) -> Result<bool, fmt::Error> {
    let mut good = true;
    for suite in &SUITES {
        let count = suite.play(out)?;
        let Count {
            passed,
            failed,
            skipped,
        } = count;
        writeln!(
            out,
            "{}: {passed} passed, {failed} failed, {skipped} skipped",
            suite.name
        )?;
        good &= failed == 0 && passed > 0;
    }
    Ok(good)
}
