//! Integration tests: worked vectors, closed loops and properties.
#![expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]

mod bench;
mod loops;
mod prop_invariants;
mod prop_twins;
mod protocol_doc;
mod protocol_frames;
mod protocol_model;
mod protocol_props;
mod vectors;
