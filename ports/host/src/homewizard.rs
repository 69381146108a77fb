//! HomeWizard P1 and kWh meters, polled over HTTP (meters specification §9.2).

use std::thread;
use std::time::{Duration, Instant};

use smartevse::meter_line::MeterRole;
use smartevse_meters::Values;
use smartevse_meters::homewizard::{HomeWizard, PATH, PERIOD, TIMEOUT};

use crate::desk::Desk;
use crate::discover;
use crate::fetch;
use crate::lines::SharedLine;
use crate::spec::HomeWizardPlace;

/// Time between two searches (meters specification §9.2).
const SEARCH_AGAIN: Duration = Duration::from_secs(30);

/// A meter that is polled.
#[derive(Clone, Debug)]
pub struct HomeWizardMeter {
    /// Where it is.
    pub place: HomeWizardPlace,
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
        .name(format!("homewizard {}", meter.place))
        .spawn(move || poll(&meter, &desk))
        .map_err(|why| format!("the thread of a meter cannot start: {why}"))?;
    Ok(())
}

/// Asks for ever, once in each period.
fn poll(meter: &HomeWizardMeter, desk: &Desk) {
    let period = Duration::from_micros(PERIOD.as_micros());
    let mut finder = Finder::new(meter.place.clone());
    loop {
        let peer = finder.peer();
        let asked = Instant::now();
        match peer.and_then(|peer| read(&peer)) {
            Ok((_, values)) => {
                meter.shared.count_reply();
                // The moment of the question: the age is never understated.
                let event = meter.role.event(&values, smartevse_types::Instant::ZERO);
                desk.report_blocking(asked, event.fact);
                meter.shared.update(|status| status.connected = Some(true));
            }
            Err(why) => {
                finder.doubt();
                meter.shared.count_error(why);
                meter.shared.update(|status| status.connected = Some(false));
            }
        }
        thread::sleep(period.saturating_sub(asked.elapsed()));
    }
}

/// Knows where the meter is, and searches for it when it does not.
struct Finder {
    place: HomeWizardPlace,
    found: Option<String>,
    /// Whether the meter did not answer where it was found.
    is_doubtful: bool,
    searched: Option<Instant>,
}

impl Finder {
    const fn new(place: HomeWizardPlace) -> Self {
        Self {
            place,
            found: None,
            is_doubtful: false,
            searched: None,
        }
    }

    /// Host and port. A meter that does not answer is searched for, but asked at
    /// its old address as long as no other is known.
    fn peer(&mut self) -> Result<String, String> {
        if let HomeWizardPlace::At(peer) = &self.place {
            return Ok(peer.clone());
        }
        let wait = self.searched.map_or(Duration::ZERO, |at| {
            SEARCH_AGAIN.saturating_sub(at.elapsed())
        });
        match &self.found {
            Some(peer) if !self.is_doubtful || !wait.is_zero() => return Ok(peer.clone()),
            Some(_) => {}
            None => thread::sleep(wait),
        }
        self.search()
    }

    fn search(&mut self) -> Result<String, String> {
        self.searched = Some(Instant::now());
        match discover::find(discover::LIMIT) {
            Ok(peer) => {
                self.found = Some(peer.clone());
                self.is_doubtful = false;
                Ok(peer)
            }
            Err(why) => self.found.clone().ok_or(why),
        }
    }

    /// The meter did not answer: it may have another address by now.
    const fn doubt(&mut self) {
        self.is_doubtful = true;
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
