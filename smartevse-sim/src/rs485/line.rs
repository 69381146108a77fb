//! What is on the wire.

use std::collections::VecDeque;

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

/// A frame on the wire.
#[derive(Clone, Debug)]
struct Burst {
    from: Party,
    start: Instant,
    end: Instant,
    bytes: Vec<u8>,
    number: u64,
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
        self.bursts.push_back(Burst {
            from,
            start,
            end,
            bytes: bytes.to_vec(),
            number: self.count,
        });
        end
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
        self.bursts
            .iter()
            .filter(|burst| self.hears(to, burst) && burst.end > after)
            .map(|burst| burst.end)
            .min()
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
