//! What planning for a group is asked, and what it answers.

use smartevse_core::directive::{ChargerStatus, Handshake, PowerGrant};
use smartevse_core::settings::Settings;
use smartevse_share as share;
use smartevse_types::{Access, DeciAmps, Duration, Instant, Latest};

/// Time after a start until everybody who may still charge has been heard or
/// has stopped (power share §6.2).
pub const SETTLE: Duration = Duration::from_secs(20);

/// What planning for a group needs besides its own memory.
#[cfg_attr(
    not(feature = "group"),
    expect(dead_code, reason = "only a group reads them")
)]
pub(crate) struct GroupInputs<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) config: share::Config,
    /// What is left unused goes to the others.
    pub(crate) lend_unused: bool,
    pub(crate) site: share::Site,
    pub(crate) status: &'a ChargerStatus,
    pub(crate) access: Access,
    /// The master's own EVSE as the regulation sees it.
    pub(crate) local: share::EvseView,
    /// Its own EV meter.
    pub(crate) measured: Latest<smartevse_types::PerPhase<DeciAmps>>,
}

/// What was decided for the master's own EVSE, and when to look again.
pub(crate) struct GroupOutcome {
    pub(crate) plan: share::Plan,
    pub(crate) grant: PowerGrant,
    pub(crate) paused: bool,
    pub(crate) handshake: Handshake,
    pub(crate) deadline: Instant,
}
