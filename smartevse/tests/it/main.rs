//! Tests of the whole station.

mod bench;
mod log_replay;
mod prop_skip;
mod refusals;
mod station;
