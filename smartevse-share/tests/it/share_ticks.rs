//! The worked rows of power share 11.3: turns, idle cars, displacement.

use smartevse_share::{AntiFlap, Contactor, Priority, Wait};
use smartevse_types::{Duration, Minutes};

use crate::group::{Bench, da, seconds};

/// Seconds until the states change, at most `limit`.
fn until_change<const N: usize>(bench: &mut Bench<N>, limit: u64) -> u64 {
    let before = bench.states();
    (0..limit)
        .find(|_| {
            bench.run(1);
            bench.states() != before
        })
        .map_or(limit, |span| span + 1)
}

/// T01, T02, L-03: an idle car hands over exactly at IDLE TMO.
#[test]
fn when_an_active_car_is_idle_then_the_next_takes_over_at_idle_tmo() {
    let mut bench = Bench::<2>::new(80);
    bench.plug(0, Some(5)).plug(1, Some(320)).step();
    assert_eq!(bench.states(), "AP");
    assert_eq!(until_change(&mut bench, 200), 60);
    assert_eq!(bench.states(), "PA");
    assert_eq!(bench.group.slots()[0].wait(), Some(Wait::Idle));
    // The marked one waits behind the other for good.
    assert_eq!(until_change(&mut bench, 4_000), 4_000);
}

/// T03: at IDLE TMO a charging car starts the rotation clock.
#[test]
fn when_a_charging_car_passes_the_idle_check_then_the_clock_starts() {
    let mut bench = Bench::<2>::new(80).rotation(30);
    bench.plug(0, Some(80)).plug(1, Some(320)).step();
    bench.run(59);
    assert_eq!(bench.timer(), 0);
    bench.run(1);
    assert_eq!((bench.states(), bench.timer()), ("AP".into(), 1799));
    bench.run(10);
    assert_eq!(bench.timer(), 1789);
}

/// T04, T07: the hand-over wraps around.
#[test]
fn when_the_last_one_hands_over_then_the_first_one_follows() {
    for idle in [true, false] {
        let mut bench = Bench::<3>::new(80).rotation(30);
        bench.plug(2, Some(320)).run(61);
        bench.plug(0, Some(320)).plug(1, Some(320));
        bench.config.idle_tmo = seconds(300);
        bench.run(10);
        assert_eq!(bench.states(), "PPA");
        if idle {
            bench.draw(2, Some(0));
        } else {
            bench.config.idle_tmo = seconds(60);
        }
        bench.run(300);
        assert_eq!(bench.states(), "APP", "{idle}");
    }
}

/// T05, T11: the longest turn ends, the next one begins with the clock
/// reloaded, and later decisions keep it so.
#[test]
fn when_the_clock_runs_out_then_one_hands_over_and_it_stays_so() {
    let mut bench = Bench::<3>::new(80).rotation(30);
    bench
        .plug(0, Some(60))
        .plug(1, Some(60))
        .plug(2, Some(60))
        .step();
    bench.run(60 + 1798);
    assert_eq!((bench.states(), bench.timer()), ("APP".into(), 1));
    bench.run(1);
    assert_eq!((bench.states(), bench.timer()), ("PAP".into(), 1800));
    assert_eq!(bench.group.slots()[0].wait(), Some(Wait::Rotation));
    for _ in 0..100 {
        bench.capacity(81);
        bench.run(2);
        bench.capacity(80);
        bench.run(2);
        assert_eq!(bench.states(), "PAP");
    }
}

/// T06: ROTATION 0 never rotates.
#[test]
fn when_rotation_is_off_then_nothing_changes() {
    let mut bench = Bench::<2>::new(80);
    bench.plug(0, Some(60)).plug(1, Some(60)).step();
    assert_eq!(until_change(&mut bench, 4_000), 4_000);
    assert_eq!(bench.timer(), 0);
}

/// T08: an empty place is skipped.
#[test]
fn when_the_next_in_line_is_unplugged_then_the_one_after_follows() {
    let mut bench = Bench::<3>::new(80).rotation(30);
    bench
        .plug(0, Some(60))
        .plug(1, Some(60))
        .plug(2, Some(60))
        .run(100);
    bench.unplug(1);
    bench.run(1760);
    assert_eq!(bench.states(), "P-A");
}

/// T09: an idle car does not wait for the rotation.
#[test]
fn when_idle_before_the_turn_ends_then_idle_counts() {
    let mut bench = Bench::<3>::new(80).rotation(30);
    bench.config.priority = Priority::FirstConnected;
    bench.plug(1, Some(0)).run(1);
    bench.plug(0, Some(60)).run(1);
    bench.plug(2, Some(60)).step();
    assert_eq!(bench.states(), "PAP");
    assert!(until_change(&mut bench, 70) <= 60);
    assert_eq!((bench.states(), bench.timer()), ("APP".into(), 1800));
}

/// T10, I-22: unplugging clears the time of the plug-in, a pause does not.
#[test]
fn when_unplugged_then_the_plug_in_time_is_cleared() {
    let mut bench = Bench::<2>::new(80);
    bench.plug(0, Some(60)).plug(1, Some(60)).step();
    let since = bench.group.slots()[1].connected_at();
    assert_eq!(since, Some(bench.now));
    bench.run(200);
    assert_eq!(bench.group.slots()[1].connected_at(), since);
    bench.unplug(0).unplug(1);
    bench.run(1);
    assert_eq!(
        (bench.states(), bench.group.slots()[1].connected_at()),
        ("--".into(), None)
    );
}

/// T12: without a measurement nobody is idle.
#[test]
fn when_nothing_is_measured_then_nobody_is_idle() {
    let mut bench = Bench::<2>::new(80);
    bench.plug(0, None).plug(1, None).step();
    assert_eq!(until_change(&mut bench, 1_000), 1_000);
    assert_eq!(bench.states(), "AP");
}

/// L-01 without EV meters: the rotation runs as well.
#[test]
fn when_nothing_is_measured_then_the_rotation_still_runs() {
    let mut bench = Bench::<2>::new(80).rotation(30);
    bench.plug(0, None).plug(1, None).step();
    assert_eq!(until_change(&mut bench, 2_000), 60 + 1799);
}

/// T13: all idle: the best rank has the power, tries get rarer.
#[test]
fn when_everybody_is_idle_then_the_cycling_slows_down() {
    let mut bench = Bench::<3>::new(80);
    bench
        .plug(0, Some(0))
        .plug(1, Some(0))
        .plug(2, Some(0))
        .step();
    let mut spans = Vec::new();
    for _ in 0..40 {
        spans.push(until_change(&mut bench, 5_000));
    }
    let late: u64 = spans.iter().skip(30).sum();
    assert!(late / 10 >= 550, "{spans:?}");
    assert_eq!(bench.states().matches('A').count(), 1);
}

/// T14: the pairs {0,1}, {1,2}, {2,0}, {0,1}.
#[test]
fn when_two_of_three_are_served_then_the_pairs_go_round() {
    let mut bench = Bench::<3>::new(120).rotation(30);
    bench
        .plug(0, Some(60))
        .plug(1, Some(60))
        .plug(2, Some(60))
        .step();
    let mut seen = vec![bench.states()];
    for _ in 0..4 {
        until_change(&mut bench, 2_000);
        seen.push(bench.states());
    }
    assert_eq!(seen, ["AAP", "PAA", "APA", "AAP", "PAA"]);
}

/// T15, decision 8: a better newcomer waits until the turn is IDLE TMO old.
#[test]
fn when_a_better_rank_arrives_then_it_waits_for_idle_tmo() {
    let mut bench = Bench::<2>::new(80);
    bench.config.priority = Priority::LastConnected;
    bench.plug(0, Some(80)).step();
    bench.run(10);
    bench.plug(1, Some(80));
    bench.run(49);
    assert_eq!(bench.states(), "AP");
    bench.run(1);
    assert_eq!(bench.states(), "PA");
    assert_eq!(bench.group.slots()[0].wait(), Some(Wait::Priority));
}

/// T16, T17, decision 33: the default preset resumes 15 s after the pause, the
/// documented one at once.
#[test]
fn when_the_budget_returns_then_the_preset_decides_when_to_resume() {
    for (preset, span) in [(AntiFlap::default(), 10), (AntiFlap::DOCUMENTED, 0)] {
        let mut bench = Bench::<2>::new(140);
        bench.config.anti_flap = preset;
        bench.plug(0, Some(320)).plug(1, Some(320)).run(20);
        bench.capacity(110);
        bench.step();
        assert_eq!((bench.states(), bench.orders()), ("AP".into(), vec![70, 0]));
        bench.run(5);
        bench.capacity(125);
        bench.step();
        if span > 0 {
            assert_eq!(bench.group.slots()[1].wait(), Some(Wait::AntiFlap));
            assert_eq!(until_change(&mut bench, 60), span);
        }
        assert_eq!(bench.states(), "AA");
    }
}

/// Power share 8.3: 0.4 A above the need is not enough, 0.5 A is; after IDLE
/// TMO the bare need is.
#[test]
fn when_the_margin_is_missing_then_it_waits_for_idle_tmo() {
    for (budget, span) in [(124, 55), (125, 10), (120, 55)] {
        let mut bench = Bench::<2>::new(140);
        bench.config.anti_flap = AntiFlap::default();
        bench.plug(0, Some(320)).plug(1, Some(320)).run(70);
        bench.capacity(110);
        bench.step();
        bench.run(5);
        bench.capacity(budget);
        assert_eq!(until_change(&mut bench, 200), span, "{budget}");
    }
}

/// T18: another strategy waits for IDLE TMO as well.
#[test]
fn when_the_strategy_changes_then_the_turn_still_lasts() {
    let mut bench = Bench::<2>::new(80);
    bench.plug(0, Some(80)).run(1);
    bench.plug(1, Some(80)).run(29);
    bench.config.priority = Priority::LastConnected;
    assert_eq!(until_change(&mut bench, 100), 31);
    assert_eq!(bench.states(), "PA");
}

/// T19, power share 9.4: a paused Master gets no current at all.
#[test]
fn when_the_master_is_paused_then_its_order_is_zero() {
    let mut bench = Bench::<2>::new(80);
    bench.config.priority = Priority::LastConnected;
    bench.plug(0, Some(80)).run(80);
    bench.plug(1, Some(80)).step();
    assert_eq!((bench.states(), bench.orders()), ("PA".into(), vec![0, 0]));
    assert_eq!(bench.group.slots()[1].wait(), Some(Wait::Release));
    bench.run(12);
    assert_eq!(bench.orders(), [0, 80]);
}

/// T20, I-13: a shortage is when nobody can be served.
#[test]
fn when_nothing_is_left_then_all_pause_and_the_shortage_counts() {
    let mut bench = Bench::<2>::new(120);
    bench.plug(0, Some(80)).plug(1, Some(80)).run(20);
    assert!(!bench.step().nobody_served);
    bench.capacity(59);
    assert!(bench.step().nobody_served);
    assert_eq!((bench.states(), bench.orders()), ("PP".into(), vec![0, 0]));
    bench.unplug(0).unplug(1);
    assert!(!bench.step().nobody_served);
}

/// T21: a waiting one that leaves changes nothing for the others.
#[test]
fn when_a_paused_one_unplugs_then_the_next_one_waits_in_its_place() {
    let mut bench = Bench::<3>::new(80);
    bench
        .plug(0, Some(80))
        .plug(1, Some(80))
        .plug(2, Some(80))
        .run(20);
    bench.unplug(1);
    bench.run(1);
    assert_eq!(bench.states(), "A-P");
    bench.unplug(0);
    bench.run(1);
    assert_eq!(bench.states(), "--A");
}

/// T22, L-04: a lost node is out of the rank; when it returns it takes its
/// place again.
#[test]
fn when_a_node_is_lost_then_the_next_follows_after_the_reservation() {
    let mut bench = Bench::<3>::new(120);
    bench
        .plug(0, Some(80))
        .plug(1, Some(80))
        .plug(2, Some(80))
        .run(20);
    bench.views[1].online = false;
    bench.run(1);
    assert_eq!(
        (bench.states(), bench.shares()),
        ("A-P".into(), vec![60, 0, 0])
    );
    let span = until_change(&mut bench, 60);
    assert!((18..=21).contains(&span), "{span}");
    assert_eq!(bench.states(), "A-A");
    bench.views[1].online = true;
    bench.views[1].contactor = Contactor::Asking;
    bench.run(90);
    assert_eq!(bench.states(), "AAP");
}

/// T24, I-12: switching the rotation off stops its clock, a shorter interval
/// shortens it.
#[test]
fn when_rotation_changes_then_the_clock_follows() {
    let mut bench = Bench::<2>::new(80).rotation(60);
    bench.plug(0, Some(80)).plug(1, Some(80)).run(100);
    assert!(bench.timer() > 3500);
    bench.config.rotation = Minutes::from_minutes(30);
    bench.step();
    assert_eq!(bench.timer(), 1800);
    bench.config.rotation = Minutes::ZERO;
    bench.step();
    assert_eq!(bench.timer(), 0);
    assert_eq!(until_change(&mut bench, 4_000), 4_000);
}

/// T25: more power serves everybody and clears the clocks.
#[test]
fn when_the_power_rises_then_all_are_served_and_the_clocks_stop() {
    let mut bench = Bench::<3>::new(80).rotation(30);
    bench
        .plug(0, Some(80))
        .plug(1, Some(80))
        .plug(2, Some(80))
        .run(100);
    assert!(bench.timer() > 0);
    bench.capacity(200);
    bench.step();
    assert_eq!(
        (bench.states(), bench.shares()),
        ("AAA".into(), vec![67, 67, 66])
    );
    assert_eq!(bench.timer(), 0);
    // The idle timers begin anew when somebody has to wait again.
    bench.run(100);
    bench.draw(0, Some(0));
    bench.draw(1, Some(0));
    bench.run(100);
    bench.capacity(120);
    bench.run(59);
    assert_eq!(bench.states(), "AAP");
    bench.run(3);
    assert_ne!(bench.states(), "AAP");
}

/// Decision 35: after its back-off an idle car is tried when there is room.
#[test]
fn when_room_is_free_then_a_car_that_was_idle_is_tried_again() {
    let mut bench = Bench::<2>::new(80);
    bench.plug(0, Some(0)).plug(1, Some(80)).run(200);
    assert_eq!(bench.states(), "PA");
    bench.capacity(120);
    bench.run(2);
    assert_eq!(bench.states(), "AA");
    bench.draw(0, Some(80));
    bench.run(20);
    bench.capacity(80);
    bench.run(1);
    assert_eq!(bench.states(), "AP");
}

/// Decision 35: the rotation reaches a car that was idle.
#[test]
fn when_the_rotation_reaches_an_idle_car_then_it_gets_a_turn() {
    let mut bench = Bench::<2>::new(80).rotation(30);
    bench.plug(0, Some(0)).plug(1, Some(80)).run(62);
    assert_eq!(bench.states(), "PA");
    let span = until_change(&mut bench, 3_000);
    assert!((1790..1805).contains(&span), "{span}");
    assert_eq!(bench.states(), "AP");
}

/// Two-phase commit, power share 9.2: a newcomer gets current 5 s after the
/// decrease of the other was sent, not before.
#[test]
fn when_somebody_joins_then_his_current_is_free_after_5_s() {
    let mut bench = Bench::<2>::new(200);
    bench.plug(0, Some(320)).run(20);
    assert_eq!(bench.orders(), [200, 0]);
    bench.plug(1, Some(320)).step();
    assert_eq!(
        (bench.shares(), bench.orders()),
        (vec![100, 100], vec![100, 0])
    );
    // Nothing is sent for a while: nothing is free.
    bench.now += seconds(60);
    bench.step();
    assert_eq!(bench.orders(), [100, 0]);
    bench.broadcast();
    let sent = bench.now;
    bench.now = sent + seconds(5) - Duration::from_micros(1);
    bench.views[0].seen_at = bench.now;
    bench.step();
    assert_eq!(bench.orders(), [100, 0]);
    assert_eq!(bench.last.unwrap().deadline, sent + seconds(5));
    bench.now = sent + seconds(5);
    bench.step();
    assert_eq!(bench.orders(), [100, 100]);
}

/// Power share 9.2: a pause is complete when the EVSE is seen outside C and C1
/// after the zero was sent.
#[test]
fn when_somebody_is_paused_then_his_current_is_free_when_he_is_seen_to_stop() {
    let mut bench = Bench::<2>::new(100);
    bench.config.priority = Priority::LastConnected;
    bench.plug(0, Some(320)).run(80);
    bench.now += seconds(1);
    bench.plug(1, Some(320)).step();
    bench.broadcast();
    let sent = bench.now;
    for (span, contactor, expect) in [
        (1, Contactor::Closed, 0),
        (30, Contactor::Closed, 0),
        (31, Contactor::Asking, 100),
    ] {
        bench.now = sent + seconds(span);
        bench.views[0].contactor = contactor;
        bench.views[0].seen_at = if span == 30 { sent } else { bench.now };
        bench.step();
        assert_eq!(bench.orders(), [0, expect], "{span}");
    }
}

/// Power share 6.2: a node that charges against its orders is counted and
/// stopped.
#[test]
fn when_a_node_does_not_obey_then_its_current_is_counted_and_reported() {
    let mut bench = Bench::<2>::new(200);
    bench.plug(0, Some(320)).plug(1, Some(320)).run(40);
    assert_eq!(bench.orders(), [100, 100]);
    bench.now += seconds(2);
    bench.views[1].reported = Some(da(130));
    bench.views[1].seen_at = bench.now;
    let decision = bench.step();
    assert_eq!(
        (decision.disobedient, decision.reserved),
        (Some(1), da(130))
    );
    assert_eq!((bench.shares(), bench.states()), (vec![70, 0], "AP".into()));
    assert_eq!(bench.group.slots()[1].wait(), Some(Wait::Disobeys));
    bench.broadcast();
    bench.now += seconds(3);
    bench.views[1].contactor = Contactor::Open;
    bench.views[1].seen_at = bench.now;
    let decision = bench.step();
    assert_eq!(
        (decision.disobedient, bench.shares()),
        (None, vec![100, 100])
    );
}

/// After a restart of the master: a node that charges counts with what it
/// reports until it follows the first order.
#[test]
fn when_a_node_charges_at_the_start_then_its_current_counts() {
    let mut bench = Bench::<2>::new(200);
    bench.views[1].connected = true;
    bench.views[1].wants = true;
    bench.views[1].contactor = Contactor::Closed;
    bench.views[1].reported = Some(da(160));
    bench.plug(0, Some(320)).step();
    assert_eq!(bench.shares(), [100, 100]);
    assert_eq!(bench.orders(), [0, 100]);
    bench.broadcast();
    bench.now += seconds(5);
    bench.views[1].seen_at = bench.now;
    bench.views[1].reported = Some(da(100));
    bench.step();
    assert_eq!(bench.orders(), [100, 100]);
}

/// I-23: a single EVSE has no restart margin, no turn, no clock.
#[test]
fn when_alone_then_the_scheduler_adds_nothing() {
    let mut bench = Bench::<1>::new(100).rotation(30);
    bench.config.anti_flap = AntiFlap::default();
    bench.plug(0, Some(0)).run(4_000);
    assert_eq!((bench.orders(), bench.timer()), (vec![100], 0));
    bench.capacity(59);
    bench.step();
    assert_eq!(bench.orders(), [0]);
    bench.capacity(60);
    bench.step();
    assert_eq!(bench.orders(), [60]);
    bench.capacity(300);
    bench.step();
    assert_eq!(bench.orders(), [300]);
}
