//! What a scheduler wants, and what has left the wire of it.

use smartevse_types::{Amps, DeciAmps, Duration, Instant, Mode, PerPhase, Seconds};

use super::blocks::Currents;
use super::master::GROUP;

/// Age at which orders count as stale: every set-point is 0 and nothing is
/// granted from then on (own choice: ten planning periods).
pub const ORDERS_MAX_AGE: Duration = Duration::from_secs(5);

/// Answer to what a node asks for. A level, repeated while the node asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Answer {
    /// Nothing is written, except that LESS_6A is cleared in state A.
    #[default]
    Wait,
    /// LESS_6A is set (paused, or no power).
    Refuse,
    /// LESS_6A is cleared, A → B granted.
    GrantB,
    /// LESS_6A is cleared, A → B and B → C granted.
    GrantC,
}

/// The wishes of a scheduler: levels, the newest ones hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Orders {
    /// Number of this set, given back in [`SentOrders`].
    pub version: u32,
    /// When it was made; see [`ORDERS_MAX_AGE`].
    pub issued: Instant,
    /// Set-points of the master (0) and Node 1–7; dA, 0 or 60–800.
    pub set_points: [DeciAmps; GROUP],
    /// Answers to the nodes; index 0 is not used.
    pub answers: [Answer; GROUP],
    /// The master has no mains currents: CT_NOCOMM to all, no broadcast.
    pub mains_lost: bool,
    /// The mode of the group.
    pub mode: Mode,
    /// Solar stop timer; s, 0 = off.
    pub solar_timer: Seconds,
    /// MIN of the master, which holds for all (decision 10).
    pub min: Amps,
    /// Mains currents as used; `None` = the form without them.
    pub mains: Option<PerPhase<DeciAmps>>,
}

impl Orders {
    /// Nothing ordered yet.
    pub const NONE: Self = Self {
        version: 0,
        issued: Instant::ZERO,
        set_points: [DeciAmps::ZERO; GROUP],
        answers: [Answer::Wait; GROUP],
        mains_lost: false,
        mode: Mode::Normal,
        solar_timer: Seconds::ZERO,
        min: Amps::from_amps(6),
        mains: None,
    };
}

impl Default for Orders {
    fn default() -> Self {
        Self::NONE
    }
}

impl Orders {
    /// Whether they still count.
    pub(super) fn are_fresh(&self, now: Instant) -> bool {
        now.since(self.issued) <= ORDERS_MAX_AGE
    }

    /// The set-point of one EVSE, made fit for the wire: 0 or 60–800.
    pub(super) fn set_point(&self, index: usize, now: Instant) -> DeciAmps {
        let wanted = self.set_points.get(index).copied().unwrap_or_default();
        let is_usable = wanted >= Amps::from_amps(6).to_deci();
        if is_usable && self.are_fresh(now) {
            wanted.min(Currents::MOST)
        } else {
            DeciAmps::ZERO
        }
    }

    pub(super) fn answer(&self, index: usize, now: Instant) -> Answer {
        let answer = self.answers.get(index).copied().unwrap_or_default();
        let is_grant = matches!(answer, Answer::GrantB | Answer::GrantC);
        if is_grant && !self.are_fresh(now) {
            Answer::Wait
        } else {
            answer
        }
    }
}

/// The set-points that have left the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SentOrders {
    /// Version of the last orders whose broadcast was confirmed; 0 = none yet.
    pub version: u32,
    /// What that broadcast carried; dA. It can be lower than ordered: lost
    /// nodes and nodes with a doubled address get 0.
    pub set_points: [DeciAmps; GROUP],
    /// When it left; `None` = never.
    pub at: Option<Instant>,
    /// A later broadcast was handed out and not confirmed: it may be heard, or not.
    pub loose: bool,
}
