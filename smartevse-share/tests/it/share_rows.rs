//! The worked rows of power share 10.3, 11.1 and 11.2.

use smartevse_share::slot::WARM_UP;
use smartevse_share::{
    Conductor, Contactor, Limit, Member, Place, Priority, Rotation, Schedule, Share, allocate,
};
use smartevse_types::{DeciAmps, Instant, LimitedBy, Mode, Phase, PhaseSet};

use crate::group::{Bench, da, on_phase, seconds, wanting};

struct Row {
    name: &'static str,
    budget: i32,
    min: i32,
    caps: &'static [i32],
    expect: &'static [i32],
}

const fn row(
    name: &'static str,
    budget: i32,
    min: i32,
    caps: &'static [i32],
    expect: &'static [i32],
) -> Row {
    Row {
        name,
        budget,
        min,
        caps,
        expect,
    }
}

/// The rows in order of the address.
const ROWS: &[Row] = &[
    row("P01", 640, 60, &[320], &[320]),
    row("P02", 640, 60, &[320; 2], &[320; 2]),
    row("P03", 640, 60, &[320; 3], &[214, 213, 213]),
    row("P04", 640, 60, &[320; 8], &[80; 8]),
    row("P05", 320, 60, &[320; 3], &[107, 107, 106]),
    row("P06", 240, 60, &[320; 3], &[80; 3]),
    row("P07", 200, 60, &[320; 3], &[67, 67, 66]),
    row("P08", 180, 60, &[320; 3], &[60; 3]),
    row("P09", 170, 60, &[320; 3], &[85, 85, 0]),
    row("P10", 140, 60, &[320; 3], &[70, 70, 0]),
    row("P11", 120, 60, &[320; 3], &[60, 60, 0]),
    row("P12", 110, 60, &[320; 2], &[110, 0]),
    row("P13", 100, 60, &[320; 3], &[100, 0, 0]),
    row("P14", 80, 60, &[320; 3], &[80, 0, 0]),
    row("P15", 60, 60, &[320; 3], &[60, 0, 0]),
    row("P16", 59, 60, &[320; 3], &[0; 3]),
    row("P17", 10, 60, &[320; 3], &[0; 3]),
    row("P18", 0, 60, &[320; 3], &[0; 3]),
    row("P19", -50, 60, &[320; 3], &[0; 3]),
    row("P20", 240, 60, &[320, 80, 320], &[80; 3]),
    row("P21", 640, 60, &[320, 160, 80], &[320, 160, 80]),
    row("P22", 250, 60, &[320, 60], &[190, 60]),
    row("P23", 130, 60, &[320, 63, 320], &[67, 63, 0]),
    row("P24", 230, 60, &[320, 65, 320, 320], &[83, 65, 82, 0]),
    row("P25", 640, 60, &[320, 80], &[320, 80]),
    row("P26", 320, 60, &[320; 6], &[64, 64, 64, 64, 64, 0]),
    row("P27", 640, 60, &[320; 6], &[107, 107, 107, 107, 106, 106]),
    row("P28", 320, 60, &[320; 8], &[64, 64, 64, 64, 64, 0, 0, 0]),
    row("P29", 480, 60, &[320; 8], &[60; 8]),
    row("P34", 160, 80, &[320; 3], &[80, 80, 0]),
    row("P35", 159, 80, &[320; 3], &[159, 0, 0]),
    row("P36", 400, 60, &[320, 320, 50], &[200, 200, 0]),
    row("P37", 400, 60, &[320, 0], &[320, 0]),
    row("P38", 60, 60, &[60], &[60]),
    row("P39", 800, 60, &[800], &[800]),
    row("P40", 250, 60, &[160; 2], &[125; 2]),
    row("P41", 400, 60, &[320, 200, 130, 60], &[114, 113, 113, 60]),
    row("P42", 300, 60, &[320, 200, 130, 60], &[80, 80, 80, 60]),
    row("P43", 180, 60, &[60; 4], &[60, 60, 60, 0]),
    row("P44", 191, 60, &[320; 3], &[64, 64, 63]),
];

pub fn currents(members: &[Member]) -> Vec<i32> {
    members
        .iter()
        .map(|member| member.current.as_deci())
        .collect()
}

fn members(row: &Row) -> Vec<Member> {
    let member = |cap: &i32| Member::new(da(row.min), da(*cap));
    row.caps.iter().map(member).collect()
}

/// P01–P29, P34–P44: one limit.
#[test]
fn when_one_limit_is_shared_then_every_row_is_as_worked_out() {
    for row in ROWS {
        let mut members = members(row);
        allocate(
            &mut members,
            &mut [on_phase(row.budget, Phase::L1)],
            Share::Equal,
        );
        assert_eq!(currents(&members), row.expect, "{}", row.name);
    }
}

/// The same rows with several equal limits: the general way gives the same.
#[test]
fn when_the_same_limit_comes_in_several_forms_then_the_rows_stay() {
    for row in ROWS {
        let mut members = members(row);
        for (member, circuit) in members.iter_mut().zip(0..) {
            member.place.circuit = circuit;
        }
        let sum = Limit::new(da(row.budget * 3), Conductor::Sum, LimitedBy::Capacity);
        let mut limits = [on_phase(row.budget, Phase::L2), sum];
        allocate(&mut members, &mut limits, Share::Equal);
        assert_eq!(currents(&members), row.expect, "{}", row.name);
    }
}

/// P30–P33: First Conn and Last Conn, plugged in at 300, 100 and 200 s.
#[test]
fn when_the_strategy_is_not_the_address_then_the_plug_in_times_decide() {
    for (budget, priority, expect) in [
        (140, Priority::FirstConnected, [0, 70, 70]),
        (140, Priority::LastConnected, [70, 0, 70]),
        (80, Priority::FirstConnected, [0, 80, 0]),
        (80, Priority::LastConnected, [80, 0, 0]),
    ] {
        let mut bench = Bench::<3>::new(budget);
        bench.config.priority = priority;
        for (index, at) in [300, 100, 200].into_iter().enumerate() {
            let slot = bench.group.slot_mut(index).unwrap();
            slot.restore(Some(Instant::from_secs(at)), None, None);
            bench.plug(index, None);
        }
        bench.step();
        assert_eq!(bench.shares(), expect);
    }
}

fn wired(min: i32, cap: i32, phases: PhaseSet, circuit: u8) -> Member {
    let mut member = Member::new(da(min), da(cap));
    member.place = Place { phases, circuit };
    member
}

/// H1, H2: two rows of a building behind one connection.
#[test]
fn when_circuits_form_a_tree_then_the_tightest_one_binds_its_members() {
    for (row1, expect) in [(200, [84, 83, 83]), (120, [60, 60, 130])] {
        let all = PhaseSet::THREE;
        let mut list = [
            wired(60, 160, all, 1),
            wired(60, 160, all, 1),
            wired(60, 320, all, 2),
        ];
        let mut limits = [
            on_phase(row1, Phase::L1).within(1, 1),
            on_phase(200, Phase::L1).within(2, 2),
            on_phase(250, Phase::L1),
        ];
        allocate(&mut list, &mut limits, Share::Equal);
        assert_eq!(currents(&list), expect);
    }
}

/// H3, H4, H5: rotation of the phases.
#[test]
fn when_phases_are_rotated_then_single_phase_cars_share_less() {
    let each = |capacity: i32| Phase::ALL.map(|phase| on_phase(capacity, phase));
    let single = |rotation: Rotation| wired(60, 320, rotation.grid(PhaseSet::SINGLE), 0);
    let three = wired(60, 320, PhaseSet::THREE, 0);
    let cases: [(Vec<Member>, i32, Vec<i32>); 3] = [
        (vec![three, single(Rotation::L231)], 200, vec![100, 100]),
        (
            vec![
                single(Rotation::L123),
                single(Rotation::L231),
                single(Rotation::L312),
            ],
            160,
            vec![160; 3],
        ),
        (vec![single(Rotation::L123); 3], 160, vec![80, 80, 0]),
    ];
    for (mut list, capacity, expect) in cases {
        allocate(&mut list, &mut each(capacity), Share::Equal);
        assert_eq!(currents(&list), expect);
    }
}

/// H6, H7: weights, and a minimum above the weighted share.
#[test]
fn when_weights_differ_then_the_shares_are_in_proportion() {
    let mut list = [Member::new(da(60), da(320)); 3];
    list[0].weight = 2;
    allocate(&mut list, &mut [on_phase(240, Phase::L1)], Share::Equal);
    assert_eq!(currents(&list), [120, 60, 60]);
    let mut list = [Member::new(da(60), da(320)); 2];
    list[0].weight = 3;
    allocate(&mut list, &mut [on_phase(160, Phase::L1)], Share::Equal);
    assert_eq!(currents(&list), [100, 60]);
}

/// H8: a limit on the sum of the phases counts a three-phase car three times.
#[test]
fn when_the_sum_is_limited_then_a_three_phase_car_counts_three_times() {
    let mut list = [
        wired(60, 320, PhaseSet::THREE, 0),
        wired(60, 320, PhaseSet::L1, 0),
    ];
    let sum = Limit::new(da(300), Conductor::Sum, LimitedBy::Capacity);
    allocate(&mut list, &mut [sum], Share::Equal);
    assert_eq!(currents(&list), [75, 75]);
}

/// Power share 7, option: the best rank to its cap first.
#[test]
fn when_filled_by_priority_then_the_best_rank_gets_the_rest() {
    for (budget, expect) in [
        (330, [210, 60, 60]),
        (179, [119, 60, 0]),
        (700, [320, 320, 60]),
    ] {
        let mut list = [Member::new(da(60), da(320)); 3];
        allocate(
            &mut list,
            &mut [on_phase(budget, Phase::L1)],
            Share::PriorityFill,
        );
        assert_eq!(currents(&list), expect);
    }
}

/// Power share 7: with minima of their own a later, smaller one still fits.
#[test]
fn when_minima_differ_then_a_later_smaller_one_may_fit() {
    let mut list = [60, 100, 70].map(|min| Member::new(da(min), da(320)));
    allocate(&mut list, &mut [on_phase(135, Phase::L1)], Share::Equal);
    assert_eq!(currents(&list), [65, 0, 70]);
}

/// Q12, Q13: an open grid relay.
#[test]
fn when_the_relay_is_open_then_the_sum_of_the_phases_is_shared() {
    let relay = Limit::new(da(180), Conductor::Sum, LimitedBy::GridRelay);
    for (phases, expect) in [(PhaseSet::THREE, [60, 0]), (PhaseSet::L1, [90, 90])] {
        let mut list = [wired(60, 160, phases, 0); 2];
        allocate(
            &mut list,
            &mut [on_phase(640, Phase::L1), relay],
            Share::Equal,
        );
        assert_eq!(currents(&list), expect);
    }
}

/// Q14: the soft floor holds the best rank at MIN while a timer runs, and
/// starts nobody.
#[test]
fn when_a_grace_period_runs_then_only_the_active_best_rank_is_held() {
    let mut bench = Bench::<2>::new(120);
    bench.config.mode = Mode::Solar;
    bench.plug(0, Some(320)).plug(1, Some(320)).run(60);
    assert_eq!(bench.shares(), [60, 60]);
    bench.capacity(50);
    bench.grace = true;
    bench.run(10);
    assert_eq!(
        (bench.states(), bench.shares(), bench.orders()),
        ("AP".into(), vec![60, 0], vec![60, 0])
    );
    bench.grace = false;
    bench.run(1);
    assert_eq!((bench.states(), bench.shares()), ("PP".into(), vec![0, 0]));
    bench.grace = true;
    bench.run(100);
    assert_eq!(bench.states(), "PP");
    assert!(bench.last.unwrap().nobody_served);
}

/// Q15, Q16: MIN for the first 40 s in Solar, not a tick longer.
#[test]
fn when_a_charge_begins_in_solar_then_it_stays_at_min_for_40_s() {
    let mut bench = Bench::<2>::new(300);
    bench.config.mode = Mode::Solar;
    bench.plug(0, Some(320)).plug(1, Some(320)).step();
    assert_eq!(bench.shares(), [60, 60]);
    for view in &mut bench.views {
        view.contactor = Contactor::Closed;
    }
    bench.step();
    let begin = bench.now;
    bench.now = begin + WARM_UP - smartevse_types::Duration::from_millis(1);
    bench.step();
    assert_eq!(bench.shares(), [60, 60]);
    assert_eq!(bench.last.unwrap().deadline, begin + WARM_UP);
    bench.now = begin + WARM_UP;
    bench.step();
    assert_eq!(bench.shares(), [150, 150]);
    let mut bench = Bench::<2>::new(220);
    bench.config.mode = Mode::Solar;
    bench.plug(1, Some(320)).run(60);
    bench.plug(0, Some(320)).run(20);
    assert_eq!(bench.shares(), [60, 160]);
}

/// Q17, Q18, I-16: a lost node keeps its current until exactly 20 s after the
/// last telegram above zero.
#[test]
fn when_a_node_is_lost_then_its_current_is_kept_for_20_s() {
    let mut bench = Bench::<2>::new(320);
    bench.plug(0, Some(320)).plug(1, Some(320)).run(30);
    assert_eq!(bench.orders(), [160, 160]);
    bench.now += seconds(1);
    bench.broadcast();
    let last = bench.now;
    bench.views[1].online = false;
    bench.step();
    assert_eq!(
        (bench.states(), bench.shares()),
        ("A-".into(), vec![160, 0])
    );
    assert_eq!(bench.last.unwrap().reserved, da(160));
    bench.now += seconds(1);
    bench.broadcast();
    bench.now = last + seconds(20) - smartevse_types::Duration::from_micros(1);
    bench.step();
    assert_eq!(bench.shares(), [160, 0]);
    assert_eq!(bench.last.unwrap().deadline, last + seconds(20));
    bench.now = last + seconds(20);
    bench.step();
    assert_eq!(
        (bench.shares(), bench.orders()),
        (vec![320, 0], vec![320, 0])
    );
}

/// Power share 6.2: a node that was last seen in A, B or B1, or that answers
/// again outside C and C1, frees its current at once.
#[test]
fn when_a_lost_node_cannot_charge_then_nothing_is_kept() {
    let mut bench = Bench::<2>::new(320);
    bench.plug(0, Some(320)).plug(1, Some(320)).run(30);
    bench.views[1].online = false;
    bench.run(4);
    assert_eq!(bench.shares(), [160, 0]);
    bench.views[1].online = true;
    bench.views[1].wants = false;
    bench.views[1].contactor = Contactor::Open;
    bench.views[1].seen_at = bench.now;
    bench.step();
    assert_eq!(bench.shares(), [320, 0]);
    bench.plug(1, Some(320)).run(30);
    bench.views[1].contactor = Contactor::Open;
    bench.views[1].online = false;
    bench.step();
    assert_eq!(bench.shares(), [320, 0]);
}

/// Q19: nodes in B, B1 or COMM_B do not take part.
#[test]
fn when_nodes_do_not_want_current_then_they_are_inactive() {
    let mut bench = Bench::<3>::new(640);
    bench.plug(0, Some(320)).plug(2, Some(320));
    bench.views[1].connected = true;
    bench.run(20);
    assert_eq!(
        (bench.states(), bench.shares()),
        ("A-A".into(), vec![320, 0, 320])
    );
    assert_eq!(bench.group.slots()[1].wait(), None);
    assert_eq!(bench.group.slots()[1].schedule(), Schedule::Inactive);
}

/// I-24: caps of 80 A, 512 EVSEs, extreme limits: nothing overflows.
#[test]
fn when_everything_is_extreme_then_the_shares_still_fit() {
    for capacity in [i32::MIN, -1, 0, 60, 30_719, 30_720, 409_600, i32::MAX] {
        for several in [false, true] {
            let mut list = vec![Member::new(da(60), da(800)); 512];
            for (member, circuit) in list.iter_mut().zip((0..=255_u8).cycle()) {
                member.weight = u8::MAX;
                member.place.circuit = if several { circuit } else { 0 };
            }
            let sum = Limit::new(da(capacity), Conductor::Sum, LimitedBy::Capacity);
            let mut limits = [on_phase(capacity, Phase::L3), sum];
            allocate(&mut list, &mut limits, Share::Equal);
            let total: DeciAmps = list.iter().map(|member| member.current).sum();
            assert!(total <= da(capacity.max(0)), "{capacity}");
            assert!(total.times(3) <= da(capacity.max(0)), "{capacity}");
            let expect = (capacity.max(0) / 3).min(409_600);
            let served = capacity >= 180;
            assert!(
                !served || total.as_deci() >= expect.min(409_600) - 800,
                "{total}"
            );
        }
    }
}

#[test]
fn when_there_is_no_limit_then_the_caps_count() {
    let mut list = [Member::new(da(60), da(320)), Member::new(da(60), da(50))];
    allocate(&mut list, &mut [], Share::Equal);
    assert_eq!(currents(&list), [320, 0]);
    let mut bench = Bench::<1>::new(0);
    bench.limits.clear();
    bench.views[0] = wanting();
    bench.step();
    assert_eq!(bench.orders(), [320]);
}
