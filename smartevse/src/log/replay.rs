//! Playing a log in virtual time.

use core::fmt;

use smartevse_core::card::Uid;
use smartevse_core::cards::CARD_CAPACITY;
use smartevse_core::io::{Inputs, Outputs};
use smartevse_core::records::energy::EnergyRecord;
use smartevse_types::{Duration, Instant};

use super::{Entry, LOG_VERSION, fingerprint, with_times};
use crate::station::{Setup, Station};

/// Why a replay ends early.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// Not a log, or damaged at this byte.
    Damaged(usize),
    /// Written by another version of the format.
    Version(u16),
    /// The log does not begin with a setup.
    NoStart,
    /// The station gave something else than when the log was written.
    Differs(Instant),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(at) => write!(f, "the log is damaged at byte {at}"),
            Self::Version(version) => write!(f, "log format {version} is not {LOG_VERSION}"),
            Self::NoStart => f.write_str("the log does not begin with a setup"),
            Self::Differs(at) => write!(f, "the checkpoint at {at} differs"),
        }
    }
}

impl core::error::Error for ReplayError {}

/// One poll of a replay, for oracles.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Moment of the poll.
    pub now: Instant,
    /// What went in.
    pub inputs: Inputs,
    /// What came out.
    pub outputs: Outputs,
}

/// Plays a log.
#[derive(Debug)]
pub struct Replay<'a> {
    log: &'a [u8],
    offset: usize,
    station: Station,
    now: Instant,
    inputs: Inputs,
    outputs: Outputs,
    checkpoints: u32,
}

impl<'a> Replay<'a> {
    /// Reads the setup at the beginning of a log.
    ///
    /// # Errors
    ///
    /// When there is none that this version understands.
    pub fn new(log: &'a [u8]) -> Result<Self, ReplayError> {
        let mut offset = 0;
        let mut cards = heapless::Vec::<Uid, CARD_CAPACITY>::new();
        loop {
            match next(log, &mut offset)? {
                Some(Entry::Card(card)) => {
                    // A list never holds more cards than fit.
                    let _ = cards.push(card);
                }
                Some(Entry::Start {
                    version,
                    at,
                    facts,
                    boot,
                    settings,
                    stored,
                    access,
                    card,
                    planning,
                    circuit_meter,
                    extras,
                }) => {
                    if version != LOG_VERSION {
                        return Err(ReplayError::Version(version));
                    }
                    let setup = Setup {
                        facts,
                        boot,
                        settings,
                        stored,
                        access,
                        card,
                        cards: &cards,
                        planning,
                        circuit_meter,
                        // Nothing is decided by what follows.
                        lcd_lock: false,
                        energy: EnergyRecord::NONE,
                        serial: 0,
                        extras,
                    };
                    return Ok(Self::start(log, offset, &setup, at));
                }
                Some(
                    Entry::Poll { .. }
                    | Entry::Event(_)
                    | Entry::Command(..)
                    | Entry::Checkpoint(_),
                )
                | None => return Err(ReplayError::NoStart),
            }
        }
    }

    fn start(log: &'a [u8], offset: usize, setup: &Setup<'_>, at: Instant) -> Self {
        Self {
            log,
            offset,
            station: Station::new(setup, at),
            now: at,
            inputs: Inputs::default(),
            outputs: Outputs::SAFE,
            checkpoints: 0,
        }
    }

    /// The station as it is now.
    #[must_use]
    pub const fn station(&self) -> &Station {
        &self.station
    }

    /// Checkpoints that agreed so far.
    #[must_use]
    pub const fn checkpoints(&self) -> u32 {
        self.checkpoints
    }

    /// Plays up to and including the next poll; `None` at the end of the log.
    /// A last frame that was cut off ends the log.
    ///
    /// # Errors
    ///
    /// A damaged log, or the first checkpoint that differs.
    pub fn step(&mut self) -> Result<Option<Step>, ReplayError> {
        while let Some(entry) = next(self.log, &mut self.offset)? {
            match entry {
                Entry::Poll {
                    elapsed,
                    ages,
                    inputs,
                } => {
                    return Ok(Some(self.poll(elapsed, ages, inputs)));
                }
                Entry::Event(event) => self.station.event(event),
                Entry::Command(now, origin, command) => {
                    // The answer went to somebody who is not here any more.
                    let _ = self.station.command(now, origin, command);
                }
                Entry::Checkpoint(hash) => self.check(hash)?,
                Entry::Card(_) | Entry::Start { .. } => {
                    return Err(ReplayError::Damaged(self.offset));
                }
            }
        }
        Ok(None)
    }

    fn poll(&mut self, elapsed: Duration, ages: [Duration; 2], inputs: Option<Inputs>) -> Step {
        self.now += elapsed;
        self.inputs = inputs.unwrap_or(self.inputs);
        let inputs = with_times(self.now, ages, &self.inputs);
        self.outputs = self.station.poll(self.now, &inputs);
        Step {
            now: self.now,
            inputs,
            outputs: self.outputs,
        }
    }

    fn check(&mut self, hash: u64) -> Result<(), ReplayError> {
        if fingerprint(&self.station, &self.outputs) != hash {
            return Err(ReplayError::Differs(self.now));
        }
        self.checkpoints = self.checkpoints.saturating_add(1);
        Ok(())
    }
}

/// The next entry; `None` at the end or where the last frame was cut off.
fn next(log: &[u8], offset: &mut usize) -> Result<Option<Entry>, ReplayError> {
    let rest = log.get(*offset..).unwrap_or(&[]);
    let Some((head, rest)) = rest.split_first_chunk::<2>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_le_bytes(*head));
    let Some(body) = rest.get(..length) else {
        return Ok(None);
    };
    let entry = postcard::from_bytes(body).map_err(|_| ReplayError::Damaged(*offset))?;
    *offset = offset.saturating_add(2).saturating_add(length);
    Ok(Some(entry))
}
