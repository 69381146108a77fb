//! Every row of the oracle fires: the past is that of a real charger, then one
//! thing goes wrong, and exactly the rows that speak of it are broken.

mod lies;
mod pasts;

use smartevse_core::io::ProximityInput;
use smartevse_core::options::CableKind;
use smartevse_core::oracle::{INVARIANTS, Scope};
use smartevse_core::pilot::PilotClass::C6;
use smartevse_core::state::ChargeState::{B, CommB};

use crate::puppet::Puppet;
use crate::rig::Rig;
use lies::{CLOSING, CONTACTORS, Lie, OFFERS, OPENINGS, STATES, leave};
use pasts::{charging, closing, connected, idle, monitored, node, stopping};

fn all() -> impl Iterator<Item = &'static Lie> {
    [CONTACTORS, CLOSING, OFFERS, OPENINGS, STATES]
        .into_iter()
        .flatten()
}

/// The truth first: the past broke nothing, so what is reported is the lie.
fn check(lie: &Lie) -> Result<(), String> {
    let (number, mut expected) = (lie.broken[0], lie.broken.to_vec());
    expected.sort_unstable();
    let mut puppet = (lie.past)();
    for ms in (0..=lie.after_ms).step_by(10) {
        (lie.tell)(&mut puppet, ms);
        let (broken, text) = puppet.poll();
        let here = format!(
            "I-{number:02} {:?}: {broken:?} {text:?} after {ms} ms",
            lie.text
        );
        if !broken.iter().all(|number| expected.contains(number)) {
            return Err(format!("too much is broken: {here}"));
        }
        if broken.contains(&number) {
            let right = broken == expected && text == lie.text && ms == lie.after_ms;
            return if right { Ok(()) } else { Err(here) };
        }
    }
    Err(format!("I-{number:02} {:?} is not reported", lie.text))
}

/// I-01 to I-32: each complaint of each row is reported, at the poll in which
/// it must be, and no other row with it but those that forbid the same.
#[test]
fn when_one_thing_is_wrong_then_exactly_its_row_is_broken() {
    let wrong: Vec<String> = all().filter_map(|lie| check(lie).err()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// I-01 to I-32: a row that polls show has at least one lie.
#[test]
fn when_a_row_is_observed_then_it_has_a_lie() {
    for row in &INVARIANTS {
        let lies = all().filter(|lie| lie.broken[0] == row.number).count();
        let elsewhere = matches!(row.scope, Scope::Elsewhere(_));
        assert_eq!(lies == 0, elsewhere, "I-{:02}", row.number);
    }
}

/// I-04, I-05, I-17: a cable without a valid coding gets no offer, and no
/// contactor closes for it.
#[test]
fn when_the_cable_is_unknown_then_offer_and_closing_are_reported() {
    let mut rig = Rig::plain();
    rig.directive.config.cable = CableKind::Socket;
    rig.inputs.proximity = ProximityInput::Open;
    rig.run_ms(2_000);
    rig.set(C6);
    rig.run_ms(1_000);
    let mut puppet = Puppet::of(&rig);
    puppet.state(B);
    puppet.offer(60, 100);
    for _ in 0..20 {
        assert_eq!(
            puppet.poll(),
            (vec![17], "the pilot offers more than the cable carries")
        );
    }
    puppet.close();
    assert_eq!(
        puppet.poll(),
        (vec![4, 5, 17], "closes with an unknown cable")
    );
}

/// I-21, I-06: contactors that stay closed when the vehicle has left.
#[test]
fn when_closed_after_12_v_then_every_row_about_it_is_broken() {
    let mut puppet = charging();
    leave(&mut puppet);
    let broken: Vec<_> = (0..=108).map(|_| puppet.poll().0).collect();
    // In between the level is no evidence, until the pilot drive has settled.
    assert_eq!(broken[0], [1, 6]);
    assert_eq!(broken[107], [1, 6]);
    assert_eq!(broken[108], [1, 6, 21]);
}

/// The puppet itself breaks nothing while it does what the charger did.
#[test]
fn when_nothing_is_wrong_then_nothing_is_broken() {
    for past in [
        idle,
        connected,
        charging,
        monitored,
        closing,
        stopping,
        node_before_b,
    ] {
        let mut puppet = past();
        for _ in 0..5 {
            assert_eq!(puppet.poll(), (vec![], ""));
        }
    }
}

fn node_before_b() -> Puppet {
    node(CommB)
}
