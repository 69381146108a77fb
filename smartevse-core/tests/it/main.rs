//! Integration and property tests of the charging core.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code counts, indexes and panics freely"
)]

mod docs;
mod modem;
mod options;
mod prop_charger;
mod prop_settings;
mod rig;
mod scenarios;
mod vectors;
mod world;
