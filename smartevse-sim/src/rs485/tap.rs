//! The place of one device on the line.

use std::collections::VecDeque;

use smartevse_meters::pdu::is_broadcast;
use smartevse_types::{Duration, Instant};

use super::line::Ear;
use super::{Line, Party};

/// What is wrong with a tap. The default is a good one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TapFaults {
    /// Nothing leaves and nothing arrives.
    pub cut: bool,
    /// Broadcasts of this device reach the line so much later.
    pub broadcasts_late: Duration,
}

/// A frame that was handed over and has not reached the line.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Held {
    at: Instant,
    bytes: Vec<u8>,
}

/// A device's connection: what it sends, and what it hears since it last
/// listened.
#[derive(Clone, Debug)]
pub struct Tap {
    ear: Ear,
    faults: TapFaults,
    heard: Instant,
    sending: Option<Instant>,
    held: VecDeque<Held>,
    buffer: Vec<u8>,
}

impl Tap {
    /// Connects a device at a moment.
    #[must_use]
    pub const fn new(party: Party, now: Instant) -> Self {
        Self {
            ear: Ear::of(party),
            faults: TapFaults {
                cut: false,
                broadcasts_late: Duration::ZERO,
            },
            heard: now,
            sending: None,
            held: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    /// Tells which frames the device cares for: those to this address and
    /// broadcasts, or all. What is spoiled is heard by everybody.
    pub fn set_address(&mut self, address: Option<u8>) {
        self.ear.address = address;
    }

    /// Breaks or repairs the connection.
    pub fn set_faults(&mut self, faults: TapFaults) {
        self.faults = faults;
    }

    /// Puts a frame on the line, or holds it back; gives when the device has
    /// sent it.
    pub fn send(&mut self, line: &mut Line, now: Instant, bytes: &[u8]) -> Instant {
        let end = now + line.air_time(bytes.len());
        self.sending = Some(end);
        let broadcast = bytes.first().is_some_and(|addr| is_broadcast(*addr));
        if self.faults.cut {
            return end;
        }
        if broadcast && self.faults.broadcasts_late > Duration::ZERO {
            self.held.push_back(Held {
                at: now + self.faults.broadcasts_late,
                bytes: bytes.to_vec(),
            });
        } else {
            line.send(self.ear.party, now, bytes);
        }
        end
    }

    /// Lets held frames go whose time has come.
    pub fn release(&mut self, line: &mut Line, now: Instant) {
        while self.held.front().is_some_and(|held| held.at <= now) {
            if let Some(held) = self.held.pop_front() {
                line.send(self.ear.party, held.at, &held.bytes);
            }
        }
    }

    /// The moment at which the present transmission ended, once.
    pub fn sent(&mut self, now: Instant) -> Option<Instant> {
        let end = self.sending.filter(|end| *end <= now)?;
        self.sending = None;
        Some(end)
    }

    /// The bytes since the last call with the time of the last one.
    pub fn listen(&mut self, line: &Line, now: Instant) -> Option<(Instant, &[u8])> {
        let from = std::mem::replace(&mut self.heard, now);
        if self.faults.cut {
            return None;
        }
        self.buffer.clear();
        let last = line.hear(self.ear, from, now, &mut self.buffer)?;
        Some((last, &self.buffer))
    }

    /// When something happens on the line for this device, or its own
    /// transmission ends.
    #[must_use]
    pub fn deadline(&self, line: &Line) -> Instant {
        let end = line.next_end_for(self.ear, self.heard);
        let held = self.held.front().map(|held| held.at);
        [end, held, self.sending]
            .into_iter()
            .flatten()
            .fold(Instant::FAR_FUTURE, Instant::earliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rs485::LineFaults;

    const START: Instant = Instant::from_secs(1);

    fn site() -> (Line, Tap, Tap) {
        let line = Line::new(Duration::from_millis(1), LineFaults::default(), 1);
        (line, Tap::new(Party(0), START), Tap::new(Party(1), START))
    }

    #[test]
    fn when_a_frame_ends_then_the_others_hear_it() {
        let (mut line, mut a, mut b) = site();
        let end = a.send(&mut line, START, &[2, 3]);
        assert_eq!(b.deadline(&line), end);
        assert_eq!(b.listen(&line, end), Some((end, &[2, 3][..])));
        assert_eq!((a.sent(end), a.sent(end)), (Some(end), None));
        assert_eq!(a.listen(&line, end), None);
    }

    #[test]
    fn when_the_tap_is_cut_then_nothing_passes() {
        let (mut line, mut a, mut b) = site();
        b.set_faults(TapFaults {
            cut: true,
            ..TapFaults::default()
        });
        let end = a.send(&mut line, START, &[2, 3]);
        assert_eq!(b.listen(&line, end), None);
        b.send(&mut line, end, &[7]);
        assert_eq!(a.listen(&line, end + Duration::from_secs(1)), None);
    }

    #[test]
    fn when_broadcasts_are_late_then_only_they_are() {
        let (mut line, mut a, mut b) = site();
        a.set_faults(TapFaults {
            broadcasts_late: Duration::from_secs(1),
            ..TapFaults::default()
        });
        let end = a.send(&mut line, START, &[9, 1]);
        assert_eq!(b.listen(&line, end), None);
        a.release(&mut line, START + Duration::from_secs(1));
        let late = b.listen(&line, START + Duration::from_secs(2));
        assert_eq!(late.map(|(_, bytes)| bytes), Some(&[9, 1][..]));
    }
}
