//! What the regulator decides.

use smartevse_types::{DeciAmps, Instant, LimitedBy};

/// The outcome of one cycle for one EVSE.
///
/// The default offers nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Current to announce per phase; 0.1 A, 0 or from MIN to the cap.
    pub offered: DeciAmps,
    /// MIN is free: a charge may start or go on (regulation 6.6).
    pub available: bool,
    /// Charging has to stop for lack of current (LESS_6A, regulation 6.7);
    /// stays until the start check passes.
    pub shortage_stop: bool,
    /// What sets `offered`.
    pub limited_by: LimitedBy,
    /// Needed mains data is missing or older than 11 s (CT_NOCOMM).
    pub mains_stale: bool,
    /// Needed EV meter data is missing or older than 64 s (EV_NOCOMM).
    pub ev_stale: bool,
    /// When a tariff or contract limit ends the charge unless it is met
    /// (CAP STOP, decision 61); `None` while it is met.
    pub capacity_stop: Option<Instant>,
    /// When the outcome can change although nothing new arrives.
    pub deadline: Instant,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            offered: DeciAmps::ZERO,
            available: false,
            shortage_stop: false,
            limited_by: LimitedBy::Nothing,
            mains_stale: false,
            ev_stale: false,
            capacity_stop: None,
            deadline: Instant::FAR_FUTURE,
        }
    }
}
