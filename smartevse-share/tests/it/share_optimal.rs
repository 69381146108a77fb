//! The allocation against slow references: every admitted set, a solver for
//! max-min fairness in floating point, and the bottleneck condition.

use proptest::prelude::*;
use smartevse_share::{Conductor, Limit, Member, Place, Share, allocate};
use smartevse_types::{DeciAmps, LimitedBy, Phase, PhaseSet};

use crate::group::{da, on_phase};
use crate::share_rows::currents;

fn phases() -> impl Strategy<Value = PhaseSet> {
    prop_oneof![
        3 => Just(PhaseSet::THREE),
        1 => Just(PhaseSet::L1),
        1 => Just(PhaseSet::L2),
        1 => Just(PhaseSet::L3),
        1 => Just(PhaseSet::L1 | PhaseSet::L2),
    ]
}

fn member(circuits: u8) -> impl Strategy<Value = Member> {
    let min = prop_oneof![4 => Just(60), 1 => 60..160_i32];
    let max = prop_oneof![1 => 0..90_i32, 4 => 60..800_i32];
    let weight = prop_oneof![4 => Just(1_u8), 1 => 1..6_u8];
    (min, max, weight, phases(), 0..circuits).prop_map(|(min, max, weight, phases, circuit)| {
        let mut member = Member::new(da(min), da(max));
        member.weight = weight;
        member.place = Place { phases, circuit };
        member
    })
}

/// A tree: each circuit number is a row, ranges of rows are panels.
fn limits(circuits: u8, scale: i32) -> impl Strategy<Value = Vec<Limit>> {
    let capacity = move || prop_oneof![1 => -100..60_i32, 8 => 60..scale];
    let phase =
        (capacity(), 0..3_usize).prop_map(|(capacity, at)| on_phase(capacity, Phase::ALL[at]));
    let sum = capacity()
        .prop_map(|capacity| Limit::new(da(capacity * 3), Conductor::Sum, LimitedBy::Capacity));
    let any = prop_oneof![3 => phase, 1 => sum];
    let ranged =
        (any, 0..circuits, 0..circuits).prop_map(|(limit, a, b)| limit.within(a.min(b), a.max(b)));
    proptest::collection::vec(ranged, 1..7)
}

fn feasible(members: &[Member], limits: &[Limit], current: impl Fn(&Member) -> i32) -> bool {
    limits.iter().all(|limit| {
        let sum: i32 = members
            .iter()
            .map(|member| limit.weight(member.place) * current(member))
            .sum();
        let used = members
            .iter()
            .any(|member| limit.weight(member.place) * current(member) > 0);
        !used || sum <= limit.capacity.as_deci()
    })
}

/// The lexicographically greatest admitted set, by trying all of them.
fn best_set(members: &[Member], limits: &[Limit]) -> Vec<bool> {
    let count = members.len();
    let sets = (0..1_u32 << count).rev();
    // Bit `count - 1` is the best rank, so counting down is the right order.
    let admitted = |set: u32, at: usize| set >> (count - 1 - at) & 1 == 1;
    let fits = |set: &u32| {
        let capable = (0..count).all(|at| !admitted(*set, at) || members[at].is_capable());
        let list: Vec<Member> = (0..count)
            .filter(|at| admitted(*set, *at))
            .map(|at| members[at])
            .collect();
        capable && feasible(&list, limits, |member| member.min.as_deci())
    };
    let best = sets.into_iter().find(fits).unwrap_or(0);
    (0..count).map(|at| admitted(best, at)).collect()
}

/// Max-min fairness by "maximise t" for those that are not fixed yet.
fn fair(members: &[Member], admitted: &[bool], limits: &[Limit]) -> Vec<f64> {
    let count = members.len();
    let mut fixed: Vec<Option<f64>> = admitted.iter().map(|on| (!on).then_some(0.0)).collect();
    let bounds = |at: usize| {
        (
            f64::from(members[at].min.as_deci()),
            f64::from(members[at].max.as_deci()),
        )
    };
    let weight = |at: usize| f64::from(members[at].weight.max(1));
    let value = |fixed: &[Option<f64>], at: usize, t: f64| {
        let (min, max) = bounds(at);
        fixed[at].unwrap_or_else(|| (weight(at) * t).clamp(min, max))
    };
    let fits = |fixed: &[Option<f64>], t: f64, raised: Option<usize>| {
        limits.iter().all(|limit| {
            let part = |at: usize| {
                let extra = if raised == Some(at) { 1e-3 } else { 0.0 };
                f64::from(limit.weight(members[at].place)) * (value(fixed, at, t) + extra)
            };
            let sum: f64 = (0..count).map(part).sum();
            sum <= 1e-6 || sum <= f64::from(limit.capacity.as_deci()) + 1e-6
        })
    };
    while fixed.iter().any(Option::is_none) {
        let (mut low, mut high) = (0.0, 801.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if fits(&fixed, middle, None) {
                low = middle
            } else {
                high = middle
            }
        }
        let before = fixed.clone();
        for at in 0..count {
            let here = value(&before, at, low);
            let stuck = here >= bounds(at).1 - 1e-6 || !fits(&before, low, Some(at));
            if before[at].is_none() && stuck {
                fixed[at] = Some(here);
            }
        }
        assert!(fixed != before, "the solver does not move");
    }
    fixed.into_iter().map(Option::unwrap_or_default).collect()
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(default),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Power share 10.2 for up to five EVSEs: the admitted set is the best of
    /// all, the shares are the fair ones to 0.1 A and the rounding.
    #[test]
    fn when_few_share_a_tree_then_the_result_is_the_best_one(
        list in proptest::collection::vec(member(4), 1..6),
        mut limits in limits(4, 900),
    ) {
        let mut result = list.clone();
        allocate(&mut result, &mut limits, Share::Equal);
        let admitted: Vec<bool> = result.iter().map(|member| member.admitted).collect();
        prop_assert_eq!(&admitted, &best_set(&list, &limits));
        prop_assert!(feasible(&result, &limits, |member| member.current.as_deci()));
        let expect = fair(&list, &admitted, &limits);
        for (member, expect) in result.iter().zip(&expect) {
            let actual = f64::from(member.current.as_deci());
            prop_assert!(actual >= expect.floor() - 1e-6 && actual <= expect + 1.0 + 1e-3, "{} {:?} {:?}", actual, expect, result);
        }
    }

    /// I-07 for 64 EVSEs in a tree of circuits: who is below its cap is held
    /// back by a used-up limit in which nobody has more.
    #[test]
    fn when_many_share_a_tree_then_everybody_has_a_bottleneck(
        list in proptest::collection::vec(member(16), 64),
        mut limits in limits(16, 6_000),
    ) {
        let mut result = list;
        allocate(&mut result, &mut limits, Share::Equal);
        prop_assert!(feasible(&result, &limits, |member| member.current.as_deci()));
        let level = |member: &Member| f64::from(member.current.as_deci()) / f64::from(member.weight.max(1));
        for member in result.iter().filter(|member| member.admitted && member.current < member.max) {
            let held = limits.iter().any(|limit| {
                let weight = limit.weight(member.place);
                let others: Vec<&Member> = result.iter().filter(|other| other.admitted && limit.weight(other.place) > 0).collect();
                let tolerance: i32 = others.iter().map(|other| limit.weight(other.place)).sum();
                weight > 0
                    && limit.left() < da(tolerance)
                    && others.iter().all(|other| level(other) <= level(member) + 2.01 || other.current <= other.min + da(2))
            });
            prop_assert!(held, "{:?}", member);
        }
    }

    /// I-01, I-03, I-06, I-08, I-09 for one limit and equal minima.
    #[test]
    fn when_one_limit_is_shared_then_it_is_used_up_in_rank_order(
        caps in proptest::collection::vec(0..800_i32, 1..12),
        min in 60..160_i32,
        limit in -100..4_000_i32,
        more in 0..500_i32,
    ) {
        let run = |capacity: i32| {
            let mut list: Vec<Member> = caps.iter().map(|cap| Member::new(da(min), da(*cap))).collect();
            allocate(&mut list, &mut [on_phase(capacity, Phase::L1)], Share::Equal);
            currents(&list)
        };
        let result = run(limit);
        let total: i32 = result.iter().sum();
        prop_assert!(total <= limit.max(0));
        for (share, cap) in result.iter().zip(&caps) {
            prop_assert!(*share == 0 || (min..=*cap).contains(share));
        }
        let capable: Vec<usize> = (0..caps.len()).filter(|at| caps[*at] >= min).collect();
        let room = usize::try_from(limit.max(0) / min).unwrap_or(0);
        let served: Vec<usize> = (0..caps.len()).filter(|at| result[*at] > 0).collect();
        prop_assert_eq!(&served, &capable[..room.min(capable.len())]);
        if !served.is_empty() {
            let wish: i32 = served.iter().map(|at| caps[*at]).sum();
            prop_assert_eq!(total, limit.min(wish));
        }
        let high = run(limit + more);
        let served_high: Vec<usize> = (0..caps.len()).filter(|at| high[*at] > 0).collect();
        prop_assert!(served.iter().all(|at| served_high.contains(at)));
        if served == served_high {
            prop_assert!(result.iter().zip(&high).all(|(low, high)| low <= high));
        }
    }

    /// I-08: the order of the table does not matter, only the rank does.
    #[test]
    fn when_equal_members_change_places_then_their_shares_do(
        list in proptest::collection::vec(member(3), 2..7),
        mut limits in limits(3, 1_500),
        at in 0..5_usize,
    ) {
        let at = at % (list.len() - 1);
        let mut one = list.clone();
        allocate(&mut one, &mut limits, Share::Equal);
        let mut two = list;
        two.swap(at, at + 1);
        allocate(&mut two, &mut limits, Share::Equal);
        let all = one.iter().chain(&two).all(|member| member.admitted);
        if all {
            two.swap(at, at + 1);
            let far = |a: DeciAmps, b: DeciAmps| (a.as_deci() - b.as_deci()).abs() > 1;
            prop_assert!(!one.iter().zip(&two).any(|(a, b)| far(a.current, b.current)), "{:?} {:?}", one, two);
        }
    }
}
