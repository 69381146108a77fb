//! What the engine notes about its line: frames, counters, a second client.

use smartevse_types::Instant;

use super::order::Pick;
use super::trace::{Direction, Trace, TraceEntry};
use super::{Bus, Counters, State};
use crate::error::ModbusError;
use crate::framing::parse_request_rtu;
use crate::pdu::{Function, Transport};
use crate::transaction::{Tag, Transaction};

impl<const JOBS: usize, const ORDERS: usize> Bus<JOBS, ORDERS> {
    /// The last frames of the line with their verdicts.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Forgets the frames; their total stays.
    pub fn clear_trace(&mut self) {
        self.trace.clear();
    }

    /// The counters of each address that was asked, for the first [`ADDRESSES`](super::ADDRESSES).
    pub fn counters_by_address(&self) -> impl Iterator<Item = (u8, Counters)> {
        self.book.iter()
    }

    /// Sets the counters of the line, the addresses and the jobs to 0; addresses,
    /// jobs and the record of the devices stay.
    pub fn reset_counters(&mut self) {
        self.counters = Counters::ZERO;
        self.book.reset();
        self.schedule.reset_counters();
        self.foreign = 0;
    }

    /// Number of overheard requests that this engine did not send: a second
    /// client is on the line (serial lines only).
    #[must_use]
    pub const fn foreign_requests(&self) -> u32 {
        self.foreign
    }

    /// Notes that a question went on the wire.
    pub(super) fn note_sent(&mut self, pick: &Pick, at: Instant) {
        let transaction = pick.transaction;
        self.counters.sent();
        if let Some(counters) = self.schedule.counters(pick) {
            counters.sent();
        }
        if let Some(counters) = self.book.entry(transaction.addr()) {
            counters.sent();
        }
        self.trace
            .push(TraceEntry::of(&transaction, Direction::Sent, at));
    }

    /// Notes what became of a question, or of a frame that came meanwhile.
    pub(super) fn note(&mut self, pick: &Pick, error: Option<ModbusError>, at: Instant) {
        let transaction = pick.transaction;
        let count = |counters: &mut Counters| match error {
            Some(error) => counters.failed(error),
            None => counters.answered(),
        };
        count(&mut self.counters);
        if let Some(counters) = self.schedule.counters(pick) {
            count(counters);
        }
        if let Some(counters) = self.book.entry(transaction.addr()) {
            count(counters);
        }
        let mut entry = TraceEntry::of(&transaction, Direction::Received, at);
        entry.verdict = error.map_or(Ok(()), Err);
        if let (Transport::Rtu, [addr, function, ..]) =
            (self.config.transport, self.receiver.as_bytes())
        {
            entry.addr = *addr;
            entry.function = *function;
        }
        self.trace.push(entry);
    }

    /// Collects bytes that come while nothing is asked.
    pub(super) fn overhear(&mut self, now: Instant, bytes: &[u8]) {
        self.end_overheard(now - self.config.air_time(bytes.len()));
        self.receiver.extend(bytes, now);
    }

    /// Judges an overheard frame that was over at `now`.
    pub(super) fn end_overheard(&mut self, now: Instant) {
        let asking = matches!(self.state, State::Asking(_));
        if asking || self.config.transport == Transport::Tcp || self.receiver.is_empty() {
            return;
        }
        if now >= self.receiver.last + self.config.silence + self.config.slack {
            self.note_foreign(self.receiver.last);
            self.receiver.clear();
        }
    }

    /// Notes the frame in the receiver if it is a request of somebody else.
    pub(super) fn note_foreign(&mut self, at: Instant) {
        if let Some(request) = self.foreign_request() {
            self.foreign = self.foreign.saturating_add(1);
            self.trace
                .push(TraceEntry::of(&request, Direction::Foreign, at));
        }
    }

    /// A request that is not ours. A single write looks like its own late reply
    /// and proves nothing; our own request may be an echo.
    fn foreign_request(&self) -> Option<Transaction> {
        if self.config.transport == Transport::Tcp {
            return None;
        }
        let frame = self.receiver.frame().ok()?;
        let request = parse_request_rtu(Tag::default(), frame).ok()?;
        let proves = request.function() != Function::WriteSingle;
        (proves && frame != self.frame.as_bytes()).then_some(request)
    }
}
