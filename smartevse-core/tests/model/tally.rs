//! What a walk counts, and how it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use smartevse_core::oracle::Watch;

use super::recovery::{Driver, Outcome};

/// Figures of one walk or of several.
#[derive(Default, Debug)]
pub struct Tally {
    /// Different nodes that were found.
    pub known: u64,
    /// Nodes that were walked on from.
    pub states: u64,
    pub moves: u64,
    pub depth: u32,
    /// Nodes that were found but not walked on from.
    pub left: u64,
    pub took: Duration,
    pub hits: Hits,
    /// Ends of the ways back and their number.
    pub ends: BTreeMap<String, u64>,
    /// Longest way back to charging.
    pub longest: smartevse_core::types::Duration,
}

/// Polls in which the situation of each invariant occurred, by number.
#[derive(Debug)]
pub struct Hits([u64; 33]);

impl Default for Hits {
    fn default() -> Self {
        Self([0; 33])
    }
}

impl Hits {
    pub fn of(&self, number: u8) -> u64 {
        self.0[usize::from(number)]
    }
}

impl Tally {
    /// Adds what the oracle saw in one move.
    pub fn note_hits(&mut self, before: &[u32; 33], after: &Watch) {
        let pairs = before.iter().zip(after.hits());
        for (sum, (before, after)) in self.hits.0.iter_mut().zip(pairs) {
            *sum += u64::from(after - before);
        }
    }

    pub fn note_end(&mut self, driver: Driver, outcome: Outcome) {
        let end = match outcome {
            Outcome::Charging(after) => {
                self.longest = self.longest.max(after);
                "charging".to_owned()
            }
            Outcome::Joined => "charging".to_owned(),
            Outcome::Fault(faults) => {
                let names: Vec<_> = faults.rows().map(|row| row.name).collect();
                names.join("+")
            }
            Outcome::Blocked(reason) => format!("blocked: {reason:?}"),
        };
        *self.ends.entry(format!("{driver:?}: {end}")).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.known += other.known;
        self.states += other.states;
        self.moves += other.moves;
        self.depth = self.depth.max(other.depth);
        self.left += other.left;
        self.took += other.took;
        self.longest = self.longest.max(other.longest);
        for (sum, hits) in self.hits.0.iter_mut().zip(other.hits.0) {
            *sum += hits;
        }
        for (end, count) in &other.ends {
            *self.ends.entry(end.clone()).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} states, {} walked on from, {} moves, {} judged polls, depth {}, {} left at the edge, {:.1} s; longest way back {} s",
            self.known,
            self.states,
            self.moves,
            self.hits.of(20),
            self.depth,
            self.left,
            self.took.as_secs_f64(),
            self.longest.as_secs_ceil(),
        )?;
        for (end, count) in &self.ends {
            writeln!(f, "  {end}: {count}")?;
        }
        write!(f, "  hits:")?;
        for (number, hits) in self.hits.0.iter().enumerate().skip(1) {
            write!(f, " I-{number:02}={hits}")?;
        }
        Ok(())
    }
}
