//! What is different when several EVSEs share the total (power share 9).

use smartevse_types::{DeciAmps, Duration, Instant, Mode};

use super::Regulator;
use super::cycle::Cycle;
use crate::constraint::Constraint;

/// Surplus for one more must last this long before it joins.
const JOIN_DWELL: Duration = Duration::from_secs(120);

/// Room beyond MIN that one more needs to join: the meter's noise must not
/// pause it again.
const JOIN_MARGIN: DeciAmps = DeciAmps::from_deci(5);

/// After this time a vehicle that is told to stop draws nothing any more.
const STOP_TIME: Duration = Duration::from_secs(3);

/// A cloud this short pauses nobody who is at MIN.
const CLOUD: Duration = Duration::from_secs(90);

impl Regulator {
    /// Follows what the scheduler announced, and who charges.
    pub(super) fn follow_announcements(&mut self, cycle: &Cycle) {
        if self.lone {
            return;
        }
        let (announced, since) = cycle.fleet.announced;
        if announced != self.history.present() {
            let lower = announced < self.history.present();
            let at = if lower { cycle.now } else { since };
            self.history.record(at.earliest(cycle.now), announced);
            self.headroom.forget();
        }
        let left = cycle.fleet.charging < self.members;
        if self.members > 0 && cycle.fleet.charging > self.members {
            self.joined_at = Some(cycle.now);
        }
        self.members = cycle.fleet.charging;
        // Who left may have drawn less than its share: the rest waits for a
        // measurement.
        if left && cycle.charging && self.mode != Mode::Normal {
            let coming = cycle.floor.times(cycle.fleet.coming);
            self.total = self.total.min((announced + coming).max(cycle.floor));
            self.left_at = (coming > DeciAmps::ZERO).then_some(cycle.now);
        }
        self.check_hand_over(cycle);
    }

    /// Who begins in place of another one gets what that one has really given
    /// back, as soon as a measurement shows it.
    fn check_hand_over(&mut self, cycle: &Cycle) {
        let Some(left) = self.left_at else {
            return;
        };
        let shown = |limit: &&Constraint| limit.measured.1 >= left + STOP_TIME;
        let fresh = cycle.limits.iter().filter(|limit| cycle.news.has(limit));
        let free = fresh.filter(shown).map(|limit| self.free(limit)).min();
        if let Some(free) = free {
            self.total = self.total.min(free.max(cycle.floor));
            self.left_at = None;
        }
    }

    /// Offers those that wait what is free for them: the start check decides,
    /// and a newcomer makes the total follow the measurement at once
    /// (regulation 6.6).
    pub(super) fn welcome(&mut self, cycle: &Cycle, startable: bool) {
        let newcomer = cycle.fleet.wanting > self.wanting;
        self.wanting = cycle.fleet.wanting;
        if !cycle.charging {
            self.total = self.opening(cycle, startable);
            return;
        }
        let goes_on = cycle.may_charge() && !self.stopped;
        let limits = cycle.limits.iter();
        let free = limits.map(|limit| self.free(limit)).min();
        let highest = free.map_or(cycle.ceiling.current, |free| {
            free.min(cycle.ceiling.current)
        });
        let announced = self.history.present();
        if goes_on && !cycle.is_blind() {
            // What is announced and fits is not taken back.
            if cycle.is_sunny() {
                self.total = self.total.max(announced.min(highest));
            }
            let margin = announced_floor(cycle) + JOIN_MARGIN <= highest;
            if startable && margin && self.may_join(cycle) {
                let one_more = announced_floor(cycle);
                let joined = newcomer && cycle.config.mode != Mode::Solar;
                let wish = if joined {
                    highest
                } else {
                    one_more.min(highest)
                };
                self.total = self.total.max(wish);
            }
        }
        self.total = self.total.min(cycle.ceiling.current);
    }

    /// In Solar one more joins when the surplus for it has lasted: two changes
    /// of a contactor for each passing cloud would wear it out.
    pub(super) fn may_join(&self, cycle: &Cycle) -> bool {
        let lasts = |since: Instant| cycle.now >= since + JOIN_DWELL;
        cycle.config.mode != Mode::Solar || self.spare_since.is_some_and(lasts)
    }

    /// When surplus for one more will have lasted.
    pub(super) fn join_due(&self) -> Option<Instant> {
        self.spare_since.map(|since| since + JOIN_DWELL)
    }

    /// Follows how long there has been surplus for one more.
    pub(super) fn watch_spare(&mut self, cycle: &Cycle, startable: bool) {
        let counts = startable && cycle.charging && cycle.config.mode == Mode::Solar;
        self.spare_since = match counts {
            true => self.spare_since.or(Some(cycle.now)),
            false => None,
        };
    }

    /// The total below which the surplus law does not go: everybody stays at
    /// MIN while a cloud passes.
    pub(super) fn sunny_least(&mut self, cycle: &Cycle, covered: bool) -> DeciAmps {
        if self.lone {
            return cycle.floor;
        }
        self.short_since = match covered {
            true => None,
            false => self.short_since.or(Some(cycle.now)),
        };
        let over = |since: Instant| cycle.now >= since + CLOUD;
        if self.short_since.is_some_and(over) {
            DeciAmps::MIN
        } else {
            cycle.lowest()
        }
    }

    /// The total while nobody charges: MIN for as many as fit, everything in
    /// Normal.
    fn opening(&self, cycle: &Cycle, startable: bool) -> DeciAmps {
        let free = cycle.limits.iter().map(Constraint::room).min();
        let highest = free.unwrap_or(DeciAmps::MAX).min(cycle.ceiling.current);
        let wanting = i32::try_from(cycle.fleet.wanting).unwrap_or(i32::MAX);
        match (startable, cycle.config.mode) {
            (true, Mode::Normal) => highest,
            (true, Mode::Smart) => highest.min(cycle.floor.times(wanting)),
            (true, Mode::Solar) => highest.min(cycle.floor),
            (false, _) => DeciAmps::ZERO,
        }
    }

    /// The total that one limit permits, if nobody has followed the last
    /// raises yet.
    fn free(&self, limit: &Constraint) -> DeciAmps {
        self.least_draw(limit) + limit.room()
    }
}

/// MIN for all that hold it, and for one more.
fn announced_floor(cycle: &Cycle) -> DeciAmps {
    let charging = i32::try_from(cycle.fleet.charging).unwrap_or(i32::MAX);
    cycle.floor.times(charging.saturating_add(1))
}
