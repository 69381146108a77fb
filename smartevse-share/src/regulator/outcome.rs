//! From the state of the regulator to a plan.

use smartevse_types::{DeciAmps, Instant, LimitedBy, Mode};

use super::cycle::Cycle;
use super::{GRACE, Regulator};
use crate::config::Role;
use crate::plan::Plan;

impl Regulator {
    pub(super) fn plan(&self, cycle: &Cycle, startable: bool) -> Plan {
        let (config, health) = (cycle.config, &cycle.health);
        let available = if self.charging {
            self.total > DeciAmps::ZERO
        } else {
            startable
        };
        let offered = self.offer(cycle, available);
        Plan {
            offered,
            budget: if self.lone { offered } else { self.total },
            grace_running: self.grace_runs(cycle),
            available,
            stop: self.stopped,
            no_sun: self.waits_for_sun(cycle),
            hold_joins: !self.lone && self.charging && !self.may_join(cycle),
            three_phase: self.wants_three_phase(cycle),
            limited_by: self.explain(cycle, offered),
            mains_stale: health.mains_stale,
            ev_stale: health.ev_stale,
            capacity_stop: self.capacity_due(config),
            solar_stop: self.sun.due(config, self.charging_since),
            deadline: self.deadline(cycle),
        }
    }

    fn offer(&self, cycle: &Cycle, available: bool) -> DeciAmps {
        let wanted = self.lone && cycle.fleet.local.wants;
        match (available && wanted, self.charging) {
            (true, true) => self.total,
            (true, false) => cycle.floor,
            (false, _) => DeciAmps::ZERO,
        }
    }

    fn waits_for_sun(&self, cycle: &Cycle) -> bool {
        let solar = cycle.config.mode == Mode::Solar && cycle.config.role != Role::Node;
        let waits = !self.charging && !self.sun.is_ready() && !cycle.health.mains_stale;
        solar && (self.sunless || (waits && cycle.min_is_free()))
    }

    fn wants_three_phase(&self, cycle: &Cycle) -> bool {
        let (contact2, mode) = (cycle.config.contact2, cycle.config.mode);
        let chosen = self.phase.is_three() || !cycle.config.has_auto_phases();
        contact2.three_phase(mode).unwrap_or(chosen)
    }

    fn explain(&self, cycle: &Cycle, offered: DeciAmps) -> LimitedBy {
        let current = if self.lone { offered } else { self.total };
        match current {
            DeciAmps::ZERO => LimitedBy::Nothing,
            _ if !self.charging => LimitedBy::Start,
            _ if current >= cycle.ceiling.current => cycle.ceiling.by,
            _ => self.reason,
        }
    }

    fn deadline(&self, cycle: &Cycle) -> Instant {
        let timers = [
            self.blind.due(GRACE),
            self.capacity_due(cycle.config),
            self.quarter_due(),
            self.sun.due(cycle.config, self.charging_since),
            self.join_due(),
        ];
        let coming = timers.into_iter().flatten().filter(|due| *due > cycle.now);
        coming.fold(cycle.health.deadline, Instant::earliest)
    }
}
