//! Regulation of the charge current: pure integer functions over plain data.
//!
//! A [`Regulator`] gets the time, the settings ([`Config`]), the measurements
//! ([`Site`]) and one EVSE ([`EvseView`]) and answers with a [`Plan`]: how much
//! to offer, whether a charge may start, whether it has to stop, and why. It
//! owns no clock, no meter and no memory beyond its own struct.
//!
//! **The calling rule:** call [`Regulator::step`] when an input changes and at
//! the latest at [`Plan::deadline`]. More calls change nothing: each sample is
//! acted on once, timers are moments, not counts.
//!
//! ```
//! use smartevse_share::{Config, EvseView, Regulator, Site};
//! use smartevse_types::{Amps, DeciAmps, Duration, Instant, Mode, PerPhase};
//!
//! let config = Config {
//!     mode: Mode::Smart,
//!     mains: Amps::from_amps(25),
//!     has_mains_meter: true,
//!     ..Config::default()
//! };
//! let mut evse = EvseView { wants: true, cap: config.max.to_deci(), ..EvseView::default() };
//! let (mut site, mut regulator) = (Site::default(), Regulator::new());
//!
//! // 15 A are used: MIN is free, so the charge may begin with 6 A.
//! let mut now = Instant::from_secs(1);
//! site.mains.update(PerPhase::splat(DeciAmps::from_deci(150)), now);
//! let plan = regulator.step(now, &config, &site, &evse);
//! assert!(plan.available);
//! assert_eq!(plan.offered, DeciAmps::from_deci(60));
//!
//! // An oven comes on while the car draws 6 A: MIN does not fit any more. The
//! // third such sample in a row ends the charge.
//! evse.charging = true;
//! for tenths in [261, 262, 261] {
//!     now += Duration::from_secs(2);
//!     site.mains.update(PerPhase::splat(DeciAmps::from_deci(tenths)), now);
//!     regulator.step(now, &config, &site, &evse);
//! }
//! assert!(regulator.step(now, &config, &site, &evse).shortage_stop);
//! ```
//!
//! # How it decides
//!
//! | Step | File | Rule |
//! |---|---|---|
//! | which samples are news | `fresh` | regulation 2.3 |
//! | what is missing or too old | `health` | 2.4, decisions 38 and 56 |
//! | limits and their room | [`constraint`] | 6.1, raw currents, only loadable phases |
//! | shortage: count, charge, heat, double | `shortage` | 6.7, decisions 49 and 61 |
//! | raise: later, in parts, on lasting room | `raise` | 6.3 |
//! | lower: at once, in full, on raw data | [`regulator`] | 6.2, decision 16 |
//! | final clamp | [`ceiling`] | 7 |
//! | may one more start | [`start`] | 6.6 |
//!
//! # Features
//!
//! `oracle`: the numbered invariants as a table that watches a regulator, for
//! property tests and simulations.
//!
//! # Not supported yet
//!
//! Solar (nothing is offered), the quarter-hour peak, the phase decision and
//! groups (a [`Role::Node`] is offered nothing, a [`Role::Master`] regulates
//! its own EVSE inside CIRCUIT).
#![no_std]

use smartevse_types::Duration;

pub mod ceiling;
pub mod config;
pub mod constraint;
mod draw;
mod fresh;
mod health;
mod history;
#[cfg(feature = "oracle")]
pub mod oracle;
pub mod plan;
pub mod protocol;
mod raise;
pub mod regulator;
mod shortage;
pub mod site;
pub mod start;

pub use ceiling::{Ceiling, is_announceable};
pub use config::{Config, RegulationTuning, Role};
pub use constraint::{Constraint, Constraints, Severity};
pub use plan::Plan;
pub use regulator::Regulator;
pub use site::{EvseView, PhaseCurrents, Site};
pub use start::{Running, may_start};

/// Time a vehicle may take to follow a lower pilot: 5 s (IEC 61851-1).
pub const RESPONSE_TIME: Duration = Duration::from_secs(5);
