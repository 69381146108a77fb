//! The breadth-first walk.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::time::Instant as Clock;

use smartevse_core::oracle::Violation;

use super::bench::Bench;
use super::blindfold::Blindfold;
use super::moves::{Move, moves_from};
use super::recovery::{Driver, Known, recover};
use super::starts::starts;
use super::station::Station;
use super::tally::Tally;
use super::trail::Trail;

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Parts that are unhealthy at once.
    pub unhealthy: usize,
    /// Nodes that are walked on from.
    pub states: usize,
    /// Nodes that are dived from.
    pub dives: usize,
    /// Ways back are tried from every node.
    pub recovery: bool,
    /// The walk ends at the first violation.
    pub first_only: bool,
}

/// Moves of a dive.
const DIVE: usize = 60;

/// A fixed sequence of random numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % sides
    }
}

/// A broken invariant and the way to it.
#[derive(Debug)]
pub struct Counterexample {
    pub violation: Violation,
    pub start: &'static str,
    pub moves: Vec<Move>,
    pub driver: Option<Driver>,
    /// Nodes that had been walked on from.
    pub states: usize,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} after {} states", self.violation, self.states)?;
        write!(f, "  from {}", self.start)?;
        for step in &self.moves {
            write!(f, "; {step}")?;
        }
        match self.driver {
            Some(driver) => write!(f, "; then a healthy car: {driver:?}"),
            None => Ok(()),
        }
    }
}

/// A walk that is under way.
pub struct Walk {
    extent: Extent,
    known: HashSet<u64>,
    trail: Trail,
    queue: VecDeque<(usize, Bench)>,
    ways: Known,
    tally: Tally,
    /// The shortest way to each kind of violation.
    found: Vec<Counterexample>,
}

impl Walk {
    /// Walks from all starts of a station.
    pub fn run(
        station: &'static Station,
        blindfold: Blindfold,
        extent: Extent,
    ) -> (Tally, Vec<Counterexample>) {
        let clock = Clock::now();
        let mut walk = Self {
            extent,
            known: HashSet::new(),
            trail: Trail::default(),
            queue: VecDeque::new(),
            ways: Known::default(),
            tally: Tally::default(),
            found: Vec::new(),
        };
        for (name, bench) in starts(station, blindfold) {
            walk.add(bench, |trail| trail.start(name));
        }
        walk.go();
        walk.tally.left = walk.queue.len() as u64;
        if !walk.is_stopped() {
            walk.dive();
        }
        walk.tally.known = walk.known.len() as u64;
        walk.tally.took = clock.elapsed();
        (walk.tally, walk.found)
    }

    fn go(&mut self) {
        while !self.is_done() {
            let Some((id, bench)) = self.queue.pop_front() else {
                break;
            };
            self.tally.states += 1;
            self.tally.depth = self.tally.depth.max(self.trail.depth(id));
            if self.extent.recovery {
                self.try_ways_back(id, &bench);
            }
            self.try_moves(id, &bench);
        }
    }

    /// Dives from nodes that were found last: many moves at random without
    /// looking left or right, for histories that are too deep for the walk.
    fn dive(&mut self) {
        let every = (self.queue.len() / self.extent.dives.max(1)).max(1);
        let ends: Vec<_> = self.queue.drain(..).step_by(every).collect();
        for (id, bench) in ends.into_iter().take(self.extent.dives) {
            let mut dice = Dice(id as u64 + 1);
            self.dive_from(id, bench, &mut dice);
        }
    }

    fn dive_from(&mut self, id: usize, mut bench: Bench, dice: &mut Dice) {
        let mut moves = Vec::new();
        for _ in 0..DIVE {
            let choices = moves_from(bench.station, bench.world, self.extent.unhealthy + 1);
            let step = choices[dice.roll(choices.len())];
            let before = *bench.watch.hits();
            moves.push(step);
            self.tally.moves += 1;
            let result = bench.make(step);
            self.tally.note_hits(&before, &bench.watch);
            if let Err(violation) = result {
                self.note(id, &moves, None, violation);
                return;
            }
            self.known.insert(bench.key());
        }
    }

    fn is_done(&self) -> bool {
        self.tally.states >= self.extent.states as u64 || self.is_stopped()
    }

    const fn is_stopped(&self) -> bool {
        self.extent.first_only && !self.found.is_empty()
    }

    fn try_moves(&mut self, id: usize, bench: &Bench) {
        for step in moves_from(bench.station, bench.world, self.extent.unhealthy) {
            let mut next = bench.clone();
            let result = next.make(step);
            self.tally.moves += 1;
            self.tally.note_hits(bench.watch.hits(), &next.watch);
            match result {
                Ok(()) => self.add(next, |trail| trail.step(id, step)),
                Err(violation) => self.note(id, &[step], None, violation),
            }
        }
    }

    fn try_ways_back(&mut self, id: usize, bench: &Bench) {
        for driver in [Driver::Stays, Driver::Replugs] {
            let mut next = bench.clone();
            let result = recover(&mut next, driver, &mut self.ways);
            self.tally.note_hits(bench.watch.hits(), &next.watch);
            match result {
                Ok(outcome) => self.tally.note_end(driver, outcome),
                Err(violation) => self.note(id, &[], Some(driver), violation),
            }
        }
    }

    fn add(&mut self, bench: Bench, note: impl FnOnce(&mut Trail) -> usize) {
        if self.known.insert(bench.key()) {
            let id = note(&mut self.trail);
            self.queue.push_back((id, bench));
        }
    }

    /// Keeps the first violation of each kind: the walk is breadth-first, so
    /// no way to it has fewer moves.
    fn note(&mut self, id: usize, last: &[Move], driver: Option<Driver>, violation: Violation) {
        let known = |old: &Counterexample| old.violation.text == violation.text;
        if self.found.iter().any(known) {
            return;
        }
        let (start, mut moves) = self.trail.way(id);
        moves.extend(last);
        self.found.push(Counterexample {
            violation,
            start,
            moves,
            driver,
            states: self.known.len(),
        });
    }
}
