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
mod guards;
mod hidden_settings;
mod instants;
mod modem;
mod options;
mod oracle_rows;
mod planning_requests;
mod prop_charger;
mod prop_records;
mod prop_settings;
mod puppet;
mod refused_starts;
mod registry_table;
mod rig;
mod safety_table;
mod scenarios;
mod stimuli;
mod vectors;
mod watching;
mod world;
