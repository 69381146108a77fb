//! Integration tests: worked vectors, closed loops and properties.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code counts freely and may fail at once"
)]

mod alike;
mod bench;
mod group;
mod lending;
mod loops;
mod places;
mod prop_invariants;
mod prop_solar;
mod prop_twins;
mod protocol_doc;
mod protocol_frames;
mod protocol_model;
mod protocol_props;
mod quarter;
mod regulated_group;
mod share_exposure;
mod share_optimal;
mod share_prop;
mod share_rows;
mod share_ticks;
mod solar;
mod vectors;
