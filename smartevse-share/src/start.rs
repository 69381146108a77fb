//! May one more EVSE start?

use smartevse_types::{DeciAmps, PhaseSet};

use crate::ceiling::Ceiling;
use crate::config::Config;
use crate::constraint::{Constraint, Constraints};
use crate::site::{EvseView, Site};

/// An EVSE that charges already and can be lowered to MIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Running {
    /// Its set-point per phase; 0.1 A.
    pub set_point: DeciAmps,
    /// The phases it loads.
    pub phases: PhaseSet,
}

/// Checks that MIN is free for one more EVSE on every limit (regulation 6.6).
///
/// The measurements in `site` are taken as they are: their age is a matter of
/// the caller. `running` may have any length.
#[must_use]
pub fn may_start(config: &Config, site: &Site, evse: &EvseView, running: &[Running]) -> bool {
    let need = config.floor();
    let fits = |limit: &Constraint| {
        let all = need.times(i32::from(limit.phases));
        limit.load - reducible(limit, need, running) + all <= limit.limit
    };
    Ceiling::of(config, site, evse).current >= need
        && Constraints::of(config, site, evse.phases).iter().all(fits)
}

/// What the running EVSEs would give back at MIN, in the unit of the limit.
fn reducible(limit: &Constraint, floor: DeciAmps, running: &[Running]) -> DeciAmps {
    let share = |evse: &Running| {
        let spare = (evse.set_point - floor).max(DeciAmps::ZERO);
        spare.times(i32::from(loaded(limit, evse.phases)))
    };
    running.iter().map(share).sum()
}

/// How often the current of an EVSE is inside the load of a limit.
fn loaded(limit: &Constraint, phases: PhaseSet) -> u8 {
    match limit.phase() {
        Some(phase) => u8::from(phases.has(phase)),
        None => phases.count(),
    }
}
