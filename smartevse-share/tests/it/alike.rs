//! One limit in place of all, where EVSEs are connected alike (D-205): the same
//! outcome as with every limit by itself.

use smartevse_share::{
    Conductor, Group, Limit, Member, Place, Share, ShareConfig, ShareInputs, ShareView, allocate,
};
use smartevse_types::{Duration, Instant, LimitedBy, Phase, PhaseSet};

use crate::group::{da, wanting};

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, from: i32, to: i32) -> i32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let span = u64::try_from(to - from + 1).unwrap();
        from + i32::try_from((self.0 >> 33) % span).unwrap()
    }

    /// A limit on each phase and one on their sum, now and then exceeded.
    fn limits(&mut self) -> [Limit; 4] {
        let by = LimitedBy::Max;
        let phases = Phase::ALL.map(Conductor::Phase);
        let [a, b, c] = phases.map(|phase| Limit::new(da(self.roll(-50, 700)), phase, by));
        let sum = Limit::new(da(self.roll(-50, 2_000)), Conductor::Sum, by);
        [a, b, c, sum]
    }
}

const PLACES: [PhaseSet; 4] = [
    PhaseSet::L1,
    PhaseSet::L3,
    PhaseSet::L1.union(PhaseSet::L2),
    PhaseSet::THREE,
];

/// Somewhere else, so that the limits are not the same for everybody.
const ELSEWHERE: Place = Place {
    phases: PhaseSet::L2,
    circuit: 9,
};

/// I-01, I-07: the allocation does not depend on an EVSE elsewhere that takes
/// nothing.
#[test]
fn when_connected_alike_then_the_allocation_is_that_of_every_limit_by_itself() {
    let mut dice = Dice(1);
    for round in 0..4_000 {
        let place = Place {
            phases: PLACES[round % PLACES.len()],
            circuit: 0,
        };
        let count = usize::try_from(dice.roll(1, 8)).unwrap();
        let mut members: Vec<Member> = (0..count)
            .map(|_| {
                let mut member = Member::new(da(dice.roll(60, 90)), da(dice.roll(40, 320)));
                member.place = place;
                member
            })
            .collect();
        let mut limits = dice.limits();
        let (mut other, mut with_other) = (limits, members.clone());
        let mut idle = Member::new(da(60), da(0));
        idle.place = ELSEWHERE;
        with_other.push(idle);
        let share = [Share::Equal, Share::PriorityFill][round % 2];
        allocate(&mut members, &mut limits, share);
        allocate(&mut with_other, &mut other, share);
        let outcome = |list: &[Member]| -> Vec<_> {
            let list = list.iter().take(count);
            list.map(|one| (one.admitted, one.current)).collect()
        };
        assert_eq!(outcome(&members), outcome(&with_other), "{round}");
        assert_eq!(limits.map(|one| one.left()), other.map(|one| one.left()));
        let taken = members.iter().fold(da(0), |sum, one| sum + one.current);
        for limit in limits {
            let used = taken.times(limit.weight(place));
            assert_eq!(limit.left(), limit.capacity - used, "{round}");
        }
    }
}

/// I-06: caps exactly at the common level leave nothing over.
#[test]
fn when_caps_lie_at_the_level_then_the_rest_goes_to_the_others() {
    let member = |cap| Member::new(da(60), da(cap));
    let mut members = [member(80), member(80), member(320)];
    for (capacity, last) in [(239, 80), (240, 80), (241, 81), (242, 82)] {
        let by = LimitedBy::Max;
        let mut limits = [Limit::new(da(capacity), Conductor::Sum, by)];
        for one in &mut members {
            one.place.phases = PhaseSet::L1;
        }
        allocate(&mut members, &mut limits, Share::Equal);
        let sum = members.iter().fold(da(0), |sum, one| sum + one.current);
        assert_eq!(sum, da(capacity));
        assert!(members[2].current <= da(last));
    }
}

/// I-02: neither do the orders of a group that lives through changing limits.
#[test]
fn when_connected_alike_then_the_orders_are_those_of_every_limit_by_itself() {
    let mut dice = Dice(2);
    for phases in PLACES {
        let place = Place { phases, circuit: 0 };
        let view = ShareView { place, ..wanting() };
        let mut alone: Group<5> = Group::new();
        let mut beside: Group<6> = Group::new();
        let mut views = [view; 6];
        views[5] = ShareView {
            place: ELSEWHERE,
            online: true,
            ..ShareView::UNKNOWN
        };
        let config = ShareConfig::default();
        let mut now = Instant::from_secs(1);
        for _ in 0..2_000 {
            now += Duration::from_millis(u64::try_from(dice.roll(100, 9_000)).unwrap());
            let index = usize::try_from(dice.roll(0, 4)).unwrap();
            views[index].wants = dice.roll(0, 9) > 0;
            views[index].cap = da(dice.roll(50, 320));
            for (slot, order) in alone.orders().into_iter().enumerate() {
                alone.slot_mut(slot).unwrap().sent(order, now);
                beside.slot_mut(slot).unwrap().sent(order, now);
            }
            let limits = dice.limits();
            let (mut one, mut other) = (limits, limits);
            let inputs = |views| ShareInputs {
                views,
                ..ShareInputs::default()
            };
            let first = alone.step(now, &config, &inputs(&views[..5]), &mut one);
            let second = beside.step(now, &config, &inputs(&views), &mut other);
            assert_eq!(first, second);
            assert_eq!(alone.orders()[..], beside.orders()[..5]);
            assert_eq!(alone.slots()[..], beside.slots()[..5]);
            assert_eq!(one.map(|it| it.left()), other.map(|it| it.left()));
        }
    }
}
