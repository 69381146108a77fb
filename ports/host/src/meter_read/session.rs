//! One question after the other over an open line.

use std::io;
use std::time;

use smartevse_meters::bus::{Bus, BusAction, BusConfig, Job, JobError};
use smartevse_meters::{ModbusError, Transaction};
use smartevse_types::{Duration, Instant};

use crate::lines::{LineClock, Port};

/// Longest time for one question with its repetitions.
const LIMIT: time::Duration = time::Duration::from_secs(5);

/// A question is asked once: it becomes due again long after it was removed.
const ONCE: Duration = Duration::from_secs(3_600);

/// Why a question gave no registers.
#[derive(Debug)]
pub enum Failure {
    /// The line failed.
    Line(io::Error),
    /// No valid reply.
    Reply(ModbusError),
}

/// An open line and the engine that speaks on it.
pub struct Session {
    port: Port,
    bus: Bus<1, 1>,
    clock: LineClock,
}

impl Session {
    /// Begins.
    #[must_use]
    pub fn new(port: Port, config: BusConfig, clock: LineClock) -> Self {
        let mut bus = Bus::new(config);
        bus.reconnected(clock.now());
        Self { port, bus, clock }
    }

    /// Asks one question: its registers, and when they were asked for.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub fn ask(&mut self, question: Transaction) -> Result<(Vec<u8>, Instant), Failure> {
        self.bus
            .add(Job::new(question, ONCE, ONCE))
            .map_err(|why: JobError| Failure::Line(io::Error::other(why.to_string())))?;
        let result = self.settle();
        self.bus.remove(question.tag(), self.clock.now());
        result
    }

    /// Whether somebody else asked on the line.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.bus.foreign_requests() > 0
    }

    fn settle(&mut self) -> Result<(Vec<u8>, Instant), Failure> {
        let mut buffer = [0; 512];
        let end = time::Instant::now() + LIMIT;
        while time::Instant::now() < end {
            let done = match self.bus.poll(self.clock.now()) {
                BusAction::Transmit {
                    frame,
                    discard_input,
                } => {
                    let sent = self.port.send(frame, discard_input);
                    self.bus.transmitted(self.clock.now());
                    sent
                }
                BusAction::Listen { until } => {
                    let until = self.clock.until(until).min(end);
                    self.port
                        .receive(&mut buffer, until)
                        .map(|count| self.bus.receive(self.clock.now(), &buffer[..count]))
                }
                BusAction::Report(report) => {
                    let data = report.result.map_err(Failure::Reply)?;
                    return Ok((data.bytes().to_vec(), report.at));
                }
                BusAction::Reconnect => Err(io::Error::other(
                    "the peer sends something else than Modbus",
                )),
            };
            done.map_err(Failure::Line)?;
        }
        Err(Failure::Reply(ModbusError::Timeout))
    }
}
