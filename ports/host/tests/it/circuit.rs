//! A separate meter of the circuit (meters specification §10).

use serde_json::json;

use crate::host::Host;

/// Posted readings: signed, within 199.9 A, shown, and CIRCUIT gives way.
#[test]
fn when_the_circuit_has_a_fed_meter_then_circuit_is_guarded_by_it() {
    let host = Host::plugged(&["--circuit-meter", "api"]);
    let circuit = &host.live()["meters"]["circuit"];
    assert_eq!(circuit["type"], "API");
    assert!(circuit["currents_da"].is_null());
    let answer = host.post("/circuit_meter?L1=-35&L2=0&L3=20");
    let currents = json!({ "L1": -35, "L2": 0, "L3": 20, "TOTAL": -15 });
    assert_eq!(answer, json!({ "circuit_meter": { "currents": currents } }));
    let status = host.get("/settings").json();
    assert_eq!(status["circuit_meter"]["description"], "API");
    assert_eq!(status["circuit_meter"]["address"], 14);
    assert_eq!(status["circuit_meter"]["currents"], currents);
    assert!(status["circuit_meter"]["last_data_update"].as_u64() > Some(0));
    let live = host.live();
    assert_eq!(
        live["meters"]["circuit"]["currents_da"],
        json!([-35, 0, 20])
    );
    assert_eq!(live["meters"]["circuit"]["fresh"], true);
    assert_eq!(host.post("/circuit_meter?L1=1&L2=2"), json!({}));
    let refused = json!({ "circuit_meter": { "currents": "Value not allowed!" } });
    assert_eq!(host.post("/circuit_meter?L1=1&L2=2&L3=2000"), refused);
    let live = host.wait("more than MIN", |live| {
        host.post("/circuit_meter?L1=10&L2=10&L3=10");
        live["offered_da"].as_i64() > Some(80)
    });
    let before = live["offered_da"].as_i64();
    let live = host.wait("less current because of CIRCUIT", |live| {
        host.post("/circuit_meter?L1=260&L2=10&L3=10");
        live["reason"]["text"] == "Limited by CIRCUIT on L1"
    });
    assert!(live["offered_da"].as_i64() < before, "{live:#}");
}

/// Without the option there is no such meter, and nobody can feed it.
#[test]
fn when_the_circuit_has_no_meter_then_nothing_shows_one() {
    let host = Host::start(&[]);
    assert_eq!(host.post("/circuit_meter?L1=1&L2=2&L3=3"), json!({}));
    assert!(host.live()["meters"]["circuit"].is_null());
    assert!(host.get("/settings").json().get("circuit_meter").is_none());
}

/// The simulated meter measures what hangs on the circuit: the vehicle.
#[test]
fn when_the_meter_is_simulated_then_it_measures_the_vehicle() {
    let host = Host::plugged(&["--circuit-meter", "sim", "--speed", "10"]);
    let live = host.wait("a vehicle that charges", |live| {
        live["meters"]["circuit"]["currents_da"][0].as_i64() > Some(150)
    });
    assert_eq!(live["meters"]["circuit"]["simulated"], true);
    assert_eq!(live["meters"]["circuit"]["fresh"], true);
}
