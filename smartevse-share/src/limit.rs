//! Limits that several EVSEs share: a conductor of a circuit, or a sum.
//!
//! A tree of circuits needs no pointers: number the circuits so that each one
//! is followed by those behind it (depth first). A limit then holds for a range
//! of numbers ([`Limit::within`]), and an EVSE says only where it is connected
//! ([`Place::circuit`]).

use smartevse_types::{DeciAmps, LimitedBy, Phase, PhaseSet};

/// What a limit adds up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Conductor {
    /// The currents on one phase of the grid.
    Phase(Phase),
    /// The currents on all phases together (CAPACITY, grid relay, surplus).
    Sum,
}

/// Where an EVSE is connected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Phases of the grid that this EVSE loads, see [`Rotation`].
    pub phases: PhaseSet,
    /// Number of its circuit; 0–255, default 0.
    pub circuit: u8,
}

impl Place {
    /// All phases of circuit 0.
    pub const ALL: Self = Self {
        phases: PhaseSet::THREE,
        circuit: 0,
    };
}

impl Default for Place {
    fn default() -> Self {
        Self::ALL
    }
}

/// To which phase of the grid the terminals L1, L2, L3 of an EVSE are wired
/// (power share 10.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Rotation {
    /// L1, L2, L3.
    #[default]
    L123,
    /// Terminal L1 on grid phase L2, L2 on L3, L3 on L1.
    L231,
    /// Terminal L1 on grid phase L3, L2 on L1, L3 on L2.
    L312,
    /// Terminal L1 on grid phase L1, L2 on L3, L3 on L2.
    L132,
    /// Terminal L1 on grid phase L2, L2 on L1, L3 on L3.
    L213,
    /// Terminal L1 on grid phase L3, L2 on L2, L3 on L1.
    L321,
}

impl Rotation {
    /// Grid phases that a vehicle loads, given the terminals it uses.
    #[must_use]
    pub fn grid(self, terminals: PhaseSet) -> PhaseSet {
        let pairs = Phase::ALL.into_iter().zip(self.phases());
        pairs
            .filter(|(terminal, _)| terminals.has(*terminal))
            .fold(PhaseSet::empty(), |set, (_, phase)| set | only(phase))
    }

    const fn phases(self) -> [Phase; 3] {
        use Phase::{L1, L2, L3};
        match self {
            Self::L123 => [L1, L2, L3],
            Self::L231 => [L2, L3, L1],
            Self::L312 => [L3, L1, L2],
            Self::L132 => [L1, L3, L2],
            Self::L213 => [L2, L1, L3],
            Self::L321 => [L3, L2, L1],
        }
    }
}

const fn only(phase: Phase) -> PhaseSet {
    match phase {
        Phase::L1 => PhaseSet::L1,
        Phase::L2 => PhaseSet::L2,
        Phase::L3 => PhaseSet::L3,
    }
}

/// A limit on the currents of several EVSEs.
///
/// Besides the limit itself it holds working figures of the allocator, which
/// every call sets anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// What the EVSEs may take together; 0.1 A, may be negative. For
    /// [`Conductor::Sum`] the sum over the phases.
    pub capacity: DeciAmps,
    /// What is added up.
    pub on: Conductor,
    /// First and last circuit behind this limit; default 0 and 255 (all).
    pub circuits: (u8, u8),
    /// How this limit is called to an owner.
    pub by: LimitedBy,
    /// Capacity after reservations and soft floor.
    pub(crate) budget: DeciAmps,
    /// What is not given away yet.
    pub(crate) left: DeciAmps,
    /// `left` in fractions of 0.1 A, while a common level is sought.
    pub(crate) fine: i64,
    /// Everybody counts once: it stands for all limits of one place.
    alike: bool,
}

impl Limit {
    /// A limit on all EVSEs that load this conductor.
    #[must_use]
    pub const fn new(capacity: DeciAmps, on: Conductor, by: LimitedBy) -> Self {
        Self {
            capacity,
            on,
            circuits: (0, u8::MAX),
            by,
            budget: capacity,
            left: capacity,
            fine: 0,
            alike: false,
        }
    }

    /// The same limit for the circuits `first..=last` only.
    #[must_use]
    pub const fn within(mut self, first: u8, last: u8) -> Self {
        self.circuits = (first, last);
        self
    }

    /// How often the current of an EVSE counts here: 0, 1, or its number of
    /// phases (power share 10.1).
    #[must_use]
    pub fn weight(&self, place: Place) -> i32 {
        if self.alike {
            return 1;
        }
        let (first, last) = self.circuits;
        if place.circuit < first || place.circuit > last {
            return 0;
        }
        match self.on {
            Conductor::Phase(phase) => i32::from(place.phases.has(phase)),
            Conductor::Sum => i32::from(place.phases.count()),
        }
    }

    /// A current as it counts here; zero from elsewhere.
    pub(crate) fn part(&self, place: Place, current: DeciAmps) -> DeciAmps {
        if self.alike {
            return current;
        }
        match self.weight(place) {
            0 => DeciAmps::ZERO,
            1 => current,
            2 => current + current,
            weight => current.times(weight),
        }
    }

    /// What the last call left of this limit; 0.1 A, negative after a drop of
    /// the capacity below what is reserved.
    #[must_use]
    pub const fn left(&self) -> DeciAmps {
        self.left
    }
}

/// Puts all limits back to their whole capacity.
pub(crate) fn open(limits: &mut [Limit]) {
    for limit in limits {
        limit.budget = limit.capacity;
        limit.left = limit.capacity;
    }
}

/// Whether this current is still free on every limit of the place.
pub(crate) fn fits(limits: &[Limit], place: Place, current: DeciAmps) -> bool {
    if let [one] = limits {
        if one.alike {
            return one.left >= current;
        }
    }
    limits.iter().all(|limit| {
        let weight = limit.weight(place);
        weight == 0 || limit.left >= current.times(weight)
    })
}

/// Takes a current out of every limit of the place.
pub(crate) fn take(limits: &mut [Limit], place: Place, current: DeciAmps) {
    if let [one] = limits {
        if one.alike {
            one.left -= current;
            return;
        }
    }
    for limit in limits {
        limit.left -= limit.part(place, current);
    }
}

/// Gives a current back to every limit of the place.
pub(crate) fn give(limits: &mut [Limit], place: Place, current: DeciAmps) {
    take(limits, place, DeciAmps::ZERO - current);
}

/// The current that is still free on every limit of the place; 0.1 A,
/// unbounded without a limit.
pub(crate) fn room(limits: &[Limit], place: Place) -> DeciAmps {
    let free = |limit: &Limit| match limit.weight(place) {
        0 => None,
        weight => Some(limit.left.divided_by(weight)),
    };
    let tightest = limits.iter().filter_map(free).min();
    tightest.unwrap_or(DeciAmps::from_deci(i32::MAX))
}

/// One limit in place of all, for EVSEs that are connected alike; `None` when
/// nothing limits them.
///
/// What everybody takes counts in each limit as often as that of the others, so
/// the one that leaves the least to an EVSE decides alone.
pub(crate) fn merge(limits: &[Limit], place: Place) -> Option<Limit> {
    let mut tightest: Option<(DeciAmps, &Limit)> = None;
    for limit in limits {
        let each = match limit.weight(place) {
            0 => continue,
            1 => limit.left,
            weight => {
                let floor = limit.left.as_deci().checked_div_euclid(weight);
                DeciAmps::from_deci(floor.unwrap_or(i32::MIN))
            }
        };
        if tightest.is_none_or(|(least, _)| each < least) {
            tightest = Some((each, limit));
        }
    }
    let (left, limit) = tightest?;
    Some(Limit {
        budget: left,
        left,
        alike: true,
        ..*limit
    })
}

/// The first exhausted limit of a place after an allocation.
#[must_use]
pub fn binding(limits: &[Limit], place: Place) -> Option<LimitedBy> {
    let exhausted = |limit: &&Limit| {
        let weight = limit.weight(place);
        weight > 0 && limit.left < DeciAmps::from_deci(weight)
    };
    limits.iter().find(exhausted).map(|limit| limit.by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn da(value: i32) -> DeciAmps {
        DeciAmps::from_deci(value)
    }

    fn place(phases: PhaseSet, circuit: u8) -> Place {
        Place { phases, circuit }
    }

    /// Power share 10.1: terminal L1 goes to grid phase ρ(1).
    #[test]
    fn when_rotated_then_a_one_phase_vehicle_loads_another_grid_phase() {
        let one = PhaseSet::SINGLE;
        assert_eq!(Rotation::L123.grid(one), PhaseSet::L1);
        assert_eq!(Rotation::L231.grid(one), PhaseSet::L2);
        assert_eq!(Rotation::L312.grid(one), PhaseSet::L3);
        assert_eq!(Rotation::L213.grid(one), PhaseSet::L2);
        assert_eq!(Rotation::L321.grid(one), PhaseSet::L3);
        assert_eq!(Rotation::L132.grid(PhaseSet::L2), PhaseSet::L3);
        assert_eq!(Rotation::L321.grid(PhaseSet::THREE), PhaseSet::THREE);
        assert_eq!(Rotation::L231.grid(PhaseSet::empty()), PhaseSet::empty());
    }

    #[test]
    fn when_outside_the_circuits_then_a_limit_does_not_count() {
        let row = Limit::new(da(200), Conductor::Sum, LimitedBy::Capacity).within(2, 4);
        for (circuit, weight) in [(1, 0), (2, 3), (4, 3), (5, 0)] {
            assert_eq!(row.weight(place(PhaseSet::THREE, circuit)), weight);
        }
        let phase = Limit::new(da(200), Conductor::Phase(Phase::L2), LimitedBy::Max);
        assert_eq!(phase.weight(place(PhaseSet::L1, 0)), 0);
        assert_eq!(phase.weight(place(PhaseSet::THREE, 0)), 1);
    }

    #[test]
    fn when_exactly_used_up_then_it_fits_and_binds() {
        let mut limits = [Limit::new(da(180), Conductor::Sum, LimitedBy::GridRelay)];
        open(&mut limits);
        let all = Place::default();
        assert!(fits(&limits, all, da(60)) && !fits(&limits, all, da(61)));
        assert_eq!(room(&limits, all), da(60));
        assert_eq!(binding(&limits, all), None);
        take(&mut limits, all, da(59));
        assert_eq!(limits[0].left(), da(3));
        assert_eq!(binding(&limits, all), None);
        give(&mut limits, all, da(-1));
        assert_eq!(binding(&limits, all), Some(LimitedBy::GridRelay));
        assert_eq!(room(&limits, place(PhaseSet::empty(), 0)), da(i32::MAX));
    }
}
