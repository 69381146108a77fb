//! What is measured and what an EVSE reports: the inputs of one cycle.

use smartevse_types::{DeciAmps, Instant, Latest, PerPhase, PhaseSet, WattHours};

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
    /// Import register of the grid connection. Used by the quarter-hour limit.
    pub import_energy: Latest<WattHours>,
    /// Export register of the grid connection. Used by the quarter-hour limit.
    pub export_energy: Latest<WattHours>,
    /// Civil time, seconds since 1970-01-01 UTC. Used by the quarter-hour
    /// limit.
    pub wall_clock: Latest<u64>,
    /// Current of lost EVSEs that may still flow, per phase; 0.1 A
    /// (power share 6.2). Only in a group.
    pub reserved: DeciAmps,
    /// The scheduler could serve nobody although somebody asks. Only in a
    /// group.
    pub nobody_served: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            mains: Latest::NEVER,
            circuit: Latest::NEVER,
            battery: Latest::NEVER,
            grid_relay_open: false,
            import_energy: Latest::NEVER,
            export_energy: Latest::NEVER,
            wall_clock: Latest::NEVER,
            reserved: DeciAmps::ZERO,
            nobody_served: false,
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
    /// When the contactor closed; `None` = seen from `charging`.
    pub charging_since: Option<Instant>,
    /// The scheduler lets it charge. Only in a group.
    pub active: bool,
    /// Current announced to it now; 0.1 A. Only in a group: what is offered to
    /// a lone EVSE counts as announced at once.
    pub set_point: DeciAmps,
    /// When that was announced.
    pub set_at: Instant,
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
            charging_since: None,
            active: false,
            set_point: DeciAmps::ZERO,
            set_at: Instant::ZERO,
            cap: DeciAmps::ZERO,
            phases: PhaseSet::THREE,
            override_current: None,
            ocpp_limit: None,
            measured: Latest::NEVER,
        }
    }
}
