//! Real lines: a Modbus TCP peer of the test stands for the meter.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use crate::host::Host;

/// Answers input registers like an Eastron SDM630 with these currents.
fn serve(mut stream: TcpStream, currents: [f32; 3]) {
    let mut request = [0; 12];
    while stream.read_exact(&mut request).is_ok() {
        let [t1, t0, _, _, _, _, unit, function, r1, r0, q1, q0] = request;
        let first = u16::from_be_bytes([r1, r0]);
        let count = u16::from_be_bytes([q1, q0]);
        let words: Vec<u8> = (first..first + count)
            .step_by(2)
            .flat_map(|register| {
                let value = match register {
                    6 => currents[0],
                    8 => currents[1],
                    10 => currents[2],
                    12 | 14 | 16 => 1.0,
                    _ => 0.0,
                };
                value.to_be_bytes()
            })
            .collect();
        let [l1, l0] = u16::try_from(words.len() + 3).unwrap().to_be_bytes();
        let size = u8::try_from(words.len()).unwrap();
        let mut reply = vec![t1, t0, 0, 0, l1, l0, unit, function, size];
        reply.extend(words);
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}

/// The peer's meter decides; the simulated vehicle is not part of its value.
#[test]
fn when_a_peer_answers_then_its_currents_are_shown() {
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap();
    thread::spawn(move || {
        for stream in peer.incoming().flatten() {
            thread::spawn(move || serve(stream, [7.06, 1.0, 2.5]));
        }
    });
    let spec = format!("modbus-tcp:{address}?type=eastron3p&address=17");
    let host = Host::plugged(&["--mains-meter", &spec]);
    let live = host.wait("currents", |live| live["mains_da"] == json!([70, 10, 25]));
    assert_eq!(live["meters"]["mains"]["connected"], true);
    assert_eq!(live["meters"]["mains"]["source"], address.to_string());
    assert!(live["meters"]["mains"]["replies"].as_u64().unwrap() > 0);
    let status = host.get("/settings").json();
    assert_eq!(status["settings"]["mains_meter"], "Eastron3P");
    let live = host.wait("charging", |live| live["state"]["name"] == "C");
    assert_eq!(live["mains_da"], json!([70, 10, 25]));
}

/// A peer that is not there is tried again and shown; nothing ends.
#[test]
fn when_a_peer_comes_later_then_it_is_found() {
    let place = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let spec = format!("modbus-tcp:{address}?type=Eastron3P&address=17");
    let host = Host::plugged(&["--mains-meter", &spec]);
    let live = host.wait("the failure", |live| {
        !live["meters"]["mains"]["last_error"].is_null()
    });
    assert_eq!(live["meters"]["mains"]["connected"], false);
    let peer = TcpListener::bind(address).unwrap();
    thread::spawn(move || {
        for stream in peer.incoming().flatten() {
            thread::spawn(move || serve(stream, [1.0, 2.0, 3.0]));
        }
    });
    host.wait("currents", |live| live["mains_da"] == json!([10, 20, 30]));
}

/// An unplugged serial line is tried again and shown.
#[test]
fn when_a_serial_line_is_unplugged_then_the_page_says_so() {
    let spec = "modbus-rtu:/dev/smartevse-no-such-line?type=ABB&address=12";
    let host = Host::start(&["--ev-meter", spec]);
    let live = host.wait("the failure", |live| {
        !live["meters"]["ev"]["last_error"].is_null()
    });
    let why = live["meters"]["ev"]["last_error"].as_str().unwrap();
    assert!(why.contains("/dev/smartevse-no-such-line"), "{why}");
}
