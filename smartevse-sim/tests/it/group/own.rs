//! Groups in installations of their own.

use super::rig::{Group, Plan};

fn amps(group: &mut Group) -> Vec<f64> {
    (0..group.run.world().len())
        .map(|evse| group.amps(evse))
        .collect()
}

/// Power share Q03, Q04: a master guards CIRCUIT in Normal without any meter.
#[test]
fn when_a_circuit_feeds_two_then_they_share_it_in_normal() {
    let mut group = Group::start(&Plan {
        evses: 2,
        ..Plan::default()
    });
    group.wait(45);
    assert!(group.amps(0) > 15.9, "alone it has all: {}", group.amps(0));
    group.wait(60);
    let shares = amps(&mut group);
    assert!(shares.iter().all(|a| (9.9..10.1).contains(a)), "{shares:?}");
    assert!(group.highest_a <= 20.01, "{}", group.highest_a);
}

/// Power share P12: with less than two minima one vehicle charges, the other
/// waits.
#[test]
fn when_the_circuit_has_room_for_one_then_one_charges() {
    let mut group = Group::start(&Plan {
        evses: 2,
        circuit_a: 10,
        ..Plan::default()
    });
    group.wait(300);
    let shares = amps(&mut group);
    assert!(
        (9.9..10.1).contains(&shares[0]) && shares[1] < 0.1,
        "{shares:?}"
    );
    assert!(group.highest_a <= 10.01, "{}", group.highest_a);
}

/// Power share Q12, regulation 11: the sum of all currents obeys the relay.
#[test]
fn when_the_grid_relay_opens_then_the_group_obeys() {
    for evses in [1, 3] {
        let mut group = Group::start(&Plan {
            evses,
            circuit_a: 32,
            more: r#""relay_open": [300, 900],"#,
            ..Plan::default()
        });
        group.wait(299);
        let before: f64 = amps(&mut group).iter().sum();
        assert!(before > 15.0, "{before} A");
        group.wait(31);
        let mut highest = 0.0_f64;
        group.pass(500, |group| {
            highest = highest.max(amps(group).iter().sum());
        });
        assert!(highest <= 6.01, "{evses}: {highest} A on three phases");
        assert!(highest > 5.9, "{evses}: one still charges");
        group.wait(200);
        let after: f64 = amps(&mut group).iter().sum();
        assert!(after > 15.0, "{evses}: {after} A again");
    }
}

/// Smart: house and vehicles together stay inside MAINS.
#[test]
fn when_the_house_takes_more_then_the_group_takes_less() {
    let mut group = Group::start(&Plan {
        mode: "smart",
        evses: 2,
        circuit_a: 32,
        ..Plan::default()
    });
    group.wait(600);
    let free: f64 = amps(&mut group).iter().sum();
    assert!((21.0..23.1).contains(&free), "{free} A");
    group.run.world().set_house([11.0; 3]);
    group.wait(60);
    let less: f64 = amps(&mut group).iter().sum();
    assert!((11.9..14.1).contains(&less), "{less} A");
    group.run.world().set_house([14.0; 3]);
    group.wait(60);
    let shares = amps(&mut group);
    assert!(shares[0] > 5.9 && shares[1] < 0.1, "{shares:?}");
}

/// Power share 8.4: everybody gets a turn.
#[test]
fn when_rotation_runs_then_the_turn_changes() {
    let mut group = Group::start(&Plan {
        evses: 2,
        circuit_a: 10,
        settings: r#""rotation_min": 30,"#,
        ..Plan::default()
    });
    group.wait(1_700);
    let shares = amps(&mut group);
    assert!(shares[0] > 5.9 && shares[1] < 0.1, "{shares:?}");
    group.wait(400);
    let shares = amps(&mut group);
    assert!(shares[0] < 0.1 && shares[1] > 5.9, "{shares:?}");
    assert!(group.highest_a <= 10.01, "{}", group.highest_a);
}
