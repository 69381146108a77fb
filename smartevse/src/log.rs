//! Log of everything that goes into a station, and its replay.
//!
//! A log is a sequence of frames: two bytes of length (little endian) and a
//! postcard-encoded [`Entry`]. It starts with the setup; then come polls,
//! facts and wishes in their order, and once a second a checkpoint of what
//! came out. Because a station is a function of what goes in, playing the log
//! gives the same checkpoints on any machine.

use smartevse_core::card::Uid;
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::command::{Accepted, Command, Origin, Refused};
use smartevse_core::event::Event;
use smartevse_core::io::{Inputs, Outputs};
use smartevse_core::settings::Settings;
use smartevse_types::{Access, Duration, Instant};

use crate::circuit_meter::CircuitMeter;
use crate::power::Planning;
use crate::station::{Extras, Setup, Station, Stored};

mod replay;

pub use replay::{Replay, ReplayError, Step};

/// Version of the log format.
pub const LOG_VERSION: u16 = 4;

/// Time between two checkpoints.
const CHECKPOINT_PERIOD: Duration = Duration::from_secs(1);

/// Room for the longest entry.
const FRAME: usize = 512;

/// One entry of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Entry {
    /// A stored card; all of them come before the start.
    Card(Uid),
    /// The setup.
    Start {
        /// [`LOG_VERSION`] of the writer.
        version: u16,
        /// Start of the station.
        at: Instant,
        /// What the board has.
        facts: BoardFacts,
        /// Latched faults from before the reset.
        boot: BootRecord,
        /// Stored settings.
        settings: Settings,
        /// What the store held.
        stored: Stored,
        /// Stored access.
        access: Access,
        /// Card that gave it.
        card: Option<Uid>,
        /// Who plans the current.
        planning: Planning,
        /// Separate meter of the circuit.
        circuit_meter: Option<CircuitMeter>,
        /// What has no row in the menu.
        extras: Extras,
    },
    /// A poll.
    Poll {
        /// Time since the poll before, or since the start.
        elapsed: Duration,
        /// Ages of the oldest and newest pilot sample.
        ages: [Duration; 2],
        /// The inputs without the times of the pilot; `None` = as before.
        inputs: Option<Inputs>,
    },
    /// A fact.
    Event(Event),
    /// A wish.
    Command(Instant, Origin, Command),
    /// Fingerprint of outputs, status and directive after the poll before.
    Checkpoint(u64),
}

/// Where a log goes.
pub trait Sink {
    /// Takes one frame.
    ///
    /// # Errors
    ///
    /// `Full` when the frame could not be stored. The charger goes on; the log
    /// ends there.
    fn write(&mut self, frame: &[u8]) -> Result<(), Full>;
}

impl<T: Sink> Sink for &mut T {
    fn write(&mut self, frame: &[u8]) -> Result<(), Full> {
        T::write(self, frame)
    }
}

/// The log cannot take more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Full;

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the log cannot take more")
    }
}

impl core::error::Error for Full {}

/// A station whose inputs are written down.
#[derive(Debug)]
pub struct Recorder<S> {
    station: Station,
    sink: Option<S>,
    polled: Instant,
    inputs: Option<Inputs>,
    checkpoint: Instant,
}

impl<S: Sink> Recorder<S> {
    /// Starts a station and its log.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant, sink: S) -> Self {
        let mut recorder = Self {
            station: Station::new(setup, now),
            sink: Some(sink),
            polled: now,
            inputs: None,
            checkpoint: now,
        };
        for card in setup.cards {
            recorder.write(&Entry::Card(*card));
        }
        recorder.write(&Entry::Start {
            version: LOG_VERSION,
            at: now,
            facts: setup.facts,
            boot: setup.boot,
            settings: setup.settings,
            stored: setup.stored,
            access: setup.access,
            card: setup.card,
            planning: setup.planning,
            circuit_meter: setup.circuit_meter,
            extras: setup.extras,
        });
        recorder
    }

    /// The station; reading it changes nothing.
    #[must_use]
    pub const fn station(&self) -> &Station {
        &self.station
    }

    /// Whether the log is complete so far.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.sink.is_some()
    }

    /// Polls the station.
    pub fn poll(&mut self, now: Instant, inputs: &Inputs) -> Outputs {
        let (ages, timeless) = without_times(now, inputs);
        let changed = self.inputs.replace(timeless) != Some(timeless);
        let elapsed = now.since(self.polled);
        self.polled += elapsed;
        self.write(&Entry::Poll {
            elapsed,
            ages,
            inputs: changed.then_some(timeless),
        });
        let outputs = self.station.poll(now, inputs);
        if now >= self.checkpoint {
            self.checkpoint = now + CHECKPOINT_PERIOD;
            self.write(&Entry::Checkpoint(fingerprint(&self.station, &outputs)));
        }
        outputs
    }

    /// Gives the station a fact.
    pub fn event(&mut self, event: Event) {
        self.write(&Entry::Event(event));
        self.station.event(event);
    }

    /// Gives the station a wish.
    ///
    /// # Errors
    ///
    /// The rule that denies it.
    pub fn command(
        &mut self,
        now: Instant,
        origin: Origin,
        command: Command,
    ) -> Result<Accepted, Refused> {
        self.write(&Entry::Command(now, origin, command));
        self.station.command(now, origin, command)
    }

    fn write(&mut self, entry: &Entry) {
        let Some(sink) = &mut self.sink else { return };
        let mut frame = [0; FRAME];
        let written = encode(entry, &mut frame).and_then(|frame| sink.write(frame));
        if written.is_err() {
            self.sink = None;
        }
    }
}

fn encode<'a>(entry: &Entry, frame: &'a mut [u8; FRAME]) -> Result<&'a [u8], Full> {
    let (head, body) = frame.split_at_mut(2);
    let used = postcard::to_slice(entry, body).map_err(|_| Full)?.len();
    head.copy_from_slice(&u16::try_from(used).map_err(|_| Full)?.to_le_bytes());
    frame.get(..used.saturating_add(2)).ok_or(Full)
}

/// The pilot's times change with every poll; written as ages they stay small.
fn without_times(now: Instant, inputs: &Inputs) -> ([Duration; 2], Inputs) {
    let mut inputs = *inputs;
    let Some(pilot) = &mut inputs.pilot else {
        return ([Duration::ZERO; 2], inputs);
    };
    let ages = [now.since(pilot.from), now.since(pilot.at)];
    (pilot.from, pilot.at) = (Instant::ZERO, Instant::ZERO);
    (ages, inputs)
}

fn with_times(now: Instant, [from, at]: [Duration; 2], inputs: &Inputs) -> Inputs {
    let mut inputs = *inputs;
    if let Some(pilot) = &mut inputs.pilot {
        (pilot.from, pilot.at) = (now - from, now - at);
    }
    inputs
}

/// FNV-1a over the encoded outputs, status and directive.
fn fingerprint(station: &Station, outputs: &Outputs) -> u64 {
    let mut bytes = [0; FRAME];
    let what = (outputs, station.status(), station.directive());
    let used = postcard::to_slice(&what, &mut bytes).map_or(0, |used| used.len());
    let used = bytes.get(..used).unwrap_or(&[]);
    used.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
