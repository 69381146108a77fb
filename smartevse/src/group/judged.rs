//! What the oracles of a group judge: each regulation cycle and each round of
//! the scheduler, with all that went into it.

use smartevse_core::group::MEMBERS;
use smartevse_share as share;
use smartevse_share::group_oracle::GroupMoment;
use smartevse_share::share_oracle::ShareMoment;
use smartevse_types::{DeciAmps, Instant};

/// One call of the scheduler and its outcome, before the orders of the round
/// count as sent.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Time of the call.
    pub now: Instant,
    /// Settings given to it.
    pub config: share::ShareConfig,
    /// The EVSEs given to it.
    pub views: [share::ShareView; MEMBERS],
    /// The limits after the call.
    pub limits: [share::Limit; 1],
    /// Shares that have left the wire, and when the last of them did.
    pub sent: ([DeciAmps; MEMBERS], Instant),
    /// Whether a grace period ran.
    pub grace_running: bool,
    /// The EVSEs after the call.
    pub slots: [share::Slot; MEMBERS],
    /// What it decided.
    pub decision: share::ShareDecision,
}

impl Round {
    /// The call as the oracle of the scheduler wants it.
    #[must_use]
    pub fn moment(&self) -> ShareMoment<'_, MEMBERS> {
        let (currents, at) = &self.sent;
        ShareMoment {
            now: self.now,
            config: self.config,
            views: self.views,
            sent: Some(share::OrdersSent { at: *at, currents }),
            grace_running: self.grace_running,
            limits: &self.limits,
            slots: self.slots,
            decision: self.decision,
        }
    }
}

/// The newest calls of a master's regulator and scheduler.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judged {
    /// Number of the newest call; it changes with each one.
    pub number: u64,
    /// The call of the regulator.
    pub cycle: Option<GroupMoment<MEMBERS>>,
    /// The call of the scheduler that followed.
    pub round: Option<Round>,
    /// Shares that have left the wire, and when the last of them did.
    pub(super) sent: ([DeciAmps; MEMBERS], Instant),
}

impl Judged {
    /// These shares have left the wire.
    pub(super) fn sent(&mut self, shares: &[DeciAmps; MEMBERS], at: Instant) {
        for (known, share) in self.sent.0.iter_mut().zip(shares).skip(1) {
            *known = *share;
        }
        self.sent.1 = self.sent.1.latest(at);
    }

    /// The own charging control follows its share at once.
    pub(super) fn followed(&mut self, share: DeciAmps) {
        if let Some(own) = self.sent.0.first_mut() {
            *own = share;
        }
    }
}
