//! When a shortage ends the charge (regulation 6.7 and 10.1).

use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Minutes, Mode, PhaseSet};

use super::cycle::{Cycle, is_circuit};
use super::{GRACE, Regulator};
use crate::config::Config;
use crate::constraint::{Constraint, Constraints, Severity};

impl Regulator {
    /// Without a guard the EVSE goes to MIN, and stops soon (decision 38).
    pub(super) fn watch_guards(&mut self, cycle: &Cycle) {
        match cycle.health.circuit_stale {
            Some(since) => self.blind.run(since),
            None => self.blind.cancel(),
        }
        let over = |due: Option<Instant>| due.is_some_and(|due| cycle.now >= due);
        let blind = self.blind.due(GRACE);
        let timers = [blind, self.capacity_due(cycle.config), self.quarter_due()];
        self.stopped |= timers.into_iter().any(over);
        let sunless = over(self.sun.due(cycle.config, self.charging_since));
        self.sunless |= sunless;
        self.stopped |= sunless;
    }

    pub(super) fn capacity_due(&self, config: &Config) -> Option<Instant> {
        let minutes = u64::from(config.cap_stop.as_minutes());
        let span = Duration::from_minutes(minutes);
        self.capacity.due(span.max(GRACE))
    }

    /// The average of the quarter may be exceeded at MIN for 5 s.
    pub(super) fn quarter_due(&self) -> Option<Instant> {
        self.quarter_excess.due(GRACE)
    }

    /// Whether a shortage is tolerated for a while.
    pub(super) fn grace_runs(&self, cycle: &Cycle) -> bool {
        let counts = self.shortage.is_counting() || self.circuit_shortage.is_counting();
        let timed = self.capacity.is_running() || self.quarter_excess.is_running();
        let sunless = self.sun.due(cycle.config, self.charging_since).is_some();
        let never = cycle.config.mode == Mode::Solar && cycle.config.stop == Minutes::ZERO;
        let tolerated = counts || timed || sunless || never || self.blind.is_running();
        self.charging && tolerated && !self.stopped && !self.doubled && cycle.may_charge()
    }

    pub(super) fn judge_shortage(&mut self, cycle: &Cycle) {
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
            self.judge_timed(cycle, limit);
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
        self.doubled |= worst.is_doubled();
        self.stopped |= self.doubled;
        if self.is_hard(cycle, worst, shortage.is_counting()) {
            let over = shortage.hard(tuning, worst);
            self.stopped |= over && !self.escapes_to_one_phase(cycle);
        } else {
            shortage.good(tuning, worst.measured.1, worst.room());
        }
        if by_circuit {
            self.circuit_shortage = shortage;
        } else {
            self.shortage = shortage;
        }
    }

    fn judge_timed(&mut self, cycle: &Cycle, limit: &Constraint) {
        let quarter = limit.by == LimitedBy::QuarterPeak;
        let running = if quarter {
            self.quarter_excess.is_running()
        } else {
            self.capacity.is_running()
        };
        let hard = self.is_hard(cycle, limit, running);
        let timer = if quarter {
            &mut self.quarter_excess
        } else {
            &mut self.capacity
        };
        if hard {
            timer.run(cycle.now);
        } else if limit.room() >= DeciAmps::ZERO {
            timer.cancel();
        }
    }

    /// With CONTACT 2 = Auto in Solar one phase comes before a stop, if that
    /// meets every limit (regulation 6.7).
    #[inline(never)]
    fn escapes_to_one_phase(&mut self, cycle: &Cycle) -> bool {
        let three = cycle.fleet.lone && cycle.fleet.phases.count() > 1;
        let free = cycle.config.mode == Mode::Solar && cycle.config.has_auto_phases();
        if !three || !free || self.doubled {
            return false;
        }
        let single = Constraints::of(cycle.config, cycle.site, PhaseSet::SINGLE);
        let fits = single.iter().all(|limit| {
            let counted = match limit.phase() {
                Some(_) => 1,
                None => i32::from(cycle.fleet.phases.count()),
            };
            let without = limit.load - self.total.times(counted);
            without + cycle.floor <= limit.limit
        });
        if fits {
            self.phase.force_single(cycle.now);
        }
        fits
    }

    /// A limit cannot be met with one EVSE at MIN. Once found, the overload is
    /// not excused by a vehicle that may still be on its way to MIN.
    fn is_hard(&self, cycle: &Cycle, limit: &Constraint, before: bool) -> bool {
        let lowest = self.total <= cycle.floor;
        let over = limit.room() < DeciAmps::ZERO;
        let nobody = !self.lone && cycle.site.nobody_served;
        over && (self.target(limit) < cycle.floor || (before && lowest) || nobody)
    }
}
