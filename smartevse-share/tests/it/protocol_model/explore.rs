//! Depth-first search over all places for a number of faults.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use smartevse_types::{Duration, Instant};

use super::Without;
use super::plant::{Fault, Line, READY, Scenario, World};

/// One fault begins in this time.
const WIDE: Duration = Duration::from_secs(12);

/// Several faults begin in this time.
const NARROW: Duration = Duration::from_secs(4);

/// Time of undisturbed charging after which nothing more happens.
const CALM: Duration = Duration::from_secs(10);

/// Time after the window in which everybody has to recover.
const RECOVERY: Duration = Duration::from_secs(100);

/// A world with the faults it has seen.
struct Branch {
    world: World,
    left: u8,
    seen: Vec<(u64, Fault)>,
}

/// What a search found.
pub(crate) struct Verdict {
    /// Steps that were made, different states among those compared, ways to the end.
    steps: u64,
    states: usize,
    pub(crate) endings: u64,
    pub(crate) failure: Option<String>,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (steps, states, endings) = (self.steps, self.states, self.endings);
        let failure = self.failure.as_deref().unwrap_or("holds");
        write!(
            f,
            "{steps} steps, {states} states, {endings} endings: {failure}"
        )
    }
}

pub(crate) struct Search {
    branches: Vec<Branch>,
    known: HashSet<u64>,
    hasher: RandomState,
    /// End of the time for faults.
    window: Instant,
    steps: u64,
    endings: u64,
}

impl Search {
    pub(crate) fn new(start: (Scenario, Line, Without), faults: u8) -> Self {
        let world = World::new(start);
        let window = READY + if faults > 1 { NARROW } else { WIDE };
        Self {
            branches: vec![Branch {
                world,
                left: faults,
                seen: Vec::new(),
            }],
            known: HashSet::new(),
            hasher: RandomState::new(),
            window,
            steps: 0,
            endings: 0,
        }
    }

    pub(crate) fn run(mut self) -> Verdict {
        let mut failure = None;
        while let Some(branch) = self.branches.pop() {
            failure = self.follow(branch).err();
            if failure.is_some() {
                break;
            }
        }
        Verdict {
            steps: self.steps,
            states: self.known.len(),
            endings: self.endings,
            failure,
        }
    }

    /// Follows one way without further faults; each fault that is possible on
    /// it becomes a branch of its own.
    fn follow(&mut self, mut branch: Branch) -> Result<(), String> {
        let end = self.window + RECOVERY;
        let mut well_since = None;
        while branch.world.now < end {
            if branch.left > 0 && branch.world.now < self.window {
                self.fork(&branch)?;
            }
            self.advance(&mut branch, Fault::None)?;
            if self.is_known(&branch) {
                return Ok(());
            }
            let now = branch.world.now;
            let counts = now > self.window.max(branch.world.busy_until());
            let is_well = counts && branch.world.is_well();
            well_since = is_well.then(|| well_since.unwrap_or(now));
            if well_since.is_some_and(|since| now.since(since) >= CALM) {
                self.endings += 1;
                return Ok(());
            }
        }
        Err(tell("nobody charges", &branch))
    }

    fn fork(&mut self, branch: &Branch) -> Result<(), String> {
        for fault in branch.world.faults() {
            let mut seen = branch.seen.clone();
            seen.push((branch.world.now.as_millis(), fault));
            let (world, left) = (branch.world.clone(), branch.left - 1);
            let mut forked = Branch { world, left, seen };
            self.advance(&mut forked, fault)?;
            if !self.is_known(&forked) {
                self.branches.push(forked);
            }
        }
        Ok(())
    }

    fn advance(&mut self, branch: &mut Branch, fault: Fault) -> Result<(), String> {
        self.steps += 1;
        branch.world.step(fault);
        let holds = branch.world.draw() <= branch.world.budget();
        holds.then_some(()).ok_or_else(|| tell("too much", branch))
    }

    /// Compares once a second; the time is part of the state.
    fn is_known(&mut self, branch: &Branch) -> bool {
        let is_second = branch.world.now.as_millis().is_multiple_of(1000);
        let is_new = |search: &mut Self| {
            let key = search.hasher.hash_one((&branch.world, branch.left));
            search.known.insert(key)
        };
        is_second && !is_new(self)
    }
}

fn tell(what: &str, branch: &Branch) -> String {
    let from: Instant = READY;
    let faults = format!("{:?} from {} ms", branch.seen, from.as_millis());
    format!("{what} after {faults}: {}", branch.world.describe())
}
