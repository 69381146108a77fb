//! What is on the wire.

use std::collections::VecDeque;

use smartevse_meters::pdu::is_broadcast;
use smartevse_types::{Duration, Instant};

use crate::random::Random;

/// Time after which a frame cannot matter to anybody any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3);

/// Number of somebody on the line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Party(pub usize);

/// What the line does to bytes. The default is a good line without echo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineFaults {
    /// Bytes in a million that arrive with one wrong bit, 0–1 000 000.
    pub noise_ppm: u32,
    /// Whether a sender hears what it sends.
    pub echo: bool,
}

/// Frames closer to each other than this are heard as one: the silence that
/// ends a frame at 9600 baud.
const APART: Duration = Duration::from_micros(3_647);

/// Who hears what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ear {
    pub(crate) party: Party,
    /// It only cares for sound frames to this address and for broadcasts.
    pub(crate) address: Option<u8>,
}

/// A frame on the wire.
#[derive(Clone, Debug)]
struct Burst {
    from: Party,
    start: Instant,
    end: Instant,
    bytes: Vec<u8>,
    number: u64,
    /// Another frame is on the wire at the same time, or close to it.
    disturbed: bool,
    /// Noise hits one of its bytes.
    spoiled: bool,
}

/// A line of a given speed that all parties share.
#[derive(Clone, Debug)]
pub struct Line {
    char_time: Duration,
    faults: LineFaults,
    seed: u64,
    bursts: VecDeque<Burst>,
    count: u64,
}

impl Ear {
    /// Somebody who hears everything.
    pub(crate) const fn of(party: Party) -> Self {
        Self {
            party,
            address: None,
        }
    }
}

impl Line {
    /// A line with this time for a character; equal seeds give equal noise.
    #[must_use]
    pub const fn new(char_time: Duration, faults: LineFaults, seed: u64) -> Self {
        Self {
            char_time,
            faults,
            seed,
            bursts: VecDeque::new(),
            count: 0,
        }
    }

    /// Changes what the line does to bytes.
    pub fn set_faults(&mut self, faults: LineFaults) {
        self.faults = faults;
        for at in 0..self.bursts.len() {
            let (number, bytes) = (self.bursts[at].number, self.bursts[at].bytes.len());
            self.bursts[at].spoiled = self.spoils(number, bytes);
        }
        // No frame has this number.
        self.count += 1;
    }

    /// Time that so many bytes take.
    #[must_use]
    pub const fn air_time(&self, bytes: usize) -> Duration {
        self.char_time.times(bytes as u64)
    }

    /// Puts a frame on the wire, also in the future; gives its end.
    pub fn send(&mut self, from: Party, start: Instant, bytes: &[u8]) -> Instant {
        let end = start + self.air_time(bytes.len());
        self.count += 1;
        let spoiled = self.spoils(self.count, bytes.len());
        let mut disturbed = false;
        for other in &mut self.bursts {
            let near = other.start < end + APART && other.end + APART > start;
            other.disturbed |= near;
            disturbed |= near;
        }
        self.bursts.push_back(Burst {
            from,
            start,
            end,
            bytes: bytes.to_vec(),
            number: self.count,
            disturbed,
            spoiled,
        });
        end
    }

    /// Changes with each frame and each change of the faults.
    pub(crate) const fn revision(&self) -> u64 {
        self.count
    }

    /// Forgets frames that ended long before `now`.
    pub fn forget(&mut self, now: Instant) {
        self.forget_until(now - FORGOTTEN_AFTER);
    }

    /// Forgets frames that ended at this moment or before: everybody has
    /// heard them.
    pub fn forget_until(&mut self, end: Instant) {
        if self.bursts.front().is_some_and(|first| first.end <= end) {
            self.bursts.retain(|burst| burst.end > end);
        }
    }

    /// The end of the first frame after `after` that this party hears.
    #[must_use]
    pub fn next_end(&self, to: Party, after: Instant) -> Option<Instant> {
        self.next_end_for(Ear::of(to), after)
    }

    /// As [`next_end`](Self::next_end), for one address.
    pub(crate) fn next_end_for(&self, to: Ear, after: Instant) -> Option<Instant> {
        self.bursts
            .iter()
            .filter(|burst| burst.end > after && self.reaches(to, burst))
            .map(|burst| burst.end)
            .min()
    }

    /// Puts what is heard with its last bit in `after..=until` behind the
    /// bytes there; gives the time of the last one.
    pub(crate) fn hear(
        &self,
        to: Ear,
        after: Instant,
        until: Instant,
        bytes: &mut Vec<u8>,
    ) -> Option<Instant> {
        let heard =
            |burst: &&Burst| burst.end > after && burst.start < until && self.reaches(to, burst);
        let mut relevant = self.bursts.iter().filter(heard);
        let first = relevant.next()?;
        if relevant.next().is_none() && Self::is_sound(first) {
            return self.slice(first, after, until, bytes);
        }
        let mut all: Vec<(Instant, u8)> = self
            .bursts
            .iter()
            .filter(heard)
            .flat_map(|burst| self.bytes_of(burst, after, until))
            .collect();
        all.sort_by_key(|(at, _)| *at);
        bytes.extend(all.iter().map(|(_, byte)| *byte));
        all.last().map(|(at, _)| *at)
    }

    /// The bytes of a sound frame in a span.
    fn slice(
        &self,
        burst: &Burst,
        after: Instant,
        until: Instant,
        bytes: &mut Vec<u8>,
    ) -> Option<Instant> {
        let char_us = self.char_time.as_micros().max(1);
        let complete = |at: Instant| {
            let count = at.since(burst.start).as_micros() / char_us;
            (count as usize).min(burst.bytes.len())
        };
        let (from, to) = (complete(after), complete(until));
        bytes.extend_from_slice(burst.bytes.get(from..to)?);
        (to > from).then(|| burst.start + self.air_time(to))
    }

    const fn is_sound(burst: &Burst) -> bool {
        !burst.disturbed && !burst.spoiled
    }

    fn spoils(&self, number: u64, bytes: usize) -> bool {
        self.faults.noise_ppm > 0 && (0..bytes as u64).any(|at| self.noise(number, at) != 0)
    }

    fn reaches(&self, to: Ear, burst: &Burst) -> bool {
        let foreign = |address: u8| {
            let first = burst.bytes.first();
            Self::is_sound(burst)
                && first.is_some_and(|first| *first != address && !is_broadcast(*first))
        };
        self.hears(to.party, burst) && !to.address.is_some_and(foreign)
    }

    /// The bytes that this party hears with their last bit in `after..=until`
    /// (without `after` itself), each with the time of its last bit, in order.
    #[must_use]
    pub fn heard(&self, to: Party, after: Instant, until: Instant) -> Vec<(Instant, u8)> {
        let mut bytes: Vec<(Instant, u8)> = self
            .bursts
            .iter()
            .filter(|burst| self.hears(to, burst) && burst.end > after && burst.start < until)
            .flat_map(|burst| self.bytes_of(burst, after, until))
            .collect();
        bytes.sort_by_key(|(at, _)| *at);
        bytes
    }

    fn hears(&self, to: Party, burst: &Burst) -> bool {
        burst.from != to || self.faults.echo
    }

    fn bytes_of(&self, burst: &Burst, after: Instant, until: Instant) -> Vec<(Instant, u8)> {
        let mut at = burst.start;
        let mut heard = Vec::new();
        for (index, byte) in burst.bytes.iter().enumerate() {
            let begin = at;
            at += self.char_time;
            if at <= after || at > until {
                continue;
            }
            let Some(byte) = self.collided(burst, begin, at, *byte) else {
                continue;
            };
            heard.push((at, byte ^ self.noise(burst.number, index as u64)));
        }
        heard
    }

    /// What is left of a byte: of bytes at the same time the first frame's
    /// arrives garbled and the others are lost.
    fn collided(&self, burst: &Burst, begin: Instant, end: Instant, byte: u8) -> Option<u8> {
        let others = self
            .bursts
            .iter()
            .filter(|other| other.number != burst.number && other.start < end && other.end > begin);
        let mut byte = byte;
        for other in others {
            if (other.start, other.number) < (burst.start, burst.number) {
                return None;
            }
            byte ^= 0x5A;
        }
        Some(byte)
    }

    /// The wrong bit of a byte: the same for everybody who hears it.
    fn noise(&self, number: u64, index: u64) -> u8 {
        if self.faults.noise_ppm == 0 {
            return 0;
        }
        let key = self.seed ^ number.rotate_left(20) ^ index;
        let bits = Random::new(key).next_bits();
        let hit = bits % 1_000_000 < u64::from(self.faults.noise_ppm);
        if hit { 1 << ((bits >> 32) % 8) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAR: Duration = Duration::from_micros(1_042);
    const A: Party = Party(0);
    const B: Party = Party(1);
    const C: Party = Party(2);

    fn bytes(line: &Line, to: Party) -> Vec<u8> {
        let all = line.heard(to, Instant::ZERO, Instant::from_secs(100));
        all.into_iter().map(|(_, byte)| byte).collect()
    }

    #[test]
    fn when_a_frame_is_under_way_then_its_bytes_come_one_by_one() {
        let mut line = Line::new(CHAR, LineFaults::default(), 1);
        let start = Instant::from_secs(1);
        assert_eq!(line.send(A, start, &[1, 2, 3]), start + CHAR.times(3));
        assert_eq!(
            line.heard(B, start, start + CHAR.times(2)),
            [(start + CHAR, 1), (start + CHAR.times(2), 2)]
        );
        assert!(bytes(&line, A).is_empty());
        assert_eq!(line.next_end(B, start), Some(start + CHAR.times(3)));
    }

    #[test]
    fn when_two_send_then_only_the_common_time_is_spoiled() {
        let mut line = Line::new(CHAR, LineFaults::default(), 1);
        let start = Instant::from_secs(1);
        line.send(A, start, &[1, 2, 3]);
        line.send(B, start + CHAR.times(2), &[7, 8, 9]);
        assert_eq!(bytes(&line, C), [1, 2, 3 ^ 0x5A, 8, 9]);
    }

    #[test]
    fn when_there_is_an_echo_then_the_sender_hears_itself() {
        let faults = LineFaults {
            echo: true,
            ..LineFaults::default()
        };
        let mut line = Line::new(CHAR, faults, 1);
        line.send(A, Instant::from_secs(1), &[1, 2]);
        assert_eq!(bytes(&line, A), [1, 2]);
    }

    #[test]
    fn when_the_line_is_noisy_then_all_hear_the_same_wrong_bits() {
        let faults = LineFaults {
            noise_ppm: 100_000,
            ..LineFaults::default()
        };
        let mut line = Line::new(CHAR, faults, 1);
        line.send(A, Instant::from_secs(1), &[0; 1_000]);
        let heard = bytes(&line, B);
        let wrong = heard.iter().filter(|byte| **byte != 0).count();
        assert!((50..200).contains(&wrong), "{wrong}");
        assert!(heard.iter().all(|byte| byte.count_ones() <= 1));
        assert_eq!(heard, bytes(&line, C));
    }

    #[test]
    fn when_a_frame_is_old_then_it_is_forgotten() {
        let mut line = Line::new(CHAR, LineFaults::default(), 1);
        line.send(A, Instant::from_secs(1), &[1]);
        line.forget(Instant::from_secs(10));
        assert!(bytes(&line, B).is_empty());
    }
}
