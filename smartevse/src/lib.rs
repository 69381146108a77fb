//! A complete EV charger as a library: charging control, regulation and meters
//! joined into one [`Station`].
//!
//! The two halves: [`Charger`](smartevse_core::charger::Charger) keeps it safe
//! in the 10 ms context, [`Manager`] plans below it. Three ways lead in
//! (inputs, facts, wishes) and levels come out; see [`Station`] for the
//! canonical loop.
//!
//! **Not supported yet:** the LCD menu, the network protocols and OCPP.
#![no_std]

mod circuit_meter;
mod commands;
pub mod delay;
mod energy;
pub mod exchange;
#[cfg(feature = "group")]
pub mod group;
#[cfg(not(feature = "group"))]
#[path = "alone.rs"]
pub mod group;
pub mod group_line;
#[cfg(feature = "log")]
pub mod log;
pub mod manager;
pub mod meter_line;
mod modem;
pub mod node_line;
#[cfg(feature = "async")]
pub mod port;
pub mod power;
pub mod records;
pub mod site_line;
pub mod station;
#[cfg(feature = "storage")]
pub mod storage;
#[cfg(feature = "async")]
pub mod tasks;
pub mod watch;
pub mod wiring;

pub use circuit_meter::CircuitMeter;
pub use manager::Manager;
pub use power::Planning;
pub use station::{Extras, Setup, Station, Stored};

pub use smartevse_core as core;
pub use smartevse_core::hardware::Board;
pub use smartevse_meters as meters;
pub use smartevse_share as share;
pub use smartevse_types as types;
