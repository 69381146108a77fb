//! One cycle of the regulation, from fresh samples to the final clamp.

use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Mode};

use crate::RESPONSE_TIME;
use crate::config::{Config, Role};
use crate::constraint::{Constraint, Constraints};
use crate::draw::Draw;
use crate::evidence::Evidence;
use crate::fresh::Gate;
use crate::history::History;
use crate::phases::PhaseChoice;
use crate::plan::Plan;
use crate::quarter::Quarter;
use crate::raise::{self, Climb, Headroom, Oscillation};
use crate::shortage::{Countdown, Shortage};
use crate::site::{EvseView, Site};
use crate::sun::Sun;

mod cycle;
mod group;
mod judge;
mod outcome;
mod solar;
mod unmoved;

use cycle::{Cycle, News};

/// A limit that is no fuse may be exceeded at MIN for so long (decision 61).
const GRACE: Duration = Duration::from_secs(5);

/// An overload this small soon after a raise is the end of that raise: the
/// vehicle is taken to have followed. A larger one comes from other loads, and
/// the vehicle may still be half a response time behind.
const SLIGHT: DeciAmps = DeciAmps::from_deci(10);

/// Regulates the current of one EVSE, or the total of a group.
///
/// Pure and deterministic: time and measurements are arguments. It may be
/// called at any time, but at the latest when an input changes and at
/// [`Plan::deadline`]; more calls change nothing. A call is bounded and
/// takes no allocation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Regulator {
    mode: Mode,
    /// The regulated current per phase: of the lone EVSE, or of all together.
    total: DeciAmps,
    /// What was announced, and when.
    history: History,
    lone: bool,
    mains: Gate,
    circuit: Gate,
    draw: Draw,
    evidence: Evidence,
    oscillation: Oscillation,
    headroom: Headroom,
    climb: Option<Climb>,
    shortage: Shortage,
    circuit_shortage: Shortage,
    capacity: Countdown,
    quarter_excess: Countdown,
    quarter: Quarter,
    blind: Countdown,
    sun: Sun,
    phase: PhaseChoice,
    charging: bool,
    charging_since: Option<Instant>,
    members: usize,
    wanting: usize,
    /// When one of several stopped while another one was about to begin.
    left_at: Option<Instant>,
    /// When one more began to charge beside others.
    joined_at: Option<Instant>,
    /// Since when a limit of a group has been exceeded without a break.
    over_since: Option<Instant>,
    /// Since when one more could join in Solar.
    spare_since: Option<Instant>,
    /// Since when the sun does not cover all at MIN.
    short_since: Option<Instant>,
    stopped: bool,
    sunless: bool,
    doubled: bool,
    reason: LimitedBy,
}

impl Regulator {
    /// A regulator that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the present state of the site and the EVSEs, the local one first,
    /// and gives what to offer (regulation 6.8).
    ///
    /// With one EVSE the plan is for that EVSE; with several it is the budget
    /// of the group, which a scheduler divides. Without any it offers nothing.
    pub fn step(&mut self, now: Instant, config: &Config, site: &Site, evses: &[EvseView]) -> Plan {
        self.follow_mode(config.mode);
        let news = self.take_news(now, config, site);
        self.gather_evidence(config, site, evses);
        let world = (config, site, evses);
        self.look(now, world, news, true)
            .or_else(|| self.look(now, world, news, false))
            .unwrap_or_default()
    }

    /// Decides on one view of the world; `None` = other phases were chosen, so
    /// that the view is a different one. Only the first look may choose.
    ///
    /// A function of its own, so that one view at a time lies on the stack.
    #[inline(never)]
    fn look(
        &mut self,
        now: Instant,
        (config, site, evses): (&Config, &Site, &[EvseView]),
        news: News,
        first: bool,
    ) -> Option<Plan> {
        let mut limits = Constraints::default();
        let cycle = self.cycle(now, config, site, evses, news, &mut limits);
        if first {
            self.lone = cycle.fleet.lone;
            if self.choose_phases(&cycle) {
                return None;
            }
        }
        self.follow_announcements(&cycle);
        self.draw.observe(now, cycle.fleet.measured(), self.total);
        let startable = self.startable(&cycle);
        self.stopped &= !startable || cycle.charging;
        self.sunless &= self.stopped;
        self.follow_contactor(&cycle);
        if self.charging {
            self.regulate(&cycle, startable);
        }
        if !self.lone {
            self.watch_spare(&cycle, startable);
            self.welcome(&cycle, startable);
        }
        Some(self.plan(&cycle, startable))
    }

    /// Ends a solar stop timer that runs; lack of surplus starts it anew
    /// (regulation 6.5). Nothing that protects a limit changes.
    pub fn end_stop_timer(&mut self) {
        self.sun.cancel_stop();
    }

    #[inline(never)]
    fn take_news(&mut self, now: Instant, config: &Config, site: &Site) -> News {
        let mains = self.mains.admit(now, &site.mains);
        if let Some(sample) = &mains {
            self.quarter.observe(config, site, sample);
        }
        News {
            mains: mains.is_some(),
            circuit: self.circuit.admit(now, &site.circuit).is_some(),
        }
    }

    /// A new mode begins without old grudges (regulation 3); the latest sample
    /// is news to it.
    fn follow_mode(&mut self, mode: Mode) {
        if core::mem::replace(&mut self.mode, mode) != mode {
            self.stopped = false;
            self.forget_shortage();
            self.oscillation = Oscillation::default();
            self.mains = Gate::default();
            self.circuit = Gate::default();
            self.headroom.forget();
            self.sun = Sun::default();
        }
    }

    fn forget_shortage(&mut self) {
        self.shortage = Shortage::default();
        self.circuit_shortage = Shortage::default();
        self.capacity.cancel();
        self.quarter_excess.cancel();
        self.blind.cancel();
        self.sun.cancel_stop();
        self.doubled = false;
    }

    fn startable(&self, cycle: &Cycle) -> bool {
        let health = &cycle.health;
        let sighted = !health.mains_stale && !health.ev_stale && health.circuit_stale.is_none();
        let able = sighted && cycle.config.role != Role::Node;
        able && self.has_sun(cycle) && cycle.min_is_free()
    }

    /// A charge begins at MIN and ends with nothing (decision 40).
    fn follow_contactor(&mut self, cycle: &Cycle) {
        self.charging_since = match cycle.charging {
            true => Some(cycle.since.unwrap_or(cycle.now)),
            false => None,
        };
        if core::mem::replace(&mut self.charging, cycle.charging) == cycle.charging {
            return;
        }
        self.forget_shortage();
        self.headroom.forget();
        self.evidence.forget();
        self.climb = cycle.first_climb().filter(|_| cycle.charging);
        self.reason = LimitedBy::Start;
        if cycle.charging && cycle.config.has_auto_phases() {
            let three = cycle.fleet.local.phases.count() > 1;
            self.phase.closed(cycle.now, three);
        }
        let begin = if cycle.charging {
            cycle.floor
        } else {
            DeciAmps::ZERO
        };
        self.set(cycle.now, begin);
    }

    fn regulate(&mut self, cycle: &Cycle, startable: bool) {
        self.watch_guards(cycle);
        self.watch_overload(cycle);
        self.judge_shortage(cycle);
        let goes_on = cycle.may_charge() && !self.stopped;
        if goes_on && (!self.lone || self.resume(cycle, startable)) {
            match cycle.config.mode {
                Mode::Solar => self.follow_sun(cycle),
                Mode::Normal | Mode::Smart => self.raise(cycle),
            }
            self.lower(cycle);
        } else {
            self.set(cycle.now, DeciAmps::ZERO);
        }
    }

    /// After a pause that the charger has not carried out yet, charging goes on
    /// at MIN if that is free; gives whether it goes on.
    fn resume(&mut self, cycle: &Cycle, startable: bool) -> bool {
        let paused = self.total == DeciAmps::ZERO && !startable;
        if self.total < cycle.floor && !paused {
            self.change(cycle.now, cycle.floor);
        }
        !paused
    }

    /// The set-point at which the limit would just be met (regulation 6.1).
    fn target(&self, limit: &Constraint) -> DeciAmps {
        self.believed_draw(limit) + limit.room()
    }

    /// The vehicle's current inside a measurement (regulation 6.1 and 6.2).
    fn believed_draw(&self, limit: &Constraint) -> DeciAmps {
        let (_, at) = limit.measured;
        let from = at - RESPONSE_TIME;
        if let Some(measured) = self.draw.measured_near(at) {
            // A vehicle that ignores the pilot must not keep the set-point up.
            return measured.min(self.history.highest_between(from, at));
        }
        if self.history.lowered_since(from) {
            return self.history.highest_between(from, at);
        }
        let delay = match limit.room() {
            room if room < DeciAmps::ZERO - SLIGHT => RESPONSE_TIME.as_micros() / 2,
            _ => 0,
        };
        self.history.at(at - Duration::from_micros(delay))
    }

    /// Lowers at once, on raw data, in full (decision 16).
    fn lower(&mut self, cycle: &Cycle) {
        let mut lowered = (self.total, self.reason);
        let fresh = cycle.limits.iter().filter(|limit| cycle.news.has(limit));
        let exceeded = fresh.filter(|limit| limit.room() < DeciAmps::ZERO);
        if let Some(worst) = exceeded.min_by_key(|limit| self.target(limit)) {
            let target = self.target(worst).min(self.pressed(cycle, worst));
            let target = target.max(self.least(cycle));
            if target <= lowered.0 {
                lowered = (target, worst.by);
            }
        }
        if cycle.is_blind() {
            lowered = (cycle.lowest().min(lowered.0), LimitedBy::StaleData);
        }
        if cycle.ceiling.current <= lowered.0 {
            lowered = (cycle.ceiling.current, cycle.ceiling.by);
        }
        self.reason = lowered.1;
        self.change(cycle.now, lowered.0);
    }

    /// A lone EVSE stays at MIN until it has to stop; of a group the scheduler
    /// pauses those for whom MIN is not left.
    fn least(&self, cycle: &Cycle) -> DeciAmps {
        if self.lone {
            cycle.floor
        } else {
            DeciAmps::MIN
        }
    }

    fn change(&mut self, now: Instant, to: DeciAmps) {
        if to != self.total {
            self.headroom.forget();
            self.climb = None;
        }
        self.set(now, to);
    }

    /// What a lone EVSE is offered counts as announced at once.
    #[inline(never)]
    fn set(&mut self, now: Instant, to: DeciAmps) {
        self.total = to;
        if self.lone {
            self.history.record(now, to);
        }
    }

    /// Raises step by step, on lasting room (regulation 6.3).
    fn raise(&mut self, cycle: &Cycle) {
        let Some(tightest) = cycle.limits.tightest() else {
            let free = !cycle.is_blind();
            return if free {
                self.jump(cycle)
            };
        };
        if cycle.news.has(tightest) {
            self.raise_on(cycle, tightest);
        }
    }

    /// Without any limit the set-point is the ceiling (regulation 3: Normal).
    fn jump(&mut self, cycle: &Cycle) {
        self.reason = cycle.ceiling.by;
        self.change(cycle.now, cycle.ceiling.current);
    }

    fn raise_on(&mut self, cycle: &Cycle, tightest: &Constraint) {
        let tuning = &cycle.config.tuning;
        let (room, at) = (tightest.room(), tightest.measured.1);
        self.oscillation.observe(at, room, tuning.smart_deadband);
        self.headroom.observe(at, room, tuning.smart_deadband);
        let level = self.oscillation.level();
        let pace = raise::pace(tuning, room, level, self.climb);
        let Some(lasting) = self.headroom.lasting(at, pace.patience) else {
            return;
        };
        if room < tuning.smart_deadband || !self.may_rise(cycle, at, pace.settled) {
            return;
        }
        let present = self.total;
        let wish = present + raise::step(tuning, lasting, &pace);
        // A start that shows in the room is inside the measurement, although
        // the set-point before it was nothing.
        let started = self.climb.is_some_and(|climb| climb.is_seen_start(room));
        let seen = if started { cycle.floor } else { DeciAmps::ZERO };
        let highest = cycle
            .limits
            .iter()
            .map(|limit| self.least_draw(limit).max(seen) + limit.room());
        let rise = highest.fold(wish, DeciAmps::min).min(cycle.ceiling.current);
        if rise > present {
            self.reason = LimitedBy::Ramp;
            self.change(cycle.now, rise);
            let step = rise - present;
            let first = false;
            self.climb = Some(Climb { step, room, first });
        }
    }

    fn may_rise(&self, cycle: &Cycle, at: Instant, span: Duration) -> bool {
        let settled = self.history.settled(at, span);
        let pending = self.history.lowered_since(at - RESPONSE_TIME);
        let known = settled && self.knows_members(at);
        known && !pending && !cycle.is_blind() && !self.draw.is_idle_below()
    }

    /// The vehicle's current inside a measurement if it had followed nothing
    /// of the last raises yet.
    fn least_draw(&self, limit: &Constraint) -> DeciAmps {
        let (_, at) = limit.measured;
        let known = self.draw.measured_near(at);
        known.unwrap_or_else(|| self.history.lowest_since(at - RESPONSE_TIME))
    }
}
