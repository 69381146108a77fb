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
//! let plan = regulator.step(now, &config, &site, &[evse]);
//! assert!(plan.available);
//! assert_eq!(plan.offered, DeciAmps::from_deci(60));
//!
//! // An oven comes on while the car draws 6 A: MIN does not fit any more. The
//! // third such sample in a row ends the charge.
//! evse.charging = true;
//! for tenths in [261, 262, 261] {
//!     now += Duration::from_secs(2);
//!     site.mains.update(PerPhase::splat(DeciAmps::from_deci(tenths)), now);
//!     regulator.step(now, &config, &site, &[evse]);
//! }
//! assert!(regulator.step(now, &config, &site, &[evse]).stop);
//! ```
//!
//! # How it decides
//!
//! | Step | File | Rule |
//! |---|---|---|
//! | which samples are news | `fresh` | regulation 2.3 |
//! | what is missing or too old | `health` | 2.4, decisions 38 and 56 |
//! | one EVSE, or a group as one load | `fleet` | 6.1, 6.4, 6.6 |
//! | limits and their room | [`constraint`] | 6.1, raw currents, only loadable phases |
//! | the average of a quarter of an hour | `quarter` | 10.3, opt-in |
//! | shortage: count, charge, heat, double | `shortage` | 6.7, decisions 49 and 61 |
//! | raise: later, in parts, on lasting room | `raise` | 6.3 |
//! | surplus: start, follow, stop | `sun`, [`battery`] | 4, 6.4, 6.5 |
//! | one phase or three | `phases`, `evidence` | 8.1, 8.3 |
//! | lower: at once, in full, on raw data | [`regulator`] | 6.2, decision 16 |
//! | final clamp | [`ceiling`] | 7 |
//! | may one more start | [`start`] | 6.6 |
//!
//! # Groups
//!
//! A [`Group`] divides shared [`Limit`]s among several EVSEs: [`Group::step`]
//! says who is served, in which order and with how much, and which set-points
//! may be announced already. [`allocate()`] is the same without memory.
//!
//! | Step | File | Rule |
//! |---|---|---|
//! | limits: phases, sums, trees of circuits | [`limit`] | power share 10.1 |
//! | order of the EVSEs | [`rank`] | 8.2 |
//! | turns | [`rotation`] | 8.4 |
//! | cars that take nothing | [`idle`] | 8.5 |
//! | who is served | `admit`, [`antiflap`] | 7, 8.3, decisions 7 and 33 |
//! | shares | [`mod@allocate`], `fill` | 7, 10.2 |
//! | current left unused, an option | `unused` | 7 |
//! | two-phase commit, lost nodes | [`commit`], `reserve` | 9.2, 6.2 |
//!
//! With several EVSEs the plan carries the budget of all of them together on
//! one phase ([`Plan::budget`]), signed, before reservations and the soft floor;
//! a scheduler divides it and reports the announced set-points back in
//! [`EvseView`]. One EVSE in a slice is regulated as a lone one.
//!
//! # Features
//!
//! `oracle`: the numbered invariants as tables that watch a regulator or a
//! group, for property tests and simulations.
//!
//! # Not supported
//!
//! A budget for each phase or circuit of a group: EVSEs on different phases
//! share one figure. A [`Role::Node`] never regulates: its master does. The
//! quarter-hour limit has no menu entry. In Smart a limit that one phase would
//! meet ends the charge; only the grid relay changes the phases there.
#![no_std]

use smartevse_types::Duration;

mod admit;
pub mod allocate;
pub mod antiflap;
pub mod battery;
pub mod ceiling;
pub mod commit;
pub mod config;
pub mod constraint;
mod draw;
mod evidence;
mod fill;
mod fleet;
mod fresh;
pub mod group;
#[cfg(feature = "oracle")]
pub mod group_oracle;
mod health;
mod history;
pub mod idle;
pub mod limit;
#[cfg(feature = "oracle")]
pub mod oracle;
mod phases;
pub mod plan;
pub mod protocol;
mod quarter;
mod raise;
pub mod rank;
pub mod regulator;
mod reserve;
pub mod rotation;
pub mod scheduler;
#[cfg(feature = "oracle")]
mod share_checks;
pub mod share_config;
#[cfg(feature = "oracle")]
pub mod share_oracle;
mod shortage;
pub mod site;
pub mod slot;
mod standing;
pub mod start;
mod sun;
mod unused;

pub use allocate::{Member, Share, allocate};
pub use battery::{battery_current, without_battery};
pub use ceiling::{Ceiling, is_announceable};
pub use config::{Config, Contact2, QuarterPeak, RegulationTuning, Role};
pub use constraint::{Constraint, Constraints, Severity};
pub use group::Group;
pub use limit::{Conductor, Limit, Place, Rotation};
pub use plan::Plan;
pub use regulator::Regulator;
pub use scheduler::{Scheduler, ShareDecision, ShareInputs, ShareTable};
pub use share_config::{
    AntiFlap, Contactor, OrdersSent, OutOfRange, Priority, ShareConfig, ShareView,
};
pub use site::{EvseView, PhaseCurrents, Site};
pub use slot::{Schedule, Slot, Wait};
pub use start::{Running, may_start};

/// Time a vehicle may take to follow a lower pilot: 5 s (IEC 61851-1).
pub const RESPONSE_TIME: Duration = Duration::from_secs(5);
