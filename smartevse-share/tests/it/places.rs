//! What happens to current that somebody waits for, and where a newcomer stands.

use smartevse_share::{AntiFlap, Wait};

use crate::group::Bench;

/// Power share 8.3: the minimum of somebody who waits for its margin is kept
/// from other newcomers, but those that are served use it meanwhile.
#[test]
fn when_somebody_waits_for_its_margin_then_the_served_ones_use_the_current() {
    let mut bench = Bench::<2>::new(140);
    bench.config.anti_flap = AntiFlap::default();
    bench.plug(0, Some(320)).plug(1, Some(320)).run(20);
    bench.capacity(110);
    bench.run(7);
    bench.capacity(125);
    bench.run(1);
    assert_eq!(bench.group.slots()[1].wait(), Some(Wait::AntiFlap));
    assert_eq!(bench.shares(), [125, 0]);
}

/// Power share 8.4, T21: a newcomer before the head of the rotation comes in
/// the next lap; it takes nobody's place before its turn.
#[test]
fn when_a_newcomer_stands_before_the_head_then_its_turn_is_in_the_next_lap() {
    let mut bench = Bench::<4>::new(120).rotation(30);
    for index in 1..4 {
        bench.plug(index, Some(60));
    }
    bench.run(1_900);
    assert_eq!(bench.states(), "-PAA");
    bench.plug(0, Some(60));
    bench.run(300);
    assert_eq!(bench.states(), "PPAA");
}

/// Power share 8.2: the place in the order of service; who takes no part has
/// none.
#[test]
fn when_somebody_does_not_want_then_it_has_no_rank() {
    let mut bench = Bench::<3>::new(300);
    bench.plug(2, Some(60)).plug(0, Some(60)).run(2);
    let ranks = [0, 1, 2].map(|index| bench.group.rank(index));
    assert_eq!(ranks, [Some(0), None, Some(1)]);
}
