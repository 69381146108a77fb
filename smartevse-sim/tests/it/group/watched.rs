//! The oracles judge every cycle of a group, and would find a wrong one.

use smartevse::group::judged::Judged;
use smartevse::{Setup, Stored};
use smartevse_sim::watch::Checks;
use smartevse_types::{DeciAmps, Duration};

use super::rig::{Group, Plan};

/// A cycle of a master that serves two of three vehicles.
fn judged() -> Judged {
    let mut group = Group::start(&Plan {
        circuit_a: 14,
        settings: r#""rotation_min": 30,"#,
        ..Plan::default()
    });
    group.wait(200);
    *group.run.seat(0).unwrap().watched().manager().judged()
}

/// The number of the row that finds a change of the cycle.
fn found(change: impl FnOnce(&mut Judged)) -> Option<String> {
    let setup = Setup {
        stored: Stored::Intact,
        ..Setup::default()
    };
    let mut checks = Checks::new(&setup);
    let mut judged = judged();
    change(&mut judged);
    let verdict = checks.check_group(&judged);
    verdict.err().map(|violation| violation.number)
}

/// R-01, I-01, I-03, I-12, I-13: nothing is found in a true cycle, and each
/// falsified one is found by its row.
#[test]
fn when_a_cycle_is_falsified_then_its_row_fires() {
    let amps = |amps: i32| DeciAmps::from_deci(10 * amps);
    assert_eq!(found(|_| {}), None);
    let number = found(|it| it.cycle.as_mut().unwrap().plan.budget = amps(15));
    assert_eq!(number.as_deref(), Some("R-01"));
    let number = found(|it| it.round.as_mut().unwrap().limits[0].capacity = amps(13));
    assert_eq!(number.as_deref(), Some("power share I-01"));
    let number = found(|it| it.round.as_mut().unwrap().views[0].cap = amps(6));
    assert_eq!(number.as_deref(), Some("power share I-03"));
    let number = found(|it| {
        it.round.as_mut().unwrap().decision.rotation_left = Duration::from_secs(1_801);
    });
    assert_eq!(number.as_deref(), Some("power share I-12"));
    let number = found(|it| it.round.as_mut().unwrap().decision.nobody_served = true);
    assert_eq!(number.as_deref(), Some("power share I-13"));
}

/// I-16: a node is lost and its current is not kept.
#[test]
fn when_a_lost_node_is_forgotten_then_row_16_fires() {
    let number = found(|it| {
        let round = it.round.as_mut().unwrap();
        round.views[1].online = false;
        round.sent = (round.sent.0, round.now);
        round.limits[0].capacity = DeciAmps::from_deci(10_000);
    });
    assert!(
        number.is_some_and(|number| number.starts_with("power share I-")),
        "a lost node that is still served"
    );
}

/// R-04, R-05: both have something to judge when the house takes more while
/// nobody waits.
#[test]
fn when_the_house_takes_more_then_the_rows_of_overload_judge() {
    let mut group = Group::start(&Plan {
        mode: "smart",
        evses: 2,
        circuit_a: 32,
        ..Plan::default()
    });
    group.wait(600);
    for house in [4.0, 6.0, 9.0, 11.0] {
        group.run.world().set_house([house; 3]);
        group.wait(60);
    }
    let checks = group.run.seat(0).unwrap().checks().unwrap();
    let hits = |number| {
        let mut rows = checks.group_hits();
        rows.find(|(of, row, _)| (*of, *row) == ('R', number))
            .map_or(0, |(_, _, hits)| hits)
    };
    assert!(hits(4) > 0 && hits(5) > 0, "{} {}", hits(4), hits(5));
}

/// The rows of both oracles have something to judge in a run.
#[test]
fn when_a_group_runs_then_the_rows_judge() {
    let mut group = Group::start(&Plan {
        mode: "smart",
        circuit_a: 14,
        settings: r#""rotation_min": 30,"#,
        more: r#""relay_open": [3000, 3300],"#,
        ..Plan::default()
    });
    group.wait(600);
    for house in [12.0, 14.0, 12.0, 15.0, 20.0] {
        group.run.world().set_house([house; 3]);
        group.wait(60);
    }
    group.run.world().set_house([2.0; 3]);
    group.wait(2_000);
    group.run.world().set_mains_meter_silent(true);
    group.wait(60);
    group.run.world().set_mains_meter_silent(false);
    group.wait(400);
    let checks = group.run.seat(0).unwrap().checks().unwrap();
    let silent: Vec<_> = checks
        .group_hits()
        .filter(|(_, _, hits)| *hits == 0)
        .map(|(of, number, _)| (of, number))
        .collect();
    // Somebody always waits, only Solar fades, nobody is lost or idle here, and rotation excuses the
    // order of ranks; every poll brings a new time of the views.
    let excused = [
        ('R', 4),
        ('R', 5),
        ('R', 11),
        ('R', 12),
        ('I', 5),
        ('I', 14),
        ('I', 16),
        ('I', 21),
    ];
    let missing: Vec<_> = silent.iter().filter(|row| !excused.contains(row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
