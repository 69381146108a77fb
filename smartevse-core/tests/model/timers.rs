//! Timers and latches of the charging control as the coarse key sees them.
//!
//! They are private and are read from the `Debug` text, each as "not running",
//! "running" or "expired", and only in the states in which they decide
//! something.

use std::fmt::{self, Write};

use smartevse_core::charger::Charger;
use smartevse_core::state::ChargeState;
use smartevse_core::types::Instant;

/// Nothing is offered; something is offered; energy flows or just did.
pub const IDLE: u8 = 1;
const OFFER: u8 = 2;
const ENERGY: u8 = 4;

/// How a private field is read.
#[derive(Clone, Copy)]
enum Reading {
    /// Its words, without moments.
    Word,
    /// A moment in the past: not running, or how many of these ages in
    /// milliseconds are over.
    Past(&'static [u64]),
    /// The same with the ages at which the present state decides.
    InState(&'static [(ChargeState, &'static [u64])]),
    /// Pilot faults of one vehicle: the next one, or this one, is the last.
    Faults,
    /// Six moments of the last five minutes: one more would be too many.
    Full,
}

/// A private field that is part of the key.
struct Slot {
    /// Part of the charging control.
    section: &'static str,
    name: &'static str,
    reading: Reading,
    /// Where the field decides something.
    phases: u8,
}

const fn slot(section: &'static str, name: &'static str, phases: u8, reading: Reading) -> Slot {
    Slot {
        section,
        name,
        reading,
        phases,
    }
}

/// Ages of a state at which something is decided.
const SINCE: Reading = Reading::InState(&[
    (ChargeState::B, &[500, 30_000]),
    (ChargeState::C1, &[6_000]),
    (ChargeState::CommB, &[30_000]),
    (ChargeState::CommC, &[30_000]),
    (ChargeState::Activate, &[4_000]),
    (ChargeState::ModemRequest, &[1_000]),
    (ChargeState::ModemWait, &[60_000]),
    (ChargeState::ModemDone, &[5_000]),
    (ChargeState::ModemDenied, &[60_000]),
]);

/// The same for the latest change of the main contactor.
const MAIN_CHANGED: Reading =
    Reading::InState(&[(ChargeState::B, &[2_000]), (ChargeState::C, &[100])]);

/// The fields. Those that belong to one section stand together.
const SLOTS: [Slot; 14] = [
    slot("pilot", "asks", OFFER, Reading::Past(&[500])),
    slot("pilot", "unfit", ENERGY, Reading::Past(&[100])),
    slot("presence", "present", IDLE, Reading::Word),
    slot("contactors", "main_changed", OFFER | ENERGY, MAIN_CHANGED),
    slot("contactors", "moments", OFFER | ENERGY, Reading::Full),
    slot("contactors", LAST_PHASES, OFFER, Reading::Word),
    slot("feedback", "main_missing", ENERGY, Reading::Past(&[500])),
    slot("lock", "lost", ENERGY, Reading::Past(&[1_000])),
    slot("machine", "since", OFFER | ENERGY, SINCE),
    slot("machine", "count", IDLE | ENERGY, Reading::Faults),
    slot("machine", "may_wake", OFFER, Reading::Word),
    slot("machine", "diode_seen", OFFER, Reading::Word),
    slot("machine", "asked", OFFER, Reading::Word),
    slot("machine", "exchanged", IDLE | OFFER, Reading::Word),
];

/// Field with the phases of the latest closing for this vehicle.
const LAST_PHASES: &str = "last_three_phase";

/// First section that holds nothing of the key: reading may end there.
const BEHIND: &str = "offer";

/// The phase of a state.
pub const fn phase(state: ChargeState) -> u8 {
    match state {
        ChargeState::A | ChargeState::B1 => IDLE,
        ChargeState::C | ChargeState::C1 | ChargeState::D => ENERGY,
        ChargeState::B
        | ChargeState::CommB
        | ChargeState::CommBOk
        | ChargeState::CommC
        | ChargeState::CommCOk
        | ChargeState::Activate
        | ChargeState::ModemRequest
        | ChargeState::ModemWait
        | ChargeState::ModemDone
        | ChargeState::ModemDenied => OFFER,
    }
}

/// A value for each slot.
pub type Timers = [u16; SLOTS.len()];

/// The values at this moment; `one_phase` = what planning wants.
pub fn timers(charger: &Charger, state: ChargeState, now: Instant, one_phase: bool) -> Timers {
    let mut reader = Reader::new(state, now);
    // The reader stops the writing once it has seen enough.
    let _enough = write!(reader, "{charger:?}");
    compare_phases(&mut reader.timers, one_phase);
    reader.timers
}

/// The phases of the latest closing count only if other phases are wanted now.
fn compare_phases(timers: &mut Timers, one_phase: bool) {
    let other: [&[u8]; 2] = if one_phase {
        [b"Some", b"true"]
    } else {
        [b"Some", b"false"]
    };
    let other = other.iter().fold(0, |sum, word| fold(sum, word));
    for (value, slot) in timers.iter_mut().zip(&SLOTS) {
        if slot.name == LAST_PHASES {
            *value = u16::from(*value == other);
        }
    }
}

/// Mixes a word into the value of a slot.
fn fold(value: u16, word: &[u8]) -> u16 {
    word.iter().fold(value, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u16::from(*byte))
    })
}

/// Reads `Debug` text and keeps the values of the slots.
struct Reader {
    state: ChargeState,
    now: u64,
    timers: Timers,
    met: [bool; SLOTS.len()],
    word: Vec<u8>,
    depth: u32,
    /// Slots of the section that is being read.
    section: (usize, usize),
    slot: Option<usize>,
    /// The word before was the name of a type of time.
    is_moment: bool,
    full: u16,
    done: bool,
}

impl Reader {
    fn new(state: ChargeState, now: Instant) -> Self {
        Self {
            state,
            now: now.as_micros(),
            timers: [0; SLOTS.len()],
            met: [false; SLOTS.len()],
            word: Vec::with_capacity(32),
            depth: 0,
            section: (0, 0),
            slot: None,
            is_moment: false,
            full: 0,
            done: false,
        }
    }

    /// Inside a section that holds nothing of the key only its end counts.
    const fn skips(&self) -> bool {
        self.depth > 1 && self.section.0 == self.section.1
    }

    fn skip(&mut self, byte: u8) {
        match byte {
            b'(' | b'{' | b'[' => self.depth += 1,
            b')' | b'}' | b']' => self.depth -= 1,
            _ => {}
        }
    }

    fn take(&mut self, byte: u8) {
        if self.skips() {
            self.skip(byte);
            return;
        }
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => self.word.push(byte),
            b':' => self.end_name(),
            _ => {
                self.end_word();
                self.skip(byte);
            }
        }
    }

    /// A field name ends; at the outermost level it names a section.
    fn end_name(&mut self) {
        let name = &self.word;
        if self.depth == 1 {
            let is_here = |slot: &Slot| slot.section.as_bytes() == name;
            let first = SLOTS.iter().position(is_here).unwrap_or(0);
            let count = SLOTS.iter().filter(|slot| is_here(slot)).count();
            self.section = (first, first + count);
            self.done = BEHIND.as_bytes() == name;
        }
        let (first, end) = self.section;
        self.slot = (first..end).find(|at| SLOTS[*at].name.as_bytes() == name);
        self.is_moment = false;
        self.full = 0;
        if let Some(at) = self.slot {
            self.met[at] = true;
        }
        self.word.clear();
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        if let Some(at) = self.slot {
            if SLOTS[at].phases & phase(self.state) != 0 {
                self.read(at);
            }
        }
        self.word.clear();
    }

    fn read(&mut self, at: usize) {
        let number = std::str::from_utf8(&self.word)
            .ok()
            .and_then(|word| word.parse::<u64>().ok());
        match number {
            Some(moment) if self.is_moment => {
                self.is_moment = false;
                self.timers[at] = self.value_of(at, moment);
            }
            Some(_) | None if self.word == b"Instant" => self.is_moment = true,
            Some(count) if matches!(SLOTS[at].reading, Reading::Faults) => {
                let many = if phase(self.state) == ENERGY { 2 } else { 3 };
                self.timers[at] = u16::from(count >= many);
            }
            Some(_) | None => self.note_word(at),
        }
    }

    fn note_word(&mut self, at: usize) {
        if matches!(SLOTS[at].reading, Reading::Word) {
            self.timers[at] = fold(self.timers[at], &self.word);
        }
    }

    fn value_of(&mut self, at: usize, moment: u64) -> u16 {
        let age = self.now.saturating_sub(moment);
        let reached = |ages: &[u64]| {
            let over = ages.iter().filter(|end| age >= **end * 1_000).count();
            u16::try_from(over + 1).unwrap_or(u16::MAX)
        };
        match SLOTS[at].reading {
            Reading::Word => self.timers[at],
            Reading::Past(ages) => reached(ages),
            Reading::InState(table) => {
                let row = table.iter().find(|(state, _)| *state == self.state);
                reached(row.map_or(&[], |(_, ages)| ages))
            }
            Reading::Faults => 0,
            Reading::Full => {
                // A moment of 0 stands for none.
                self.full += u16::from(moment > 0 && age < 300_000_000);
                self.full / 6
            }
        }
    }
}

impl Write for Reader {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.take(byte));
        if self.done { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use smartevse_core::charger::{BoardFacts, BootRecord};

    use super::*;

    #[test]
    fn when_a_charger_is_read_then_every_field_of_the_key_is_met() {
        let charger = Charger::new(BoardFacts::default(), BootRecord::default(), Instant::ZERO);
        let mut reader = Reader::new(ChargeState::A, Instant::ZERO);
        let _enough = write!(reader, "{charger:?}");
        for (slot, met) in SLOTS.iter().zip(reader.met) {
            assert!(met, "{}.{}", slot.section, slot.name);
        }
        assert!(reader.done);
    }

    /// Six closings in five minutes are another state than none.
    #[test]
    fn when_there_were_many_closings_then_the_key_differs() {
        let text = |secs: u64| {
            let moments = format!("Instant({})", secs * 1_000_000);
            let moments = [moments.as_str(); 6].join(", ");
            format!("C {{ contactors: K {{ recent: R {{ moments: [{moments}] }} }}, offer: 0 }}")
        };
        let read = |secs| {
            let mut reader = Reader::new(ChargeState::B, Instant::from_secs(1_000));
            let _enough = reader.write_str(&text(secs));
            reader.timers
        };
        assert_ne!(read(900), read(600));
    }

    #[test]
    fn when_a_timer_that_counts_runs_out_then_the_key_differs() {
        let charger = Charger::new(BoardFacts::default(), BootRecord::default(), Instant::ZERO);
        let at = |state, secs| timers(&charger, state, Instant::from_secs(secs), false);
        assert_eq!(at(ChargeState::C1, 1), at(ChargeState::C1, 5));
        assert_ne!(at(ChargeState::C1, 5), at(ChargeState::C1, 6));
        assert_eq!(at(ChargeState::A, 5), at(ChargeState::A, 6));
    }
}
