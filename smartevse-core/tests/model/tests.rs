//! The walks, and the proof that they see.

use super::blindfold::Blindfold;
use super::station::STATIONS;
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
