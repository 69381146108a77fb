//! May one more EVSE start?

use smartevse_types::{DeciAmps, Phase, PhaseSet};

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
    let free = |limit: &Constraint| fits(limit, need, evse.phases, running.iter().copied());
    Ceiling::of(config, site, evse).current >= need
        && Constraints::of(config, site, evse.phases).iter().all(free)
}

/// Whether one limit leaves this current for one more EVSE.
pub(crate) fn fits(
    limit: &Constraint,
    need: DeciAmps,
    phases: PhaseSet,
    running: impl Iterator<Item = Running>,
) -> bool {
    let all = need.times(i32::from(loaded(limit.phase(), phases)));
    limit.load - reducible(limit.phase(), need, running) + all <= limit.limit
}

/// What the running EVSEs would give back at MIN: on one phase, or as a sum.
pub(crate) fn reducible(
    phase: Option<Phase>,
    floor: DeciAmps,
    running: impl Iterator<Item = Running>,
) -> DeciAmps {
    let share = |evse: Running| {
        let spare = (evse.set_point - floor).max(DeciAmps::ZERO);
        spare.times(i32::from(loaded(phase, evse.phases)))
    };
    running.map(share).sum()
}

/// How often the current of an EVSE is inside a load.
fn loaded(phase: Option<Phase>, phases: PhaseSet) -> u8 {
    match phase {
        Some(phase) => u8::from(phases.has(phase)),
        None => phases.count(),
    }
}
