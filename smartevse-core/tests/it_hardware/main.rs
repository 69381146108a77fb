//! Hardware roles, adapters and contracts, tested against mock pins.
#![cfg(all(feature = "hal", feature = "contract"))]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code may fail loudly"
)]

mod adapters;
mod contracts;
mod contracts_flash;
mod edge_to_output;
mod locked_flash;
mod mock;
mod parts;
mod port_parts;
mod properties;
mod roles;
