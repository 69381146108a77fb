//! What may flow into one EVSE: the two-phase commit of power share 9.2 and
//! the reservations of 6.2.
//!
//! A vehicle follows a lower pilot up to 5 s late, a paused one leaves C up to
//! 6 s late, a lost node stops up to 20 s after the last set-point it may have
//! heard. Until then the old current counts as taken. An order counts from the
//! moment it is handed out, because it may leave at any time, and the one
//! before counts until the new one is confirmed as sent.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::RESPONSE_TIME;
use crate::share_config::{Contactor, ShareView};

/// Time after the last non-zero set-point in which a lost node may still
/// charge: 12 s time-out, 7 s until its contactor opens (power share 6.2).
pub const LOST_NODE_TIME: Duration = Duration::from_secs(20);

/// Time after a zero in which an EVSE may still be seen in C or C1: at most 7 s
/// in C1 and one round of polls (power share 6.1, 9.2).
pub const STOP_TIME: Duration = Duration::from_secs(9);

/// Earlier set-points that are remembered one by one.
const STEPS: usize = 4;

/// A set-point that was replaced and may still be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Replaced {
    current: DeciAmps,
    /// When the set-point in its place left.
    at: Instant,
    until: Instant,
}

impl Replaced {
    /// When it stops counting. An EVSE that was not heard since may have missed
    /// the new set-point: it goes on until its own time-out.
    fn end(&self, seen_at: Instant) -> Instant {
        if seen_at > self.at {
            self.until
        } else {
            self.until.latest(self.at + LOST_NODE_TIME)
        }
    }
}

/// The set-points of one EVSE that may be in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// What the scheduler handed out last.
    order: DeciAmps,
    /// When it was handed out.
    ordered_at: Instant,
    /// An order above zero may have left unnoticed.
    unconfirmed: bool,
    /// The highest order that may leave the wire from now on.
    pending: DeciAmps,
    /// The last set-point that left the wire.
    sent: DeciAmps,
    /// When it left last.
    sent_at: Instant,
    /// When it left first after a different one.
    changed_at: Instant,
    /// Whether any set-point ever left.
    has_sent: bool,
    replaced: [Option<Replaced>; STEPS],
    /// The highest of the replaced ones; `None` without any.
    held: Option<DeciAmps>,
    /// The last set-point above zero that left the wire, and when.
    nonzero: Option<(DeciAmps, Instant)>,
    /// Since when the order is above zero.
    released_at: Option<Instant>,
    /// What it takes against its orders, until it is seen to have stopped.
    rogue: DeciAmps,
    /// Since which report it is above everything that was sent to it.
    doubted_since: Option<Instant>,
}

impl Default for Exposure {
    fn default() -> Self {
        Self {
            order: DeciAmps::ZERO,
            ordered_at: Instant::ZERO,
            unconfirmed: false,
            pending: DeciAmps::ZERO,
            sent: DeciAmps::ZERO,
            sent_at: Instant::ZERO,
            changed_at: Instant::ZERO,
            has_sent: false,
            replaced: [None; STEPS],
            held: None,
            nonzero: None,
            released_at: None,
            rogue: DeciAmps::ZERO,
            doubted_since: None,
        }
    }
}

impl Exposure {
    /// The set-point to announce.
    #[must_use]
    pub const fn order(&self) -> DeciAmps {
        self.order
    }

    /// Since when there is an order above zero.
    #[must_use]
    pub const fn released_at(&self) -> Option<Instant> {
        self.released_at
    }

    /// Hands out a new order: from now on it may be sent at any time.
    pub fn hand_out(&mut self, order: DeciAmps, now: Instant) {
        self.released_at = match (order > DeciAmps::ZERO, self.released_at) {
            (true, None) => Some(now),
            (true, since) => since,
            (false, _) => None,
        };
        (self.order, self.ordered_at) = (order, now);
        self.unconfirmed |= order > DeciAmps::ZERO;
        self.pending = self.pending.max(order);
    }

    /// Notes a set-point that has left the wire. One that is not newer than the
    /// last known one is ignored.
    pub fn confirm(&mut self, current: DeciAmps, at: Instant) {
        if self.has_sent && at <= self.sent_at {
            return;
        }
        self.replace_by(current, at);
        if !self.has_sent || current != self.sent {
            self.changed_at = at;
        }
        (self.sent, self.sent_at, self.has_sent) = (current, at, true);
        if current > DeciAmps::ZERO {
            self.nonzero = Some((current, at));
            self.shorten(at);
        }
        // Only a telegram from after the last order can carry it.
        if current == self.order && at >= self.ordered_at {
            self.pending = current;
            self.unconfirmed = false;
        } else {
            self.pending = self.pending.max(self.order);
        }
    }

    /// Keeps what was in force before a lower set-point. An order that is still
    /// to be sent stays pending; one that was taken back may have left
    /// unnoticed.
    fn replace_by(&mut self, lower: DeciAmps, at: Instant) {
        let taken_back = self.pending > self.order;
        let before = if taken_back {
            self.sent.max(self.pending)
        } else {
            self.sent
        };
        if before <= lower {
            return;
        }
        let until = if lower > DeciAmps::ZERO {
            at + RESPONSE_TIME
        } else {
            Instant::FAR_FUTURE
        };
        if self.unconfirmed {
            self.nonzero = Some((before, at));
        }
        self.remember(Replaced {
            current: before,
            at,
            until,
        });
    }

    /// A current is offered again: what waited for the end of a pause is
    /// followed for the response time at most.
    fn shorten(&mut self, at: Instant) {
        if self.held.is_none() {
            return;
        }
        for entry in self.replaced.iter_mut().flatten() {
            if entry.until == Instant::FAR_FUTURE {
                (entry.at, entry.until) = (at, at + RESPONSE_TIME);
            }
        }
    }

    /// Keeps a replaced set-point; without a free place the two next to each
    /// other become one that covers both.
    fn remember(&mut self, replaced: Replaced) {
        let covered = |entry: &Option<Replaced>| {
            entry.is_none_or(|old| old.current <= replaced.current && old.until <= replaced.until)
        };
        if let Some(place) = self.replaced.iter_mut().find(|entry| covered(entry)) {
            *place = Some(replaced);
        } else if let Some(Some(last)) = self.replaced.last_mut() {
            last.current = last.current.max(replaced.current);
            last.at = last.at.latest(replaced.at);
            last.until = last.until.latest(replaced.until);
        }
        self.weigh();
    }

    /// Finds the highest of the replaced set-points.
    fn weigh(&mut self) {
        let replaced = self.replaced.iter().flatten();
        self.held = replaced.map(|entry| entry.current).max();
    }

    /// Forgets the replaced set-points that nobody can follow any more.
    fn expire(&mut self, seen_at: Instant, now: Instant) {
        if self.held.is_none() {
            return;
        }
        for entry in &mut self.replaced {
            if entry.is_some_and(|old| now >= old.end(seen_at)) {
                *entry = None;
            }
        }
        self.weigh();
    }

    /// Takes in what the EVSE reports.
    pub fn observe(&mut self, view: &ShareView, now: Instant) {
        self.expire(view.seen_at, now);
        let closed = view.online && view.contactor == Contactor::Closed;
        if closed && self.committed() == DeciAmps::ZERO {
            // Already charging before the first order of this master.
            self.pending = view.reported.unwrap_or(view.ceiling()).max(view.floor());
            self.unconfirmed = true;
        }
        if view.online && !closed && (view.seen_at > self.changed_at || !self.has_sent) {
            self.rogue = DeciAmps::ZERO;
            if self.sent == DeciAmps::ZERO && self.pending == DeciAmps::ZERO {
                // Seen outside C and C1 after the zero: the pause is complete.
                (self.replaced, self.held) = ([None; STEPS], None);
            }
        }
        self.doubt(closed, view);
        self.rogue = self.rogue.max(self.unexplained(view));
    }

    /// The highest set-point that is in force or may come into force without
    /// further orders; 0.1 A.
    #[must_use]
    pub fn committed(&self) -> DeciAmps {
        let present = self.sent.max(self.pending);
        self.held.map_or(present, |old| old.max(present))
    }

    /// Notes since when its reports are above everything it may follow,
    /// although its set-points go on changing.
    fn doubt(&mut self, closed: bool, view: &ShareView) {
        let reported = view.reported.unwrap_or(self.sent);
        let is_over = closed && self.has_sent && reported > self.committed();
        let since = self.doubted_since.unwrap_or(view.seen_at);
        self.doubted_since = is_over.then_some(since);
    }

    /// What an EVSE takes although nobody allowed it: it charges long after it
    /// was told to stop, or says it has a higher set-point than it was sent.
    fn unexplained(&self, view: &ShareView) -> DeciAmps {
        let patience = if self.sent == DeciAmps::ZERO {
            STOP_TIME
        } else {
            RESPONSE_TIME
        };
        let steady = self.has_sent && view.seen_at >= self.changed_at + patience;
        let doubted = self.doubted_since;
        let settled = steady || doubted.is_some_and(|since| view.seen_at >= since + RESPONSE_TIME);
        if !settled || !view.online || view.contactor != Contactor::Closed {
            return DeciAmps::ZERO;
        }
        let reported = view.reported.unwrap_or(self.sent);
        if self.sent > DeciAmps::ZERO && reported <= self.committed() {
            return DeciAmps::ZERO;
        }
        reported.max(view.floor())
    }

    /// Whether it contradicts its orders; stays so until its contactor is seen
    /// open (power share 6.2).
    #[must_use]
    pub fn is_rogue(&self) -> bool {
        self.rogue > DeciAmps::ZERO
    }

    /// The current kept for a lost node (power share 6.2); 0.1 A.
    #[must_use]
    pub fn reserved(&self, view: &ShareView, now: Instant) -> DeciAmps {
        if view.online || view.contactor == Contactor::Open {
            return DeciAmps::ZERO;
        }
        let last = self.nonzero.filter(|(_, at)| now < *at + LOST_NODE_TIME);
        match last {
            Some((current, _)) => self.committed().max(current),
            None => self.pending,
        }
    }

    /// The current that no order can lower: of a lost node, or of one that
    /// does not obey; 0.1 A.
    #[must_use]
    pub fn beyond_control(&self, view: &ShareView, now: Instant) -> DeciAmps {
        if view.online {
            return self.rogue;
        }
        self.rogue.max(self.reserved(view, now))
    }

    /// When the taken current can change without news.
    #[must_use]
    pub fn deadline(&self, view: &ShareView, now: Instant) -> Instant {
        let mut first = Instant::FAR_FUTURE;
        if self.held.is_some() {
            for entry in self.replaced.iter().flatten() {
                first = sooner(first, entry.end(view.seen_at), now);
            }
        }
        match self.nonzero {
            Some((_, at)) if !view.online => sooner(first, at + LOST_NODE_TIME, now),
            Some(_) | None => first,
        }
    }
}

/// The earlier of a deadline and a moment, if that one still lies ahead.
pub(crate) fn sooner(deadline: Instant, at: Instant, now: Instant) -> Instant {
    if at > now && at < deadline {
        at
    } else {
        deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn da(value: i32) -> DeciAmps {
        DeciAmps::from_deci(value)
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_secs(seconds)
    }

    fn view(contactor: Contactor, seen: u64, reported: Option<i32>) -> ShareView {
        ShareView {
            online: true,
            connected: true,
            wants: true,
            contactor,
            seen_at: at(seen),
            reported: reported.map(da),
            cap: da(320),
            ..ShareView::UNKNOWN
        }
    }

    /// An EVSE that charges with an order that was sent at 10 s.
    fn charging(current: i32) -> Exposure {
        let mut exposure = Exposure::default();
        exposure.hand_out(da(current), at(10));
        exposure.confirm(da(current), at(10));
        exposure
    }

    /// Power share 9.2: an order counts from the moment it is handed out, the
    /// one before until 5 s after the new one was sent.
    #[test]
    fn when_lowered_then_the_old_current_counts_until_5_s_after_the_telegram() {
        let mut exposure = charging(160);
        exposure.hand_out(da(80), at(20));
        exposure.observe(&view(Contactor::Closed, 20, None), at(100));
        assert_eq!(exposure.committed(), da(160));
        exposure.confirm(da(80), at(100));
        let closed = view(Contactor::Closed, 101, None);
        assert_eq!(exposure.deadline(&closed, at(101)), at(105));
        exposure.observe(&closed, at(104));
        assert_eq!(exposure.committed(), da(160));
        exposure.observe(&closed, at(105));
        assert_eq!(exposure.committed(), da(80));
        exposure.hand_out(da(120), at(106));
        assert_eq!((exposure.order(), exposure.committed()), (da(120), da(120)));
    }

    /// A telegram with something else than the last order leaves that one to
    /// be sent.
    #[test]
    fn when_an_older_order_is_sent_then_the_last_one_is_still_pending() {
        let mut exposure = charging(60);
        exposure.hand_out(da(120), at(11));
        exposure.confirm(da(60), at(12));
        assert_eq!(exposure.committed(), da(120));
        exposure.hand_out(da(60), at(13));
        exposure.confirm(da(60), at(14));
        // 12.0 A may have left unnoticed.
        exposure.observe(&view(Contactor::Closed, 15, None), at(18));
        assert_eq!(exposure.committed(), da(120));
        exposure.observe(&view(Contactor::Closed, 15, None), at(19));
        assert_eq!(exposure.committed(), da(60));
        exposure.confirm(da(300), at(14));
        exposure.confirm(da(300), at(13));
        assert_eq!(exposure.committed(), da(60));
    }

    /// Power share 9.2: a pause is complete when the EVSE is seen outside C and
    /// C1 after the zero, however long that takes.
    #[test]
    fn when_paused_then_the_current_counts_until_the_evse_is_seen_to_stop() {
        let mut exposure = charging(160);
        assert_eq!(exposure.released_at(), Some(at(10)));
        exposure.hand_out(DeciAmps::ZERO, at(20));
        assert_eq!(exposure.released_at(), None);
        exposure.observe(&view(Contactor::Asking, 21, None), at(21));
        assert_eq!(exposure.committed(), da(160));
        exposure.confirm(DeciAmps::ZERO, at(22));
        exposure.confirm(DeciAmps::ZERO, at(24));
        for (contactor, seen) in [(Contactor::Closed, 30), (Contactor::Open, 22)] {
            exposure.observe(&view(contactor, seen, None), at(40));
            assert_eq!(exposure.committed(), da(160));
        }
        exposure.observe(&view(Contactor::Open, 23, None), at(40));
        assert_eq!(exposure.committed(), DeciAmps::ZERO);
    }

    #[test]
    fn when_resumed_before_it_stopped_then_the_old_current_counts_for_5_s() {
        let mut exposure = charging(160);
        exposure.hand_out(DeciAmps::ZERO, at(20));
        exposure.confirm(DeciAmps::ZERO, at(20));
        exposure.hand_out(da(60), at(22));
        exposure.confirm(da(60), at(22));
        exposure.observe(&view(Contactor::Closed, 26, None), at(26));
        assert_eq!(exposure.committed(), da(160));
        exposure.observe(&view(Contactor::Closed, 26, None), at(27));
        assert_eq!(exposure.committed(), da(60));
    }

    /// More changes than places: nothing is forgotten early.
    #[test]
    fn when_changed_many_times_then_the_highest_still_counts() {
        let mut exposure = charging(300);
        for step in 1..10 {
            let moment = at(20) + Duration::from_millis(100).times(step);
            let current = da(300 - 10 * i32::try_from(step).unwrap());
            exposure.hand_out(current, moment);
            exposure.confirm(current, moment);
        }
        assert_eq!(exposure.committed(), da(300));
        let closed = view(Contactor::Closed, 21, None);
        exposure.observe(&closed, at(25));
        assert!(exposure.committed() >= da(290));
        exposure.observe(&closed, at(26));
        assert_eq!(exposure.committed(), da(210));
    }

    /// Power share 6.2: the edges of disobedience.
    #[test]
    fn when_it_does_not_follow_then_it_is_rogue_from_the_edge_on() {
        let mut lower = charging(160);
        lower.hand_out(da(80), at(20));
        lower.confirm(da(80), at(20));
        lower.confirm(da(80), at(22));
        for (seen, reported, rogue) in [(24, 160, false), (25, 80, false), (25, 81, true)] {
            let mut exposure = lower;
            exposure.observe(&view(Contactor::Closed, seen, Some(reported)), at(25));
            assert_eq!(exposure.is_rogue(), rogue, "{seen} {reported}");
        }
        let mut zero = charging(160);
        zero.hand_out(DeciAmps::ZERO, at(20));
        zero.confirm(DeciAmps::ZERO, at(20));
        for (contactor, seen, rogue) in [
            (Contactor::Closed, 28, false),
            (Contactor::Closed, 29, true),
            (Contactor::Asking, 40, false),
        ] {
            let mut exposure = zero;
            let seen_so = view(contactor, seen, None);
            exposure.observe(&seen_so, at(40));
            assert_eq!(exposure.is_rogue(), rogue, "{seen}");
            let kept = if rogue { da(60) } else { DeciAmps::ZERO };
            assert_eq!(exposure.beyond_control(&seen_so, at(40)), kept);
        }
    }

    #[test]
    fn when_rogue_then_it_stays_so_until_it_is_seen_to_stop() {
        let mut exposure = charging(60);
        exposure.observe(&view(Contactor::Closed, 15, Some(130)), at(15));
        assert!(exposure.is_rogue());
        exposure.observe(&view(Contactor::Closed, 16, Some(60)), at(16));
        assert_eq!(
            exposure.beyond_control(&view(Contactor::Closed, 16, None), at(16)),
            da(130)
        );
        exposure.observe(&view(Contactor::Asking, 17, None), at(17));
        assert!(!exposure.is_rogue());
    }

    /// Power share 6.2: 20 s after the last telegram above zero.
    #[test]
    fn when_lost_then_the_current_is_kept_for_20_s_after_the_telegram() {
        let mut exposure = charging(160);
        exposure.confirm(da(160), at(12));
        exposure.hand_out(DeciAmps::ZERO, at(22));
        let lost = |contactor| ShareView {
            contactor,
            ..ShareView::UNKNOWN
        };
        let asking = lost(Contactor::Asking);
        // The zero is not confirmed: the old order may still leave.
        assert_eq!(exposure.reserved(&asking, at(40)), da(160));
        exposure.confirm(DeciAmps::ZERO, at(24));
        assert_eq!(exposure.reserved(&asking, at(31)), da(160));
        assert_eq!(exposure.reserved(&lost(Contactor::Closed), at(31)), da(160));
        assert_eq!(
            exposure.reserved(&lost(Contactor::Open), at(31)),
            DeciAmps::ZERO
        );
        assert_eq!(exposure.deadline(&asking, at(31)), at(32));
        assert_eq!(exposure.reserved(&asking, at(32)), DeciAmps::ZERO);
        assert_eq!(Exposure::default().reserved(&asking, at(0)), DeciAmps::ZERO);
    }

    /// Power share 6.1: nodes in C are taken over as C.
    #[test]
    fn when_it_charges_before_the_first_order_then_it_counts_as_reported() {
        for (reported, expect) in [(Some(130), 130), (Some(0), 60), (None, 320)] {
            let mut exposure = Exposure::default();
            exposure.observe(&view(Contactor::Closed, 5, reported), at(5));
            assert_eq!(exposure.committed(), da(expect));
            assert!(!exposure.is_rogue());
            exposure.hand_out(da(60), at(6));
            exposure.confirm(da(60), at(7));
            exposure.observe(&view(Contactor::Closed, 8, None), at(12));
            assert_eq!(exposure.committed(), da(60));
        }
        let mut exposure = Exposure::default();
        exposure.observe(&view(Contactor::Asking, 5, Some(130)), at(5));
        assert_eq!(exposure.committed(), DeciAmps::ZERO);
    }
}
