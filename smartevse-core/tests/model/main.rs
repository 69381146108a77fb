//! Model check of the charging control: a breadth-first walk over its
//! abstracted states.
//!
//! The walk polls the shipped [`Charger`](smartevse_core::charger::Charger),
//! not a copy of its rules. A node is a charger with its oracle and an
//! environment ([`world`]); a move changes one part of the environment, presses
//! a key, restarts the device or lets time pass ([`moves`]). Nodes that look
//! the same once moments are taken relative to the present and sorted into
//! coarse spans ([`shape`]) are walked on from only once. Every poll of every
//! move is judged by the oracle, and from every node a healthy car must get
//! back to charging ([`recovery`]).
//!
//! The abstraction merges nodes, it never invents one: each violation that is
//! found comes with the moves that lead to it on the real charger. In return
//! the walk proves what it visits, not more: the summary tells how many nodes
//! were walked on from, how many were left at the edge, and the depth. From
//! nodes at the edge it dives with random moves.
//!
//! A second walk ([`exhaustive`]) sorts nodes by a much coarser key
//! ([`abstraction`]) and ends only when no abstract state is left.
//!
//! `MODEL_DEPTH=full` walks further, with two unhealthy parts at once instead
//! of one.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code may fail loudly"
)]

mod abstraction;
mod bench;
mod blindfold;
mod coverage;
mod exhaustive;
mod moves;
mod recovery;
mod shape;
mod starts;
mod station;
mod tally;
mod tests;
mod timers;
mod trail;
mod walk;
mod world;
