//! Exhaustive search with the shipped planner and the shipped node: every place
//! for a fault, everything that can go wrong with each transaction.
//!
//! The rest of the world is small and honest: a scheduler that shares one
//! budget, nodes that keep to the charging rules, cars that follow the pilot
//! 5 s late. What is searched: the sum of all currents never exceeds the budget
//! (power share 6.2, 9.2), and when the faults are over everybody who may
//! charge does (L-04).
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "test code may stop at what it does not expect"
)]

mod explore;
mod plant;
mod scheduler;

use explore::{Search, Verdict};
use plant::{Line, Scenario};

/// A guard that a test takes away to see that the search notices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Without {
    Nothing,
    /// Raises go out without waiting for the decreases (9.2).
    Commitment,
    /// The current of a lost node is given away at once (6.2).
    Reservation,
    /// Nodes do not notice silence (I-15).
    CommTimer,
    /// A rebooted master does not wait until it knows everybody.
    Settling,
}

fn is_full() -> bool {
    std::env::var("MODEL_DEPTH").is_ok_and(|depth| depth == "full")
}

fn search(scenario: Scenario, faults: u8, without: Without) -> Verdict {
    let verdict = Search::new((scenario, Line::Good, without), faults).run();
    eprintln!("{scenario:?}, {faults} faults, without {without:?}: {verdict}");
    verdict
}

/// The same on a line that is always bad.
fn holds_on(line: Line, scenario: Scenario) {
    let verdict = Search::new((scenario, line, Without::Nothing), 1).run();
    eprintln!("{scenario:?} on {line:?}: {verdict}");
    assert_eq!(verdict.failure, None);
    assert!(verdict.endings > 50, "the search is empty");
}

fn holds(scenario: Scenario, faults: u8) {
    let verdict = search(scenario, faults + u8::from(is_full()), Without::Nothing);
    assert_eq!(verdict.failure, None);
    assert!(verdict.endings > 100, "the search is empty");
}

/// One node alone: it charges again after every fault (L-04), N = 1 (I-23).
#[test]
fn when_one_node_meets_faults_then_it_charges_again() {
    holds(Scenario::Alone, 2);
}

/// Power share 9.2: a second car comes, the first one has to give half.
#[test]
fn when_a_second_car_comes_then_the_sum_holds() {
    holds(Scenario::SecondCar, 2);
}

/// Power share 9.2, 6.2: one car leaves, the other one takes all, the first comes back.
#[test]
fn when_a_car_leaves_and_returns_then_the_sum_holds() {
    holds(Scenario::LeaveAndReturn, 1);
}

/// Power share 8.4, 9.2: power for one only changes hands.
#[test]
fn when_the_power_changes_hands_then_the_sum_holds() {
    holds(Scenario::HandOver, 2);
}

/// Everything reaches the nodes 1 s late: still safe, still everybody charges.
#[test]
fn when_the_wire_delays_by_a_second_then_the_sum_holds() {
    holds_on(Line::Slow, Scenario::SecondCar);
    holds_on(Line::Slow, Scenario::HandOver);
}

/// Nobody ever tells that a broadcast has left: nothing is given away on a guess.
#[test]
fn when_no_broadcast_is_ever_confirmed_then_the_sum_holds() {
    holds_on(Line::Untold, Scenario::SecondCar);
    holds_on(Line::Untold, Scenario::HandOver);
}

/// The search finds what each of these guards prevents.
#[test]
fn when_a_guard_is_taken_away_then_the_search_fails() {
    let guards = [
        (Scenario::SecondCar, Without::Commitment),
        (Scenario::HandOver, Without::Reservation),
        (Scenario::HandOver, Without::CommTimer),
        (Scenario::SecondCar, Without::Settling),
    ];
    for (scenario, guard) in guards {
        let verdict = search(scenario, 1, guard);
        assert!(verdict.failure.is_some(), "{guard:?} guards nothing");
    }
}
