//! The project's own scenarios: each file states the figures that must come
//! out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate::simulate;

/// The member that the simulator does not read.
#[derive(Deserialize)]
struct Promise {
    expect: BTreeMap<String, [f64; 2]>,
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/own");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn number(value: &serde_json::Value) -> f64 {
    let flag = value.as_bool().map(|on| f64::from(u8::from(on)));
    value.as_f64().or(flag).unwrap()
}

/// Regulation 4, 10, 11, 12; power share Q03, Q12; design §6: every figure of
/// every own scenario lies between its bounds, and no oracle fires.
#[test]
fn when_own_scenarios_are_played_then_their_figures_are_kept() {
    let mut wrong = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let promise: Promise = serde_json::from_str(&text).unwrap();
        let scenario = Scenario::parse(&text).unwrap();
        let metrics = match simulate(&scenario) {
            Ok(metrics) => serde_json::to_value(metrics).unwrap(),
            Err(why) => {
                wrong.push(format!("{}: {why}", scenario.id));
                continue;
            }
        };
        println!("{} {metrics}", scenario.id);
        for (name, [low, high]) in promise.expect {
            let value = number(&metrics[name.as_str()]);
            if !(low..=high).contains(&value) {
                wrong.push(format!(
                    "{} {name}: {value}, not {low} to {high}",
                    scenario.id
                ));
            }
        }
    }
    assert_eq!(files().len(), 10);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
