//! The menu with a small station around it: golden pictures, flows, properties.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code counts, indexes and panics freely"
)]

mod drawing;
mod flows;
mod golden;
mod prop_navigation;
mod prop_values;
mod prop_visibility;
mod rig;
mod scenes;
