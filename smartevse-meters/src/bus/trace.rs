//! The last frames of a line, and how each address does.

use heapless::Vec;
use smartevse_types::Instant;

use super::counters::Counters;
use crate::error::ModbusError;
use crate::transaction::Transaction;

/// Frames that are kept (meters specification §2.6).
pub const TRACE: usize = 32;
/// Addresses with counters of their own, enough for a full group; further ones are
/// counted for the line only.
pub const ADDRESSES: usize = 18;

/// Which way a frame went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Sent by this engine.
    Sent,
    /// Received while a question was open, or missed in time.
    Received,
    /// A request of somebody else: there is a second client on the line.
    Foreign,
}

/// A frame that was sent, received, missed or overheard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceEntry {
    /// When it ended, or when the wait for it ended.
    pub at: Instant,
    /// Which way it went.
    pub direction: Direction,
    /// Address in the frame; of the question when nothing came.
    pub addr: u8,
    /// Function code in the frame; of the question when nothing came.
    pub function: u8,
    /// First register of the question.
    pub register: u16,
    /// Number of registers of the question.
    pub count: u16,
    /// Whether it was accepted, and why not.
    pub verdict: Result<(), ModbusError>,
}

impl TraceEntry {
    pub(super) const fn of(transaction: &Transaction, direction: Direction, at: Instant) -> Self {
        Self {
            at,
            direction,
            addr: transaction.addr(),
            function: transaction.function().code(),
            register: transaction.register(),
            count: transaction.quantity(),
            verdict: Ok(()),
        }
    }
}

/// A ring of the last frames; the oldest goes first.
#[derive(Clone, Debug)]
pub struct Trace {
    entries: Vec<TraceEntry, TRACE>,
    /// Place of the oldest entry once the ring is full.
    oldest: usize,
    total: u32,
}

impl Trace {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            oldest: 0,
            total: 0,
        }
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &TraceEntry> {
        let (newer, older) = self
            .entries
            .split_at_checked(self.oldest)
            .unwrap_or_default();
        older.iter().chain(newer)
    }

    /// Number of all entries since the start, forgotten ones included.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.total
    }

    pub(super) fn push(&mut self, entry: TraceEntry) {
        self.total = self.total.saturating_add(1);
        if let Err(entry) = self.entries.push(entry) {
            if let Some(slot) = self.entries.get_mut(self.oldest) {
                *slot = entry;
            }
            self.oldest = self.oldest.saturating_add(1);
            if self.oldest >= TRACE {
                self.oldest = 0;
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.oldest = 0;
    }
}

/// Counters for each address, in the order in which they were first asked.
#[derive(Clone, Debug)]
pub(super) struct AddressBook {
    places: Vec<(u8, Counters), ADDRESSES>,
}

impl AddressBook {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, Counters)> {
        self.places.iter().copied()
    }

    /// The counters of an address, to be changed; a new one gets a place if there is one.
    pub(super) fn entry(&mut self, addr: u8) -> Option<&mut Counters> {
        if !self.places.iter().any(|(known, _)| *known == addr) {
            self.places.push((addr, Counters::ZERO)).ok()?;
        }
        let place = self.places.iter_mut().find(|(known, _)| *known == addr)?;
        Some(&mut place.1)
    }

    pub(super) fn reset(&mut self) {
        let counters = self.places.iter_mut().map(|(_, counters)| counters);
        counters.for_each(|counters| *counters = Counters::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::Function;
    use crate::transaction::Tag;

    fn entry(register: u16) -> TraceEntry {
        let asked = Transaction::from_parts(Tag::new(1), 12, Function::ReadInput, register, 2);
        TraceEntry::of(&asked, Direction::Sent, Instant::ZERO)
    }

    /// meters 2.6: the oldest entry goes, the total survives
    #[test]
    fn when_the_ring_is_full_then_the_oldest_entry_goes() {
        let mut trace = Trace::new();
        for register in 0..70 {
            trace.push(entry(register));
            let kept: Vec<u16, TRACE> = trace.iter().map(|entry| entry.register).collect();
            assert_eq!(kept.last(), Some(&register));
            assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        }
        assert_eq!(trace.iter().count(), TRACE);
        trace.clear();
        assert_eq!((trace.iter().count(), trace.total()), (0, 70));
        trace.push(entry(7));
        assert_eq!(trace.iter().count(), 1);
    }

    #[test]
    fn when_there_are_too_many_addresses_then_the_first_ones_are_counted() {
        let mut book = AddressBook::new();
        for addr in 1..=20 {
            if let Some(counters) = book.entry(addr) {
                counters.sent();
            }
        }
        assert_eq!(book.iter().count(), ADDRESSES);
        book.reset();
        assert!(book.iter().all(|(_, counters)| counters == Counters::ZERO));
    }
}
