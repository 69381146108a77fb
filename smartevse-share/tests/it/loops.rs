//! Short closed loops and time limits.

use smartevse_share::Config;
use smartevse_types::{Amps, DeciAmps, LimitedBy, Minutes, Phase};

use crate::bench::{Bench, currents, deci, smart};

/// Decision 40: MIN first, then a climb to MAX.
#[test]
fn when_a_charge_begins_then_it_climbs_from_min() {
    let mut bench = Bench::new(smart(25, 16));
    bench.sample([20; 3]);
    assert!(bench.plan.available);
    assert_eq!(
        (bench.offered(), bench.plan.limited_by),
        (60, LimitedBy::Start)
    );
    bench.evse.charging = true;
    bench.step();
    assert_eq!(bench.offered(), 60);
    assert_eq!(bench.house(20, 20), 160);
    assert_eq!(bench.plan.limited_by, LimitedBy::Max);
}

/// R-02, decision 56: 11 s, with a deadline that tells.
#[test]
fn when_the_meter_falls_silent_then_charging_ends_within_12_s() {
    let mut bench = Bench::new(smart(25, 16));
    bench.start([20; 3]);
    bench.house(20, 20);
    assert!(!bench.wait(11_000).mains_stale);
    bench.now = bench.plan.deadline;
    let plan = bench.step();
    assert!(plan.mains_stale && !plan.available && plan.offered == deci(0));
    bench.evse.charging = false;
    bench.sample([20; 3]);
    assert!(bench.plan.available && !bench.plan.mains_stale);
}

/// Regulation 2.4: nothing stops in Normal, not even with the guard of
/// decision 12, which goes to MIN.
#[test]
fn when_the_meter_falls_silent_in_normal_then_charging_goes_on() {
    let mut bench = Bench::new(Config {
        has_mains_meter: true,
        max: Amps::from_amps(16),
        ..Config::default()
    });
    bench.start([400; 3]);
    assert_eq!(bench.offered(), 160);
    bench.config.normal_respects_mains = true;
    bench.wait(12_000);
    assert_eq!(
        (bench.offered(), bench.plan.limited_by),
        (60, LimitedBy::StaleData)
    );
}

/// Decision 38: 11 s to MIN, a stop soon after, EV_NOCOMM at 64 s.
#[test]
fn when_the_circuit_meter_falls_silent_then_min_then_stop() {
    let config = Config {
        has_ev_meter: true,
        ..smart(25, 16)
    };
    let mut bench = Bench::new(config);
    bench.site.circuit.update(currents([0; 3]), bench.now);
    bench.start([0; 3]);
    for n in 0..4 {
        bench.sample([60 + n % 2; 3]);
    }
    assert!(bench.offered() > 60);
    bench.sample([60; 3]);
    assert_eq!(bench.offered(), 60);
    bench.sample([61; 3]);
    bench.sample([60; 3]);
    bench.sample([61; 3]);
    assert!(bench.plan.stop && !bench.plan.ev_stale);
    for n in 0..30 {
        bench.sample([60 + n % 2; 3]);
    }
    assert!(bench.plan.ev_stale);
}

/// Regulation 6.7: twice MAINS stops at once.
#[test]
fn when_mains_is_doubled_then_charging_stops_at_once() {
    let mut bench = Bench::settled_at(smart(25, 16), 160);
    bench.sample([0, 501, 0]);
    assert!(bench.plan.stop);
}

/// Regulation 6.7: the stop lasts until the start check passes.
#[test]
fn when_room_returns_then_the_shortage_ends() {
    let mut bench = Bench::settled_at(smart(25, 16), 160);
    bench.sample([501; 3]);
    bench.sample([150; 3]);
    assert!(bench.plan.stop, "the contactor is still closed");
    bench.evse.charging = false;
    bench.sample([191; 3]);
    assert!(bench.plan.stop && !bench.plan.available);
    bench.sample([190; 3]);
    assert!(!bench.plan.stop && bench.plan.available);
}

/// an overload on a phase the EVSE cannot load does not matter.
#[test]
fn when_another_phase_is_overloaded_then_a_single_phase_evse_goes_on() {
    let mut bench = Bench::new(smart(25, 16));
    bench.evse.phases = smartevse_types::PhaseSet::SINGLE;
    bench.start([20, 300, 600]);
    for n in 0..40 {
        let load = bench.offered() + 20 + n % 2;
        bench.sample([load, 300, 600]);
    }
    assert_eq!(bench.offered(), 160);
}

/// Decision 61 and regulation 10.1: CAP STOP at MIN, then the stop.
#[test]
fn when_capacity_is_exceeded_at_min_then_cap_stop_decides() {
    for (minutes, seconds) in [(0, 5), (1, 60)] {
        let config = Config {
            capacity: Amps::from_amps(30),
            cap_stop: Minutes::from_minutes(minutes),
            ..smart(25, 16)
        };
        let mut bench = Bench::new(config);
        bench.start([10; 3]);
        bench.sample([170; 3]);
        let stop = bench.plan.capacity_stop.unwrap();
        assert_eq!(stop.since(bench.now).as_secs(), seconds);
        assert!(!bench.plan.stop && bench.offered() == 60);
        bench.site.mains.update(currents([171; 3]), stop);
        bench.now = stop;
        assert!(bench.step().stop);
    }
}

/// Regulation 11, R-19, decision 39.
#[test]
fn when_the_relay_opens_then_the_sum_is_kept_or_charging_ends() {
    let mut bench = Bench::settled_at(smart(25, 16), 160);
    bench.site.grid_relay_open = true;
    assert_eq!(bench.wait(100).offered, deci(60));
    assert_eq!(bench.plan.limited_by, LimitedBy::GridRelay);
    bench.config.min = Amps::from_amps(8);
    assert_eq!(bench.wait(100).offered, deci(0));
    assert!(!bench.plan.available);
}

/// Regulation 6.1: a measured vehicle is believed, one that ignores the pilot
/// is not.
#[test]
fn when_the_vehicle_is_measured_then_its_draw_counts() {
    let mut bench = Bench::settled_at(smart(25, 16), 160);
    bench.evse.measured.update(currents([100; 3]), bench.now);
    bench.sample([260; 3]);
    assert_eq!(bench.offered(), 90);
    for n in 0..9 {
        bench.evse.measured.update(currents([160; 3]), bench.now);
        bench.sample([275 + n % 2; 3]);
    }
    assert!(bench.plan.stop, "the pilot is ignored");
}

/// Regulation 6.2: one overload is taken off once while the vehicle follows.
#[test]
fn when_a_decrease_is_pending_then_the_same_overload_counts_once() {
    let mut bench = Bench::settled_at(smart(25, 16), 160);
    bench.sample([270; 3]);
    bench.sample([269; 3]);
    assert_eq!(bench.offered(), 140);
    bench.sample([280; 3]);
    assert_eq!(bench.offered(), 130);
    assert_eq!(bench.plan.limited_by, LimitedBy::Mains(Phase::L1));
    assert_eq!(bench.plan.offered, DeciAmps::from_deci(130));
}

/// Regulation 3: Smart acts at once on what Normal has let pass.
#[test]
fn when_normal_becomes_smart_then_the_overload_is_taken_off_at_once() {
    let mut bench = Bench::new(Config {
        mode: smartevse_types::Mode::Normal,
        ..smart(25, 16)
    });
    bench.start([20; 3]);
    bench.wait(6_000);
    bench.sample([280; 3]);
    assert_eq!(bench.offered(), 160);
    bench.config.mode = smartevse_types::Mode::Smart;
    assert_eq!(bench.wait(100).offered, deci(130));
}

/// Regulation 6.7: two meters that are read at different times. The good
/// samples of one say nothing about the limit that the other one guards.
#[test]
fn when_the_meters_alternate_then_a_shortage_of_the_mains_still_stops() {
    let mut bench = Bench::new(Config {
        has_ev_meter: true,
        ..smart(25, 16)
    });
    bench.site.circuit.update(currents([0; 3]), bench.now);
    bench.start([20; 3]);
    bench.site.circuit.update(currents([60; 3]), bench.now);
    bench.step();
    for n in 0..10 {
        if bench.plan.stop {
            return;
        }
        // The house alone takes 22 A: 28 A with the vehicle at MIN.
        bench.sample([280 + n % 2; 3]);
        bench.now += smartevse_types::Duration::from_secs(1);
        bench
            .site
            .circuit
            .update(currents([60 + n % 2; 3]), bench.now);
        bench.step();
    }
    panic!("28 A on a limit of 25 A for ever");
}
