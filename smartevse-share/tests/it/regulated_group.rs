//! The total of a group (power share 11.2).

use proptest::prelude::*;
use smartevse_share::{Config, EvseView, Plan, Regulator, Role, Site};
use smartevse_types::{Amps, Duration, Instant, Mode, PhaseSet};

use crate::bench::{currents, deci, smart};

/// A master with its EVSEs, and a scheduler that announces what it is told to.
struct Master {
    now: Instant,
    config: Config,
    site: Site,
    evses: Vec<EvseView>,
    regulator: Regulator,
    plan: Plan,
}

impl Master {
    fn new(mode: Mode, mains: u16, circuit: u16, count: usize) -> Self {
        let config = Config {
            mode,
            role: Role::Master,
            circuit: Amps::from_amps(circuit),
            max: Amps::from_amps(32),
            ..smart(mains, 16)
        };
        let evse = EvseView {
            cap: deci(160),
            ..EvseView::default()
        };
        Self {
            now: Instant::from_secs(1_000),
            config,
            site: Site::default(),
            evses: vec![evse; count],
            regulator: Regulator::new(),
            plan: Plan::default(),
        }
    }

    fn step(&mut self) -> i32 {
        self.plan = self
            .regulator
            .step(self.now, &self.config, &self.site, &self.evses);
        self.plan.budget.as_deci()
    }

    /// These set-points are announced and these EVSEs charge with them.
    fn announce(&mut self, set_points: &[i32]) {
        for (evse, set_point) in self.evses.iter_mut().zip(set_points) {
            let charges = *set_point > 0;
            if evse.set_point != deci(*set_point) {
                evse.set_at = self.now;
            }
            if charges && !evse.charging {
                evse.charging_since = Some(self.now);
            }
            evse.set_point = deci(*set_point);
            evse.wants |= charges;
            evse.active = charges;
            evse.charging = charges;
        }
    }

    /// Charges with these set-points for a minute, the mains at `load`.
    fn settle(&mut self, set_points: &[i32], load: i32) {
        self.announce(set_points);
        for n in 0..30 {
            self.sample(load - n % 2);
        }
    }

    fn sample(&mut self, load: i32) -> i32 {
        self.now += Duration::from_secs(2);
        self.site.mains.update(currents([load; 3]), self.now);
        if let Some(last) = self.site.circuit.sample() {
            self.site.circuit.update(last.value, self.now);
        }
        self.step()
    }

    fn circuit(&mut self, load: i32) -> i32 {
        self.config.has_ev_meter = true;
        self.now += Duration::from_secs(2);
        self.site.circuit.update(currents([load; 3]), self.now);
        self.step()
    }

    fn join(&mut self, index: usize) -> i32 {
        self.evses[index].wants = true;
        self.step()
    }
}

/// Q01, Q03, Q04, Q05: Normal shares CIRCUIT, with or without a meter.
#[test]
fn when_normal_then_circuit_is_the_budget() {
    let mut group = Master::new(Mode::Normal, 50, 32, 2);
    group.join(0);
    assert_eq!(group.join(1), 320, "Q01");
    let mut group = Master::new(Mode::Normal, 25, 20, 2);
    group.settle(&[160, 160], 0);
    assert_eq!(group.step(), 200, "Q03");
    assert_eq!(group.circuit(0), 200, "Q03 with a meter");
    let mut group = Master::new(Mode::Normal, 25, 12, 2);
    group.settle(&[60, 60], 0);
    assert_eq!(group.step(), 120, "Q04");
    assert!(!group.plan.stop && !group.plan.grace_running);
    let mut group = Master::new(Mode::Normal, 25, 40, 2);
    group.evses[0].cap = deci(320);
    group.settle(&[240, 160], 0);
    assert_eq!(group.step(), 400);
    group.evses[1] = EvseView::default();
    assert_eq!(group.step(), 320, "Q05");
}

/// Q02: what else is on the circuit is left out of the budget.
#[test]
fn when_the_circuit_carries_other_loads_then_the_budget_is_less() {
    let mut group = Master::new(Mode::Normal, 25, 20, 2);
    group.settle(&[160, 0], 0);
    group.circuit(159);
    group.now += Duration::from_secs(8);
    assert_eq!(group.circuit(250), 110, "Q02");
}

/// Q06 and Q07: a newcomer makes the total follow the measurement.
#[test]
fn when_an_evse_joins_in_smart_then_the_budget_is_what_is_left() {
    for (mains, set_point, load, expected) in [(32, 160, 210, 270), (25, 100, 200, 150)] {
        let mut group = Master::new(Mode::Smart, mains, 32, 2);
        group.settle(&[set_point, 0], load + 2);
        group.sample(load);
        assert_eq!(group.join(1), expected);
    }
}

/// Q08: twice MAINS leaves nothing, without any grace.
#[test]
fn when_mains_is_doubled_then_nothing_is_left() {
    let mut group = Master::new(Mode::Smart, 40, 32, 2);
    group.settle(&[160, 160], 399);
    group.config.mains = Amps::from_amps(10);
    assert!(group.sample(400) <= 20);
    assert!(group.plan.stop && !group.plan.grace_running);
}

/// Q09 and Q10: the total is lowered in full, signed, without MIN for each.
#[test]
fn when_mains_is_exceeded_then_the_budget_falls_at_once() {
    let mut group = Master::new(Mode::Smart, 25, 64, 3);
    group.settle(&[100, 100, 100], 248);
    assert_eq!(group.sample(300), 250, "Q09");
    let mut group = Master::new(Mode::Smart, 25, 64, 3);
    group.settle(&[80, 80, 80], 248);
    assert_eq!(group.sample(330), 160, "Q10");
    assert!(!group.plan.stop && !group.plan.grace_running);
}

/// Q11: CAPACITY is a sum of the phases.
#[test]
fn when_capacity_is_near_then_the_budget_rises_no_further() {
    let mut group = Master::new(Mode::Smart, 25, 64, 2);
    group.config.capacity = Amps::from_amps(30);
    group.settle(&[60, 60], 96);
    for n in 0..20 {
        let budget = group.sample(90 - n % 2);
        assert!(budget <= 131, "{budget}");
    }
}

/// Q12 and Q13: the open relay leaves 18 A in sum, for the widest EVSE.
#[test]
fn when_the_relay_is_open_then_the_sum_is_shared() {
    for (phases, expected) in [(PhaseSet::THREE, 60), (PhaseSet::SINGLE, 180)] {
        let mut group = Master::new(Mode::Normal, 25, 64, 2);
        group.evses.iter_mut().for_each(|evse| evse.phases = phases);
        group.settle(&[160, 160], 0);
        group.site.grid_relay_open = true;
        assert_eq!(group.step(), expected);
    }
}

/// Power share 9.1: while one can have MIN it is no shortage; when nobody can,
/// a grace begins and ends with a stop for all.
#[test]
fn when_nobody_can_have_min_then_a_grace_runs_and_all_stop() {
    let mut group = Master::new(Mode::Smart, 25, 64, 2);
    group.settle(&[60, 60], 240);
    assert_eq!(group.sample(280), 90);
    assert!(!group.plan.grace_running);
    group.announce(&[90, 0]);
    group.settle(&[90, 0], 249);
    assert!(group.sample(320) < 60);
    assert!(group.plan.grace_running && !group.plan.stop);
    group.announce(&[60, 0]);
    group.sample(321);
    group.sample(320);
    assert!(group.plan.stop && !group.plan.grace_running);
    group.announce(&[0, 0]);
    group.sample(255);
    assert!(group.plan.stop);
    assert_eq!(group.sample(100), 120);
    assert!(!group.plan.stop && group.plan.available);
}

/// The seen total includes what is reserved for lost EVSEs.
#[test]
fn when_current_is_reserved_then_it_is_inside_the_measurement() {
    let mut group = Master::new(Mode::Smart, 25, 64, 2);
    group.site.reserved = deci(100);
    group.settle(&[100, 0], 249);
    assert_eq!(group.sample(270), 180);
}

/// Power share 10, regulation 6.4: Solar in a group; Q14.
#[test]
fn when_solar_then_the_group_follows_the_surplus() {
    let mut group = Master::new(Mode::Solar, 25, 64, 2);
    group.evses.iter_mut().for_each(|evse| evse.wants = true);
    for n in 0..10 {
        group.sample(-100 + n % 2);
    }
    assert_eq!(group.step(), 60, "one EVSE begins");
    group.announce(&[60, 60]);
    for n in 0..40 {
        let budget = group.sample(-1 + n % 2);
        assert!((120..=121).contains(&budget), "{budget}");
    }
    assert!(!group.plan.grace_running);
    for _ in 0..45 {
        assert_eq!(group.sample(20), 120, "a cloud of less than 90 s (D-185)");
    }
    assert_eq!(group.sample(20), 100, "one remains");
    let budget = group.sample(70);
    assert!(budget < 60, "Q14: {budget}");
    assert!(group.plan.grace_running && group.plan.solar_stop.is_some());
}

/// R-03, D-185: the moment at which one more may join is a deadline; before it
/// the same inputs change nothing, wherever it falls between two samples.
#[test]
fn when_surplus_for_one_more_has_lasted_then_that_moment_was_a_deadline() {
    for offset in [100, 2_100, 4_100, 6_100] {
        let mut group = Master::new(Mode::Solar, 25, 64, 2);
        group.evses.iter_mut().for_each(|evse| evse.wants = true);
        for n in 0..10 {
            group.sample(-100 + n % 2);
        }
        group.announce(&[60]);
        group.sample(-100);
        assert!(group.plan.hold_joins);
        group.now += Duration::from_millis(offset);
        for n in 0..30 {
            group.sample(-100 + n % 2);
            for _ in 0..60 {
                let old = group.plan;
                group.now += Duration::from_millis(100);
                group.step();
                assert!(group.now >= old.deadline || group.plan == old);
            }
        }
        assert!(!group.plan.hold_joins);
    }
}

/// stale data takes everything away from everybody.
#[test]
fn when_the_mains_meter_is_silent_then_the_budget_is_nothing() {
    let mut group = Master::new(Mode::Smart, 25, 64, 2);
    group.settle(&[80, 80], 240);
    group.now += Duration::from_secs(12);
    assert_eq!(group.step(), 0);
    assert!(group.plan.mains_stale);
}

/// Anything that a scheduler may report.
fn member() -> impl Strategy<Value = EvseView> {
    let phases = prop_oneof![Just(PhaseSet::THREE), Just(PhaseSet::SINGLE)];
    (any::<[bool; 3]>(), 0..400_i32, 0..400_i32, phases).prop_map(
        |([wants, charging, active], cap, set_point, phases)| EvseView {
            wants,
            charging: charging && wants,
            active,
            cap: deci(cap),
            set_point: deci(set_point),
            phases,
            ..EvseView::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// and power share 9.1 for a group: whatever is
    /// reported, CIRCUIT and the relay hold, stale data gives nothing, a stop
    /// has no grace, and the same call again changes nothing.
    #[test]
    fn when_a_group_reports_anything_then_the_budget_keeps_to_the_limits(
        mode in prop_oneof![Just(Mode::Normal), Just(Mode::Smart), Just(Mode::Solar)],
        circuit in 10..160_u16,
        story in proptest::collection::vec(
            (proptest::collection::vec(member(), 2..8), any::<i16>(), 0..8_u64, any::<[bool; 3]>()),
            1..40,
        ),
    ) {
        let mut group = Master::new(mode, 25, circuit, 2);
        for (evses, load, pause, [relay, nobody, sampled]) in story {
            group.evses = evses;
            group.now += Duration::from_secs(pause);
            group.site.grid_relay_open = relay;
            group.site.nobody_served = nobody;
            if sampled {
                group.site.mains.update(currents([i32::from(load); 3]), group.now);
            }
            let budget = group.step();
            let plan = group.plan;
            prop_assert!(budget <= i32::from(circuit) * 10);
            prop_assert!(!relay || budget <= 180);
            prop_assert!(!plan.mains_stale || budget <= 0);
            prop_assert!(!(plan.stop && plan.grace_running));
            group.step();
            prop_assert_eq!(plan, group.plan);
        }
    }
}

/// Seconds in a row in which one vehicle of several keeps the mains above the
/// limit: the others draw their own 6 A whatever they are offered, and it
/// follows two samples late.
fn seconds_above(evses: usize, house: i32, mains: u16) -> (u64, Master) {
    let mut group = Master::new(Mode::Smart, mains, 160, evses);
    let others = 60 * (evses as i32 - 1);
    group.settle(&vec![90; evses], others + 90);
    let (mut draws, mut above) = ([90; 3], 0);
    loop {
        let load = house + others + draws[0];
        let budget = group.sample(load);
        if load <= 10 * i32::from(mains) + 5 {
            return (above, group);
        }
        above += 2;
        assert!(above < 200, "never ends");
        let share = budget / evses as i32;
        assert!(share >= 60, "nobody has to be paused: {budget}");
        group.announce(&vec![share; evses]);
        draws = [draws[1], draws[2], share];
    }
}

/// Regulation 6.2, D-225: what is offered less to vehicles that do not draw it
/// relieves nothing; an overload that stays for longer than the response time
/// is taken off each share in full.
#[test]
fn when_most_vehicles_draw_less_than_offered_then_an_overload_still_ends() {
    let spans = [(2, 24), (5, 42), (8, 60)].map(|(evses, mains)| {
        let house = 10 * i32::from(mains) + 20 - 60 * (evses as i32 - 1) - 90;
        let (above, group) = seconds_above(evses, house, mains);
        assert!(!group.plan.stop);
        above
    });
    // The aim is 20 s for all (D-212).
    let bounds = [20, 30, 48];
    assert!(
        spans.iter().zip(bounds).all(|(span, bound)| *span <= bound),
        "{spans:?} s"
    );
}

/// Regulation 6.2, D-225: an overload that the vehicles do answer is taken off
/// the total once.
#[test]
fn when_the_vehicles_follow_then_an_overload_is_taken_off_the_total_once() {
    let mut group = Master::new(Mode::Smart, 42, 160, 4);
    group.settle(&[100; 4], 400);
    let lowered = group.sample(440);
    assert!((375..=385).contains(&lowered), "{lowered}");
    group.announce(&[95; 4]);
    let answers = [440, 430, 420, 420, 420, 420].map(|load| group.sample(load));
    assert!(
        answers.iter().all(|total| (370..=380).contains(total)),
        "{answers:?}"
    );
}
