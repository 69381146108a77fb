//! Tests of the whole station.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "tests may panic and count freely"
)]

mod bench;
mod log_replay;
mod prop_skip;
mod refusals;
mod station;
