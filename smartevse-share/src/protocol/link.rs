//! What the master knows about one node.

use smartevse_types::{Access, Amps, DeciAmps, Duration, Instant, Mode};

use super::blocks::{Code, Currents, NodeStatus};
use super::effect::Grant;
use super::exposure::Exposure;
use super::node::GRANT_LIFETIME;
use super::state::{ErrorBits, NodeState};

/// Unanswered polls that make a node lost (power share 6.1).
const MISSES: u8 = 5;

/// Doubtful reports in a row that make a node rogue (power share 6.2).
const DOUBTS: u8 = 2;

/// Returns of an old serial number that prove a doubled address.
const SWAPS: u8 = 2;

/// Equal serial numbers in a row after which the address is single again.
const STEADY: u8 = 30;

/// Whether a node answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Presence {
    /// Not known since the start of the master; it may be charging.
    #[default]
    Unknown,
    /// It answers.
    Online,
    /// Five polls in a row had no answer, since this moment.
    Offline(Instant),
}

/// What a scheduler has to know about one node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct NodeReport {
    /// Whether it answers.
    pub presence: Presence,
    /// The last status, whatever its age.
    pub status: NodeStatus,
    /// For when the last status holds: when it was asked for. `None` = never.
    pub at: Option<Instant>,
    /// What it asks for in the last status.
    pub asks: Option<Grant>,
    /// Its driver chose another mode than the group has (power share 1). Follow
    /// it by ordering that mode; after two rounds the group's mode is written back.
    pub mode_wish: Option<Mode>,
    /// EV METER and EV ADR as read from it.
    pub ev_meter: Option<(u8, u8)>,
    /// It charges without or above its allocation: 0 is ordered.
    pub rogue: bool,
    /// Two units answer at this address: 0 is ordered.
    pub duplicate: bool,
    /// Broken answers in a row; more than a few hint at a doubled address.
    pub corrupt: u8,
}

impl NodeReport {
    /// Cap of the EVSE: the lower of MAX and cable; dA.
    #[must_use]
    pub fn cap(&self) -> DeciAmps {
        self.status.capacity.to_deci()
    }

    /// Whether this EVSE can be served: it answers, a vehicle is connected,
    /// access is on, and no error is its own (power share 8.1). Whether the
    /// vehicle wants energy is told by [`NodeReport::asks`] and the state.
    #[must_use]
    pub fn is_willing(&self) -> bool {
        let bus = ErrorBits::LESS_6A.with(ErrorBits::CT_NOCOMM);
        let own = self.status.errors.without(bus);
        let is_on = self.status.access == Code::Known(Access::On);
        self.is_online() && self.status.state.is_connected() && is_on && own == ErrorBits::NONE
    }

    /// Highest measured phase, unless older than `max_age` (I-21).
    #[must_use]
    pub fn measured(&self, now: Instant, max_age: Duration) -> Option<DeciAmps> {
        let is_fresh = self.at.is_some_and(|at| now.since(at) <= max_age);
        self.status.measured.filter(|_| is_fresh)
    }

    /// Whether it answers.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        matches!(self.presence, Presence::Online)
    }
}

/// What the master keeps of one node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Link {
    pub(super) report: NodeReport,
    pub(super) exposure: Exposure,
    /// When it is polled next.
    pub(super) due: Instant,
    /// Whether the last status has not led to a write yet.
    pub(super) fresh: bool,
    /// The EV meter settings have to be read, or their flag to be cleared.
    pub(super) config: ConfigStep,
    /// Firmware with 8 status registers.
    pub(super) short: bool,
    /// Whether its mode was the group's when it was last seen.
    in_step: bool,
    misses: u8,
    doubts: u8,
    swaps: u8,
    steady: u8,
    former_serial: Option<u16>,
}

/// Where the reading of the EV meter settings stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) enum ConfigStep {
    /// Nothing to do.
    #[default]
    Done,
    /// 0x0108 and 0x0109 have to be read.
    Read,
    /// The flag 0x0006 has to be cleared.
    Clear,
}

impl Link {
    /// A poll had no usable answer; tells whether the node was lost by it.
    pub(super) fn miss(&mut self, now: Instant) -> bool {
        self.misses = self.misses.saturating_add(1);
        self.fresh = false;
        let is_lost =
            self.misses >= MISSES && !matches!(self.report.presence, Presence::Offline(_));
        if is_lost {
            self.report.presence = Presence::Offline(now);
            self.report.asks = None;
            self.report.mode_wish = None;
            self.in_step = false;
            self.config = ConfigStep::Done;
        }
        is_lost
    }

    /// Takes a status that was asked for at `asked`.
    pub(super) fn take(
        &mut self,
        status: NodeStatus,
        (asked, now): (Instant, Instant),
        allowed: Option<DeciAmps>,
        mode: Mode,
    ) {
        if !self.report.is_online() || status.config_changed {
            self.config = ConfigStep::Read;
        }
        self.compare_serials(status.serial);
        self.misses = 0;
        self.fresh = true;
        let asks = status.state.asks();
        self.report = NodeReport {
            presence: Presence::Online,
            status,
            at: Some(asked),
            asks,
            corrupt: 0,
            ..self.report
        };
        let moves = (status.state.may_draw(), asks == Some(Grant::C));
        self.exposure
            .report(moves, status.set_point, (asked, now), GRANT_LIFETIME);
        self.judge(allowed);
        self.compare_modes(mode);
    }

    /// The orders have another mode: the node cannot have chosen the difference.
    pub(super) fn mode_ordered(&mut self) {
        self.in_step = false;
        self.report.mode_wish = None;
    }

    /// What the node may draw at most.
    pub(super) fn exposure(&self, min: Amps, now: Instant) -> DeciAmps {
        let level = match self.report.presence {
            Presence::Online | Presence::Unknown => self.exposure.level(now),
            Presence::Offline(_) => self.exposure.lost_level(now),
        };
        let status = &self.report.status;
        let is_rogue = self.report.rogue && self.report.is_online();
        let level = if is_rogue {
            level.max(status.set_point).max(min.to_deci())
        } else {
            level
        };
        let bounded = level.min(Currents::MOST);
        if self.report.duplicate {
            bounded.times(2)
        } else {
            bounded
        }
    }

    /// Rogue: two reports in a row above what the last broadcast allowed.
    fn judge(&mut self, allowed: Option<DeciAmps>) {
        let status = &self.report.status;
        let is_closed = matches!(
            status.state,
            NodeState::C | NodeState::D | NodeState::Unknown(_)
        );
        let is_over = allowed.is_some_and(|most| status.set_point > most || most.as_deci() == 0);
        self.doubts = if is_closed && is_over {
            self.doubts.saturating_add(1)
        } else {
            0
        };
        self.report.rogue = self.doubts >= DOUBTS;
    }

    /// A serial number that comes back is a second unit; one change is a
    /// replaced unit.
    fn compare_serials(&mut self, serial: u16) {
        let known = self.report.at.map(|_| self.report.status.serial);
        if known.is_none_or(|known| known == serial) {
            self.steady = self.steady.saturating_add(1);
            if self.steady >= STEADY {
                self.swaps = 0;
                self.report.duplicate = false;
            }
            return;
        }
        self.steady = 0;
        if self.former_serial == Some(serial) {
            self.swaps = self.swaps.saturating_add(1);
        }
        self.former_serial = known;
        self.report.duplicate = self.swaps >= SWAPS;
    }

    /// A node that leaves the group's mode by itself wishes that mode.
    fn compare_modes(&mut self, mode: Mode) {
        let shown = self.report.status.mode;
        self.report.mode_wish = None;
        if shown == Code::Known(mode) {
            self.in_step = true;
        } else if self.in_step {
            self.in_step = false;
            self.report.mode_wish = shown.known();
        }
    }
}
