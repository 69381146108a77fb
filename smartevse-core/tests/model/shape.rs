//! What two nodes must share to count as the same: the whole private state of
//! the charging control, with moments relative to the present.
//!
//! The state is read through its `Debug` text, so that a field that somebody
//! adds counts by itself. Moments and spans are sorted into coarse buckets;
//! a few fields that decide nothing are left out.

use std::fmt::{self, Debug, Write};

use smartevse_core::types::Instant;

/// Moments with the ages, in milliseconds, at which they begin to decide
/// something else: a timer counts as not yet or already there.
const AGES: [(&str, &[u64]); 28] = [
    ("since", &[500, 4_000, 6_000, 30_000, 300_000]),
    ("main_changed", &[100, 500, 2_000, 10_000]),
    ("second_changed", &[100, 500]),
    ("asks", &[500]),
    ("unfit", &[100]),
    ("invalid", &[1_000]),
    ("valid", &[60_000]),
    ("here", &[300]),
    ("away", &[300]),
    ("stable", &[50]),
    ("cool", &[10_000]),
    ("bad", &[10_000]),
    ("good", &[60_000]),
    ("fault", &[5]),
    ("normal", &[1_000]),
    ("test", &[1_000, 60_000]),
    ("main_welded", &[500]),
    ("second_welded", &[500]),
    ("main_missing", &[500]),
    ("second_missing", &[500]),
    ("sound", &[500]),
    ("pulse", &[600, 800, 5_000, 60_000]),
    ("lost", &[1_000]),
    ("delay_until", &[15_000]),
    ("isolated_until", &[]),
    ("blank_until", &[]),
    ("flapping_until", &[]),
    ("trouble", &[]),
];

/// The same for every other moment and for spans.
const OTHER_AGES: [u64; 3] = [1_000, 15_000, 60_000];

/// Fields with everything inside them that do not decide anything later: they
/// repeat other fields, count without end, or are news of one poll.
const WITHOUT: [&str; 17] = [
    "facts",
    "last_poll",
    "status",
    "deadline",
    "news",
    "seen",
    "issued",
    "requests",
    "config",
    "newest",
    "latest",
    "late_polls",
    "switch",
    "stop_cause",
    "charging_since",
    "closings",
    "plug_ins",
];

/// Hash of the state of a charging control at this moment.
pub fn shape_of(charger: &impl Debug, now: Instant) -> u64 {
    let mut reader = Reader::new(now);
    write!(reader, "{charger:?}").expect("a reader takes everything");
    reader.hash
}

/// Reads `Debug` text and hashes its words.
struct Reader {
    now: u64,
    hash: u64,
    word: Vec<u8>,
    depth: u32,
    /// Depth of the field that is being left out.
    without: Option<u32>,
    /// The word before was the name of a type of time.
    time: Option<Time>,
    /// Ages that count for the field that is being read.
    ages: &'static [u64],
    /// Depth of the list of closings, and how many of them count.
    recent: Option<u32>,
    closings: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    Moment,
    Span,
}

impl Reader {
    fn new(now: Instant) -> Self {
        Self {
            now: now.as_micros(),
            hash: 0xcbf2_9ce4_8422_2325,
            word: Vec::with_capacity(32),
            depth: 0,
            without: None,
            time: None,
            ages: &OTHER_AGES,
            recent: None,
            closings: 0,
        }
    }

    fn take(&mut self, byte: u8) {
        if self.without.is_some() {
            self.skip(byte);
            return;
        }
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => self.word.push(byte),
            b':' => self.end_name(),
            b'(' | b'{' | b'[' => {
                self.end_word();
                self.depth += 1;
            }
            b')' | b'}' | b']' => {
                self.end_word();
                self.depth = self.depth.saturating_sub(1);
                self.leave();
            }
            b',' => {
                self.end_word();
                self.leave();
            }
            _ => self.end_word(),
        }
    }

    /// Looks for the end of a field that is left out.
    fn skip(&mut self, byte: u8) {
        match byte {
            b'(' | b'{' | b'[' => self.depth += 1,
            b')' | b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.leave();
            }
            b',' => self.leave(),
            _ => {}
        }
    }

    /// A field name ends.
    fn end_name(&mut self) {
        let name = &self.word;
        if WITHOUT.iter().any(|known| known.as_bytes() == name) {
            self.without = Some(self.depth);
        } else if name == b"recent" {
            self.recent = Some(self.depth);
            self.closings = 0;
        }
        let known = AGES.iter().find(|(known, _)| known.as_bytes() == name);
        self.ages = known.map_or(&OTHER_AGES, |(_, ages)| ages);
        self.word.clear();
    }

    /// A field ends at a comma or bracket of its own depth or less.
    fn leave(&mut self) {
        if self.without.is_some_and(|depth| self.depth <= depth) {
            self.without = None;
        }
        if self.recent.is_some_and(|depth| self.depth <= depth) {
            self.recent = None;
            self.mix(self.closings);
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        self.read();
        self.word.clear();
    }

    fn read(&mut self) {
        let number = self
            .time
            .take()
            .and_then(|time| Some((time, self.number()?)));
        match (number, self.word.as_slice()) {
            (Some((Time::Moment, at)), _) => self.note_moment(at),
            (Some((Time::Span, span)), _) => self.mix(self.bucket(span)),
            (None, b"Instant") => self.time = Some(Time::Moment),
            (None, b"Duration") => self.time = Some(Time::Span),
            (None, _) if self.recent.is_some() => {}
            (None, _) => {
                let hash = self
                    .word
                    .iter()
                    .fold(self.hash, |hash, byte| fold(hash, *byte));
                self.hash = fold(hash, 0);
            }
        }
    }

    fn number(&self) -> Option<u64> {
        std::str::from_utf8(&self.word).ok()?.parse().ok()
    }

    /// Closings are counted, other moments sorted by how long ago they are.
    fn note_moment(&mut self, at: u64) {
        let past = self.now.saturating_sub(at);
        let future = at.saturating_sub(self.now);
        if self.recent.is_some() {
            self.closings += u64::from(past < 300_000_000);
        } else if future > 0 {
            self.mix(100 + self.bucket(future));
        } else {
            self.mix(self.bucket(past));
        }
    }

    /// How many of the ages of this field a span in microseconds has reached.
    fn bucket(&self, span: u64) -> u64 {
        self.ages.iter().filter(|end| span >= **end * 1_000).count() as u64
    }

    fn mix(&mut self, value: u64) {
        let bytes = value.to_le_bytes();
        self.hash = bytes[..2]
            .iter()
            .fold(self.hash, |hash, byte| fold(hash, *byte));
    }
}

const fn fold(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

impl Write for Reader {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.take(byte));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use smartevse_core::types::Duration;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "read through their Debug text")]
    struct Sample {
        since: Instant,
        left: Duration,
        recent: [Option<Instant>; 2],
        closings: u32,
        kind: Option<bool>,
    }

    fn sample(shift: u64) -> Sample {
        Sample {
            since: Instant::from_secs(shift + 1),
            left: Duration::from_secs(2),
            recent: [None, Some(Instant::from_secs(shift))],
            closings: 3,
            kind: Some(true),
        }
    }

    fn shape(sample: &Sample, secs: u64) -> u64 {
        shape_of(sample, Instant::from_secs(secs))
    }

    #[test]
    fn when_everything_is_later_by_the_same_time_then_the_shape_is_the_same() {
        assert_eq!(shape(&sample(0), 2), shape(&sample(1_000), 1_002));
    }

    #[test]
    fn when_a_timer_is_in_another_bucket_then_the_shape_differs() {
        assert_ne!(shape(&sample(0), 2), shape(&sample(0), 32));
        assert_ne!(shape(&sample(0), 0), shape(&sample(0), 2));
    }

    #[test]
    fn when_a_value_differs_then_the_shape_differs() {
        let mut other = sample(0);
        other.kind = None;
        assert_ne!(shape(&sample(0), 2), shape(&other, 2));
        let mut other = sample(0);
        other.left = Duration::from_secs(20);
        assert_ne!(shape(&sample(0), 2), shape(&other, 2));
        let mut other = sample(0);
        other.recent = [None, None];
        assert_ne!(shape(&sample(0), 2), shape(&other, 2));
    }

    #[test]
    fn when_a_field_decides_nothing_then_the_shape_is_the_same() {
        let mut other = sample(0);
        other.closings = 4;
        assert_eq!(shape(&sample(0), 2), shape(&other, 2));
    }
}
