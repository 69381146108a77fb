//! Tests of the whole station.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may panic and count freely"
)]

mod bench;
mod circuit;
mod extras;
mod group_line;
mod log_replay;
mod meter_line;
mod new_meter;
mod phases;
mod prop_skip;
mod refusals;
mod sensorbox;
mod station;
#[cfg(feature = "storage")]
mod unsaved;
