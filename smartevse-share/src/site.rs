//! What is measured and what an EVSE reports: the inputs of one cycle.

use smartevse_types::{DeciAmps, Latest, PerPhase, PhaseSet};

/// Currents of the three phases with the time of their measurement.
pub type PhaseCurrents = Latest<PerPhase<DeciAmps>>;

/// Measurements of the site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// Raw currents of the grid connection, + = import; 0.1 A.
    pub mains: PhaseCurrents,
    /// Raw currents of the circuit behind the EV meter; 0.1 A.
    pub circuit: PhaseCurrents,
    /// Home battery, + = charging, sum of phases; 0.1 A. Used only in Solar.
    pub battery: Latest<DeciAmps>,
    /// The grid operator's relay is open: at most 4.2 kW (regulation 11).
    pub grid_relay_open: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            mains: Latest::NEVER,
            circuit: Latest::NEVER,
            battery: Latest::NEVER,
            grid_relay_open: false,
        }
    }
}

/// What the regulation has to know about one EVSE.
///
/// The default wants nothing and may load all phases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EvseView {
    /// A vehicle is present and allowed, and asks or could ask for current.
    pub wants: bool,
    /// The contactor is closed and the vehicle asks for current (state C).
    pub charging: bool,
    /// Lowest of MAX, cable rating and temperature limit; 0.1 A.
    pub cap: DeciAmps,
    /// Phases that this EVSE can load.
    pub phases: PhaseSet,
    /// Requested current instead of MAX; 0.1 A (regulation 7.4).
    pub override_current: Option<DeciAmps>,
    /// Limit of the central system; 0.1 A. Counts only stand-alone.
    pub ocpp_limit: Option<DeciAmps>,
    /// Measured current of this vehicle; 0.1 A per phase.
    pub measured: PhaseCurrents,
}

impl Default for EvseView {
    fn default() -> Self {
        Self {
            wants: false,
            charging: false,
            cap: DeciAmps::ZERO,
            phases: PhaseSet::THREE,
            override_current: None,
            ocpp_limit: None,
            measured: Latest::NEVER,
        }
    }
}
