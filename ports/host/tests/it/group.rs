//! `--evses N`: a group of chargers, by HTTP only.

use std::process::Command;

use serde_json::{Value, json};

use crate::host::{Host, output};

/// Fast enough for a test, slow enough for eight chargers on a busy machine.
const SPEED: &str = "20";

fn group(host: &Host) -> Value {
    host.get("/group").json()
}

fn evses(live: &Value) -> &Vec<Value> {
    live["group"]["evses"].as_array().unwrap()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value}"))
}

fn drawn(one: &Value) -> i64 {
    number(&one["drawn_da"][0])
}

fn words(live: &Value) -> Vec<&str> {
    let all = evses(live).iter();
    all.map(|one| one["schedule"].as_str().unwrap()).collect()
}

/// Who charges with a closed contactor and current.
fn charging(live: &Value) -> Vec<usize> {
    let all = evses(live).iter().enumerate();
    all.filter(|(_, one)| one["schedule"] == "charging" && drawn(one) >= 55)
        .map(|(evse, _)| evse)
        .collect()
}

fn scenario(name: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!("{root}/../../vectors/closed_loop/{name}.json")
}

fn plug_all(host: &Host, count: usize) {
    for evse in 0..count {
        let evse = evse.to_string();
        let answer = host.post(&format!("/sim?evse={evse}&plug=1"));
        assert_eq!(answer, json!({ "plug": "1" }));
    }
}

/// Power share 7, 8: eight cars, room for three; they hand over.
#[test]
fn when_eight_cars_come_then_as_many_charge_as_fit() {
    let host = Host::start(&["--evses", "8", "--speed", SPEED]);
    let live = host.live();
    assert_eq!(words(&live), ["idle"; 8]);
    assert_eq!(host.get("/settings").json()["evse"]["loadbl"], 1);
    plug_all(&host, 8);
    let live = host.wait("three that charge", |live| {
        charging(live) == [0, 1, 2] && words(live)[3..] == ["paused"; 5]
    });
    let sum: i64 = evses(&live)
        .iter()
        .map(|one| number(&one["set_point_da"]))
        .sum();
    assert!(
        sum <= number(&live["group"]["budget_da"]) && sum >= 180,
        "{live:#}"
    );
    let ranks: Vec<_> = evses(&live)
        .iter()
        .map(|one| number(&one["rank"]))
        .collect();
    assert_eq!(ranks, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(evses(&live)[7]["reason"]["text"], "Waiting for power");
    assert_eq!(evses(&live)[7]["name"], "Node 7");

    let status = host.get("/settings").json();
    let expected = [
        "Active", "Active", "Active", "Paused", "Paused", "Paused", "Paused", "Paused",
    ];
    assert_eq!(status["schedule"]["state"], json!(expected));
    assert_eq!(status["nodes"].as_array().unwrap().len(), 8);
    assert_eq!(status["nodes"][0]["state"], "Charging");
    assert_eq!(
        status["nodes"][5],
        json!({ "current": 0, "state": "Request", "sched": "Paused" })
    );

    // Who leaves hands its current over; so does who is full.
    host.post("/sim?evse=1&plug=0");
    host.wait("the fourth instead", |live| charging(live) == [0, 2, 3]);
    host.post("/sim?evse=0&car_full=1");
    host.wait("the fifth instead", |live| charging(live) == [2, 3, 4]);
    // A busy house leaves nothing: everybody waits, nobody draws.
    host.post("/sim?house_a=22");
    let live = host.wait("all contactors open", |live| {
        evses(live)
            .iter()
            .all(|one| one["contactors"][0] == false && drawn(one) == 0)
    });
    assert!(charging(&live).is_empty());
}

/// Power share 8.4: after ROTATION the next one has its turn, and the others are
/// told how long they wait.
#[test]
fn when_the_interval_ends_then_the_next_one_charges() {
    let host = Host::start(&["--evses", "2", "--speed", "200"]);
    host.post("/sim?house_a=16");
    let answer = host.post("/settings?rotation_interval=30&idle_timeout=30&prio_strategy=0");
    assert_eq!(answer["rotation_interval"], 30);
    plug_all(&host, 2);
    host.wait("the master", |live| charging(live) == [0]);
    let live = host.wait("a countdown", |live| {
        live["group"]["rotation_left_s"]
            .as_i64()
            .is_some_and(|left| (1..=1800).contains(&left))
    });
    assert_eq!(words(&live)[1], "paused");
    let live = host.wait("Node 1", |live| charging(live) == [1]);
    assert_eq!(words(&live)[0], "paused");
    assert_eq!(live["group"]["rotation_min"], 30);
}

/// Each charger has its own vehicle; nobody plugs into one that is not there.
#[test]
fn when_a_vehicle_is_changed_then_the_others_stay() {
    let host = Host::start(&["--evses", "3", "--speed", SPEED]);
    host.post("/sim?evse=2&plug=1&car_max_a=10&car_phases=1");
    let live = host.wait("10 A at Node 2", |live| {
        charging(live) == [2] && drawn(&evses(live)[2]) > 90
    });
    assert_eq!(live["site"]["plugged"], false);
    let cars: Vec<_> = evses(&live)
        .iter()
        .map(|one| one["car"]["max_a"].clone())
        .collect();
    assert_eq!(cars, [16.0, 16.0, 10.0]);
    for target in [
        "/sim?evse=3&plug=1",
        "/sim?evse=-1&plug=1",
        "/sim?plug=1&evse=x",
    ] {
        assert_eq!(
            host.post(target),
            json!({ "evse": "Value not allowed!" }),
            "{target}"
        );
    }
    assert_eq!(words(&host.live())[..2], ["idle"; 2]);
}

/// A lone charger has no group.
#[test]
fn when_there_is_one_charger_then_there_is_no_group() {
    let host = Host::start(&["--evses", "1"]);
    assert_eq!(group(&host), Value::Null);
    let status = host.get("/settings").json();
    assert_eq!(status["evse"]["loadbl"], 0);
    assert_eq!(status.get("schedule"), None);
}

#[test]
fn when_a_group_cannot_be_then_one_sentence_says_why() {
    let alone = scenario("smart-steps-0");
    let line = "modbus-tcp:127.0.0.1:9?type=Eastron3P&address=10";
    for (args, status, part) in [
        (&["--evses", "0"][..], 2, "between 1 and 8"),
        (&["--evses", "9"], 2, "between 1 and 8"),
        (
            &["--evses", "2", "--mains-meter", line],
            2,
            "simulated or api",
        ),
        (
            &["--evses", "2", "--scenario", &alone],
            1,
            "its own number of chargers, 1",
        ),
    ] {
        let output = output(&[&["run", "--http", "127.0.0.1:0"], args].concat());
        let why = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {why}");
        assert!(
            why.contains(part) && why.lines().count() == 1,
            "{args:?}: {why}"
        );
    }
}

/// The log of a group is that of its master: all that reached it is in it.
#[cfg(unix)]
#[test]
fn when_a_group_is_logged_then_the_log_of_its_master_can_be_played() {
    let log = std::env::temp_dir().join(format!("smartevse-group-{}.log", std::process::id()));
    let data = std::env::temp_dir().join(format!("smartevse-group-{}", std::process::id()));
    let (path, data_path) = (log.to_str().unwrap(), data.to_str().unwrap());
    let mut host = Host::start(&[
        "--evses", "2", "--log", path, "--data", data_path, "--speed", SPEED,
    ]);
    plug_all(&host, 2);
    host.wait("both", |live| charging(live) == [0, 1]);
    host.post("/settings?rotation_interval=60");
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
    let kept = output(&["settings", "--data", data_path, "get", "rotation"]);
    std::fs::remove_file(&log).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    let said = String::from_utf8(played.stdout).unwrap();
    assert_eq!(
        played.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&played.stderr)
    );
    assert!(said.contains("checkpoints agree"), "{said}");
    assert_eq!(String::from_utf8(kept.stdout).unwrap().trim(), "60 min");
}

/// design 6: a scenario with `power_share` brings its own group.
#[test]
fn when_a_scenario_shares_power_then_its_chargers_run() {
    let scenario = scenario("share-3-idle-car-0");
    let host = Host::start(&["--scenario", &scenario, "--speed", SPEED]);
    let live = host.wait("a charge", |live| !charging(live).is_empty());
    assert_eq!(evses(&live).len(), 3);
    assert_eq!(live["meters"]["mains"]["type"], "API");
}
