//! Random histories of a group under the oracle, against slow cars, and
//! against a twin that is called more often.

use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use smartevse_share::{
    AntiFlap, Contactor, Group, Limit, OrdersSent, Priority, Rotation, ShareConfig, ShareInputs,
    ShareView,
};
use smartevse_types::{DeciAmps, Duration, Instant, Minutes, Mode, Phase, PhaseSet};

use crate::group::{Bench, da, on_phase, one_limit, seconds, wanting};

/// Size of the random groups.
const N: usize = 5;

#[derive(Clone, Debug)]
enum Happening {
    Capacity(i32),
    Phases([i32; 3]),
    Plug(usize, Option<i32>),
    Unplug(usize),
    Wants(usize, bool),
    Draw(usize, Option<i32>),
    Online(usize, bool),
    Cap(usize, i32),
    Wiring(usize, bool),
    Priority(Priority),
    Rotation(u16),
    IdleTmo(u16),
    Documented(bool),
    Mode(Mode),
    Grace(bool),
    Quiet(bool),
    Seconds(u64),
    Minutes(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let evse = || 0..N;
    let draw =
        || prop_oneof![3 => Just(Some(320)), 2 => (0..20_i32).prop_map(Some), 1 => Just(None)];
    let limit = || prop_oneof![5 => 50..420_i32, 1 => -50..60_i32, 1 => Just(120), 1 => Just(180)];
    prop_oneof![
        8 => limit().prop_map(H::Capacity),
        2 => [limit(), limit(), limit()].prop_map(H::Phases),
        6 => (evse(), draw()).prop_map(|(at, draw)| H::Plug(at, draw)),
        2 => evse().prop_map(H::Unplug),
        2 => (evse(), any::<bool>()).prop_map(|(at, on)| H::Wants(at, on)),
        3 => (evse(), draw()).prop_map(|(at, draw)| H::Draw(at, draw)),
        2 => (evse(), any::<bool>()).prop_map(|(at, on)| H::Online(at, on)),
        1 => (evse(), 0..800_i32).prop_map(|(at, cap)| H::Cap(at, cap)),
        1 => (evse(), any::<bool>()).prop_map(|(at, one)| H::Wiring(at, one)),
        1 => prop_oneof![Just(Priority::ModbusAddress), Just(Priority::FirstConnected), Just(Priority::LastConnected)]
            .prop_map(H::Priority),
        1 => prop_oneof![Just(0_u16), Just(30), Just(31)].prop_map(H::Rotation),
        1 => prop_oneof![Just(30_u16), Just(60)].prop_map(H::IdleTmo),
        1 => any::<bool>().prop_map(H::Documented),
        1 => prop_oneof![4 => Just(Mode::Smart), 1 => Just(Mode::Solar)].prop_map(H::Mode),
        1 => prop_oneof![1 => Just(true), 3 => Just(false)].prop_map(H::Grace),
        1 => prop_oneof![1 => Just(true), 3 => Just(false)].prop_map(H::Quiet),
        12 => prop_oneof![4 => 1..20_u64, 1 => 20..130_u64].prop_map(H::Seconds),
        2 => (1..70_u64).prop_map(H::Minutes),
    ]
}

fn apply(bench: &mut Bench<N>, happening: &Happening) {
    use Happening as H;
    match *happening {
        H::Capacity(capacity) => bench.capacity(capacity),
        H::Phases(list) => {
            let limits = Phase::ALL.into_iter().zip(list);
            bench.limits = limits
                .map(|(phase, capacity)| on_phase(capacity, phase))
                .collect();
        }
        H::Plug(at, draw) => {
            bench.plug(at, draw);
        }
        H::Unplug(at) => {
            bench.unplug(at);
        }
        H::Wants(at, on) => bench.views[at].wants = on && bench.views[at].connected,
        H::Draw(at, draw) => bench.draw(at, draw),
        H::Online(at, on) => bench.views[at].online = on,
        H::Cap(at, cap) => bench.views[at].cap = da(cap),
        H::Wiring(at, one) => {
            // A car on another phase than before would need a new plug-in.
            if !bench.views[at].connected {
                let set = if one {
                    PhaseSet::SINGLE
                } else {
                    PhaseSet::THREE
                };
                bench.views[at].place.phases = Rotation::L123.grid(set);
            }
        }
        H::Priority(priority) => bench.config.priority = priority,
        H::Rotation(minutes) => bench.config.rotation = Minutes::from_minutes(minutes),
        H::IdleTmo(span) => bench.config = bench.config.with_idle_tmo(span).unwrap(),
        H::Documented(on) => {
            bench.config.anti_flap = if on {
                AntiFlap::DOCUMENTED
            } else {
                AntiFlap::default()
            };
        }
        H::Mode(mode) => bench.config.mode = mode,
        H::Grace(on) => bench.grace = on,
        H::Quiet(on) => bench.quiet = on,
        H::Seconds(span) => {
            bench.run(span);
        }
        H::Minutes(span) => bench.leap(span),
    }
    bench.now += Duration::from_millis(1);
    bench.step();
}

fn runner(default: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    let config = RunnerConfig {
        cases: cases.unwrap_or(default),
        failure_persistence: None,
        ..RunnerConfig::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// I-01, I-02, I-03, I-04, I-05, I-06, I-07, I-08, I-10, I-11, I-12, I-13, I-14,
/// I-16, I-18, I-21 and I-22 in random histories; each row has to matter, the
/// shares of hits are printed.
#[test]
fn when_anything_happens_then_every_invariant_holds() {
    let histories = proptest::collection::vec(happening(), 10..60);
    let totals = Mutex::new(Vec::<(u8, u64)>::new());
    let outcome = runner(150).run(&histories, |history| {
        let mut bench = Bench::<N>::new(180);
        bench.config.mode = Mode::Smart;
        history
            .iter()
            .for_each(|happening| apply(&mut bench, happening));
        let mut totals = totals.lock().unwrap();
        for (at, (number, hits)) in bench.oracle.hits().enumerate() {
            match totals.get_mut(at) {
                Some(total) => total.1 += hits,
                None => totals.push((number, hits)),
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let totals = totals.into_inner().unwrap();
    let calls = totals.iter().map(|(_, hits)| *hits).max().unwrap_or(0);
    for (number, hits) in &totals {
        println!("I-{number:02}: {hits} of {calls} calls");
    }
    assert!(totals.iter().all(|(_, hits)| *hits > 0), "{totals:?}");
}

/// A node with the slowest car that the norm allows: it takes the highest
/// set-point of the last 5 s, and 6 s of C1 after a zero.
#[derive(Clone, Default)]
struct SlowNode {
    heard: Vec<(Instant, i32)>,
    closed: bool,
    stops_at: Option<Instant>,
}

impl SlowNode {
    fn hear(&mut self, current: i32, wants: bool, now: Instant) {
        self.heard.push((now, current));
        match (current > 0, self.closed) {
            (true, _) => {
                self.closed = wants;
                self.stops_at = None;
            }
            (false, true) => self.stops_at = self.stops_at.or(Some(now + seconds(6))),
            (false, false) => {}
        }
    }

    fn flow(&mut self, now: Instant) -> i32 {
        if self.stops_at.is_some_and(|at| now >= at) {
            self.closed = false;
            self.stops_at = None;
            self.heard.clear();
        }
        if !self.closed {
            return 0;
        }
        // In C1 the zero is not followed, every earlier decrease is.
        let heard: Vec<_> = self
            .heard
            .iter()
            .filter(|(_, current)| *current > 0)
            .collect();
        let mut highest = 0;
        for (at, (_, current)) in heard.iter().enumerate() {
            let end = heard.get(at + 1).map_or(Instant::FAR_FUTURE, |next| next.0);
            if end + seconds(5) > now {
                highest = highest.max(*current);
            }
        }
        highest
    }
}

/// I-02 with real currents: the slowest cars together never take more than the
/// highest limit of the time they need to follow (6 s of C1 and 5 s for the
/// pilot of a pause that was taken back), whatever is confirmed late.
#[test]
fn when_cars_are_slow_then_the_limit_holds_all_the_same() {
    let event = (
        0..4_usize,
        any::<bool>(),
        40..400_i32,
        1..40_u64,
        any::<bool>(),
    );
    let histories = proptest::collection::vec(event, 5..40);
    let outcome = runner(150).run(&histories, |history| {
        let mut group: Group<4> = Group::new();
        let config = ShareConfig {
            priority: Priority::LastConnected,
            ..ShareConfig::default()
        };
        let mut views = [ShareView {
            connected: false,
            wants: false,
            contactor: Contactor::Open,
            ..wanting()
        }; 4];
        let mut nodes = vec![SlowNode::default(); 4];
        let mut confirmed: Option<(Instant, [DeciAmps; 4])> = None;
        let mut capacities: Vec<(Instant, i32)> = vec![(Instant::ZERO, 0)];
        let mut now = Instant::from_secs(100);
        for (at, plugged, capacity, span, confirms) in history {
            views[at].connected = plugged;
            views[at].wants = plugged;
            capacities.push((now, capacity));
            for _ in 0..span {
                now += seconds(1);
                for (node, view) in nodes.iter_mut().zip(&mut views) {
                    if !view.wants {
                        *node = SlowNode::default();
                    }
                    node.flow(now);
                    view.contactor = if node.closed {
                        Contactor::Closed
                    } else {
                        Contactor::Asking
                    };
                    view.seen_at = now;
                }
                let sent = confirmed
                    .as_ref()
                    .map(|(at, currents)| OrdersSent { at: *at, currents });
                let inputs = ShareInputs {
                    views: &views,
                    sent,
                    grace_running: false,
                };
                group.step(now, &config, &inputs, &mut one_limit(capacity));
                for (node, (order, view)) in nodes.iter_mut().zip(group.orders().iter().zip(&views))
                {
                    node.hear(order.as_deci(), view.wants, now);
                }
                if confirms {
                    confirmed = Some((now, group.orders()));
                }
                let flow: i32 = nodes.iter_mut().map(|node| node.flow(now)).sum();
                let recent = capacities.iter().enumerate().filter(|(at, _)| {
                    let end = capacities
                        .get(at + 1)
                        .map_or(Instant::FAR_FUTURE, |next| next.0);
                    end + seconds(12) > now
                });
                let highest = recent
                    .map(|(_, (_, capacity))| *capacity)
                    .max()
                    .unwrap_or(0);
                prop_assert!(flow <= highest.max(0), "{} of {} at {}", flow, highest, now);
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// One change of the inputs between two calls of the twins.
#[derive(Clone, Debug)]
enum Change {
    Capacity(i32),
    Wants(usize, bool),
    Seen(usize, u8),
    Measured(usize, i32),
    Online(usize, bool),
    Sent,
    Rotation(u16),
}

fn change() -> impl Strategy<Value = Change> {
    let evse = || 0..4_usize;
    prop_oneof![
        4 => (40..420_i32).prop_map(Change::Capacity),
        4 => (evse(), any::<bool>()).prop_map(|(at, on)| Change::Wants(at, on)),
        4 => (evse(), 0..3_u8).prop_map(|(at, state)| Change::Seen(at, state)),
        4 => (evse(), prop_oneof![Just(5), Just(60)]).prop_map(|(at, current)| Change::Measured(at, current)),
        1 => (evse(), any::<bool>()).prop_map(|(at, on)| Change::Online(at, on)),
        8 => Just(Change::Sent),
        1 => prop_oneof![Just(0_u16), Just(30)].prop_map(Change::Rotation),
    ]
}

struct Twin {
    group: Group<4>,
    deadline: Instant,
}

type Sent = Option<(Instant, [DeciAmps; 4])>;

impl Twin {
    fn step(
        &mut self,
        now: Instant,
        config: &ShareConfig,
        views: &[ShareView],
        sent: &Sent,
        limits: &mut [Limit],
    ) {
        let sent = sent
            .as_ref()
            .map(|(at, currents)| OrdersSent { at: *at, currents });
        let inputs = ShareInputs {
            views,
            sent,
            grace_running: false,
        };
        self.deadline = self.group.step(now, config, &inputs, limits).deadline;
        assert!(self.deadline > now);
    }
}

/// I-14, the calling rule: calls at the deadlines and at changes give the same
/// as a call every 100 ms.
#[test]
fn when_called_at_the_deadlines_then_the_outcome_is_that_of_every_100_ms() {
    let history = proptest::collection::vec((change(), 1..400_u64), 5..40);
    let outcome = runner(80).run(&history, |history| {
        let fresh = || Twin {
            group: Group::new(),
            deadline: Instant::ZERO,
        };
        let (mut often, mut seldom) = (fresh(), fresh());
        let mut config = ShareConfig {
            idle_tmo: seconds(30),
            ..ShareConfig::default()
        };
        let mut views = [ShareView {
            connected: false,
            wants: false,
            ..wanting()
        }; 4];
        let (mut sent, mut capacity): (Sent, i32) = (None, 200);
        let mut now = Instant::from_secs(100);
        for (change, tenths) in history {
            match change {
                Change::Capacity(value) => capacity = value,
                Change::Wants(at, on) => {
                    views[at].wants = on;
                    views[at].connected |= on;
                }
                Change::Seen(at, state) => {
                    views[at].contactor =
                        [Contactor::Open, Contactor::Asking, Contactor::Closed][usize::from(state)];
                    views[at].seen_at = now;
                }
                Change::Measured(at, current) => {
                    views[at].measured.update(da(current), now);
                }
                Change::Online(at, on) => views[at].online = on,
                Change::Sent => sent = Some((now, often.group.orders())),
                Change::Rotation(minutes) => config.rotation = Minutes::from_minutes(minutes),
            }
            let mut limits = one_limit(capacity);
            often.step(now, &config, &views, &sent, &mut limits);
            seldom.step(now, &config, &views, &sent, &mut limits);
            // Now and then a long time passes.
            let tenths = if tenths > 390 { 20_000 } else { tenths };
            let end = now + Duration::from_millis(tenths * 100);
            let mut at = now;
            while at < end {
                at += Duration::from_millis(100);
                often.step(at, &config, &views, &sent, &mut limits);
            }
            while seldom.deadline <= end {
                let due = seldom.deadline;
                seldom.step(due, &config, &views, &sent, &mut limits);
            }
            now = end;
            seldom.step(now, &config, &views, &sent, &mut limits);
            let outcome = |twin: &Twin| {
                twin.group
                    .slots()
                    .map(|slot| (slot.schedule(), slot.allocated(), slot.order()))
            };
            prop_assert_eq!(outcome(&often), outcome(&seldom), "at {}", now);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// L-01: with a constant budget for k of n and ROTATION on, everybody is
/// served within (n − k) intervals and IDLE TMO + 30 s.
#[test]
fn when_the_rotation_runs_then_everybody_gets_a_turn_in_time() {
    for k in 1..4_u64 {
        let mut bench = Bench::<4>::new(60 * i32::try_from(k).unwrap()).rotation(30);
        (0..4).for_each(|at| {
            bench.plug(at, Some(320));
        });
        let window = (4 - k) * 1800 + 60 + 30;
        let mut waited = [0_u64; 4];
        let mut longest = 0;
        for _ in 0..5 * window {
            bench.run(1);
            for (slot, waited) in bench.group.slots().iter().zip(&mut waited) {
                let served = slot.schedule() == smartevse_share::Schedule::Active;
                *waited = if served { 0 } else { *waited + 1 };
                longest = longest.max(*waited);
            }
        }
        assert!(longest <= window, "{k}: {longest} of {window}");
    }
}

/// L-02, L-06: without rotation the best ranks have their current 2 cycles and
/// the commit time after it is free.
#[test]
fn when_the_budget_is_constant_then_the_best_ranks_have_it_soon() {
    let mut bench = Bench::<4>::new(120);
    (0..4).for_each(|at| {
        bench.plug(at, Some(320));
    });
    bench.run(9);
    assert_eq!(bench.orders(), [60, 60, 0, 0]);
    bench.unplug(0);
    bench.run(9);
    assert_eq!(bench.orders(), [0, 60, 60, 0]);
}

/// L-04: after any disturbance the shares are constant within 90 s, or IDLE TMO
/// and its back-off when cars are idle.
#[test]
fn when_everything_is_steady_again_then_the_shares_are_constant() {
    let histories = proptest::collection::vec(happening(), 5..30);
    let outcome = runner(100).run(&histories, |history| {
        let mut bench = Bench::<N>::new(180);
        history
            .iter()
            .for_each(|happening| apply(&mut bench, happening));
        bench.config.rotation = Minutes::ZERO;
        bench.config = bench.config.with_idle_tmo(30).unwrap();
        bench.quiet = false;
        (0..N).for_each(|at| {
            bench.views[at].online = true;
            bench.draw(at, Some(320));
        });
        bench.run(90);
        let (states, shares, orders) = (bench.states(), bench.shares(), bench.orders());
        prop_assert_eq!(&shares, &orders);
        bench.run(200);
        prop_assert_eq!(
            (states, shares, orders),
            (bench.states(), bench.shares(), bench.orders())
        );
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
