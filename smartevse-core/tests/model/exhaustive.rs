//! The exhaustive walk: it ends when no abstract state is left that was found
//! and not walked on from.
//!
//! Nodes with the same [`Key`] count as the same abstract state. Each is
//! represented by the first concrete nodes that were found, and from each of
//! these every move is made, one at a time and with any number of unhealthy
//! parts, and time passes from deadline to deadline until nothing changes any
//! more. Every poll of that is judged by the oracle.
//!
//! What it proves holds for the nodes that it visited. Concrete nodes that a
//! key merges are not all visited: behind a move into a state that is known
//! already only a second passes, still judged.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant as Clock;

use smartevse_core::oracle::Violation;
use smartevse_core::types::Duration;

use super::abstraction::Key;
use super::bench::Bench;
use super::blindfold::Blindfold;
use super::coverage::Coverage;
use super::moves::{Move, Wait, changes_from};
use super::recovery::{Driver, Known, recover};
use super::starts::starts;
use super::station::Station;
use super::tally::Tally;
use super::trail::Trail;
use super::walk::Counterexample;

/// How thorough the walk is; it always ends by itself.
#[derive(Clone, Copy, Debug)]
pub struct Care {
    /// Concrete nodes that represent one abstract state.
    pub representatives: usize,
    /// Ways back are tried from every so many representatives; 0 = from none.
    pub recovery: u64,
    /// The walk ends at the first violation.
    pub first_only: bool,
}

/// Time that passes behind each move into a known state.
const AFTERWARDS: Duration = Duration::from_millis(1_100);

/// What was found.
pub struct Report {
    pub tally: Tally,
    /// Abstract states.
    pub keys: usize,
    pub coverage: Coverage,
    pub found: Vec<Counterexample>,
}

/// A walk that is under way.
pub struct Exhaustive {
    care: Care,
    /// Fine shapes of the representatives of each abstract state.
    keys: HashMap<Key, Vec<u64>>,
    trail: Trail,
    queue: VecDeque<(usize, Bench)>,
    ways: Known,
    tally: Tally,
    coverage: Coverage,
    found: Vec<Counterexample>,
}

impl Exhaustive {
    /// Walks from all starts of a station until the queue is empty.
    pub fn run(station: &'static Station, blindfold: Blindfold, care: Care) -> Report {
        let clock = Clock::now();
        let mut walk = Self {
            care,
            keys: HashMap::new(),
            trail: Trail::default(),
            queue: VecDeque::new(),
            ways: Known::default(),
            tally: Tally::default(),
            coverage: Coverage::default(),
            found: Vec::new(),
        };
        for (name, bench) in starts(station, blindfold) {
            let id = walk.trail.start(name);
            walk.add(id, &bench);
        }
        walk.go();
        walk.tally.left = walk.queue.len() as u64;
        walk.tally.known = walk.keys.values().map(|shapes| shapes.len() as u64).sum();
        walk.tally.took = clock.elapsed();
        Report {
            tally: walk.tally,
            keys: walk.keys.len(),
            coverage: walk.coverage,
            found: walk.found,
        }
    }

    fn go(&mut self) {
        while !self.is_stopped() {
            let Some((id, bench)) = self.queue.pop_front() else {
                break;
            };
            self.tally.states += 1;
            self.tally.depth = self.tally.depth.max(self.trail.depth(id));
            if self.tally.states.is_multiple_of(self.care.recovery) {
                self.try_ways_back(id, &bench);
            }
            self.pass_time(id, bench.clone());
            self.try_moves(id, &bench);
        }
    }

    const fn is_stopped(&self) -> bool {
        self.care.first_only && !self.found.is_empty()
    }

    fn try_moves(&mut self, id: usize, bench: &Bench) {
        let mut moves = changes_from(bench.station, bench.world, usize::MAX);
        moves.extend([Wait::Again, Wait::Tick, Wait::Late].map(Move::Wait));
        for step in moves {
            let mut next = bench.clone();
            if let Some((next_id, false)) = self.try_move(id, &mut next, step) {
                self.follow(next_id, next);
            }
        }
    }

    /// Behind a move into a known state time passes all the same: the node may
    /// differ from the representative in what the key does not tell.
    fn follow(&mut self, id: usize, mut bench: Bench) {
        let before = *bench.watch.hits();
        let step = Move::Wait(Wait::For(AFTERWARDS));
        let result = bench.make(step);
        self.tally.note_hits(&before, &bench.watch);
        if let Err(violation) = result {
            self.note(id, &[step], None, violation);
        }
    }

    /// Makes one move; `None` = it broke an invariant.
    fn try_move(&mut self, id: usize, bench: &mut Bench, step: Move) -> Option<(usize, bool)> {
        let before = *bench.watch.hits();
        let result = bench.make(step);
        self.tally.moves += 1;
        self.tally.note_hits(&before, &bench.watch);
        if let Err(violation) = result {
            self.note(id, &[step], None, violation);
            return None;
        }
        let next = self.trail.step(id, step);
        Some((next, self.add(next, bench)))
    }

    /// Follows the deadlines until there is none or they repeat, or until a
    /// state is new: time passes from there when it is walked on from.
    fn pass_time(&mut self, mut id: usize, mut bench: Bench) {
        let mut passed = HashSet::new();
        while passed.insert(bench.key()) {
            let before = bench.now;
            let next = self.try_move(id, &mut bench, Move::Wait(Wait::Next));
            let idle = bench.now.since(before) >= bench.horizon();
            match next {
                Some((next, false)) if !idle => id = next,
                Some(_) | None => return,
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

    /// Takes a node as a representative if its abstract state has too few.
    fn add(&mut self, id: usize, bench: &Bench) -> bool {
        self.coverage.note(bench);
        let shapes = self.keys.entry(Key::of(bench)).or_default();
        if shapes.len() >= self.care.representatives {
            return false;
        }
        let shape = bench.key();
        let is_new = !shapes.contains(&shape);
        if is_new {
            shapes.push(shape);
            self.queue.push_back((id, bench.clone()));
        }
        is_new
    }

    /// Keeps the first violation of each kind.
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
            states: self.keys.len(),
        });
    }
}
