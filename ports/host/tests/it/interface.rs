//! The network interface (network specification §2, §3).

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::host::Host;

const REFUSED: &str = "Value not allowed!";

/// network 2: evaluation order and headers.
#[test]
fn when_a_request_is_wrong_then_its_first_fault_answers() {
    let host = Host::start(&[]);
    let status = |method, target, more| host.request(method, target, more).status;
    let foreign = "Origin: http://evil.example\r\n";
    assert_eq!(status("PUT", "/nothing?a=%zz", foreign), 400);
    assert_eq!(status("PUT", "/nothing", foreign), 404);
    assert_eq!(status("POST", "/settings?mode=0", foreign), 403);
    assert_eq!(status("POST", "/sim?plug=0", "Origin: null\r\n"), 403);
    assert_eq!(host.live()["access"], "On");
    let wrong = host.request("DELETE", "/settings", "");
    assert_eq!(wrong.status, 405);
    assert_eq!(wrong.header("Allow"), Some("GET, POST"));
    let own = format!("Origin: http://{}\r\n", host.address);
    assert_eq!(status("POST", "/settings?mode=4", &own), 200);
    let rebound =
        host.raw("GET /settings HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(rebound.status, 421);
}

/// network 2: Content-Length, no-store, newline, JSON.
#[test]
fn when_the_status_is_read_then_it_is_complete() {
    let host = Host::start(&[]);
    let answer = host.get("/settings");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let length = answer
        .header("Content-Length")
        .unwrap()
        .parse::<usize>()
        .unwrap();
    assert_eq!(length, answer.body.len());
    assert!(answer.body.ends_with('\n'));
    assert!(answer.header("Access-Control-Allow-Origin").is_none());
    let status = answer.json();
    assert_eq!(status["mode"], "SMART");
    assert_eq!(status["mode_id"], 3);
    assert_eq!(status["evse"]["access"], 1);
    assert_eq!(status["settings"]["mains_meter"], "Eastron3P");
    assert!(status["ev_meter"]["total_wh"].is_i64());
}

/// network 2: keep-alive, a POST without a body length, several clients.
#[test]
fn when_a_connection_is_kept_then_it_serves_again() {
    let host = Host::start(&[]);
    let others: Vec<_> = (0..8)
        .map(|_| TcpStream::connect(&host.address).unwrap())
        .collect();
    let mut stream = TcpStream::connect(&host.address).unwrap();
    for _ in 0..3 {
        let head = format!("POST /settings HTTP/1.1\r\nHost: {}\r\n\r\n", host.address);
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        while !text.ends_with("{}\n") {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed after {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    }
    drop(others);
}

/// network 3.3: modes, echoed as text; access follows.
#[test]
fn when_a_mode_is_chosen_then_access_follows() {
    let host = Host::start(&[]);
    for (number, mode, access) in [
        (0, "OFF", 0),
        (1, "NORMAL", 1),
        (2, "SOLAR", 1),
        (3, "SMART", 1),
        (4, "PAUSE", 2),
    ] {
        let answer = host.post(&format!("/settings?mode={number}"));
        assert_eq!(answer, json!({ "mode": number.to_string() }));
        let status = host.get("/settings").json();
        assert_eq!(status["mode"], mode);
        assert_eq!(status["evse"]["access"], access);
    }
    for wrong in ["5", "abc", ""] {
        assert_eq!(
            host.post(&format!("/settings?mode={wrong}"))["mode"],
            REFUSED
        );
    }
    assert_eq!(host.get("/settings").json()["mode"], "PAUSE");
}

/// network 3.3: each parameter on its own, later ones see earlier ones.
#[test]
fn when_parameters_are_posted_then_each_is_answered() {
    let host = Host::start(&[]);
    for (query, answer) in [
        (
            "current_min=8&override_current=70",
            json!({ "current_min": 8, "override_current": REFUSED }),
        ),
        ("override_current=83.0", json!({ "override_current": 83 })),
        (
            "OVERRIDE_CURRENT=161",
            json!({ "override_current": REFUSED }),
        ),
        (
            "disable_override_current",
            json!({ "disable_override_current": "OK" }),
        ),
        ("current_min=5", json!({ "current_min": REFUSED })),
        (
            "current_max_sum_mains=600&max_sum_mains_timer=15",
            json!({ "current_max_sum_mains": 600, "max_sum_mains_time": 15 }),
        ),
        (
            "current_max_sum_mains=9",
            json!({ "current_max_sum_mains": REFUSED }),
        ),
        (
            "enable_C2=always+off",
            json!({ "settings": { "enable_C2": "Always Off" } }),
        ),
        (
            "enable_C2=200",
            json!({ "settings": { "enable_C2": REFUSED } }),
        ),
        ("stop_timer=10.0", json!({ "stop_timer": true })),
        ("stop_timer=61", json!({ "stop_timer": false })),
        (
            "solar_start_current=6&solar_max_import=-1",
            json!({ "solar_start_current": 6, "solar_max_import": REFUSED }),
        ),
        (
            "prio_strategy=0&rotation_interval=15&idle_timeout=60",
            json!({ "prio_strategy": 0, "rotation_interval": REFUSED, "idle_timeout": 60 }),
        ),
        (
            "cablelock=1&custombutton=1",
            json!({ "cablelock": 1, "custombutton": true }),
        ),
        ("cablelock=2", json!({ "cablelock": REFUSED })),
        ("override_pwm=1025", json!({ "override_pwm": REFUSED })),
        ("override_pwm=-1", json!({ "override_pwm": -1 })),
        ("bogus=1", json!({})),
        (
            "mode=2&override_current=100",
            json!({ "mode": "2", "override_current": REFUSED }),
        ),
    ] {
        assert_eq!(host.post(&format!("/settings?{query}")), answer, "{query}");
    }
    let settings = &host.get("/settings").json()["settings"];
    assert_eq!(settings["current_min"], 8);
    assert_eq!(settings["current_max_sum_mains"], 600);
    assert_eq!(settings["solar_start_current"], 6);
    assert_eq!(settings["cablelock"], 1);
    assert_eq!(settings["override_current"], 0);
}

/// network 3.4, 3.5: readings that are posted.
#[test]
fn when_readings_are_posted_then_they_are_shown() {
    let host = Host::start(&["--mains-meter", "api", "--ev-meter", "api"]);
    assert_eq!(host.live()["mains_da"], json!(null));
    let answer = host.post("/currents?L1=123.400002&L2=-5.000000&L3=0.500000");
    let original = json!({ "L1": 123, "L2": -5, "L3": 1 });
    assert_eq!(
        answer,
        json!({ "L1": 123, "L2": -5, "L3": 1, "TOTAL": 119, "original": original })
    );
    let status = host.get("/settings").json();
    assert_eq!(status["phase_currents"]["TOTAL"], 119);
    assert!(
        status["phase_currents"]["last_data_update"]
            .as_u64()
            .unwrap()
            > 1_700_000_000
    );
    assert_eq!(host.post("/currents?L1=1&L2=2"), json!({}));
    assert_eq!(
        host.post("/currents?L1=1&L2=2&L3=2000"),
        json!({ "TOTAL": REFUSED })
    );
    assert_eq!(
        host.post("/currents?battery_current=-300"),
        json!({ "battery_current": -300 })
    );
    let ev = host.post("/ev_meter?L1=100&L2=50&L3=30");
    let currents = json!({ "L1": 100, "L2": 50, "L3": 30, "TOTAL": 180 });
    assert_eq!(ev, json!({ "ev_meter": { "currents": currents } }));
    host.post(
        "/ev_meter?import_active_energy=3255525&export_active_energy=0&import_active_power=1380",
    );
    let status = host.get("/settings").json();
    assert_eq!(status["ev_meter"]["total_kwh"], 3255.525);
    assert_eq!(status["ev_meter"]["import_active_power"], 1380);
    assert_eq!(status["ev_meter"]["currents"]["L2"], 50);
}

#[test]
fn when_the_meter_is_not_api_then_posted_readings_are_refused() {
    let host = Host::start(&[]);
    let refusal = json!({ "TOTAL": "mains meter is not API" });
    assert_eq!(host.post("/currents?L1=1&L2=2&L3=3"), refusal);
    assert_eq!(host.post("/ev_meter?L1=1&L2=2&L3=3"), json!({}));
    let refusal = json!({ "rfid_status": "RFID reader not enabled" });
    assert_eq!(host.post("/rfid?rfid=112233445566"), refusal);
}

/// network 10.3: one page without any foreign address.
#[test]
fn when_the_page_is_loaded_then_it_needs_nothing_else() {
    let host = Host::start(&[]);
    let page = host.get("/");
    assert_eq!(
        page.header("Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("Content-Security-Policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    let foreign = page.body.replace("http://www.w3.org/2000/svg", "");
    assert!(!foreign.contains("http://") && !foreign.contains("https://"));
    assert!(!foreign.contains("<script src") && !foreign.contains("<link rel=\"stylesheet"));
    for id in [
        "state",
        "offered",
        "reason",
        "access",
        "mode",
        "plug",
        "unplug",
        "house-load",
    ] {
        assert!(page.body.contains(&format!("data-testid=\"{id}\"")), "{id}");
    }
}

/// network 2: a body that is a form counts; anything else is ignored.
#[test]
fn when_there_is_a_body_then_a_form_counts() {
    let host = Host::start(&[]);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\nmode=4";
    let address = &host.address;
    let head = format!("POST /settings HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    assert_eq!(
        host.raw(&format!("{head}{form}")).json(),
        json!({ "mode": "4" })
    );
    let other = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(host.raw(&format!("{head}{other}")).json(), json!({}));
    let long = format!("Content-Length: 100000\r\n\r\n{}", "x".repeat(100_000));
    assert_eq!(host.raw(&format!("{head}{long}")).status, 413);
}
