//! Runs conformance vectors: data in the formats of `vectors/README.md`.
//!
//! The kind of a file follows from its base name. A case passes, fails with
//! its expected and actual value, or is skipped because it needs an optional
//! feature that is not built; a case that nothing can run fails as "not
//! built".

mod charging;
mod expect;
mod menu;
mod meters;
mod power_share;
mod sequence;
mod start;
mod stateless;
mod words;

use std::fmt;
use std::path::Path;

use serde_json::Value;

/// Why vectors cannot be run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum VectorError {
    /// The file cannot be read.
    Unreadable(String),
    /// No vectors have this base name.
    UnknownFile(String),
    /// A line is not a case.
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A case has a kind that this file does not know.
    UnknownKind {
        /// The case.
        id: String,
        /// Its kind.
        kind: String,
    },
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "the vectors cannot be read: {why}"),
            Self::UnknownFile(name) => write!(f, "{name}: there are no vectors of this name"),
            Self::Line { line, problem } => write!(f, "line {line}: {problem}"),
            Self::UnknownKind { id, kind } => write!(f, "{id}: unknown kind \"{kind}\""),
        }
    }
}

impl std::error::Error for VectorError {}

/// What became of one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// As expected.
    Passed,
    /// Not as expected: what was expected and what was found.
    Failed(String),
    /// It needs this optional feature, which is not built.
    Skipped(String),
}

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Base name of the file.
    pub name: String,
    /// Number of cases that passed.
    pub passed: usize,
    /// Cases that failed: id, and what was expected and found.
    pub failed: Vec<(String, String)>,
    /// Cases that were skipped: id, and the missing feature.
    pub skipped: Vec<(String, String)>,
}

impl Report {
    /// Whether any case failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    fn add(&mut self, id: &str, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(why) => self.failed.push((id.to_owned(), why)),
            Outcome::Skipped(feature) => self.skipped.push((id.to_owned(), feature)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, skipped) = (self.failed.len(), self.skipped.len());
        let (name, passed) = (&self.name, self.passed);
        write!(
            f,
            "{name}: {passed} passed, {failed} failed, {skipped} skipped"
        )?;
        for (id, why) in &self.failed {
            write!(f, "\n  {id}: {why}")?;
        }
        for (id, feature) in &self.skipped {
            write!(f, "\n  {id}: skipped, requires {feature}")?;
        }
        Ok(())
    }
}

/// One line of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// Its kind; empty in files with one kind only.
    pub kind: String,
    /// The whole object.
    pub value: Value,
}

/// How the cases of a file are run.
type Runner = fn(&Case) -> Outcome;

/// One file of vectors: base name, kinds, how to run a case.
struct Suite {
    name: &'static str,
    kinds: &'static [&'static str],
    run: Runner,
}

/// All files of vectors.
const SUITES: &[Suite] = &[
    Suite {
        name: "charging",
        kinds: charging::KINDS,
        run: charging::run,
    },
    Suite {
        name: "meters",
        kinds: meters::KINDS,
        run: meters::run,
    },
    Suite {
        name: "power_share",
        kinds: power_share::KINDS,
        run: power_share::run,
    },
    Suite {
        name: "menu_visibility",
        kinds: &[""],
        run: menu::run,
    },
    Suite {
        name: "mqtt_set",
        kinds: &[""],
        run: not_built,
    },
    Suite {
        name: "rest_settings",
        kinds: &[""],
        run: not_built,
    },
    Suite {
        name: "ocpp_smart_charging",
        kinds: &[""],
        run: not_built,
    },
];

/// Optional features that are built.
const FEATURES: &[&str] = &["modem", "priority_fill"];

fn not_built(_case: &Case) -> Outcome {
    Outcome::Failed("not built".to_owned())
}

/// Runs a file of vectors.
///
/// # Errors
///
/// A file that cannot be read, an unknown base name, a line that is not a
/// case, an unknown kind.
pub fn run_file(path: &Path) -> Result<Report, VectorError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path)
        .map_err(|why| VectorError::Unreadable(format!("{}: {why}", path.display())))?;
    run_text(&name, &text)
}

/// Runs vectors from text; `name` is the base name of their file.
///
/// # Errors
///
/// As [`run_file`].
pub fn run_text(name: &str, text: &str) -> Result<Report, VectorError> {
    let suite = SUITES
        .iter()
        .find(|suite| suite.name == name)
        .ok_or_else(|| VectorError::UnknownFile(name.to_owned()))?;
    let cases = parse(text)?;
    for case in &cases {
        suite.check_kind(case)?;
    }
    let mut report = Report {
        name: name.to_owned(),
        ..Report::default()
    };
    for case in &cases {
        let outcome = missing_feature(case).unwrap_or_else(|| (suite.run)(case));
        report.add(&case.id, outcome);
    }
    Ok(report)
}

impl Suite {
    fn check_kind(&self, case: &Case) -> Result<(), VectorError> {
        if self.kinds.contains(&case.kind.as_str()) || self.kinds == [""] {
            return Ok(());
        }
        Err(VectorError::UnknownKind {
            id: case.id.clone(),
            kind: case.kind.clone(),
        })
    }
}

fn missing_feature(case: &Case) -> Option<Outcome> {
    let feature = case.value.get("requires")?.as_str()?;
    let built = FEATURES.contains(&feature);
    (!built).then(|| Outcome::Skipped(feature.to_owned()))
}

fn parse(text: &str) -> Result<Vec<Case>, VectorError> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let case = parse_line(line).map_err(|problem| VectorError::Line {
            line: index + 1,
            problem,
        })?;
        if cases.iter().any(|other| other.id == case.id) {
            return Err(VectorError::Line {
                line: index + 1,
                problem: format!("the id {} is used twice", case.id),
            });
        }
        cases.push(case);
    }
    Ok(cases)
}

fn parse_line(line: &str) -> Result<Case, String> {
    let value: Value = serde_json::from_str(line).map_err(|why| why.to_string())?;
    let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    Ok(Case {
        id: text("id").ok_or("the case has no id")?,
        kind: text("kind").unwrap_or_default(),
        value,
    })
}

/// Compares an expected with an actual value.
fn equal(what: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    if expected == actual {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected}, actual {actual}"))
    }
}
