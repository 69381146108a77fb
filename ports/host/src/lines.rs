//! Lines to real meters: one thread per line moves the bytes, the bus engine
//! decides.

mod port;
mod readings;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use smartevse_meters::bus::{Bus, BusAction};
use smartevse_meters::catalogue::Meter;

use crate::desk::Desk;
use crate::spec::LineSpec;
use port::Port;
use readings::Readings;

/// Which meter of the charger a meter on a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Mains meter.
    Mains,
    /// EV meter.
    Ev,
}

/// One meter on a line.
#[derive(Clone, Debug)]
pub struct MeterOnLine {
    /// Its type.
    pub meter: Meter,
    /// Its unit address.
    pub address: u8,
    /// What it measures.
    pub role: Role,
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
}

/// Shortest and longest wait before a line is opened again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// A line that stayed open this long was good: the next wait is short again.
const STEADY: Duration = Duration::from_secs(10);

/// Starts the thread of a line; it ends with the program.
///
/// # Errors
///
/// One sentence: a reading that cannot be asked for, or no thread.
pub fn start(line: MeterLine, desk: Desk) -> Result<(), String> {
    let (bus, readings) = Readings::prepare(&line)?;
    thread::Builder::new()
        .name(format!("line {}", line.line))
        .spawn(move || keep_open(&line, bus, &readings, &desk))
        .map_err(|why| format!("the thread of a line cannot start: {why}"))?;
    Ok(())
}

/// Opens the line again and again, waiting longer each time.
fn keep_open(line: &MeterLine, mut bus: Bus, readings: &Readings, desk: &Desk) {
    let mut wait = BACK_OFF.0;
    loop {
        let opened = Instant::now();
        let why = match Port::open(&line.line, line.needs_even_parity()) {
            Ok(port) => {
                line.tell(|status| status.connected = Some(true));
                move_bytes(port, &mut bus, readings, desk)
            }
            Err(why) => why,
        };
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

/// Moves bytes until the line fails.
fn move_bytes(mut port: Port, bus: &mut Bus, readings: &Readings, desk: &Desk) -> std::io::Error {
    let mut buffer = [0; 512];
    bus.reconnected(readings.now());
    loop {
        let done = match bus.poll(readings.now()) {
            BusAction::Transmit {
                frame,
                discard_input,
            } => {
                let sent = port.send(frame, discard_input);
                bus.transmitted(readings.now());
                sent
            }
            BusAction::Listen { until } => port
                .receive(&mut buffer, readings.until(until))
                .map(|count| bus.receive(readings.now(), &buffer[..count])),
            BusAction::Report(report) => {
                readings.take(&report, desk);
                Ok(())
            }
            BusAction::Reconnect => Err(std::io::ErrorKind::InvalidData.into()),
        };
        if let Err(why) = done {
            return why;
        }
    }
}

impl MeterLine {
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

    fn update(&self, change: impl Fn(&mut LineStatus)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
