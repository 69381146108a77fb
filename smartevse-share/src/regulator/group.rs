//! What is different when several EVSEs share the total (power share 9).

use smartevse_types::{DeciAmps, Mode};

use super::Regulator;
use super::cycle::Cycle;
use crate::constraint::Constraint;

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
        self.members = cycle.fleet.charging;
        // Who left may have drawn less than its share: the rest waits for a
        // measurement.
        if left && cycle.charging && self.mode != Mode::Normal {
            self.total = self.total.min(announced.max(cycle.floor));
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
            if startable {
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
