//! `meter read`: one reading of one meter, for people who wire it for the
//! first time.

mod session;
mod text;

use std::thread;
use std::time::Duration;

use smartevse::wiring::meter_settings;
use smartevse_core::settings::load;
use smartevse_meters::{Meter, MeterError, ModbusError, ReadKind, Reader, Tag, Transaction};
use smartevse_meters::{Values, sensorbox};

use crate::discover;
use crate::homewizard;
use crate::lines::{self, LineClock, Port};
use crate::modbus_meter::meter_named;
use crate::offline::say;
use crate::spec::{HomeWizardPlace, LineSpec, MeterSpec, ModbusSpec};
use session::{Failure, Session};

/// Address that is asked when none is given: the default of MAINS ADR.
const ADDRESS: u8 = 10;

/// In this order, because a current may get its direction from a power.
const ORDER: [ReadKind; 8] = [
    ReadKind::PhasePower,
    ReadKind::Power,
    ReadKind::Currents,
    ReadKind::Import,
    ReadKind::Export,
    ReadKind::Voltages,
    ReadKind::Frequency,
    ReadKind::PhaseImport,
];

/// Times that a Sensorbox is asked: the first reply tells its version, and one
/// may come before it has measured.
const BOX_TRIES: u32 = 4;

/// Wait between two questions to a Sensorbox: it measures once in a second.
const BOX_PAUSE: Duration = Duration::from_millis(1_200);

/// Reads a meter and prints everything that it says; `false` when it gave no
/// currents.
///
/// # Errors
///
/// One sentence: not a meter that can be read, or its line cannot be opened.
pub fn read(spec: &MeterSpec) -> Result<bool, String> {
    match spec {
        MeterSpec::Sim | MeterSpec::Api => {
            Err("this meter is not on a line: there is nothing to read".to_owned())
        }
        MeterSpec::HomeWizard(place) => read_homewizard(place).map(|()| true),
        MeterSpec::Modbus(spec) => read_modbus(spec),
    }
}

fn read_homewizard(place: &HomeWizardPlace) -> Result<(), String> {
    let peer = &match place {
        HomeWizardPlace::At(peer) => peer.clone(),
        HomeWizardPlace::Auto => discover::find(discover::LIMIT)?,
    };
    let (reply, values) = homewizard::read(peer)?;
    say(&format!("HomeWizard at {peer}"));
    say(&String::from_utf8_lossy(&reply).trim());
    text::print(&values);
    Ok(())
}

fn read_modbus(spec: &ModbusSpec) -> Result<bool, String> {
    let meter = meter_named(&spec.kind)?;
    let settings = meter_settings(&load(spec.options.iter().copied()).settings);
    let reader = settings.reader(meter).map_err(|why| why.to_string())?;
    let even = lines::needs_even_parity(meter);
    let port = Port::open(&spec.line, even).map_err(|why| format!("{}: {why}", spec.line))?;
    let address = if meter == Meter::Sensorbox {
        sensorbox::ADDRESS
    } else {
        spec.address.unwrap_or(ADDRESS)
    };
    let name = meter.lcd_name();
    say(&format!(
        "{name} (type {}) at address {address} (0x{address:02X}), {}",
        meter.id(),
        described(&spec.line, even)
    ));
    let clock = LineClock::start();
    let config = lines::bus_config(&spec.line, even);
    let mut dialogue = Dialogue {
        meter,
        address,
        reader,
        session: Session::new(port, config, clock),
        has_answered: false,
    };
    let result = dialogue.all();
    if !dialogue.has_answered {
        eprintln!("smartevse-host: {}", silence(&spec.line));
    }
    if dialogue.session.is_shared() {
        eprintln!("smartevse-host: {}", lines::FOREIGN);
    }
    result.map_err(|why| format!("{}: {why}", spec.line))
}

fn described(line: &LineSpec, even: bool) -> String {
    match line {
        LineSpec::Serial { path, baud } => {
            let format = if even { "8E1" } else { "8N1" };
            format!("{} {baud} {format}", path.display())
        }
        LineSpec::Tcp { peer } => peer.clone(),
    }
}

/// What to look at when nothing has answered.
fn silence(line: &LineSpec) -> &'static str {
    match line {
        LineSpec::Serial { .. } => {
            "no answer: check the address, the speed, the parity and the supply of the meter, \
             and exchange A and B"
        }
        LineSpec::Tcp { .. } => "no answer: check the address (unit) of the meter",
    }
}

/// The questions to one meter.
struct Dialogue {
    meter: Meter,
    address: u8,
    reader: Reader,
    session: Session,
    has_answered: bool,
}

impl Dialogue {
    /// Asks for everything; whether there were currents.
    fn all(&mut self) -> Result<bool, std::io::Error> {
        if self.meter == Meter::Sensorbox {
            return self.sensorbox();
        }
        let mut currents = false;
        for kind in ORDER {
            if !self.reader.offers(kind) {
                continue;
            }
            let good = self.one(kind)?.is_ok();
            currents |= good && kind == ReadKind::Currents;
            if !self.has_answered && kind == ReadKind::Currents {
                break;
            }
        }
        Ok(currents)
    }

    fn sensorbox(&mut self) -> Result<bool, std::io::Error> {
        let mut good = false;
        for attempt in 0..BOX_TRIES {
            if attempt > 0 {
                thread::sleep(BOX_PAUSE);
            }
            let before = self.question(ReadKind::Currents);
            good = self.one(ReadKind::Currents)?.is_ok();
            let is_longer = before.ok() != self.question(ReadKind::Currents).ok();
            if !self.has_answered || (good && !is_longer) {
                break;
            }
        }
        if let Some(reading) = self.reader.sensorbox_reading() {
            text::print_box(reading);
        }
        Ok(good)
    }

    fn question(&self, kind: ReadKind) -> Result<Transaction, MeterError> {
        // One question is under way at a time: they all may have the same tag.
        self.reader.plan(kind, Tag::default(), self.address)
    }

    /// Asks for one reading and prints what came.
    fn one(&mut self, kind: ReadKind) -> Result<Result<Values, MeterError>, std::io::Error> {
        let question = match self.question(kind) {
            Ok(question) => question,
            Err(why) => {
                say(&format!("{}\n  failed      {why}", text::name(kind)));
                return Ok(Err(why));
            }
        };
        say(&text::question(kind, &question));
        let values = match self.session.ask(question) {
            Ok((data, at)) => {
                self.has_answered = true;
                say(&text::raw(&data));
                self.reader.accept(kind, &data, at)
            }
            Err(Failure::Line(why)) => return Err(why),
            Err(Failure::Reply(why)) => {
                self.has_answered |= why != ModbusError::Timeout;
                self.reader.missed();
                Err(why.into())
            }
        };
        match &values {
            Ok(values) => text::print(values),
            Err(why) => say(&format!("  failed      {why}")),
        }
        Ok(values)
    }
}
