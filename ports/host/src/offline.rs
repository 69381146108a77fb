//! Tasks in virtual time: scenarios, conformance vectors, logs.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use smartevse::log::Replay;
use smartevse_sim::conformance;
use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate::{simulate, simulate_with_trace};

/// Plays a scenario and prints its metrics as one JSON object.
///
/// # Errors
///
/// One sentence on what went wrong.
pub fn play(scenario: &Path, trace: Option<&Path>) -> Result<(), String> {
    let scenario = Scenario::load(scenario).map_err(|why| why.to_string())?;
    let metrics = match trace {
        None => simulate(&scenario),
        Some(path) => {
            let cannot = |why| format!("{}: the trace cannot be written: {why}", path.display());
            let mut out = BufWriter::new(File::create(path).map_err(cannot)?);
            let metrics = simulate_with_trace(&scenario, &mut out);
            out.flush().map_err(cannot)?;
            metrics
        }
    };
    let metrics = metrics.map_err(|why| why.to_string())?;
    let text = serde_json::to_string(&metrics).map_err(|why| why.to_string())?;
    println!("{text}");
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
        println!("{report}");
        all_passed &= !report.has_failed();
    }
    Ok(all_passed)
}

/// Plays a log and checks it.
///
/// # Errors
///
/// One sentence on the first thing that differs.
pub fn replay(file: &Path) -> Result<(), String> {
    let log = fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let mut replay = Replay::new(&log).map_err(|why| why.to_string())?;
    let mut polls: u64 = 0;
    let mut end = smartevse_types::Instant::ZERO;
    while let Some(step) = replay.step().map_err(|why| why.to_string())? {
        polls += 1;
        end = step.now;
    }
    let checkpoints = replay.checkpoints();
    println!("{polls} polls until {end}, {checkpoints} checkpoints agree");
    Ok(())
}
