//! A `--data` directory that is full, gone or replaced: the charger goes on and
//! says so, and what was stored stays.

#![cfg(unix)]

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::host::Host;
use crate::store::{Directory, end, settings, value};

/// Runs the program with files of at most 1 KiB, as on a disk that is full.
fn on_a_full_disk(args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
    command.args(["-c", script, env!("CARGO_BIN_EXE_smartevse-host")]);
    command.args(args);
    command
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn when_the_disk_is_full_at_the_start_then_one_sentence_says_so_and_nothing_is_left() {
    let data = Directory::new("full-start");
    for args in [
        &["settings", "--data", data.text(), "set", "max", "13"][..],
        &["run", "--http", "127.0.0.1:0", "--data", data.text()],
    ] {
        let output = on_a_full_disk(args).output().unwrap();
        let why = complaint(&output);
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(why.contains("--data") && why.contains("too large"), "{why}");
        assert_eq!(why.lines().count(), 1, "{why}");
        assert_eq!(fs::read_dir(&data.0).unwrap().count(), 0);
    }
}

#[test]
fn when_the_disk_is_full_in_operation_then_the_charger_goes_on_and_says_so() {
    let data = Directory::new("full");
    assert!(settings(&data, &["set", "max", "13"]).0);
    let mut command = on_a_full_disk(&["run", "--http", "127.0.0.1:0", "--data", data.text()]);
    let host = Host::of(command.stderr(Stdio::piped()));
    host.post("/sim?plug=1");
    host.post("/settings?mode=1");
    // More than fits in what may still be written.
    for round in 0..20 {
        host.post(&format!("/settings?solar_start_current={}", 1 + round % 2));
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    let live = host.wait("the trouble", |live| live["store_trouble"].is_string());
    assert!(live["store_trouble"].as_str().unwrap().contains("--data"));
    host.wait("a charge", |_| {
        host.get("/settings").json()["evse"]["state_id"] == 2
    });
    end(host);
    assert_eq!(value(&data, "max"), "13 A");
}

#[test]
fn when_the_directory_vanishes_then_it_is_told_and_nothing_is_lost_once_it_is_back() {
    let data = Directory::new("vanished");
    let host = Host::start(&["--data", data.text(), "--speed", "20"]);
    host.post("/settings?solar_start_current=7");
    host.wait("a calm store", |live| live["store_trouble"].is_null());
    fs::remove_dir_all(&data.0).unwrap();
    let live = host.wait("the trouble", |live| live["store_trouble"].is_string());
    assert!(live["store_trouble"].as_str().unwrap().contains("is gone"));
    host.post("/settings?solar_max_import=5");
    fs::create_dir_all(&data.0).unwrap();
    host.wait("the end of it", |live| live["store_trouble"].is_null());
    end(host);
    assert_eq!(value(&data, "start"), "- 7 A");
    assert_eq!(value(&data, "import"), "5 A");
}

#[test]
fn when_only_the_file_vanishes_then_it_is_made_again() {
    let data = Directory::new("file-vanished");
    let host = Host::start(&["--data", data.text()]);
    host.post("/settings?solar_start_current=7");
    fs::remove_file(data.0.join("charger.store")).unwrap();
    end(host);
    assert_eq!(value(&data, "start"), "- 7 A");
}

#[test]
fn when_another_store_takes_its_place_then_it_is_told_and_left_alone() {
    let data = Directory::new("replaced");
    let host = Host::start(&["--data", data.text(), "--speed", "20"]);
    let file = data.0.join("charger.store");
    fs::remove_file(&file).unwrap();
    fs::write(&file, b"another one").unwrap();
    let live = host.wait("the trouble", |live| live["store_trouble"].is_string());
    assert!(
        live["store_trouble"]
            .as_str()
            .unwrap()
            .contains("another file")
    );
    end(host);
    assert_eq!(fs::read(&file).unwrap(), b"another one");
}
