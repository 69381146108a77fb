//! Lines to real meters: one thread per line moves the bytes, the bus engine
//! decides.

mod choice;
mod clock;
mod port;
mod readings;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use smartevse::meter_line::{self, LineAction, LineMeter, MeterRole, MeterSettings};
use smartevse_core::event::{Event, Fact};
use smartevse_core::settings::Settings;
use smartevse_meters::Meter;
use smartevse_meters::profile::Parity;

use crate::desk::Desk;
use crate::spec::LineSpec;
pub use choice::Chosen;
pub use clock::LineClock;
pub use port::Port;
use readings::Readings;
pub use readings::{FOREIGN, bus_config};

/// One meter on a line.
#[derive(Clone, Debug)]
pub struct MeterOnLine {
    /// What it measures, its type and its address.
    pub meter: LineMeter,
    /// Where its status is shown.
    pub shared: SharedLine,
}

/// A line with its meters.
#[derive(Clone, Debug)]
pub struct MeterLine {
    /// The line.
    pub line: LineSpec,
    /// The meters on it.
    pub meters: Vec<MeterOnLine>,
    /// Meters on it whose type and address are those of the settings.
    pub chosen: Vec<Chosen>,
    /// What a Custom meter or a Sensorbox among them needs.
    pub settings: MeterSettings,
}

/// Shortest and longest wait before a line is opened again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// A line that stayed open this long was good: the next wait is short again.
const STEADY: Duration = Duration::from_secs(10);

/// How often a line looks for a change of the settings.
const LOOK: Duration = Duration::from_millis(500);

/// Starts the thread of a line; it ends with the program.
///
/// # Errors
///
/// One sentence: a reading that cannot be asked for, or no thread.
pub fn start(line: MeterLine, desk: Desk) -> Result<(), String> {
    let first = line.with_chosen(&desk.view().in_force);
    if !first.meters.is_empty() {
        Readings::prepare(&first)?;
    }
    thread::Builder::new()
        .name(format!("line {}", line.line))
        .spawn(move || {
            loop {
                serve(&line, &desk);
            }
        })
        .map_err(|why| format!("the thread of a line cannot start: {why}"))?;
    Ok(())
}

/// Reads the meters that are chosen now, until others are.
fn serve(line: &MeterLine, desk: &Desk) {
    let settings = desk.view().in_force;
    let now = line.with_chosen(&settings);
    if now.meters.is_empty() {
        return thread::sleep(LOOK);
    }
    match Readings::prepare(&now) {
        Ok((engine, readings)) => keep_open(&now, &settings, engine, &readings, desk),
        Err(why) => {
            now.tell(|status| status.last_error = Some(why.clone()));
            thread::sleep(LOOK);
        }
    }
}

/// Opens the line again and again, waiting longer each time, until other
/// meters are chosen.
fn keep_open(
    line: &MeterLine,
    settings: &Settings,
    mut engine: meter_line::MeterLine,
    readings: &Readings,
    desk: &Desk,
) {
    let mut wait = BACK_OFF.0;
    while !line.is_outdated(settings, &desk.view().in_force) {
        let opened = Instant::now();
        let why = match Port::open(&line.line, line.needs_even_parity()) {
            Ok(port) => {
                line.tell(|status| status.connected = Some(true));
                move_bytes(port, &mut engine, readings, desk, &|| {
                    line.is_outdated(settings, &desk.view().in_force)
                })
            }
            Err(why) => why,
        };
        if line.is_outdated(settings, &desk.view().in_force) {
            return;
        }
        line.tell(|status| {
            status.connected = Some(false);
            status.last_error = Some(format!("{}: {why}", line.line));
        });
        if opened.elapsed() >= STEADY {
            wait = BACK_OFF.0;
        }
        thread::sleep(wait);
        wait = (wait * 2).min(BACK_OFF.1);
    }
}

/// Moves bytes until the line fails or other meters are chosen.
fn move_bytes(
    mut port: Port,
    engine: &mut meter_line::MeterLine,
    readings: &Readings,
    desk: &Desk,
    is_outdated: &dyn Fn() -> bool,
) -> std::io::Error {
    let mut buffer = [0; 512];
    let clock = readings.clock;
    engine.reconnected(clock.now());
    let mut foreign = engine.foreign_requests();
    let mut looked = Instant::now();
    loop {
        engine.want_wifi(desk.view().sensorbox_wifi);
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            if is_outdated() {
                return std::io::ErrorKind::Interrupted.into();
            }
        }
        let done = match engine.poll(clock.now()) {
            LineAction::Transmit {
                frame,
                discard_input,
            } => {
                let sent = port.send(frame, discard_input);
                engine.transmitted(clock.now());
                sent
            }
            LineAction::Listen { until } => port
                .receive(&mut buffer, clock.until(until))
                .map(|count| engine.receive(clock.now(), &buffer[..count])),
            LineAction::Fact(event) => {
                match role_of(&event) {
                    Some(role) => readings.take(event, role, desk),
                    None => readings.report(event, desk),
                }
                Ok(())
            }
            LineAction::Failed(role, failure) => {
                readings.fail(role, failure);
                Ok(())
            }
            // Only a node has wishes from its line.
            LineAction::Wish(_) => Ok(()),
            LineAction::Reconnect => Err(std::io::ErrorKind::InvalidData.into()),
        };
        readings.note_foreign(&mut foreign, engine.foreign_requests());
        if let Err(why) = done {
            return why;
        }
    }
}

/// Which meter a reading of a line belongs to; `None` = it is no reading.
const fn role_of(event: &Event) -> Option<MeterRole> {
    if matches!(event.fact, Fact::Mains(_)) {
        Some(MeterRole::Mains)
    } else if matches!(event.fact, Fact::EvMeter(_)) {
        Some(MeterRole::Ev)
    } else if matches!(event.fact, Fact::Circuit(_)) {
        Some(MeterRole::Circuit)
    } else {
        None
    }
}

/// Whether a meter needs 8E1 instead of 8N1.
#[must_use]
pub fn needs_even_parity(meter: Meter) -> bool {
    let profile = meter.profile();
    profile.is_some_and(|profile| profile.parity == Parity::Even)
}

impl MeterLine {
    /// Whether a meter on this line needs 8E1 instead of 8N1.
    #[must_use]
    pub fn needs_even_parity(&self) -> bool {
        let mut meters = self.meters.iter();
        meters.any(|meter| needs_even_parity(meter.meter.meter))
    }

    /// Whether the address of a meter is that of another one on the line: a limit
    /// would be guarded by the currents of something else (decision 59).
    #[must_use]
    pub fn is_taken(&self, meter: &LineMeter) -> bool {
        self.meters
            .iter()
            .any(|known| known.meter.address == meter.address)
    }

    fn tell(&self, change: impl Fn(&mut LineStatus)) {
        for meter in &self.meters {
            meter.shared.update(&change);
        }
    }
}

/// How a source of readings is doing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LineStatus {
    /// What it is, for people: `simulated`, `API`, or the line.
    pub source: String,
    /// Whether it is the simulated site.
    pub simulated: bool,
    /// Whether the line is open; `None` = there is no line.
    pub connected: Option<bool>,
    /// Valid replies since the start.
    pub replies: u64,
    /// Errors since the start.
    pub errors: u64,
    /// The latest error.
    pub last_error: Option<String>,
    /// When the latest valid reply came.
    pub last_reply: Option<Instant>,
}

/// The status of a line, shared between its task and the control thread.
#[derive(Clone, Debug, Default)]
pub struct SharedLine(Arc<Mutex<LineStatus>>);

impl SharedLine {
    /// The simulated site.
    #[must_use]
    pub fn simulated() -> Self {
        Self::new(LineStatus {
            source: "simulated".to_owned(),
            simulated: true,
            ..LineStatus::default()
        })
    }

    /// Readings are posted.
    #[must_use]
    pub fn api() -> Self {
        Self::new(LineStatus {
            source: "API".to_owned(),
            ..LineStatus::default()
        })
    }

    /// A line that is not open yet.
    #[must_use]
    pub fn line(source: String) -> Self {
        Self::new(LineStatus {
            source,
            connected: Some(false),
            ..LineStatus::default()
        })
    }

    fn new(status: LineStatus) -> Self {
        Self(Arc::new(Mutex::new(status)))
    }

    /// The present status.
    #[must_use]
    pub fn status(&self) -> LineStatus {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether it is the simulated site.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .simulated
    }

    /// Changes the status.
    pub fn update(&self, change: impl Fn(&mut LineStatus)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
