//! Finds a HomeWizard meter on the local network (meters specification §9.2).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mdns_sd::{Receiver, ResolvedService, ServiceDaemon, ServiceEvent};

/// The service that HomeWizard devices announce.
const SERVICE: &str = "_hwenergy._tcp.local.";

/// How host names of meters begin; other devices of the maker are no meters.
const METERS: [&str; 2] = ["p1meter-", "kwhmeter-"];

/// How long a search takes at most.
pub const LIMIT: Duration = Duration::from_secs(3);

/// Searches once: host and port of the first meter that answers.
///
/// Each search begins without memory, so that a meter with a new address is
/// found at its new one.
///
/// # Errors
///
/// One sentence: no network, or no meter within `limit`.
pub fn find(limit: Duration) -> Result<String, String> {
    let failed = |why: mdns_sd::Error| format!("the search for a HomeWizard failed: {why}");
    let daemon = ServiceDaemon::new().map_err(failed)?;
    let found = daemon
        .browse(SERVICE)
        .map_err(failed)
        .and_then(|events| first_meter(&events, limit));
    // A daemon that does not answer any more has nothing left to end.
    let _ = daemon.shutdown();
    found
}

fn first_meter(events: &Receiver<ServiceEvent>, limit: Duration) -> Result<String, String> {
    let end = Instant::now() + limit;
    while let Ok(event) = events.recv_timeout(end.saturating_duration_since(Instant::now())) {
        if let ServiceEvent::ServiceResolved(service) = event
            && let Some(peer) = peer(&service)
        {
            return Ok(peer);
        }
    }
    Err("no HomeWizard meter was found: is its local API on, and is it in this network?".to_owned())
}

/// Address and port of a meter; `None` for another device.
fn peer(service: &ResolvedService) -> Option<String> {
    let host = service.host.to_ascii_lowercase();
    let name = service.fullname.to_ascii_lowercase();
    let is_meter = |name: &str| METERS.iter().any(|meter| name.starts_with(meter));
    if !is_meter(&host) && !is_meter(&name) {
        return None;
    }
    let mut addresses: Vec<_> = service
        .addresses
        .iter()
        .map(mdns_sd::ScopedIp::to_ip_addr)
        .collect();
    addresses.sort();
    let address = addresses.first()?;
    Some(SocketAddr::new(*address, service.port).to_string())
}
