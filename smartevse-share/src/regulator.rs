//! One cycle of the regulation, from fresh samples to the final clamp.

use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Mode, PhaseSet};

use crate::RESPONSE_TIME;
use crate::ceiling::Ceiling;
use crate::config::{Config, Role};
use crate::constraint::{Constraint, Constraints, Severity};
use crate::draw::Draw;
use crate::fresh::Gate;
use crate::health::Health;
use crate::history::History;
use crate::plan::Plan;
use crate::raise::{self, Climb, Headroom, Oscillation};
use crate::shortage::{Countdown, Shortage};
use crate::site::{EvseView, Site};
use crate::start::may_start;

/// A limit that is no fuse may be exceeded at MIN for so long (decision 61).
const GRACE: Duration = Duration::from_secs(5);

/// An overload this small soon after a raise is the end of that raise: the
/// vehicle is taken to have followed. A larger one comes from other loads, and
/// the vehicle may still be half a response time behind.
const SLIGHT: DeciAmps = DeciAmps::from_deci(10);

/// Regulates the current of one EVSE.
///
/// Pure and deterministic: time and measurements are arguments. It may be
/// called at any time, but at the latest when an input changes and at
/// [`Plan::deadline`]; more calls change nothing. A call is bounded and
/// takes no allocation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Regulator {
    mode: Mode,
    history: History,
    mains: Gate,
    circuit: Gate,
    draw: Draw,
    oscillation: Oscillation,
    headroom: Headroom,
    climb: Option<Climb>,
    shortage: Shortage,
    circuit_shortage: Shortage,
    capacity: Countdown,
    blind: Countdown,
    charging: bool,
    stopped: bool,
    reason: LimitedBy,
}

/// What stays the same during one cycle.
struct Cycle<'a> {
    now: Instant,
    config: &'a Config,
    site: &'a Site,
    evse: &'a EvseView,
    ceiling: Ceiling,
    health: Health,
    floor: DeciAmps,
    limits: Constraints,
    news: News,
}

/// Which measurements are acted on in this cycle.
#[derive(Clone, Copy)]
struct News {
    mains: bool,
    circuit: bool,
}

impl News {
    fn has(self, limit: &Constraint) -> bool {
        if is_circuit(limit) {
            self.circuit
        } else {
            self.mains
        }
    }
}

/// Whether the EV meter guards this limit.
fn is_circuit(limit: &Constraint) -> bool {
    matches!(limit.by, LimitedBy::Circuit(_))
}

impl Regulator {
    /// A regulator that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the present state of the site and the EVSE and gives what to
    /// offer (regulation 6.8).
    pub fn step(&mut self, now: Instant, config: &Config, site: &Site, evse: &EvseView) -> Plan {
        self.follow_mode(config.mode);
        let cycle = Cycle {
            now,
            config,
            site,
            evse,
            ceiling: Ceiling::of(config, site, evse),
            health: Health::of(now, config, site),
            floor: config.floor(),
            limits: Constraints::of(config, site, evse.phases),
            news: self.take_news(now, site),
        };
        self.draw
            .observe(now, &evse.measured, evse.phases, self.history.present());
        let startable = self.startable(&cycle);
        self.stopped &= !startable || evse.charging;
        self.follow_contactor(&cycle);
        if self.charging {
            self.regulate(&cycle, startable);
        }
        self.plan(&cycle, startable)
    }

    fn take_news(&mut self, now: Instant, site: &Site) -> News {
        News {
            mains: self.mains.admit(now, &site.mains).is_some(),
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
        }
    }

    fn forget_shortage(&mut self) {
        self.shortage = Shortage::default();
        self.circuit_shortage = Shortage::default();
        self.capacity.cancel();
        self.blind.cancel();
    }

    fn startable(&self, cycle: &Cycle) -> bool {
        let health = &cycle.health;
        let sighted = !health.mains_stale && !health.ev_stale && health.circuit_stale.is_none();
        let built = cycle.config.mode != Mode::Solar && cycle.config.role != Role::Node;
        built && sighted && may_start(cycle.config, cycle.site, cycle.evse, &[])
    }

    /// A charge begins at MIN and ends with nothing (decision 40).
    fn follow_contactor(&mut self, cycle: &Cycle) {
        let charging = cycle.evse.charging;
        if core::mem::replace(&mut self.charging, charging) == charging {
            return;
        }
        self.forget_shortage();
        self.headroom.forget();
        self.climb = cycle.first_climb().filter(|_| charging);
        self.reason = LimitedBy::Start;
        let begin = if charging {
            cycle.floor
        } else {
            DeciAmps::ZERO
        };
        self.history.record(cycle.now, begin);
    }

    fn regulate(&mut self, cycle: &Cycle, startable: bool) {
        self.watch_guards(cycle);
        self.judge_shortage(cycle);
        if cycle.may_charge() && !self.stopped && self.resume(cycle, startable) {
            self.raise(cycle);
            self.lower(cycle);
        } else {
            self.history.record(cycle.now, DeciAmps::ZERO);
        }
    }

    /// After a pause that the charger has not carried out yet, charging goes on
    /// at MIN if that is free; gives whether it goes on.
    fn resume(&mut self, cycle: &Cycle, startable: bool) -> bool {
        let present = self.history.present();
        let paused = present == DeciAmps::ZERO && !startable;
        if present < cycle.floor && !paused {
            self.change(cycle.now, cycle.floor);
        }
        !paused
    }

    /// Without a guard the EVSE goes to MIN, and stops soon (decision 38).
    fn watch_guards(&mut self, cycle: &Cycle) {
        match cycle.health.circuit_stale {
            Some(since) => self.blind.run(since),
            None => self.blind.cancel(),
        }
        let over = |due: Option<Instant>| due.is_some_and(|due| cycle.now >= due);
        let blind = self.blind.due(GRACE);
        self.stopped |= over(blind) || over(self.capacity_due(cycle.config));
    }

    fn capacity_due(&self, config: &Config) -> Option<Instant> {
        let minutes = u64::from(config.cap_stop.as_minutes());
        let span = Duration::from_minutes(minutes);
        self.capacity.due(span.max(GRACE))
    }

    fn judge_shortage(&mut self, cycle: &Cycle) {
        let fresh = || cycle.limits.iter().filter(|limit| cycle.news.has(limit));
        for by_circuit in [false, true] {
            let thermal = fresh().filter(|limit| {
                limit.severity == Severity::Thermal && is_circuit(limit) == by_circuit
            });
            if let Some(worst) = thermal.min_by_key(|limit| limit.room()) {
                self.judge_thermal(cycle, worst, by_circuit);
            }
        }
        for limit in fresh().filter(|limit| limit.severity == Severity::Timed) {
            self.judge_capacity(cycle, limit);
        }
    }

    /// Each meter counts for itself: a good sample of one says nothing about
    /// the limit that the other one guards.
    fn judge_thermal(&mut self, cycle: &Cycle, worst: &Constraint, by_circuit: bool) {
        let tuning = &cycle.config.tuning;
        let mut shortage = if by_circuit {
            self.circuit_shortage
        } else {
            self.shortage
        };
        self.stopped |= worst.is_doubled();
        if self.is_hard(cycle, worst, shortage.is_counting()) {
            self.stopped |= shortage.hard(tuning, worst);
        } else {
            shortage.good(tuning, worst.measured.1, worst.room());
        }
        if by_circuit {
            self.circuit_shortage = shortage;
        } else {
            self.shortage = shortage;
        }
    }

    fn judge_capacity(&mut self, cycle: &Cycle, limit: &Constraint) {
        if self.is_hard(cycle, limit, self.capacity.is_running()) {
            self.capacity.run(cycle.now);
        } else if limit.room() >= DeciAmps::ZERO {
            self.capacity.cancel();
        }
    }

    /// A limit cannot be met with the EVSE at MIN. Once found, the overload is
    /// not excused by a vehicle that may still be on its way to MIN.
    fn is_hard(&self, cycle: &Cycle, limit: &Constraint, before: bool) -> bool {
        let lowest = self.history.present() <= cycle.floor;
        let over = limit.room() < DeciAmps::ZERO;
        over && (self.target(limit) < cycle.floor || (before && lowest))
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
        let mut lowered = (self.history.present(), self.reason);
        let fresh = cycle.limits.iter().filter(|limit| cycle.news.has(limit));
        let exceeded = fresh.filter(|limit| limit.room() < DeciAmps::ZERO);
        if let Some(worst) = exceeded.min_by_key(|limit| self.target(limit)) {
            let target = self.target(worst).max(cycle.floor);
            if target <= lowered.0 {
                lowered = (target, worst.by);
            }
        }
        if cycle.is_blind() {
            lowered = (cycle.floor, LimitedBy::StaleData);
        }
        if cycle.ceiling.current <= lowered.0 {
            lowered = (cycle.ceiling.current, cycle.ceiling.by);
        }
        self.reason = lowered.1;
        self.change(cycle.now, lowered.0);
    }

    fn change(&mut self, now: Instant, to: DeciAmps) {
        if to != self.history.present() {
            self.headroom.forget();
            self.climb = None;
        }
        self.history.record(now, to);
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
        let present = self.history.present();
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
        settled && !pending && !cycle.is_blind() && !self.draw.is_idle_below()
    }

    /// The vehicle's current inside a measurement if it had followed nothing
    /// of the last raises yet.
    fn least_draw(&self, limit: &Constraint) -> DeciAmps {
        let (_, at) = limit.measured;
        let known = self.draw.measured_near(at);
        known.unwrap_or_else(|| self.history.lowest_since(at - RESPONSE_TIME))
    }

    fn plan(&self, cycle: &Cycle, startable: bool) -> Plan {
        let health = &cycle.health;
        let available = if self.charging {
            self.history.present() > DeciAmps::ZERO
        } else {
            startable
        };
        let offered = self.offer(cycle, available);
        Plan {
            offered,
            available,
            shortage_stop: self.stopped,
            limited_by: self.explain(cycle, offered),
            mains_stale: health.mains_stale,
            ev_stale: health.ev_stale,
            capacity_stop: self.capacity_due(cycle.config),
            deadline: self.deadline(cycle),
        }
    }

    fn offer(&self, cycle: &Cycle, available: bool) -> DeciAmps {
        match (available && cycle.evse.wants, self.charging) {
            (true, true) => self.history.present(),
            (true, false) => cycle.floor,
            (false, _) => DeciAmps::ZERO,
        }
    }

    fn explain(&self, cycle: &Cycle, offered: DeciAmps) -> LimitedBy {
        match offered {
            DeciAmps::ZERO => LimitedBy::Nothing,
            _ if !self.charging => LimitedBy::Start,
            _ if offered >= cycle.ceiling.current => cycle.ceiling.by,
            _ => self.reason,
        }
    }

    fn deadline(&self, cycle: &Cycle) -> Instant {
        let timers = [self.blind.due(GRACE), self.capacity_due(cycle.config)];
        let coming = timers.into_iter().flatten().filter(|due| *due > cycle.now);
        coming.fold(cycle.health.deadline, Instant::earliest)
    }
}

impl Cycle<'_> {
    /// Everything that ends a charge at once, whatever the measured currents.
    fn may_charge(&self) -> bool {
        let built = self.config.mode != Mode::Solar && self.config.role != Role::Node;
        let able = self.ceiling.current >= self.floor && self.evse.phases != PhaseSet::empty();
        let sighted = !self.health.mains_stale && !self.health.ev_stale;
        built && able && sighted && self.evse.wants
    }

    /// The start itself is the first raise, made on what was free before.
    fn first_climb(&self) -> Option<Climb> {
        let room = self.limits.tightest()?.room();
        let step = self.floor;
        let first = true;
        Some(Climb { step, room, first })
    }

    /// Data that guards a limit is missing.
    fn is_blind(&self) -> bool {
        self.health.guard_stale || self.health.circuit_stale.is_some()
    }
}
