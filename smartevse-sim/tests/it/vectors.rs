//! The vectors of the workspace, as far as the parts behind them are built.

use std::path::PathBuf;

use smartevse_sim::conformance::{Report, run_file};

fn run(name: &str) -> Report {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors");
    run_file(&PathBuf::from(format!("{folder}/{name}.jsonl"))).unwrap()
}

/// Meters 2 to 10: frames, registers, feeds, ledger.
#[test]
fn when_meter_vectors_run_then_all_pass() {
    let report = run("meters");
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert!(report.passed >= 228, "{}", report.passed);
}

/// Charging 1.3 to 1.5: duties, cable codings, pilot classes, diode.
#[test]
fn when_stateless_charging_vectors_run_then_all_pass() {
    let report = run("charging");
    let wrong: Vec<_> = report
        .failed
        .iter()
        .filter(|(id, why)| id.starts_with("CH-F") && why != "not built")
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Menu specification §3.4: the rows of 140 configurations.
#[test]
fn when_menu_vectors_run_then_all_pass() {
    let report = run("menu_visibility");
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert!(report.passed >= 140, "{}", report.passed);
}

/// Power share 6.2, 7, 8 and 9: single decisions and sequences of a group.
#[test]
fn when_power_share_vectors_run_then_all_pass() {
    let report = run("power_share");
    assert!(report.failed.is_empty(), "{report}");
    assert!(report.skipped.is_empty(), "{:#?}", report.skipped);
    assert_eq!(report.passed, 99);
}
