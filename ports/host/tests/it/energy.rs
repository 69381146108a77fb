//! The energy ledger outlives a restart (meters specification §10).

use crate::host::Host;
use crate::store::{Directory, end};

fn charged(host: &Host) -> i64 {
    let status = host.get("/settings").json();
    status["ev_meter"]["charged_wh"].as_i64().unwrap()
}

/// Decision D-219: the charge of before is shown and never shrinks; the next
/// vehicle begins anew.
#[test]
fn when_the_program_restarts_then_the_energy_of_the_charge_is_still_there() {
    let data = Directory::new("energy");
    let options = ["--data", data.text(), "--speed", "60"];
    let host = Host::plugged(&options);
    host.post("/settings?mode=1");
    host.wait("a charge", |_| charged(&host) > 150);
    let before = charged(&host);
    end(host);
    let host = Host::start(&options);
    assert!(charged(&host) >= before, "{} < {before}", charged(&host));
    end(host);
    // Nothing was charged meanwhile, and a second restart changes nothing.
    let host = Host::start(&options);
    assert!(charged(&host) >= before);
    host.post("/sim?plug=1");
    host.wait("a new charge", |_| charged(&host) < before);
}
