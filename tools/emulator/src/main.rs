//! Plays the scenarios with a firmware and says how each went.
//!
//! `smartevse-emulator <firmware.elf> [scenario ...]`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use smartevse_emulator::scenarios::{ALL, Scenario};

fn play(scenario: &Scenario, firmware: &Path) -> bool {
    let began = Instant::now();
    let result = (scenario.play)(firmware);
    let took = began.elapsed().as_secs_f64();
    let (word, text) = match &result {
        Ok(measured) => ("ok", measured),
        Err(failure) => ("FAILED", failure),
    };
    println!(
        "{:<16} {word:<6} {took:6.1} s  {}",
        scenario.name, scenario.shows
    );
    println!("{:<16} {text}", "");
    result.is_ok()
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(firmware) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: smartevse-emulator <firmware.elf> [scenario ...]");
        return ExitCode::from(2);
    };
    let wanted: Vec<String> = arguments.collect();
    let chosen =
        |scenario: &&Scenario| wanted.is_empty() || wanted.iter().any(|name| name == scenario.name);
    let results: Vec<bool> = ALL
        .iter()
        .filter(chosen)
        .map(|scenario| play(scenario, &firmware))
        .collect();
    let good = results.iter().filter(|good| **good).count();
    println!("{good} of {} scenarios passed", results.len());
    if results.is_empty() || good < results.len() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
