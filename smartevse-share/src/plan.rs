//! What the regulator decides.

use smartevse_types::{DeciAmps, Instant, LimitedBy};

/// The outcome of one cycle for a lone EVSE, or for a group.
///
/// The default offers nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Current to announce per phase; 0.1 A, 0 or from MIN to the cap. In a
    /// group 0: the scheduler divides `budget`.
    pub offered: DeciAmps,
    /// Current for all EVSEs together on one phase; 0.1 A. Signed, before
    /// reservations and the soft floor (power share 9.1); equals `offered` for
    /// a lone EVSE.
    pub budget: DeciAmps,
    /// A shortage is tolerated for a while: the soft floor of power share 9.1
    /// applies.
    pub grace_running: bool,
    /// MIN is free: a charge may start or go on (regulation 6.6).
    pub available: bool,
    /// Everybody has to stop for lack of current (LESS_6A, regulation 6.5 and
    /// 6.7); stays until the start check passes.
    pub stop: bool,
    /// Charging waits for surplus: what is missing is sun (regulation 6.5).
    pub no_sun: bool,
    /// Surplus for one more has not lasted yet: whoever waits does not begin
    /// beside those that charge. Only in a group.
    pub hold_joins: bool,
    /// Wish for three phases; CONTACT 2 moves only while the main contactor is
    /// open (regulation 8.2).
    pub three_phase: bool,
    /// What sets `offered`.
    pub limited_by: LimitedBy,
    /// Needed mains data is missing or older than 11 s (CT_NOCOMM).
    pub mains_stale: bool,
    /// Needed EV meter data is missing or older than 64 s (EV_NOCOMM).
    pub ev_stale: bool,
    /// When a tariff or contract limit ends the charge unless it is met
    /// (CAP STOP, decision 61); `None` while it is met.
    pub capacity_stop: Option<Instant>,
    /// When lack of surplus ends the charge (STOP, regulation 6.5); `None`
    /// while there is enough.
    pub solar_stop: Option<Instant>,
    /// When the outcome can change although nothing new arrives.
    pub deadline: Instant,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            offered: DeciAmps::ZERO,
            budget: DeciAmps::ZERO,
            grace_running: false,
            available: false,
            stop: false,
            no_sun: false,
            hold_joins: false,
            three_phase: true,
            limited_by: LimitedBy::Nothing,
            mains_stale: false,
            ev_stale: false,
            capacity_stop: None,
            solar_stop: None,
            deadline: Instant::FAR_FUTURE,
        }
    }
}
