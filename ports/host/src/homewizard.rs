//! HomeWizard P1 and kWh meters, polled over HTTP (meters specification §9.2).

use std::thread;
use std::time::{Duration, Instant};

use smartevse::meter_line::MeterRole;
use smartevse_meters::Values;
use smartevse_meters::homewizard::{HomeWizard, PATH, PERIOD, TIMEOUT};

use crate::desk::Desk;
use crate::fetch;
use crate::lines::SharedLine;

/// A meter that is polled.
#[derive(Clone, Debug)]
pub struct HomeWizardMeter {
    /// Host name or address and port.
    pub peer: String,
    /// What it measures.
    pub role: MeterRole,
    /// Where its status is shown.
    pub shared: SharedLine,
}

/// Starts the thread of a meter; it ends with the program.
///
/// # Errors
///
/// One sentence when there is no thread.
pub fn start(meter: HomeWizardMeter, desk: Desk) -> Result<(), String> {
    thread::Builder::new()
        .name(format!("homewizard {}", meter.peer))
        .spawn(move || poll(&meter, &desk))
        .map_err(|why| format!("the thread of a meter cannot start: {why}"))?;
    Ok(())
}

/// Asks for ever, once in each period.
fn poll(meter: &HomeWizardMeter, desk: &Desk) {
    let period = Duration::from_micros(PERIOD.as_micros());
    loop {
        let asked = Instant::now();
        match read(&meter.peer) {
            Ok((_, values)) => {
                meter.shared.count_reply();
                // The moment of the question: the age is never understated.
                let event = meter.role.event(&values, smartevse_types::Instant::ZERO);
                desk.report_blocking(asked, event.fact);
                meter.shared.update(|status| status.connected = Some(true));
            }
            Err(why) => {
                meter.shared.count_error(why);
                meter.shared.update(|status| status.connected = Some(false));
            }
        }
        thread::sleep(period.saturating_sub(asked.elapsed()));
    }
}

/// Reads a meter once: the text of the reply and its values.
///
/// # Errors
///
/// One sentence on what is wrong.
pub fn read(peer: &str) -> Result<(Vec<u8>, Values), String> {
    let limit = Duration::from_micros(TIMEOUT.as_micros());
    let text = fetch::get(peer, PATH, limit).map_err(|why| {
        let hint = match why.as_str() {
            "HTTP status 403" => ": switch the local API on in the HomeWizard app",
            _ => "",
        };
        format!("{peer}: {why}{hint}")
    })?;
    let reply = HomeWizard::parse(&text).map_err(|why| format!("{peer}: {why}"))?;
    Ok((text, reply.values()))
}
