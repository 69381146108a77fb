//! The protective limits of a site and the room that each one leaves.

use smartevse_types::{DeciAmps, Instant, LimitedBy, PerPhase, Phase, PhaseSet, Sample};

use crate::config::Config;
use crate::site::Site;

/// What happens when a limit is exceeded although everybody is at MIN.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Severity {
    /// A fuse heats up: counted, integrated, tripped (regulation 6.7).
    Thermal,
    /// A tariff or contract: charging stops after a set time at MIN.
    Timed,
}

/// One active limit with the load that was measured on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Constraint {
    /// Name of the limit, with its phase where it has one.
    pub by: LimitedBy,
    /// What its violation leads to.
    pub severity: Severity,
    /// Highest permitted load; 0.1 A.
    pub limit: DeciAmps,
    /// Measured load, everything included; 0.1 A.
    pub load: DeciAmps,
    /// How many phases of an EVSE this load sums up, in tenths: 10 for a
    /// limit on one phase, an average in a group.
    pub tenths: u16,
    /// Running number and time of the measurement behind `load`.
    pub measured: (u32, Instant),
}

impl Constraint {
    /// Room for the EVSE current on one phase, rounded down; negative when the
    /// limit is exceeded (regulation 6.1).
    #[must_use]
    #[inline(never)]
    pub fn room(&self) -> DeciAmps {
        per_phase(self.limit - self.load, self.tenths)
    }

    /// How far the load exceeds the limit; zero when it does not.
    #[must_use]
    pub fn excess(&self) -> DeciAmps {
        (self.load - self.limit).max(DeciAmps::ZERO)
    }

    /// The phase it guards; `None` for a limit on the sum.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        if let LimitedBy::Mains(phase) | LimitedBy::Circuit(phase) = self.by {
            Some(phase)
        } else {
            None
        }
    }

    /// Whether the load is more than twice the limit.
    #[must_use]
    pub fn is_doubled(&self) -> bool {
        self.load > self.limit.times(2)
    }
}

/// The active limits of a site: three phases of MAINS, three of CIRCUIT,
/// CAPACITY and the quarter of an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Constraints {
    list: [Option<Constraint>; 8],
}

/// A sum over the phases as current per phase, rounded down; `tenths` is the
/// number of phases in tenths.
pub(crate) fn per_phase(sum: DeciAmps, tenths: u16) -> DeciAmps {
    let parts = sum.times(10).as_deci();
    let each = parts.checked_div_euclid(i32::from(tenths));
    DeciAmps::from_deci(each.unwrap_or(i32::MIN))
}

impl Constraints {
    /// Lists the limits that concern an EVSE on these phases (regulation 6.1).
    ///
    /// Only raw measurements count, whatever their age, and only phases that
    /// the EVSE can load.
    #[must_use]
    pub fn of(config: &Config, site: &Site, phases: PhaseSet) -> Self {
        let mut limits = Self::default();
        limits.measure_all(config, site, phases);
        limits
    }

    /// As [`of`](Self::of), in place.
    pub(crate) fn measure_all(&mut self, config: &Config, site: &Site, phases: PhaseSet) {
        let tenths = u16::from(phases.count()).saturating_mul(10);
        self.measure(config, site, phases, tenths);
    }

    /// As [`of`](Self::of), for EVSEs that load these phases and so many of
    /// them on average, in tenths.
    #[must_use]
    pub fn weighted(config: &Config, site: &Site, phases: PhaseSet, tenths: u16) -> Self {
        let mut limits = Self::default();
        limits.measure(config, site, phases, tenths);
        limits
    }

    /// As [`weighted`](Self::weighted), in place of an empty list.
    #[inline(never)]
    pub(crate) fn measure(&mut self, config: &Config, site: &Site, phases: PhaseSet, tenths: u16) {
        let mains = site.mains.sample().filter(|_| config.guards_mains());
        let circuit = site.circuit.sample().filter(|_| config.guards_circuit());
        let sum = mains.filter(|_| config.guards_capacity());
        let [l1, l2, l3, c1, c2, c3, total, _] = &mut self.list;
        if let Some(sample) = mains {
            let limit = config.mains.to_deci();
            fill([l1, l2, l3], phases, LimitedBy::Mains, limit, &sample);
        }
        if let Some(sample) = circuit {
            let limit = config.circuit.to_deci();
            fill([c1, c2, c3], phases, LimitedBy::Circuit, limit, &sample);
        }
        *total = sum.map(|sample| capacity(config, tenths, &sample));
    }

    /// Adds the limit of the present quarter of an hour.
    #[must_use]
    pub fn with_quarter(mut self, quarter: Option<Constraint>) -> Self {
        self.set_quarter(quarter);
        self
    }

    pub(crate) fn set_quarter(&mut self, quarter: Option<Constraint>) {
        let [.., last] = &mut self.list;
        *last = quarter;
    }

    /// The limits, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Constraint> {
        self.list.iter().flatten()
    }

    /// The smallest room, and whose it is; `None` without any limit.
    #[must_use]
    pub fn tightest(&self) -> Option<&Constraint> {
        self.iter().min_by_key(|constraint| constraint.room())
    }
}

/// The limit on each of the three phases that the EVSE can load.
fn fill(
    places: [&mut Option<Constraint>; 3],
    phases: PhaseSet,
    by: fn(Phase) -> LimitedBy,
    limit: DeciAmps,
    sample: &Sample<PerPhase<DeciAmps>>,
) {
    for (place, phase) in places.into_iter().zip(Phase::ALL) {
        *place = phases.has(phase).then(|| Constraint {
            by: by(phase),
            severity: Severity::Thermal,
            limit,
            load: sample.value.of(phase),
            tenths: 10,
            measured: (sample.sequence, sample.at),
        });
    }
}

fn capacity(config: &Config, tenths: u16, sample: &Sample<PerPhase<DeciAmps>>) -> Constraint {
    Constraint {
        by: LimitedBy::Capacity,
        severity: Severity::Timed,
        limit: config.capacity.to_deci(),
        load: sample.value.sum(),
        tenths,
        measured: (sample.sequence, sample.at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{Amps, Mode};

    fn smart(capacity: u16) -> Config {
        Config {
            mode: Mode::Smart,
            has_mains_meter: true,
            capacity: Amps::from_amps(capacity),
            ..Config::default()
        }
    }

    fn site(deci: [i32; 3]) -> Site {
        let mut site = Site::default();
        let currents = PerPhase::new(deci.map(DeciAmps::from_deci));
        site.mains.update(currents, Instant::ZERO);
        site
    }

    fn room(config: &Config, site: &Site, phases: PhaseSet) -> (i32, LimitedBy) {
        let list = Constraints::of(config, site, phases);
        let tightest = list.tightest().unwrap();
        (tightest.room().as_deci(), tightest.by)
    }

    /// Regulation 10.2: the four worked rooms.
    #[test]
    fn when_capacity_is_set_then_its_room_is_the_sum_over_the_phases() {
        let cases = [
            ([200, 180, 170], 60, PhaseSet::THREE, 16),
            ([240, 220, 200], 60, PhaseSet::THREE, -20),
            ([150, 140, 130], 30, PhaseSet::THREE, -40),
            ([130, 20, 10], 20, PhaseSet::SINGLE, 40),
        ];
        for (raw, limit, phases, expected) in cases {
            let found = room(&smart(limit), &site(raw), phases);
            assert_eq!(found, (expected, LimitedBy::Capacity));
        }
    }

    /// a phase that the EVSE cannot load does not count.
    #[test]
    fn when_single_phase_then_other_phases_do_not_count() {
        let found = room(&smart(0), &site([100, 400, 400]), PhaseSet::SINGLE);
        assert_eq!(found, (150, LimitedBy::Mains(Phase::L1)));
        let found = room(&smart(0), &site([100, 400, 300]), PhaseSet::THREE);
        assert_eq!(found, (-150, LimitedBy::Mains(Phase::L2)));
    }

    #[test]
    fn when_normal_then_nothing_limits() {
        let site = site([999; 3]);
        let list = Constraints::of(&Config::default(), &site, PhaseSet::THREE);
        assert_eq!(list.iter().count(), 0);
    }

    /// Regulation 1: rooms round toward less current.
    #[test]
    fn when_the_sum_does_not_divide_then_the_room_rounds_down() {
        let found = room(&smart(10), &site([34, 34, 33]), PhaseSet::THREE);
        assert_eq!(found.0, -1);
    }
}
