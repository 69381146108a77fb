//! Invariants that compare two runs.

use proptest::prelude::*;
use smartevse_share::{Config, Plan, Regulator};
use smartevse_types::{Amps, Duration, Instant, Mode};

use crate::bench::{Bench, deci, smart};
use crate::prop_invariants::{Happening, World, config, story};

const TICK: Duration = Duration::from_millis(100);

/// What an EVSE gets to see of a plan.
fn visible(plan: &Plan) -> impl PartialEq + core::fmt::Debug + use<> {
    (
        plan.offered,
        plan.available,
        plan.stop,
        plan.limited_by,
        (plan.mains_stale, plan.ev_stale, plan.capacity_stop),
        (plan.solar_stop, plan.no_sun, plan.three_phase),
    )
}

/// Plays a story tick by tick; `lazy` calls only when an input changed or the
/// deadline has come.
fn trace(
    config: Config,
    story: &[(u64, Happening)],
    lazy: bool,
) -> Vec<impl PartialEq + core::fmt::Debug + use<>> {
    let (mut world, mut regulator) = (World::new(config), Regulator::new());
    let mut now = Instant::from_secs(1_000);
    let mut plan = regulator.step(now, &world.config, &world.site, &[world.evse]);
    let mut seen = Vec::new();
    for (tenths, what) in story {
        for left in (0..*tenths).rev() {
            now += TICK;
            let changed = left == 0;
            if changed {
                world.apply(now, what, &plan);
            }
            if changed || !lazy || now >= plan.deadline {
                plan = regulator.step(now, &world.config, &world.site, &[world.evse]);
            }
            seen.push(visible(&plan));
        }
    }
    seen
}

/// Any mode but Solar.
fn cloudy(mode: Mode) -> Mode {
    match mode {
        Mode::Solar => Mode::Smart,
        Mode::Normal | Mode::Smart => mode,
    }
}

/// Where the set-point settles when the house load rises to `base`.
fn settles(mains: u16, base: i32) -> i32 {
    let mut bench = Bench::new(smart(mains, 32));
    bench.start([0; 3]);
    bench.house(0, 60);
    bench.house(base, 40)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// R-17 and design contract 1: each tick or only at deadlines, the same.
    #[test]
    fn when_called_less_often_then_nothing_changes(config in config(), story in story()) {
        let (eager, lazy) = (trace(config, &story, false), trace(config, &story, true));
        prop_assert_eq!(eager, lazy);
    }

    /// the home battery has no effect outside Solar.
    #[test]
    fn when_not_solar_then_the_battery_does_not_matter(config in config(), story in story()) {
        let config = Config { mode: cloudy(config.mode), ..config };
        let story: Vec<_> = story
            .into_iter()
            .map(|(pause, what)| {
                let dark = if let Happening::Mode(mode) = what {
                    Happening::Mode(cloudy(mode))
                } else {
                    what
                };
                (pause, dark)
            })
            .collect();
        let without: Vec<_> = story
            .iter()
            .map(|(pause, what)| {
                let battery = matches!(what, Happening::Battery(_));
                let kept = if battery { Happening::Nothing } else { what.clone() };
                (*pause, kept)
            })
            .collect();
        prop_assert_eq!(trace(config, &story, false), trace(config, &without, false));
    }

    /// more base load, less set-point, one to one until MIN.
    #[test]
    fn when_the_house_takes_more_then_the_vehicle_gets_less(
        base in 10..150_i32,
        more in 1..40_i32,
    ) {
        let (before, after) = (settles(25, base), settles(25, base + more));
        prop_assume!(before < 320 && after > 60);
        prop_assert!((before - more - after).abs() <= 1, "{} {}", before, after);
    }

    /// a larger limit never gives a smaller set-point.
    #[test]
    fn when_the_limit_is_larger_then_the_set_point_is_not_smaller(
        mains in 16..40_u16,
        more in 1..20_u16,
        base in 0..100_i32,
    ) {
        prop_assert!(settles(mains, base) <= settles(mains + more, base));
    }

    /// Regulation 6.2 and 6.7: whatever the step of the house load, a vehicle
    /// that follows is below the limit or stopped after three samples.
    #[test]
    fn when_the_house_steps_then_the_overload_ends(base in 0..400_i32) {
        let mut bench = Bench::new(Config { min: Amps::from_amps(6), ..smart(25, 16) });
        bench.start([0; 3]);
        bench.house(0, 60);
        bench.house(base, 4);
        // The ripple of the bench is 0.1 A.
        let fits = base - 1 + bench.offered() <= 250;
        prop_assert!(fits || bench.offered() == 0, "{}", bench.offered());
        prop_assert!(bench.plan.offered == deci(0) || bench.plan.available);
    }
}
