//! The charger at its simulated site.

use serde_json::{Value, json};

use crate::host::Host;

fn charging(live: &Value) -> bool {
    live["state"]["name"] == "C" && live["contactors"][0] == true
}

fn drawn(live: &Value) -> i64 {
    live["drawn_da"][0].as_i64().unwrap()
}

/// design 5: with no arguments a vehicle that is plugged in charges.
#[test]
fn when_nothing_is_given_then_the_vehicle_charges() {
    let host = Host::plugged(&["--speed", "10"]);
    let live = host.wait("charging with 16 A", |live| {
        charging(live) && drawn(live) > 150 && live["reason"]["text"] == "Limited by MAX"
    });
    assert_eq!(live["limits"]["cable_a"], 32);
    assert_eq!(live["pilot"]["permille"], 266);
    let mains = live["mains_da"].as_array().unwrap();
    assert!(
        mains.iter().all(|da| da.as_i64().unwrap() < 250),
        "{mains:?}"
    );
    assert_eq!(host.get("/settings").json()["evse"]["state"], "Charging");
    host.wait("energy", |live| {
        live["energy"]["session_wh"].as_i64().unwrap() > 5
    });
    assert!(host.get("/history").json().as_array().unwrap().len() > 10);
}

/// The house takes more: the vehicle gives way, and the reason says so.
#[test]
fn when_the_house_needs_more_then_the_vehicle_gets_less() {
    let host = Host::plugged(&["--speed", "10"]);
    host.wait("charging with 16 A", |live| {
        charging(live) && drawn(live) > 150
    });
    assert_eq!(host.post("/sim?house_a=,14,"), json!({ "house_a": ",14," }));
    let live = host.wait("less current", |live| charging(live) && drawn(live) < 115);
    assert_eq!(live["reason"]["text"], "Limited by MAINS on L2", "{live:#}");
    assert_eq!(live["site"]["house_a"][1], 14.0);
}

#[test]
fn when_the_vehicle_is_unplugged_then_the_charger_is_ready() {
    let host = Host::plugged(&["--speed", "10"]);
    host.wait("charging", charging);
    assert_eq!(host.post("/sim?plug=0"), json!({ "plug": "0" }));
    host.wait("state A", |live| {
        live["state"]["name"] == "A" && live["vehicle"]["present"] == false
    });
    assert_eq!(host.live()["contactors"], json!([false, false]));
    assert_eq!(host.get("/settings").json()["car_connected"], false);
    host.post("/sim?plug=1&car_max_a=10");
    host.wait("charging with 10 A", |live| {
        charging(live) && (95..=105).contains(&drawn(live))
    });
}

/// A silent mains meter ends charging, and the page says what to do.
#[test]
fn when_the_mains_meter_is_silent_then_charging_ends_with_a_fault() {
    let host = Host::plugged(&["--speed", "20"]);
    host.wait("charging", charging);
    host.post("/sim?meter_silent=1");
    let live = host.wait("open contactors", |live| live["contactors"][0] == false);
    assert_eq!(live["faults"][0]["name"], "CT_NOCOMM");
    assert!(
        live["faults"][0]["action"]
            .as_str()
            .unwrap()
            .contains("MAINS MET")
    );
    assert_eq!(live["meters"]["mains"]["fresh"], false);
    host.post("/sim?meter_silent=0");
    host.wait("charging again", charging);
}

#[test]
fn when_access_is_taken_then_charging_ends() {
    let host = Host::plugged(&["--speed", "10"]);
    host.wait("charging", charging);
    host.post("/settings?mode=0");
    let live = host.wait("open contactors", |live| live["contactors"][0] == false);
    assert_eq!(live["access"], "Off");
    host.post("/settings?mode=1");
    let live = host.wait("charging in Normal", charging);
    assert_eq!(live["mode"], "Normal");
}

#[test]
fn when_a_demo_value_makes_no_sense_then_it_is_refused() {
    let host = Host::plugged(&[]);
    let refused = "Value not allowed!";
    let answer = host.post("/sim?plug=2&house_a=x&solar=-1&car_phases=4&bogus=1");
    let all =
        json!({ "plug": refused, "house_a": refused, "solar": refused, "car_phases": refused });
    assert_eq!(answer, all);
}
