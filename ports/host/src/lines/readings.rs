//! What comes of the questions on one line.

use std::time;

use smartevse::meter_line::{self, LineMeter, MeterRole, ReadFailure};
use smartevse_core::event::Event;
use smartevse_meters::bus::BusConfig;
use smartevse_types::Duration;

use super::clock::LineClock;
use super::{MeterLine, MeterOnLine, SharedLine};
use crate::desk::Desk;
use crate::spec::LineSpec;

/// Time by which USB adapters hand over bytes late.
const SLACK: Duration = Duration::from_millis(20);

/// What is wrong with a line on which requests come that nobody here sent.
pub const FOREIGN: &str = "somebody else asks on this line: only one charger may";

/// The times of a line.
#[must_use]
pub fn bus_config(line: &LineSpec, even_parity: bool) -> BusConfig {
    let bits = if even_parity { 11 } else { 10 };
    match line {
        LineSpec::Serial { baud, .. } => BusConfig::rtu(*baud, bits).with_slack(SLACK),
        LineSpec::Tcp { .. } => BusConfig::tcp(),
    }
}

/// The meters of one line and the line's clock.
#[derive(Debug)]
pub struct Readings {
    meters: Vec<MeterOnLine>,
    /// The line's time.
    pub clock: LineClock,
}

impl Readings {
    /// Makes the engine of a line with all its questions.
    ///
    /// # Errors
    ///
    /// One sentence on a question that cannot be asked.
    pub fn prepare(line: &MeterLine) -> Result<(meter_line::MeterLine, Self), String> {
        let config = bus_config(&line.line, line.needs_even_parity());
        let meters: Vec<LineMeter> = line.meters.iter().map(|meter| meter.meter).collect();
        let engine = meter_line::MeterLine::with_settings(config, &meters, &line.settings)
            .map_err(|why| format!("{}: {why}", line.line))?;
        let readings = Self {
            meters: line.meters.clone(),
            clock: LineClock::start(),
        };
        Ok((engine, readings))
    }

    /// Takes a reading.
    pub fn take(&self, event: Event, role: MeterRole, desk: &Desk) {
        self.tell(role, SharedLine::count_reply);
        self.report(event, desk);
    }

    /// Hands a fact to the charger.
    pub fn report(&self, event: Event, desk: &Desk) {
        desk.report_blocking(self.clock.when(event.at), event.fact);
    }

    /// Takes a reading that did not come.
    pub fn fail(&self, role: MeterRole, failure: ReadFailure) {
        self.tell(role, |shared| shared.count_error(failure.to_string()));
    }

    /// Tells all meters of the line when somebody else asked on it.
    pub fn note_foreign(&self, known: &mut u32, requests: u32) {
        if *known == requests {
            return;
        }
        *known = requests;
        for meter in &self.meters {
            meter.shared.count_error(FOREIGN.to_owned());
        }
    }

    fn tell(&self, role: MeterRole, what: impl Fn(&SharedLine)) {
        let of_role = |meter: &&MeterOnLine| meter.meter.role == role;
        self.meters
            .iter()
            .filter(of_role)
            .for_each(|meter| what(&meter.shared));
    }
}

impl SharedLine {
    /// Counts a valid reply.
    pub fn count_reply(&self) {
        self.update(|status| {
            status.replies += 1;
            status.last_reply = Some(time::Instant::now());
        });
    }

    /// Counts a reading that did not come.
    pub fn count_error(&self, why: String) {
        self.update(|status| {
            status.errors += 1;
            status.last_error = Some(why.clone());
        });
    }
}
