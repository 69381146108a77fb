//! How much one node may draw at most, given everything it may have heard.

use smartevse_types::{DeciAmps, Duration, Instant};

/// Time a vehicle may take to follow a lower pilot, with 1 s for the node to
/// change it (power share 9.2: 5 s).
pub const VEHICLE_LAG: Duration = Duration::from_secs(6);

/// Time after the last non-zero broadcast at which a silent node has stopped:
/// 12 s of silence, 7 s of stopping, 1 s of delay (power share 6.2, I-16).
pub const LOST_HOLD: Duration = Duration::from_secs(20);

/// Upper bound of the current of one node.
///
/// A set-point counts from the moment it is handed out, because it may be on
/// the wire. It stops counting when the node, asked after a newer broadcast
/// has left the wire, reports a lower one, and the vehicle had its time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Exposure {
    /// Highest set-point that the node may have.
    held: DeciAmps,
    /// Highest one handed out whose fate is open.
    loose: DeciAmps,
    /// What the vehicle may still draw, and until when.
    tail: DeciAmps,
    tail_until: Instant,
    /// Whether the contactor may be closed.
    drawing: bool,
    /// When a grant for C was handed out that may still come into force.
    granted: Option<Instant>,
    /// Whether nobody knows if that grant has left.
    grant_open: bool,
    /// When the last set-point above 0 may have left.
    powered: Option<Instant>,
    /// When the newest broadcast left.
    sent: Instant,
}

impl Exposure {
    /// A set-point is about to be broadcast.
    pub(super) fn hand_out(&mut self, word: DeciAmps, now: Instant) {
        self.loose = self.loose.max(word);
        self.held = self.held.max(word);
        if word > DeciAmps::ZERO {
            self.powered = Some(now);
        }
    }

    /// The newest broadcast has left with this set-point; older ones cannot
    /// come behind it.
    pub(super) fn sent(&mut self, word: DeciAmps, now: Instant) {
        self.loose = DeciAmps::ZERO;
        self.sent = now;
        if word > DeciAmps::ZERO {
            self.powered = Some(now);
        }
    }

    /// A grant for C is about to be sent.
    pub(super) fn grant(&mut self, now: Instant) {
        self.granted = Some(now);
        self.grant_open = true;
        self.drawing = true;
        if self.powered.is_none() {
            self.powered = Some(now);
        }
    }

    /// The grant has left, or its answer came.
    pub(super) fn grant_left(&mut self) {
        self.grant_open = false;
    }

    /// The node answered a poll that was handed out at `asked`.
    pub(super) fn report(
        &mut self,
        (draws, asks): (bool, bool),
        set_point: DeciAmps,
        (asked, now): (Instant, Instant),
        patience: Duration,
    ) {
        let (level, held) = (self.offered(now), self.held);
        // An answer to a question from before the broadcast left proves nothing.
        let is_proof = asked >= self.sent;
        self.held = set_point.max(if is_proof { self.loose } else { held });
        if draws && self.powered.is_none() {
            self.powered = Some(now);
        }
        let may_come = self.grant_may_come((asks, asked), patience);
        self.drawing = draws || may_come;
        if !may_come {
            self.granted = None;
        }
        self.follow(held, level, now);
    }

    /// Keeps what the vehicle may still follow after its set-point was lowered,
    /// also while the contactor is open: it may close in that time.
    fn follow(&mut self, held: DeciAmps, level: DeciAmps, now: Instant) {
        let stops = self.drawing && self.held <= DeciAmps::ZERO;
        if self.held < held {
            self.tail = level;
            self.tail_until = now + VEHICLE_LAG;
        }
        if self.held < held && stops {
            // Stopping ends with the report of another state, not with a time.
            self.tail_until = Instant::FAR_FUTURE;
        } else if !stops {
            self.tail_until = self.tail_until.earliest(now + VEHICLE_LAG);
        }
    }

    /// Whether a grant can still lead to C although the node is not there: it
    /// is not known to have left, or the node still asks and may be acting on it.
    fn grant_may_come(&self, (asks, asked): (bool, Instant), patience: Duration) -> bool {
        let waits = |granted| asks && asked <= granted + patience;
        self.grant_open || self.granted.is_some_and(waits)
    }

    /// What the node may draw, as long as it answers.
    pub(super) fn level(&self, now: Instant) -> DeciAmps {
        if self.drawing {
            self.offered(now)
        } else {
            DeciAmps::ZERO
        }
    }

    /// What the vehicle may follow, whether the contactor is closed or not.
    pub(super) fn offered(&self, now: Instant) -> DeciAmps {
        if now < self.tail_until {
            self.held.max(self.tail)
        } else {
            self.held
        }
    }

    /// What a node that does not answer may draw (power share 6.2).
    pub(super) fn lost_level(&self, now: Instant) -> DeciAmps {
        let is_open = self.loose > DeciAmps::ZERO;
        let stopped = |powered: Instant| now >= powered + LOST_HOLD && !is_open;
        if self.powered.is_some_and(stopped) {
            return DeciAmps::ZERO;
        }
        self.level(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX: DeciAmps = DeciAmps::from_deci(60);
    const SIXTEEN: DeciAmps = DeciAmps::from_deci(160);
    const PATIENCE: Duration = Duration::from_secs(4);

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    /// A node that charges with 16 A since second 1.
    fn charging() -> Exposure {
        let mut exposure = Exposure::default();
        exposure.hand_out(SIXTEEN, at(1));
        exposure.sent(SIXTEEN, at(1));
        exposure.report((true, false), SIXTEEN, (at(2), at(2)), PATIENCE);
        exposure
    }

    /// Power share 9.2: a decrease frees power only after the node told it and
    /// the vehicle had its time.
    #[test]
    fn when_a_set_point_is_lowered_then_the_difference_comes_late() {
        let mut exposure = charging();
        exposure.hand_out(SIX, at(10));
        exposure.sent(SIX, at(10));
        assert_eq!(exposure.level(at(30)), SIXTEEN, "nobody knows who heard it");
        exposure.report((true, false), SIX, (at(9), at(31)), PATIENCE);
        assert_eq!(exposure.level(at(60)), SIXTEEN, "asked before it left");
        exposure.report((true, false), SIX, (at(32), at(32)), PATIENCE);
        exposure.report((true, false), SIX, (at(34), at(34)), PATIENCE);
        assert_eq!(exposure.level(at(37)), SIXTEEN);
        assert_eq!(exposure.level(at(38)), SIX);
    }

    /// A confirmation that never comes keeps the higher set-point.
    #[test]
    fn when_a_raise_is_not_confirmed_then_it_counts() {
        let mut exposure = charging();
        exposure.hand_out(DeciAmps::from_deci(320), at(10));
        exposure.report((true, false), SIXTEEN, (at(12), at(12)), PATIENCE);
        assert_eq!(exposure.level(at(99)), DeciAmps::from_deci(320));
        exposure.sent(SIX, at(100));
        exposure.report((true, false), SIX, (at(101), at(101)), PATIENCE);
        assert_eq!(exposure.level(at(110)), SIX);
    }

    /// I-16: a lost node keeps its current for 20 s after the last broadcast
    /// that gave it some.
    #[test]
    fn when_a_node_is_lost_then_its_current_stays_reserved() {
        let mut exposure = charging();
        exposure.hand_out(SIXTEEN, at(9));
        exposure.sent(SIXTEEN, at(9));
        exposure.hand_out(DeciAmps::ZERO, at(11));
        exposure.sent(DeciAmps::ZERO, at(11));
        assert_eq!(exposure.lost_level(at(28)), SIXTEEN);
        assert_eq!(exposure.lost_level(at(29)), DeciAmps::ZERO);
    }

    /// Power share 6.2: any state without a closed contactor frees it at once.
    #[test]
    fn when_another_state_is_reported_then_the_power_is_free() {
        let mut exposure = charging();
        exposure.report((false, false), SIXTEEN, (at(5), at(5)), PATIENCE);
        assert_eq!(exposure.level(at(5)), DeciAmps::ZERO);
    }

    /// A stop counts until the node has left C1, however long it takes.
    #[test]
    fn when_a_node_stops_then_its_current_stays_until_it_left_c1() {
        let mut exposure = charging();
        exposure.hand_out(DeciAmps::ZERO, at(10));
        exposure.sent(DeciAmps::ZERO, at(10));
        exposure.report((true, false), DeciAmps::ZERO, (at(11), at(11)), PATIENCE);
        assert_eq!(exposure.level(at(25)), SIXTEEN);
    }

    /// Power share 9.2: a vehicle that was just offered more may draw it when
    /// the contactor closes.
    #[test]
    fn when_the_contactor_closes_soon_after_a_decrease_then_the_old_offer_counts() {
        let mut exposure = Exposure::default();
        exposure.hand_out(SIXTEEN, at(1));
        exposure.sent(SIXTEEN, at(1));
        exposure.report((false, true), SIXTEEN, (at(2), at(2)), PATIENCE);
        exposure.hand_out(SIX, at(3));
        exposure.sent(SIX, at(3));
        exposure.report((false, true), SIX, (at(4), at(4)), PATIENCE);
        exposure.grant(at(5));
        assert_eq!(exposure.level(at(9)), SIXTEEN);
        assert_eq!(exposure.level(at(10)), SIX);
    }

    /// A grant counts from the moment it is handed out, also while the node
    /// still seems to ask.
    #[test]
    fn when_a_grant_is_handed_out_then_it_counts() {
        let mut exposure = Exposure::default();
        exposure.hand_out(SIX, at(1));
        exposure.sent(SIX, at(1));
        exposure.report((false, true), SIX, (at(2), at(2)), PATIENCE);
        assert_eq!(exposure.level(at(2)), DeciAmps::ZERO);
        exposure.grant(at(3));
        assert_eq!(exposure.level(at(3)), SIX);
        exposure.report((false, false), SIX, (at(4), at(4)), PATIENCE);
        assert_eq!(exposure.level(at(4)), SIX, "it may not have left yet");
        exposure.grant_left();
        exposure.report((false, true), SIX, (at(6), at(6)), PATIENCE);
        assert_eq!(exposure.level(at(6)), SIX, "the node may be acting on it");
        exposure.report((false, false), SIX, (at(7), at(7)), PATIENCE);
        assert_eq!(exposure.level(at(7)), DeciAmps::ZERO);
    }
}
