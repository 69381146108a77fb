//! What may flow when telegrams, reports or EVSEs are missing.

use smartevse_share::commit::Exposure;
use smartevse_share::{
    Contactor, Group, Member, OrdersSent, Scheduler, ShareConfig, ShareInputs, ShareTable,
    ShareView, Slot,
};
use smartevse_types::{DeciAmps, Duration, Instant};

use crate::group::{Bench, da, on_phase, one_limit, seconds, wanting};

fn at(value: u64) -> Instant {
    Instant::from_secs(value)
}

fn seen(contactor: Contactor, when: u64, reported: Option<i32>) -> ShareView {
    ShareView {
        contactor,
        seen_at: at(when),
        reported: reported.map(da),
        ..wanting()
    }
}

fn lost(when: u64) -> ShareView {
    ShareView {
        online: false,
        ..seen(Contactor::Closed, when, None)
    }
}

/// An EVSE that charges with an order that was sent at 10 s.
fn charging(current: i32) -> Exposure {
    let mut exposure = Exposure::default();
    exposure.hand_out(da(current), at(10));
    exposure.confirm(da(current), at(10));
    exposure
}

/// I-16: an order that may have left unnoticed counts like one that was sent.
#[test]
fn when_an_unconfirmed_order_is_taken_back_then_a_lost_node_keeps_its_current() {
    let mut exposure = Exposure::default();
    exposure.confirm(DeciAmps::ZERO, at(5));
    exposure.hand_out(da(160), at(10));
    exposure.hand_out(DeciAmps::ZERO, at(11));
    exposure.confirm(DeciAmps::ZERO, at(12));
    exposure.observe(&lost(11), at(31));
    assert_eq!(exposure.reserved(&lost(11), at(31)), da(160));
    assert_eq!(exposure.deadline(&lost(11), at(31)), at(32));
    assert_eq!(exposure.reserved(&lost(11), at(32)), DeciAmps::ZERO);
}

/// Power share 6.1, 6.2: a node taken over in C that is lost before it follows.
#[test]
fn when_a_node_taken_over_is_lost_then_it_keeps_its_current_for_20_s() {
    let mut exposure = Exposure::default();
    exposure.observe(&seen(Contactor::Closed, 5, Some(160)), at(5));
    exposure.confirm(DeciAmps::ZERO, at(6));
    assert_eq!(exposure.reserved(&lost(5), at(25)), da(160));
    assert_eq!(exposure.reserved(&lost(5), at(26)), DeciAmps::ZERO);
}

/// Power share 6.2: a node that is not heard after a lower telegram may have
/// missed it; it stops 20 s after the last higher one.
#[test]
fn when_nothing_is_heard_after_a_decrease_then_the_old_current_counts_for_20_s() {
    let mut exposure = charging(160);
    exposure.hand_out(da(60), at(20));
    exposure.confirm(da(60), at(20));
    let mut heard = exposure;
    heard.observe(&seen(Contactor::Closed, 21, None), at(25));
    assert_eq!(heard.committed(), da(60));
    let silent = seen(Contactor::Closed, 20, None);
    exposure.observe(&silent, at(25));
    assert_eq!(exposure.committed(), da(160));
    assert_eq!(exposure.deadline(&silent, at(25)), at(40));
    exposure.confirm(da(60), at(38));
    exposure.observe(&lost(20), at(39));
    assert_eq!(exposure.reserved(&lost(20), at(39)), da(160));
    exposure.observe(&lost(20), at(40));
    assert_eq!(exposure.reserved(&lost(20), at(40)), da(60));
}

/// Power share 9.2: a telegram from before the last order does not replace it,
/// although it carries the same set-point.
#[test]
fn when_an_old_telegram_is_confirmed_then_a_later_order_may_still_leave() {
    let mut exposure = Exposure::default();
    exposure.hand_out(da(60), at(8));
    exposure.confirm(da(60), at(8));
    exposure.hand_out(da(160), at(10));
    exposure.hand_out(da(60), at(11));
    exposure.confirm(da(60), at(9));
    exposure.observe(&seen(Contactor::Closed, 15, None), at(16));
    assert_eq!(exposure.committed(), da(160));
    exposure.confirm(da(60), at(16));
    exposure.observe(&seen(Contactor::Closed, 21, None), at(21));
    assert_eq!(exposure.committed(), da(60));
}

/// Power share 6.2: set-points that change in each cycle do not hide a node
/// that ignores them.
#[test]
fn when_set_points_keep_moving_then_a_node_that_ignores_them_is_rogue() {
    for (reported, rogue) in [(320, true), (62, false)] {
        let mut exposure = charging(60);
        for second in (12..=30).step_by(2) {
            let order = da(60 + i32::from(second % 4 == 0) * 2);
            exposure.hand_out(order, at(second));
            exposure.confirm(order, at(second));
            let view = seen(Contactor::Closed, second + 1, Some(reported));
            exposure.observe(&view, at(second + 1));
        }
        assert_eq!(exposure.is_rogue(), rogue);
    }
}

/// Power share 6.1: a node in C counts also when it appears after the first
/// telegram.
#[test]
fn when_a_node_appears_in_c_after_the_first_zero_then_it_counts_as_reported() {
    let mut exposure = Exposure::default();
    exposure.confirm(DeciAmps::ZERO, at(10));
    exposure.observe(&seen(Contactor::Closed, 12, Some(160)), at(12));
    assert_eq!(exposure.committed(), da(160));
    exposure.confirm(DeciAmps::ZERO, at(13));
    exposure.observe(&seen(Contactor::Closed, 14, Some(0)), at(18));
    assert_eq!(exposure.committed(), da(160));
    exposure.observe(&seen(Contactor::Asking, 19, None), at(19));
    assert_eq!(exposure.committed(), DeciAmps::ZERO);
}

/// I-01, I-16: the current of an EVSE that is no longer in the list is kept on
/// the circuit where it was.
#[test]
fn when_an_evse_disappears_then_its_own_circuit_keeps_its_current() {
    let mut group: Group<3> = Group::new();
    let mut views = [wanting(); 3];
    views[0].wants = false;
    views[1].place.circuit = 1;
    views[2].place.circuit = 1;
    let row = on_phase(320, smartevse_types::Phase::L1).within(1, 1);
    let mut sent: Option<(Instant, [DeciAmps; 3])> = None;
    for second in 100..130 {
        let orders = sent
            .as_ref()
            .map(|(at, currents)| OrdersSent { at: *at, currents });
        let known = if second < 120 { 3 } else { 2 };
        for (view, slot) in views.iter_mut().zip(group.slots()) {
            view.seen_at = at(second);
            view.contactor = if slot.order() > DeciAmps::ZERO {
                Contactor::Closed
            } else {
                Contactor::Asking
            };
        }
        let inputs = ShareInputs {
            views: &views[..known],
            sent: orders,
            grace_running: false,
        };
        group.step(
            at(second),
            &ShareConfig::default(),
            &inputs,
            &mut [on_phase(640, smartevse_types::Phase::L1), row],
        );
        sent = Some((at(second), group.orders()));
        if second > 110 {
            assert_eq!(group.orders()[1], da(160), "{second}");
        }
    }
}

/// Power share 9.1: the soft floor starts nobody, also when the best rank was
/// chosen already and waits for the others to let go.
#[test]
fn when_the_best_rank_has_no_order_yet_then_a_grace_does_not_start_it() {
    let mut bench = Bench::<2>::new(60);
    bench.plug(1, Some(320)).run(70);
    assert_eq!(bench.orders(), [0, 60]);
    bench.plug(0, Some(320)).step();
    assert_eq!((bench.states(), bench.orders()), ("AP".into(), vec![0, 0]));
    bench.capacity(50);
    bench.grace = true;
    bench.run(30);
    assert_eq!(bench.orders(), [0, 0]);
    bench.capacity(60);
    bench.run(30);
    assert_eq!(bench.orders(), [60, 0]);
    bench.capacity(50);
    bench.run(30);
    assert_eq!(bench.orders(), [60, 0]);
}

/// I-01: a working table that lost its contents still reaches every EVSE.
#[test]
fn when_the_working_table_is_new_then_every_evse_is_decided_again() {
    let mut scheduler = Scheduler::new();
    let mut slots = [Slot::default(); 3];
    let mut now = at(100);
    for capacity in [240, 0] {
        now += Duration::from_millis(100);
        let inputs = ShareInputs {
            views: &[wanting(); 3],
            ..ShareInputs::default()
        };
        let table = ShareTable {
            slots: &mut slots,
            members: &mut [Member::new(DeciAmps::ZERO, DeciAmps::ZERO); 3],
            limits: &mut one_limit(capacity),
        };
        scheduler.step(now, &ShareConfig::default(), &inputs, table);
    }
    assert_eq!(slots.map(|slot| slot.order()), [DeciAmps::ZERO; 3]);
    assert!(now < at(100) + seconds(1));
}
