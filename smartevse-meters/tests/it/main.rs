//! Tests of the crate from outside: vectors, properties and a simulated line.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code may stop at a mistake"
)]

mod bus;
mod diagnostics;
mod frames;
mod own_meters;
mod peers;
mod sources;
mod values;
mod vectors;
mod wire;
