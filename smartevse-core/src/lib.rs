//! Charging control: pilot, states, contactors, faults, settings and hardware
//! roles of an EV charger.
#![no_std]

pub mod access;
pub mod card;
pub mod cards;
pub mod charger;
pub mod command;
pub mod directive;
pub mod duty;
pub mod event;
pub mod faults;
pub mod io;
pub mod light;
pub mod options;
pub mod pilot;
pub mod proximity;
pub mod registry;
pub mod schedule;
pub mod settings;
pub mod snapshot;
pub mod state;
pub mod switch;

#[cfg(feature = "hal")]
pub mod adapters;
#[cfg(feature = "contract")]
pub mod contract;
pub mod hardware;
#[cfg(feature = "oracle")]
pub mod oracle;

pub use smartevse_types as types;
