//! The walks, and the proof that they see.

use super::blindfold::Blindfold;
use super::coverage::Coverage;
use super::exhaustive::{Care, Exhaustive};
use super::station::{STATIONS, Station};
use super::tally::Tally;
use super::walk::{Extent, Walk};

/// Extent of the walk of every test run.
const SHORT: Extent = Extent {
    unhealthy: 1,
    states: 600,
    dives: 300,
    recovery: true,
    first_only: false,
};

/// Extent of the walk with `MODEL_DEPTH=full`.
const FULL: Extent = Extent {
    unhealthy: 2,
    states: 9_000,
    dives: 2_500,
    recovery: true,
    first_only: false,
};

/// Extent of a walk with a guard taken away.
const BLIND: Extent = Extent {
    unhealthy: 1,
    states: 2_000,
    dives: 300,
    recovery: false,
    first_only: true,
};

/// Rows that a walk over polls can show. I-27 and I-28 are about cards.
const ROWS: [u8; 30] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    29, 30, 31, 32,
];

/// Ends of the ways back that are right: energy, or a fault that only the
/// driver or a service action ends.
const ENDS: [&str; 3] = ["Replugs: charging", "Stays: charging", "Stays: PILOT_FAULT"];

fn is_full() -> bool {
    std::env::var("MODEL_DEPTH").is_ok_and(|depth| depth == "full")
}

/// I-01 to I-26, I-29 to I-32; charging 2.5 rules 1 to 11, 3.5: no move breaks
/// an invariant, and from every node a healthy car gets energy or sees a fault
/// with a text and an action.
#[test]
fn when_walked_then_no_invariant_breaks_and_every_node_leads_back() {
    let (extent, least) = if is_full() {
        (FULL, 300_000)
    } else {
        (SHORT, 50_000)
    };
    let mut total = Tally::default();
    let mut complaints = String::new();
    for station in &STATIONS {
        let (tally, found) = Walk::run(station, Blindfold::None, extent);
        println!("{}: {tally}", station.name);
        for one in found {
            complaints += &format!("{}: {one}\n", station.name);
        }
        total.add(&tally);
    }
    println!("all: {total}");
    assert!(complaints.is_empty(), "{complaints}");
    for end in total.ends.keys() {
        assert!(ENDS.contains(&end.as_str()), "{end}");
    }
    for row in ROWS {
        assert!(total.hits.of(row) > 0, "I-{row:02} never came up");
    }
    assert!(total.known >= least, "{} states", total.known);
}

fn must_see(blindfold: Blindfold, number: u8) {
    let (tally, found) = Walk::run(&STATIONS[0], blindfold, BLIND);
    let seen = found.first().map(|one| one.violation.number);
    for one in &found {
        println!("{blindfold:?}: {one}");
    }
    assert_eq!(seen, Some(number), "{blindfold:?}: {tally}");
}

/// I-04: a vehicle without a diode must not get energy.
#[test]
fn when_the_diode_is_hidden_then_the_walk_fails() {
    must_see(Blindfold::Diode, 4);
}

/// I-08
#[test]
fn when_a_residual_current_is_hidden_then_the_walk_fails() {
    must_see(Blindfold::Monitor, 8);
}

/// I-04
#[test]
fn when_the_restart_of_the_debounce_is_hidden_then_the_walk_fails() {
    must_see(Blindfold::Debounce, 4);
}

/// I-23: service could reset a contactor that still reads closed.
#[test]
fn when_a_weld_is_hidden_then_the_walk_fails() {
    must_see(Blindfold::Weld, 23);
}

/// I-07
#[test]
fn when_old_samples_look_new_then_the_walk_fails() {
    must_see(Blindfold::Freshness, 7);
}

/// I-24
#[test]
fn when_the_heat_is_hidden_then_the_walk_fails() {
    must_see(Blindfold::Heat, 24);
}

/// I-11
#[test]
fn when_the_loss_of_access_is_hidden_then_the_walk_fails() {
    must_see(Blindfold::Access, 11);
}

/// The exhaustive walk of every test run, over one of the stations.
const SAMPLED: Care = Care {
    representatives: 1,
    recovery: 40,
    first_only: false,
};

/// The exhaustive walk with `MODEL_DEPTH=full`, over all stations.
const THOROUGH: Care = Care {
    recovery: 1,
    ..SAMPLED
};

/// The exhaustive walk with a guard taken away.
const UNGUARDED: Care = Care {
    recovery: 0,
    first_only: true,
    ..SAMPLED
};

/// Stations of the exhaustive walk of every test run: the node, which alone has
/// the states in which a master is asked.
const QUICK: std::ops::Range<usize> = 2..3;

/// I-01 to I-26, I-29 to I-32; charging 2.5 rules 1 to 11, 3.5: the walk over
/// the abstract states comes to its end without a broken invariant, and every
/// state leads back.
#[test]
fn when_every_abstract_state_is_walked_on_from_then_no_invariant_breaks() {
    let (stations, care) = if is_full() {
        (&STATIONS[..], THOROUGH)
    } else {
        (&STATIONS[QUICK], SAMPLED)
    };
    let mut total = Tally::default();
    let mut coverage = Coverage::default();
    let mut keys = 0;
    for station in stations {
        let (tally, entered, count) = walk_to_the_end(station, care);
        total.add(&tally);
        coverage.add(&entered);
        keys += count;
    }
    println!("all: {keys} abstract states; {total}\n{coverage}");
    for end in total.ends.keys() {
        assert!(ENDS.contains(&end.as_str()), "{end}");
    }
    let (entered, missed) = coverage.surprises();
    assert!(entered.is_empty(), "{entered:?}");
    assert!(missed.is_empty(), "{missed:?}");
    if is_full() {
        for row in ROWS {
            assert!(total.hits.of(row) > 0, "I-{row:02} never came up");
        }
    }
}

fn walk_to_the_end(station: &'static Station, care: Care) -> (Tally, Coverage, usize) {
    let report = Exhaustive::run(station, Blindfold::None, care);
    let (name, tally) = (station.name, report.tally);
    println!("{name}: {} abstract states; {tally}", report.keys);
    for one in &report.found {
        println!("{name}: {one}");
    }
    assert!(report.found.is_empty(), "{name}");
    assert_eq!(tally.left, 0, "{name}: states were not walked on from");
    assert_eq!(tally.states, tally.known, "{name}");
    (tally, report.coverage, report.keys)
}

/// I-04, I-06, I-07, I-08, I-11, I-23, I-24: without a guard the exhaustive walk
/// fails, and at the invariant that the guard serves.
#[test]
fn when_a_guard_is_hidden_then_the_exhaustive_walk_fails() {
    let guards = [
        (Blindfold::Diode, 4),
        (Blindfold::Monitor, 8),
        (Blindfold::Debounce, 4),
        (Blindfold::Weld, 23),
        (Blindfold::Freshness, 7),
        (Blindfold::Heat, 24),
        (Blindfold::Access, 11),
    ];
    for (blindfold, number) in guards {
        let report = Exhaustive::run(&STATIONS[0], blindfold, UNGUARDED);
        let seen = report.found.first().map(|one| one.violation.number);
        for one in &report.found {
            println!("{blindfold:?}: {one}");
        }
        assert_eq!(seen, Some(number), "{blindfold:?}: {}", report.tally);
    }
}
