//! The EVSEs of one cycle taken together.

use smartevse_types::{DeciAmps, Instant, LimitedBy, Phase, PhaseSet};

use crate::ceiling::{Ceiling, HARD_CAP};
use crate::config::{Config, Role};
use crate::constraint::{Constraint, Constraints};
use crate::evidence::Evidence;
use crate::site::{EvseView, Site};
use crate::start::{Running, fits, reducible};

/// A lone EVSE, or all EVSEs of a group, as one load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fleet<'a> {
    evses: &'a [EvseView],
    /// The local EVSE, with the phases that it would load.
    pub(crate) local: EvseView,
    /// There is one EVSE only: what it is offered counts as announced at once.
    pub(crate) lone: bool,
    /// EVSEs that hold a set-point now: active or charging, at least 1.
    pub(crate) holding: i32,
    /// EVSEs that are served and do not charge yet.
    pub(crate) coming: i32,
    /// EVSEs that charge.
    pub(crate) charging: usize,
    /// EVSEs that ask for current.
    pub(crate) wanting: usize,
    /// Phases that somebody loads or could load.
    pub(crate) phases: PhaseSet,
    /// Phases of one EVSE on average, in tenths (regulation 6.4).
    pub(crate) tenths: u16,
    /// Phases of the EVSE with the most of them.
    most: u8,
    /// When the first of them began to charge; `None` = nobody tells.
    pub(crate) since: Option<Instant>,
    /// Set-points of those that charge, and what is reserved.
    pub(crate) announced: (DeciAmps, Instant),
}

impl<'a> Fleet<'a> {
    pub(crate) fn of(
        evses: &'a [EvseView],
        site: &Site,
        evidence: &Evidence,
        local: EvseView,
    ) -> Self {
        let lone = evses.len() <= 1;
        let mut fleet = Self {
            evses,
            local,
            lone,
            holding: 0,
            coming: 0,
            charging: 0,
            wanting: 0,
            phases: PhaseSet::empty(),
            tenths: 0,
            most: 0,
            since: None,
            announced: (DeciAmps::ZERO, Instant::ZERO),
        };
        if lone {
            fleet.add(&local);
            fleet.phases = local.phases;
            fleet.most = local.phases.count();
            let used = match local.phases.count() {
                0 => 0,
                _ => evidence.count(local.phases),
            };
            fleet.tenths = u16::from(used).saturating_mul(10);
        } else {
            evses.iter().for_each(|evse| fleet.add(evse));
            fleet.weigh();
            fleet.announced.0 += site.reserved;
        }
        fleet.holding = fleet.holding.max(1);
        fleet
    }

    fn add(&mut self, evse: &EvseView) {
        self.wanting = self.wanting.saturating_add(usize::from(evse.wants));
        let holds = evse.charging || (evse.active && !self.lone);
        self.holding = self.holding.saturating_add(i32::from(holds));
        if !evse.charging {
            self.coming = self.coming.saturating_add(i32::from(evse.active));
            return;
        }
        self.charging = self.charging.saturating_add(1);
        let since = evse.charging_since;
        self.since = match (self.since, since) {
            (Some(a), Some(b)) => Some(a.earliest(b)),
            (a, b) => a.or(b),
        };
        self.announced.0 += evse.set_point;
        let begun = since.unwrap_or(Instant::ZERO);
        self.announced.1 = self.announced.1.latest(evse.set_at).latest(begun);
    }

    /// Phases of those that charge, or else of those that want to.
    fn weigh(&mut self) {
        let somebody = self.charging > 0;
        let counts = |evse: &&EvseView| if somebody { evse.charging } else { evse.wants };
        let (mut sum, mut count) = (0_u16, 0_u16);
        for evse in self.evses.iter().filter(counts) {
            sum = sum.saturating_add(u16::from(evse.phases.count()));
            count = count.saturating_add(1);
            self.phases |= evse.phases;
        }
        let asking = self.evses.iter().filter(|evse| evse.wants || evse.charging);
        self.most = asking.map(|evse| evse.phases.count()).max().unwrap_or(3);
        let tenths = sum.saturating_mul(10).checked_div(count);
        self.tenths = tenths.unwrap_or(30);
        if count == 0 {
            self.phases = PhaseSet::THREE;
        }
    }

    /// The highest total per phase (regulation 7 and 11).
    pub(crate) fn ceiling(&self, config: &Config, site: &Site) -> Ceiling {
        if self.lone {
            return Ceiling::of(config, site, &self.local);
        }
        let asking = self
            .members()
            .filter(|(_, evse)| evse.wants || evse.charging);
        let caps = asking.map(|(index, evse)| member_cap(config, index, evse).current);
        let caps: DeciAmps = caps.filter(|cap| *cap >= config.floor()).sum();
        let sum = Ceiling {
            current: caps + site.reserved,
            by: LimitedBy::Max,
        };
        let circuit = (config.role == Role::Master).then(|| config.circuit.to_deci());
        let relay = config.tuning.relay_budget.divided_by(i32::from(self.most));
        sum.lowered(circuit, LimitedBy::Circuit(Phase::L1))
            .lowered(site.grid_relay_open.then_some(relay), LimitedBy::GridRelay)
    }

    fn members(&self) -> impl Iterator<Item = (usize, &EvseView)> {
        self.evses.iter().enumerate()
    }

    /// Those that can be lowered to MIN.
    fn running(&self) -> impl Iterator<Item = Running> + Clone {
        let charging = self.evses.iter().filter(|evse| evse.charging && !self.lone);
        charging.map(|evse| Running {
            set_point: evse.set_point,
            phases: evse.phases,
        })
    }

    /// Whether MIN is free for one more of those that wait (regulation 6.6).
    pub(crate) fn one_more_fits(
        &self,
        config: &Config,
        site: &Site,
        extra: Option<&Constraint>,
        spare: Option<DeciAmps>,
    ) -> bool {
        if self.lone {
            return self.fits(config, site, extra, spare, 0, &self.local);
        }
        let waiting = |evse: &EvseView| evse.wants && !evse.charging;
        self.members()
            .filter(|(_, evse)| waiting(evse))
            .any(|(index, evse)| self.fits(config, site, extra, spare, index, evse))
    }

    fn fits(
        &self,
        config: &Config,
        site: &Site,
        extra: Option<&Constraint>,
        spare: Option<DeciAmps>,
        index: usize,
        evse: &EvseView,
    ) -> bool {
        let need = config.floor();
        let able = if self.lone {
            Ceiling::of(config, site, evse)
        } else {
            let relay = config.tuning.relay_budget.divided_by(i32::from(self.most));
            member_cap(config, index, evse)
                .lowered(site.grid_relay_open.then_some(relay), LimitedBy::GridRelay)
        };
        let mut limits = Constraints::default();
        limits.measure_all(config, site, evse.phases);
        let each = |limit: &Constraint| fits(limit, need, evse.phases, self.running());
        let sunny = spare.is_none_or(|spare| {
            let back = reducible(None, need, self.running());
            spare + back >= need.times(i32::from(evse.phases.count()))
        });
        let room = self.leaves_room(config);
        able.current >= need && sunny && room && limits.iter().chain(extra).all(each)
    }

    /// A master keeps MIN for everybody inside CIRCUIT even without a meter.
    fn leaves_room(&self, config: &Config) -> bool {
        if self.lone || config.role != Role::Master {
            return true;
        }
        let charging = i32::try_from(self.charging).unwrap_or(i32::MAX);
        let all = config.floor().times(charging.saturating_add(1));
        all <= config.circuit.to_deci()
    }

    /// The measured current of all that charge, where each one is measured:
    /// running number, time of the oldest, sum.
    pub(crate) fn measured(&self) -> Option<(u32, Instant, DeciAmps)> {
        if self.lone {
            return highest(&self.local);
        }
        let mut sum: Option<(u32, Instant, DeciAmps)> = None;
        for evse in self.evses.iter().filter(|evse| evse.charging) {
            let (number, at, current) = highest(evse)?;
            let (numbers, oldest, total) = sum.unwrap_or((0, at, DeciAmps::ZERO));
            sum = Some((
                numbers.wrapping_add(number),
                oldest.earliest(at),
                total + current,
            ));
        }
        sum
    }
}

/// The largest measured current on a phase that the EVSE can load.
fn highest(evse: &EvseView) -> Option<(u32, Instant, DeciAmps)> {
    let sample = evse.measured.sample()?;
    let loaded = Phase::ALL
        .into_iter()
        .filter(|phase| evse.phases.has(*phase));
    let currents = loaded.map(|phase| sample.value.of(phase));
    let current = currents.fold(DeciAmps::ZERO, DeciAmps::max);
    Some((sample.sequence, sample.at, current))
}

/// The cap of one member: only the local EVSE is bound to MAX of this charger.
fn member_cap(config: &Config, index: usize, evse: &EvseView) -> Ceiling {
    let max = if index == 0 {
        config.max.to_deci().min(HARD_CAP)
    } else {
        HARD_CAP
    };
    let circuit = (config.role == Role::Master).then(|| config.circuit.to_deci());
    Ceiling {
        current: max,
        by: LimitedBy::Max,
    }
    .lowered(Some(evse.cap), LimitedBy::Cable)
    .lowered(circuit, LimitedBy::Share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Amps;

    /// Regulation 6.4: the phases of those that charge count, before anybody
    /// does those of all that want.
    #[test]
    fn when_somebody_charges_then_its_phases_count() {
        let one = EvseView {
            wants: true,
            phases: PhaseSet::SINGLE,
            ..EvseView::default()
        };
        let three = EvseView {
            phases: PhaseSet::THREE,
            ..one
        };
        let (site, evidence) = (Site::default(), Evidence::default());
        for (charging, tenths, phases) in [(false, 20, PhaseSet::THREE), (true, 10, one.phases)] {
            let evses = [EvseView { charging, ..one }, three];
            let fleet = Fleet::of(&evses, &site, &evidence, one);
            assert_eq!((fleet.tenths, fleet.phases), (tenths, phases));
            assert_eq!(fleet.most, 3);
        }
    }

    /// Regulation 7: only the EVSE of the master itself is bound to its MAX.
    #[test]
    fn when_an_evse_is_a_node_then_max_of_the_master_does_not_bind_it() {
        let config = Config {
            role: Role::Master,
            circuit: Amps::from_amps(63),
            ..Config::default()
        };
        let evse = EvseView {
            cap: DeciAmps::from_deci(320),
            ..EvseView::default()
        };
        for (index, deci) in [(0, 160), (1, 320), (7, 320)] {
            let cap = member_cap(&config, index, &evse).current;
            assert_eq!(cap.as_deci(), deci, "{index}");
        }
    }
}
