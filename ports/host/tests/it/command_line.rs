//! The command line as scripts see it (design §5).

use std::net::TcpListener;
use std::process::Command;

use crate::host::{Host, output};

fn refused(args: &[&str], status: i32, part: &str) {
    let output = output(args);
    let why = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {why}");
    assert!(why.contains(part), "{args:?}: {why}");
    assert_eq!(why.trim_end().lines().count(), 1, "{args:?}: {why}");
    assert!(output.stdout.is_empty(), "{args:?}");
}

#[test]
fn when_an_argument_is_wrong_then_one_sentence_and_status_2() {
    refused(&["--wings"], 2, "--wings");
    refused(&["--evses", "12"], 2, "between 1 and 8");
    refused(&["--mqtt", "mqtt://127.0.0.1"], 2, "not built yet");
    refused(&["--mains-meter", "homewizard:"], 2, "HOST");
    refused(&["settings", "fly"], 2, "takes list");
    refused(&["--speed", "nan"], 2, "--speed");
}

#[test]
fn when_a_file_is_missing_then_one_sentence_and_status_1() {
    let missing = "/nonexistent/file.json";
    refused(&["simulate", "--scenario", missing], 1, missing);
    refused(&["run", "--scenario", missing], 1, missing);
    refused(
        &["conformance", "/nonexistent/charging.jsonl"],
        1,
        "/nonexistent/",
    );
    refused(&["replay", missing], 1, missing);
    refused(
        &["run", "--log", "/nonexistent/x.log"],
        1,
        "/nonexistent/x.log",
    );
}

#[test]
fn when_a_meter_cannot_be_used_then_one_sentence_and_status_1() {
    let meter = |spec| ["--mains-meter", spec];
    refused(
        &meter("modbus-tcp:127.0.0.1:9?type=Magic"),
        1,
        "no meter is named Magic",
    );
    refused(
        &meter("modbus-tcp:127.0.0.1:9?type=ABB&address=3"),
        1,
        "address 3",
    );
    for (spec, part) in [
        (
            "modbus-tcp:127.0.0.1:9?type=Sensorbox",
            "Sensorbox at address",
        ),
        ("modbus-tcp:127.0.0.1:9?type=ABB&address=9", "address 9"),
        (
            "modbus-tcp:127.0.0.1:9?type=menu",
            "the menu has no such meter",
        ),
    ] {
        refused(&["--circuit-meter", spec], 1, part);
    }
    let line = "modbus-tcp:127.0.0.1:9?type=ABB&address=14";
    let both = ["--mains-meter", line, "--circuit-meter", line];
    refused(&both, 1, "--circuit-meter: its address");
    // Decision 59.
    let both = ["--mains-meter", line, "--ev-meter", line];
    refused(&both, 1, "--ev-meter: its address");
}

#[test]
fn when_the_port_is_busy_then_one_sentence_and_status_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&["--http", &address], 1, "another program uses this port");
    refused(&["--http", "127.0.0.1:http"], 1, "--http 127.0.0.1:http");
}

#[test]
fn when_help_or_version_is_asked_for_then_they_are_printed() {
    let help = String::from_utf8(output(&["--help"]).stdout).unwrap();
    for word in [
        "run",
        "simulate",
        "conformance",
        "replay",
        "settings",
        "--mains-meter",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let version = String::from_utf8(output(&["--version"]).stdout).unwrap();
    assert_eq!(
        version.trim(),
        concat!("smartevse-host ", env!("CARGO_PKG_VERSION"))
    );
}

/// design 5: metrics as one JSON object, a trace with one row per second.
#[test]
fn when_a_scenario_is_played_then_metrics_and_trace_come_out() {
    let trace = std::env::temp_dir().join(format!("smartevse-{}.csv", std::process::id()));
    let scenario = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/closed_loop/smart-steps-0.json"
    );
    let path = trace.to_str().unwrap();
    let played = output(&["simulate", "--scenario", scenario, "--trace", path]);
    let rows = std::fs::read_to_string(&trace).unwrap();
    std::fs::remove_file(&trace).unwrap();
    let metrics: serde_json::Value = serde_json::from_slice(&played.stdout).unwrap();
    assert!(metrics["energy_wh"].as_u64().unwrap() > 0, "{metrics}");
    assert_eq!(metrics["breaker_trip"], false);
    assert!(rows.starts_with("t,net1,net2,net3,off0,"), "{rows:.80}");
}

/// design 5: one line per file, exit status 0 when nothing failed.
#[test]
fn when_vectors_are_run_then_each_file_has_its_line() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/charging.jsonl");
    let run = output(&["conformance", file]);
    let said = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0), "{said}");
    assert!(said.starts_with("charging: "), "{said}");
    assert!(said.contains(" 0 failed, "), "{said}");
}

#[cfg(unix)]
#[test]
fn when_interrupted_then_it_ends_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let mut host = Host::start(&[]);
        let id = host.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(host.ended(), Some(0), "{signal}");
    }
}

/// The log of a run gives the same checkpoints when it is played.
#[cfg(unix)]
#[test]
fn when_a_log_is_written_then_it_can_be_played() {
    let log = std::env::temp_dir().join(format!("smartevse-{}.log", std::process::id()));
    let path = log.to_str().unwrap();
    let mut host = Host::plugged(&["--log", path, "--speed", "20"]);
    host.wait("charging", |live| live["state"]["name"] == "C");
    host.post("/settings?mode=4&current_min=8");
    host.wait("the pause", |live| {
        live["access"] == "Pause" && live["contactors"][0] == false
    });
    let id = host.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(host.ended(), Some(0));
    let played = output(&["replay", path]);
    let said = String::from_utf8(played.stdout).unwrap();
    std::fs::remove_file(&log).unwrap();
    assert_eq!(
        played.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&played.stderr)
    );
    assert!(said.contains("checkpoints agree"), "{said}");
    assert!(!said.contains(" 0 checkpoints"), "{said}");
}
