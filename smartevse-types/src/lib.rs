//! Words that every SmartEVSE crate shares: units, time, readings and reasons.
//!
//! Nothing here decides anything. A current is a [`DeciAmps`], a moment is an
//! [`Instant`], a measured value is a [`Sample`] whose age decides whether it
//! may still be used ([`Reading`]), and a limit or a refusal carries the reason
//! that the owner of the charger gets to see ([`LimitedBy`], [`BlockReason`]).
//!
//! ```
//! use smartevse_types::{DeciAmps, Duration, Instant, Latest, Reading};
//!
//! let mut mains = Latest::NEVER;
//! let t0 = Instant::from_millis(1_000);
//! mains.update(DeciAmps::from_deci(124), t0);
//! let later = t0 + Duration::from_secs(12);
//! assert!(matches!(mains.reading(later, Duration::from_secs(11)), Reading::Stale(_)));
//! ```
//!
//! **Not here:** settings, commands and faults (`smartevse-core`), and anything
//! that knows a clock, a bus or a pin.
#![no_std]

pub mod mode;
pub mod phase;
pub mod reading;
pub mod reason;
pub mod time;
pub mod units;

pub use mode::{Access, Mode};
pub use phase::{PerPhase, Phase, PhaseSet};
pub use reading::{Latest, Reading, Sample};
pub use reason::{BlockReason, LimitedBy};
pub use time::{Duration, Instant};
pub use units::{
    Amps, Celsius, CentiHertz, DeciAmps, DeciVolts, DutyPermille, MilliAmps, MilliVolts, Minutes,
    Ohms, Seconds, WattHours, Watts,
};
