//! Tasks in virtual time: scenarios, conformance vectors, logs.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use smartevse::log::{Replay, ReplayError};
use smartevse::{Setup, Station};
use smartevse_sim::conformance;
use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate;
use smartevse_sim::watch::Checks;
use smartevse_types::Instant;

/// Plays a scenario and prints its metrics as one JSON object.
///
/// # Errors
///
/// One sentence on what went wrong.
pub fn play(scenario: &Path, trace: Option<&Path>) -> Result<(), String> {
    let scenario = Scenario::load(scenario).map_err(|why| why.to_string())?;
    let metrics = match trace {
        None => simulate::simulate(&scenario),
        Some(path) => {
            let cannot = |why| format!("{}: the trace cannot be written: {why}", path.display());
            let mut out = BufWriter::new(File::create(path).map_err(cannot)?);
            let metrics = simulate::simulate_with_trace(&scenario, &mut out);
            out.flush().map_err(cannot)?;
            metrics
        }
    };
    let metrics = metrics.map_err(|why| why.to_string())?;
    let text = serde_json::to_string(&metrics).map_err(|why| why.to_string())?;
    say(&text);
    Ok(())
}

/// Runs conformance vectors and prints one report per file; `false` when a
/// case failed.
///
/// # Errors
///
/// One sentence on a file that cannot be used.
pub fn conform(files: &[PathBuf]) -> Result<bool, String> {
    let mut all_passed = true;
    for file in files {
        let report =
            conformance::run_file(file).map_err(|why| format!("{}: {why}", file.display()))?;
        say(&report);
        all_passed &= !report.has_failed();
    }
    Ok(all_passed)
}

/// Plays a log and checks it: checkpoints, and the oracles at every poll.
///
/// # Errors
///
/// One sentence on the first thing that differs.
pub fn replay(file: &Path) -> Result<(), String> {
    let log = fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let sentence = |why: ReplayError| format!("{}: {why}", file.display());
    let mut replay = Replay::new(&log).map_err(sentence)?;
    let mut checks = Checks::new(&setup_of(replay.station()));
    let mut polls: u64 = 0;
    let mut end = Instant::ZERO;
    while let Some(step) = replay.step().map_err(sentence)? {
        polls += 1;
        end = step.now;
        checks
            .check(end, &step.inputs, &step.outputs, replay.station())
            .map_err(|violation| format!("{}: at {end}: {violation}", file.display()))?;
    }
    let checkpoints = replay.checkpoints();
    say(&format!(
        "{polls} polls until {end}, {checkpoints} checkpoints agree"
    ));
    Ok(())
}

/// The set-up of a station that has just started; logs come from this
/// program's board.
fn setup_of(station: &Station) -> Setup<'static> {
    Setup {
        facts: simulate::board_facts(),
        settings: *station.snapshot().settings,
        access: station.directive().access,
        ..Setup::default()
    }
}

/// Prints one result; nobody may be listening any more.
pub fn say(what: &dyn Display) {
    let _ = writeln!(io::stdout(), "{what}");
}
