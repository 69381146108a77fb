//! What stays the same during one cycle.

use smartevse_types::{DeciAmps, Instant, LimitedBy, Mode, PhaseSet};

use super::Regulator;
use crate::battery::{battery_current, without_battery};
use crate::ceiling::Ceiling;
use crate::config::{Config, Role};
use crate::constraint::{Constraint, Constraints, Severity};
use crate::fleet::Fleet;
use crate::health::Health;
use crate::raise::Climb;
use crate::site::{EvseView, Site};

/// The inputs of one cycle with what follows from them alone.
pub(super) struct Cycle<'a> {
    pub(super) now: Instant,
    pub(super) config: &'a Config,
    pub(super) site: &'a Site,
    pub(super) fleet: Fleet<'a>,
    pub(super) charging: bool,
    /// When the first charge began, if that is told.
    pub(super) since: Option<Instant>,
    pub(super) ceiling: Ceiling,
    pub(super) health: Health,
    pub(super) floor: DeciAmps,
    pub(super) limits: &'a Constraints,
    /// The limit of the present quarter of an hour.
    pub(super) quarter: Option<Constraint>,
    /// IMPORT against the net current, in Solar.
    pub(super) sun: Option<Constraint>,
    pub(super) news: News,
}

/// Which measurements are acted on in this cycle.
#[derive(Clone, Copy)]
pub(super) struct News {
    pub(super) mains: bool,
    pub(super) circuit: bool,
}

impl News {
    pub(super) fn has(self, limit: &Constraint) -> bool {
        if is_circuit(limit) {
            self.circuit
        } else {
            self.mains
        }
    }
}

/// Whether the EV meter guards this limit.
pub(super) fn is_circuit(limit: &Constraint) -> bool {
    matches!(limit.by, LimitedBy::Circuit(_))
}

impl Regulator {
    /// The local EVSE with the phases that it loads or would load.
    fn local(&self, config: &Config, evses: &[EvseView]) -> EvseView {
        let local = evses.first().copied().unwrap_or_default();
        if local.charging || !config.has_auto_phases() {
            return local;
        }
        let phases = if self.phase.is_three() {
            PhaseSet::THREE
        } else {
            PhaseSet::SINGLE
        };
        EvseView { phases, ..local }
    }

    /// An EV meter that shows a phase idle proves it, even if it measures the
    /// circuit as well; a meter of the circuit alone proves nothing, because what
    /// is generated behind it hides the vehicle (regulation 8.1).
    pub(super) fn gather_evidence(&mut self, config: &Config, site: &Site, evses: &[EvseView]) {
        let local = evses.first().filter(|local| local.charging);
        let Some((local, since)) = local.zip(self.charging_since) else {
            return;
        };
        let own = local.measured.sample().is_some();
        let guarded =
            config.has_ev_meter && !config.has_circuit_meter && config.role == Role::StandAlone;
        if own {
            self.evidence.observe(&local.measured, since);
        } else if guarded {
            self.evidence.observe(&site.circuit, since);
        }
    }

    #[inline(never)]
    pub(super) fn cycle<'a>(
        &self,
        now: Instant,
        config: &'a Config,
        site: &'a Site,
        evses: &'a [EvseView],
        news: News,
        limits: &'a mut Constraints,
    ) -> Cycle<'a> {
        let local = self.local(config, evses);
        let fleet = Fleet::of(evses, site, &self.evidence, local);
        let mains = site.mains.sample().filter(|_| config.guards_mains());
        let quarter = mains.and_then(|sample| self.quarter.constraint(&sample, fleet.tenths));
        limits.measure(config, site, fleet.phases, fleet.tenths);
        limits.set_quarter(quarter);
        Cycle {
            now,
            config,
            site,
            charging: fleet.charging > 0,
            since: fleet.since.or(self.charging_since),
            ceiling: fleet.ceiling(config, site),
            health: Health::of(now, config, site),
            floor: config.floor(),
            limits,
            quarter,
            sun: surplus(now, config, site, &fleet),
            news,
            fleet,
        }
    }
}

/// IMPORT as a limit on the net current, without the home battery
/// (regulation 6.4).
fn surplus(now: Instant, config: &Config, site: &Site, fleet: &Fleet) -> Option<Constraint> {
    if config.mode != Mode::Solar {
        return None;
    }
    let sample = site.mains.sample()?;
    let battery = battery_current(now, config.mode, site);
    Some(Constraint {
        by: LimitedBy::Solar,
        severity: Severity::Timed,
        limit: config.import.to_deci(),
        load: without_battery(sample.value, battery, fleet.phases).sum(),
        tenths: fleet.tenths,
        measured: (sample.sequence, sample.at),
    })
}

impl Cycle<'_> {
    /// Everything that ends a charge at once, whatever the measured currents.
    pub(super) fn may_charge(&self) -> bool {
        let regulates = self.config.role != Role::Node;
        let able = self.ceiling.current >= self.floor && self.fleet.phases != PhaseSet::empty();
        let sighted = !self.health.mains_stale && !self.health.ev_stale;
        regulates && able && sighted && self.fleet.wanting > 0
    }

    /// The start itself is the first raise, made on what was free before.
    pub(super) fn first_climb(&self) -> Option<Climb> {
        let room = self.limits.tightest()?.room();
        let step = self.floor;
        let first = true;
        Some(Climb { step, room, first })
    }

    /// Data that guards a limit is missing.
    pub(super) fn is_blind(&self) -> bool {
        self.health.guard_stale || self.health.circuit_stale.is_some()
    }

    /// No lack of surplus below the hold band.
    pub(super) fn is_sunny(&self) -> bool {
        let band = DeciAmps::ZERO - self.config.tuning.solar_deadband;
        self.sun.is_none_or(|sun| sun.limit - sun.load >= band)
    }

    /// All that hold a set-point at MIN.
    pub(super) fn lowest(&self) -> DeciAmps {
        self.floor.times(self.fleet.holding)
    }

    /// Whether MIN is free for one more (regulation 6.6); with others running
    /// in Solar they must be able to give it.
    pub(super) fn min_is_free(&self) -> bool {
        let shared = self
            .sun
            .filter(|_| self.fleet.charging > 0 && !self.fleet.lone);
        let spare = shared.map(|sun| sun.limit - sun.load);
        self.fleet
            .one_more_fits(self.config, self.site, self.quarter.as_ref(), spare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{DeciAmps, PerPhase, PhaseSet};

    /// Regulation 8.1: generation behind a meter of the circuit hides the
    /// vehicle, so that meter does not count its phases.
    #[test]
    fn when_only_the_circuit_has_a_meter_then_no_phase_is_unused() {
        for (has_circuit_meter, phases) in [(false, 1), (true, 3)] {
            let config = Config {
                has_ev_meter: true,
                has_circuit_meter,
                ..Config::default()
            };
            let charging = EvseView {
                charging: true,
                ..EvseView::default()
            };
            let mut regulator = Regulator::new();
            regulator.charging_since = Some(Instant::ZERO);
            let mut site = Site::default();
            for secs in 30..36 {
                let idle = PerPhase::new([60, 3, 3].map(DeciAmps::from_deci));
                site.circuit.update(idle, Instant::from_secs(secs));
                regulator.gather_evidence(&config, &site, &[charging]);
            }
            assert_eq!(regulator.evidence.count(PhaseSet::THREE), phases);
        }
    }
}
