//! Use it or lose it (power share 7): what a vehicle leaves goes to the others.

use crate::group::Bench;

/// A small car of 8 A beside two that take everything, 30 A for all.
fn three_cars(lend: bool) -> Bench<3> {
    let mut bench = Bench::new(300);
    bench.config.lend_unused = lend;
    bench
        .plug(0, Some(80))
        .plug(1, Some(320))
        .plug(2, Some(320));
    bench
}

/// Off unless it is asked for.
#[test]
fn when_the_option_is_off_then_the_rest_stays_unused() {
    let mut bench = three_cars(false);
    bench.run(60);
    assert_eq!(bench.shares(), [100, 100, 100]);
}

/// Power share 7: 20 s, then 1 A above what it takes; the others inherit.
#[test]
fn when_a_car_takes_less_then_the_others_inherit_the_rest() {
    let mut bench = three_cars(true);
    bench.run(15);
    assert_eq!(bench.shares(), [100, 100, 100]);
    bench.run(20);
    assert_eq!(bench.shares(), [90, 105, 105]);
    bench.run(250);
    assert_eq!(bench.shares(), [90, 105, 105]);
}

/// Power share 7: it gets its share back step by step with each measurement.
#[test]
fn when_the_car_wants_more_then_it_has_its_share_back_soon() {
    let mut bench = three_cars(true);
    bench.run(60);
    bench.draw(0, Some(320));
    bench.run(30);
    assert_eq!(bench.shares(), [100, 100, 100]);
}

/// Power share 7: a trial every 300 s, which ends 20 s later.
#[test]
fn when_300_s_pass_then_one_ampere_more_is_tried() {
    let mut bench = three_cars(true);
    bench.run(40);
    let mut trials = 0;
    for _ in 0..1_000 {
        let before = bench.shares();
        bench.run(1);
        let now = bench.shares();
        assert!(now[0] == 90 || now[0] == 100, "{now:?}");
        assert_eq!(now.iter().sum::<i32>(), 300);
        trials += u32::from(now[0] > before[0]);
    }
    assert_eq!(trials, 3);
}

/// Switched off again, everything is as before.
#[test]
fn when_the_option_goes_off_then_the_shares_are_equal_again() {
    let mut bench = three_cars(true);
    bench.run(60);
    bench.config.lend_unused = false;
    bench.run(2);
    assert_eq!(bench.shares(), [100, 100, 100]);
}

/// I-04: nobody is paused for what he leaves, and MIN stays his.
#[test]
fn when_a_car_takes_nothing_much_then_min_stays() {
    let mut bench = three_cars(true);
    bench.draw(0, Some(20));
    bench.run(90);
    assert_eq!(bench.shares(), [60, 120, 120]);
    assert_eq!(bench.states(), "AAA");
}
