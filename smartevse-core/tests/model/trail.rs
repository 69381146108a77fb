//! The way to each node of a walk.

use super::moves::Move;

/// Where a node came from.
struct Origin {
    parent: Option<(usize, Move)>,
    start: &'static str,
    depth: u32,
}

/// The nodes of a walk with their parents.
#[derive(Default)]
pub struct Trail(Vec<Origin>);

impl Trail {
    /// Notes where a walk starts.
    pub fn start(&mut self, start: &'static str) -> usize {
        self.push(Origin {
            parent: None,
            start,
            depth: 0,
        })
    }

    /// Notes a node behind another.
    pub fn step(&mut self, parent: usize, step: Move) -> usize {
        let (start, depth) = (self.0[parent].start, self.0[parent].depth + 1);
        self.push(Origin {
            parent: Some((parent, step)),
            start,
            depth,
        })
    }

    pub fn depth(&self, id: usize) -> u32 {
        self.0[id].depth
    }

    /// The start and the moves to a node.
    pub fn way(&self, id: usize) -> (&'static str, Vec<Move>) {
        let mut moves = Vec::new();
        let mut at = &self.0[id];
        while let Some((parent, step)) = at.parent {
            moves.push(step);
            at = &self.0[parent];
        }
        moves.reverse();
        (at.start, moves)
    }

    fn push(&mut self, origin: Origin) -> usize {
        self.0.push(origin);
        self.0.len() - 1
    }
}
