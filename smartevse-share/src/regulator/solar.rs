//! The surplus law, its stop timer and the choice of phases (regulation 6.4,
//! 6.5 and 8.3).

use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Mode};

use super::Regulator;
use super::cycle::Cycle;
use crate::ceiling::Ceiling;
use crate::constraint::Constraint;
use crate::phases::Sight;
use crate::raise::Climb;
use crate::site::{EvseView, Site};
use crate::sun::{self, Move, WARM_UP};

/// A little surplus must be in two samples.
const DOUBT: Duration = Duration::from_secs(2);
/// A vehicle has followed a raise by then (regulation 6.4: lag up to 6 s).
const SLOWEST: Duration = Duration::from_secs(6);

impl Regulator {
    /// Whether surplus allows a start: always outside Solar, and in a group
    /// that charges already, whose members are asked to give way.
    pub(super) fn has_sun(&self, cycle: &Cycle) -> bool {
        let sharing = !self.lone && cycle.charging;
        cycle.config.mode != Mode::Solar || sharing || self.sun.is_ready()
    }

    /// Moves the total with the surplus, on each sample once.
    pub(super) fn follow_sun(&mut self, cycle: &Cycle) {
        let Some(sun) = cycle.sun.filter(|_| cycle.news.mains) else {
            return;
        };
        let at = sun.measured.1;
        self.run_stop_timer(cycle, &sun);
        let begun = self.charging_since.unwrap_or(at);
        if at.since(begun) < WARM_UP {
            self.reason = LimitedBy::Start;
            self.climb = None;
            return self.change(cycle.now, self.total.min(cycle.lowest()));
        }
        let spare = sun.limit - sun.load;
        let least = DeciAmps::from_deci(sun::least_surplus(sun.tenths));
        self.headroom.observe(at, spare, least);
        match sun::choose(&cycle.config.tuning, spare, sun.tenths) {
            Move::Hold => self.short_since = None,
            Move::Down(_) => self.fade(cycle, &sun),
            Move::Up(step) => {
                self.short_since = None;
                self.brighten(cycle, &sun, step);
            }
        }
    }

    /// Down in one step; what is already on its way is not taken twice.
    fn fade(&mut self, cycle: &Cycle, sun: &Constraint) {
        let wanted = self.target(sun);
        let covered = wanted >= cycle.lowest();
        let target = wanted.max(self.sunny_least(cycle, covered));
        if target < self.total {
            self.reason = LimitedBy::Solar;
            self.change(cycle.now, target);
        }
    }

    /// Up by a part of the surplus, and never above what it would cover if the
    /// vehicle had followed nothing of the last raises; a little surplus must
    /// last first, it may be noise.
    fn brighten(&mut self, cycle: &Cycle, sun: &Constraint, step: DeciAmps) {
        let at = sun.measured.1;
        let little = sun.limit - sun.load < cycle.config.tuning.solar_deadband;
        let patience = if little { DOUBT } else { Duration::ZERO };
        let lasting = self.headroom.lasting(at, patience).is_some();
        if !lasting || !self.may_rise(cycle, at, Duration::ZERO) {
            return;
        }
        let pending = self.pending_climb(at, sun.room());
        let drawn = match pending {
            Some(_) => self.history.lowest_since(at - SLOWEST),
            None => self.total,
        };
        let limits = cycle.limits.iter();
        let highest = limits.map(|limit| self.least_draw(limit) + limit.room());
        let wish = (self.total + step).min(drawn + sun.room());
        let rise = highest.fold(wish, DeciAmps::min).min(cycle.ceiling.current);
        if rise > self.total {
            let more = rise - self.total;
            self.reason = LimitedBy::Solar;
            self.change(cycle.now, rise);
            self.climb = Some(Climb {
                step: pending.map_or(more, |climb| climb.step + more),
                room: pending.map_or(sun.room(), |climb| climb.room),
                first: false,
            });
        }
    }

    /// Raises that the surplus does not show yet, although the vehicle may
    /// still be on its way.
    fn pending_climb(&self, at: Instant, room: DeciAmps) -> Option<Climb> {
        let climb = self.climb.filter(|climb| !climb.is_followed(room));
        climb.filter(|_| !self.history.settled(at, SLOWEST))
    }

    /// The timer runs while not even one EVSE at MIN is covered. With one
    /// phase still to try, nothing stops.
    fn run_stop_timer(&mut self, cycle: &Cycle, sun: &Constraint) {
        let at_min = self.total <= cycle.lowest();
        let can_shrink = cycle.config.has_auto_phases() && cycle.fleet.phases.count() > 1;
        if !at_min || can_shrink {
            self.sun.cancel_stop();
            return;
        }
        let covered = self.target(sun) >= cycle.floor;
        self.sun.watch_stop(sun.measured.1, !covered);
    }

    /// Follows START while nobody charges, and chooses the phases; gives
    /// whether the choice changed.
    pub(super) fn choose_phases(&mut self, cycle: &Cycle) -> bool {
        let ended = self.charging && !cycle.charging;
        if ended {
            self.interrupt(cycle);
        }
        if cycle.charging {
            self.sun.forget_start();
        } else if cycle.news.mains {
            self.watch_start(cycle);
        }
        if !cycle.config.has_auto_phases() {
            return false;
        }
        let before = self.phase.is_three();
        if !cycle.fleet.local.wants {
            self.phase.vacated();
        }
        let three_at_min = cycle.floor.times(3);
        let relay = cycle.site.grid_relay_open;
        if relay && three_at_min > cycle.config.tuning.relay_budget {
            self.phase.force_single(cycle.now);
        } else if cycle.config.mode != Mode::Solar {
            self.phase.release();
        } else if let Some(sun) = cycle.sun.filter(|_| cycle.news.mains) {
            let sight = self.sight(cycle, &sun);
            self.phase.observe(cycle.config, &sight);
        }
        self.phase.is_three() != before
    }

    /// A charge that ends for other phases goes on without a new dwell.
    fn interrupt(&mut self, cycle: &Cycle) {
        let total = self.phase.interrupted_with();
        if let Some(total) = total.filter(|_| cycle.sun.is_some()) {
            let export = total - cycle.config.import.to_deci();
            let plenty = export > cycle.config.start.to_deci();
            self.sun.interrupt(cycle.now, plenty && !self.stopped);
        }
    }

    fn watch_start(&mut self, cycle: &Cycle) {
        if let Some(sun) = cycle.sun {
            let at: Instant = sun.measured.1;
            self.sun.watch_start(cycle.config, at, sun.load);
        }
    }

    fn sight(&self, cycle: &Cycle, sun: &Constraint) -> Sight {
        let at = sun.measured.1;
        let drawn = self
            .believed_draw(sun)
            .times(i32::from(sun.tenths))
            .divided_by(10);
        let spare = sun.limit - sun.load;
        let export = DeciAmps::ZERO - sun.load;
        let total = if cycle.charging {
            drawn + spare
        } else {
            export
        };
        Sight {
            at,
            total,
            charging_since: self.charging_since.filter(|_| cycle.charging),
            on_three: cycle.fleet.phases.count() > 1,
            started: self.sun.is_ready(),
            highest: highest(cycle),
        }
    }
}

/// The highest current of one phase, the grid relay apart.
fn highest(cycle: &Cycle) -> DeciAmps {
    let local: EvseView = cycle.fleet.local;
    let closed = Site {
        grid_relay_open: false,
        ..*cycle.site
    };
    Ceiling::of(cycle.config, &closed, &local).current
}
