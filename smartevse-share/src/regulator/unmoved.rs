//! An overload of a group that the vehicles do not answer, because most of
//! them draw less than their share.

use smartevse_types::{DeciAmps, Duration, Instant};

use super::Regulator;
use super::cycle::Cycle;
use crate::RESPONSE_TIME;
use crate::constraint::Constraint;

/// After this time a lowered total shows in a sample: 5 s of the vehicles and
/// 1 s of the telegram (D-225).
const ANSWER_TIME: Duration = Duration::from_secs(6);

impl Regulator {
    /// Notes since when a limit has been exceeded without a break, by the
    /// newest sample of each meter.
    pub(super) fn watch_overload(&mut self, cycle: &Cycle) {
        let over = |limit: &Constraint| limit.room() < DeciAmps::ZERO;
        self.over_since = match !self.lone && cycle.limits.iter().any(over) {
            true => self.over_since.or(Some(cycle.now)),
            false => None,
        };
    }

    /// The total that takes the whole overload off each share, so that a single
    /// vehicle that follows ends it; nobody is paused for it.
    ///
    /// Nothing is known until the first decrease had its time (D-225).
    pub(super) fn pressed(&self, cycle: &Cycle, limit: &Constraint) -> DeciAmps {
        let (_, at) = limit.measured;
        if !self.is_pressing(at) {
            return DeciAmps::MAX;
        }
        let others = cycle.fleet.holding.saturating_sub(1);
        let pressed = self.target(limit) + limit.room().times(others);
        pressed.max(cycle.lowest())
    }

    /// Whether an overload has outlasted the first decrease.
    pub(super) fn is_pressing(&self, at: Instant) -> bool {
        let stays = |since: Instant| at >= since + ANSWER_TIME;
        self.over_since.is_some_and(stays)
    }

    /// Whether the current of the newest member is inside a measurement
    /// (regulation 6.3).
    pub(super) fn knows_members(&self, at: Instant) -> bool {
        self.joined_at
            .is_none_or(|joined| at >= joined + RESPONSE_TIME)
    }
}
