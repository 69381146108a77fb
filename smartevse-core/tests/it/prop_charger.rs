//! Properties of the whole charging control over random worlds.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use smartevse_core::charger::Charger;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::faults::Faults;
use smartevse_core::io::{Inputs, Outputs, PilotSwitch};
use smartevse_core::oracle::{INVARIANTS, Scope, Watch};
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_types::{BlockReason, Duration, Instant};

use crate::world::{Act, BEAT, Change, Site, Trouble, World, script, site};

/// Number of random cases: `SMARTEVSE_CASES`, else many in a release build.
fn cases() -> u32 {
    let wanted = std::env::var("SMARTEVSE_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    wanted.unwrap_or(if cfg!(debug_assertions) { 48 } else { 10_000 })
}

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: cases(),
        failure_persistence: None,
        ..Config::default()
    })
}

/// A charger in its world, with what it did last.
struct Stage {
    world: World,
    charger: Charger,
    outputs: Outputs,
    last_poll: Instant,
    used: Inputs,
    /// Span of the pilot samples; `None` = the level is known since the
    /// latest poll.
    ring: Option<Duration>,
    /// State in which the latest directive was made.
    asked_in: ChargeState,
}

impl Stage {
    fn new(site: Site) -> Self {
        let world = World::new(site);
        let charger = world.charger();
        let last_poll = world.now;
        Self {
            world,
            charger,
            outputs: Outputs::default(),
            last_poll,
            used: Inputs::default(),
            ring: None,
            asked_in: ChargeState::A,
        }
    }

    fn poll(&mut self) {
        let sampled = self
            .ring
            .map_or(self.last_poll, |ring| self.world.now - ring);
        let inputs = self.world.inputs(&self.outputs, sampled);
        self.asked_in = self.charger.status().state;
        let directive = self.world.directive(self.asked_in);
        self.outputs = self.charger.poll(self.world.now, &inputs, &directive);
        self.last_poll = self.world.now;
        self.used = inputs;
    }

    /// The outputs of this poll change what will be read at the next beat.
    fn feeds_back(&self) -> bool {
        let mut world = self.world.clone();
        let again = world.inputs(&self.outputs, self.last_poll);
        let plain = |inputs: &Inputs| Inputs {
            pilot: None,
            ..*inputs
        };
        let phase = |inputs: &Inputs| inputs.pilot.map(|pilot| (pilot.high, pilot.low));
        plain(&again) != plain(&self.used) || phase(&again) != phase(&self.used)
    }

    /// Whether the sparse player has to poll now.
    fn is_due(&self, changed: bool, feeds_back: bool) -> bool {
        let deadline = self.charger.deadline();
        let stopped = self.world.is_stopped() && self.world.now >= deadline.sample;
        changed || feeds_back || stopped || self.world.now >= deadline.state
    }

    fn view(&self) -> (Outputs, ChargerStatus) {
        let status = self.charger.status();
        let block = status.block.map(|_| BlockReason::Fault);
        let timeless = ChargerStatus {
            at: Instant::ZERO,
            charge_delay: Duration::ZERO,
            block,
            ..status
        };
        (self.outputs, timeless)
    }
}

/// Plays a script; `each` sees every beat before it is polled.
fn beats(acts: &[Act]) -> impl Iterator<Item = Option<Change>> + '_ {
    let settle = std::iter::repeat_n(None, 1_200);
    settle.chain(acts.iter().flat_map(|act| {
        let wait = usize::try_from(act.wait_ms / 10).unwrap();
        std::iter::repeat_n(None, wait.saturating_sub(1)).chain([Some(act.change)])
    }))
}

fn same_trace(site: Site, acts: &[Act], closed: &AtomicU32, saved: &AtomicU32) {
    let (mut dense, mut sparse) = (Stage::new(site), Stage::new(site));
    let (mut any_closed, mut polls, mut total) = (false, 0_u32, 0_u32);
    let mut feeds_back = true;
    for change in beats(acts) {
        let ends = sparse.world.next_end();
        for stage in [&mut dense, &mut sparse] {
            stage.world.now += BEAT;
            if let Some(change) = change {
                stage.world.apply(change);
            }
        }
        dense.poll();
        total += 1;
        let changed = change.is_some() || sparse.world.now >= ends;
        if sparse.is_due(changed, feeds_back) {
            sparse.poll();
            polls += 1;
            feeds_back = sparse.feeds_back();
        }
        assert_eq!(dense.view(), sparse.view(), "at {}", dense.world.now);
        any_closed |= dense.outputs.contactor1.is_closed();
    }
    closed.fetch_add(u32::from(any_closed), Ordering::Relaxed);
    saved.fetch_add(
        100 - (polls.saturating_mul(100) / total.max(1)),
        Ordering::Relaxed,
    );
}

/// Design 3.1: polling every 10 ms and polling only at deadlines and at
/// changes of input give the same trace.
#[test]
fn when_polled_only_at_deadlines_then_the_trace_is_the_same() {
    let (closed, saved) = (AtomicU32::new(0), AtomicU32::new(0));
    runner()
        .run(&(site(), script(false)), |(site, acts)| {
            same_trace(site, &acts, &closed, &saved);
            Ok(())
        })
        .unwrap();
    let (closed, saved) = (closed.into_inner(), saved.into_inner());
    println!(
        "{} cases, {} % closed the contactor, {} % of the polls saved",
        cases(),
        closed * 100 / cases(),
        saved / cases()
    );
    assert!(closed * 100 >= cases() * 30);
}

/// Shows the latest poll to the oracle.
fn judge(stage: &mut Stage, watch: &mut Watch) -> Result<(), TestCaseError> {
    let directive = stage.world.directive(stage.asked_in);
    let status = stage.charger.status();
    let seen = watch.observe(
        stage.world.now,
        &stage.used,
        &directive,
        &stage.outputs,
        &status,
    );
    watch.promise(stage.charger.deadline());
    seen.map_err(|broken| TestCaseError::fail(format!("{broken}: {status:?}")))
}

/// Plays a script with the oracle beside it; gaps are polls that never came.
/// Tells whether the contactor closed, and whether a weld was found.
fn watched(site: Site, acts: &[Act], hits: &mut [u64; 33]) -> Result<(bool, bool), TestCaseError> {
    let mut stage = Stage::new(site);
    stage.ring = Some(Duration::from_millis(25));
    let mut watch = Watch::new(site.facts).started(stage.world.now);
    let (mut any_closed, mut weld, mut gap) = (false, false, 0);
    for change in beats(acts) {
        stage.world.now += BEAT;
        if let Some(change) = change {
            stage.world.apply(change);
            if let Change::Gap(ms) = change {
                gap = ms / 10;
            }
        }
        if gap > 0 {
            gap -= 1;
            continue;
        }
        // Sometimes twice at the same moment, which must change nothing.
        let polls = if stage.world.now.as_millis().is_multiple_of(130) {
            2
        } else {
            1
        };
        for _ in 0..polls {
            stage.poll();
            judge(&mut stage, &mut watch)?;
        }
        any_closed |= stage.outputs.contactor1.is_closed();
        weld |= stage.world.is(Trouble::Weld) && is_latched(&stage.charger.status());
    }
    for (sum, hit) in hits.iter_mut().zip(watch.hits()) {
        *sum += u64::from(*hit);
    }
    Ok((any_closed, weld))
}

fn is_latched(status: &ChargerStatus) -> bool {
    status.latched.contains(Faults::CONTACTOR_FAULT)
}

/// I-01 to I-32 as far as polls show them, over random worlds with gaps in the
/// supervision; each row must really have been put to the test.
#[test]
fn when_the_world_is_random_then_no_invariant_breaks() {
    let hits = RefCell::new([0_u64; 33]);
    let (closed, welds) = (AtomicU32::new(0), AtomicU32::new(0));
    runner()
        .run(&(site(), script(true)), |(site, acts)| {
            let (any_closed, weld) = watched(site, &acts, &mut hits.borrow_mut())?;
            welds.fetch_add(u32::from(weld), Ordering::Relaxed);
            closed.fetch_add(u32::from(any_closed), Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
    let closed = closed.into_inner() * 100 / cases();
    let welds = welds.into_inner();
    println!(
        "{} cases, {closed} % closed the contactor, {welds} welds",
        cases()
    );
    assert!(welds >= cases() / 24);
    let hits = hits.into_inner();
    for invariant in INVARIANTS
        .iter()
        .filter(|row| !matches!(row.scope, Scope::Elsewhere(_)))
    {
        let hit = hits[usize::from(invariant.number)];
        println!("I-{:02}: {hit} hits", invariant.number);
        assert!(
            hit >= u64::from(cases() / 10),
            "I-{:02} was hardly tried",
            invariant.number
        );
    }
    assert!(closed >= 30);
}

/// How a willing vehicle behaves.
#[derive(Clone, Copy, Debug)]
enum Vehicle {
    /// Asks 1 s after the pulse width appears, and lets go without it.
    Prompt,
    /// Asks 10 s after the pulse width appears.
    Slow,
    /// Asks only after the wake-up pulse or an isolated pilot.
    Asleep,
    /// Holds 6 V whatever the charger does.
    Deaf,
}

fn vehicle() -> impl Strategy<Value = Vehicle> {
    prop_oneof![
        Just(Vehicle::Prompt),
        Just(Vehicle::Slow),
        Just(Vehicle::Asleep),
        Just(Vehicle::Deaf)
    ]
}

impl Vehicle {
    /// Level that the vehicle puts on the pilot.
    fn level(self, pulsed_for: Duration, woken: bool) -> PilotClass {
        let wait = match self {
            Self::Prompt => Duration::from_secs(1),
            Self::Slow => Duration::from_secs(10),
            Self::Asleep if woken => Duration::from_millis(500),
            Self::Asleep => Duration::MAX,
            Self::Deaf => return PilotClass::C6,
        };
        if pulsed_for >= wait {
            PilotClass::C6
        } else {
            PilotClass::B9
        }
    }
}

/// Faults that only a restart or unplugging clears.
fn is_dead(status: &ChargerStatus) -> bool {
    status.faults.intersects(Faults::RCM_TEST)
}

/// After any history everything is put in order; then a willing vehicle is
/// served within 90 s, or 5 min later after too many closings.
fn served(site: Site, acts: &[Act], vehicle: Vehicle) -> Result<Option<u64>, TestCaseError> {
    let mut stage = Stage::new(site);
    for change in beats(acts) {
        stage.world.now += BEAT;
        if let Some(change) = change {
            stage.world.apply(change);
        }
        stage.poll();
    }
    let mut locked_out = false;
    let (mut pulsed, mut woken) = (Duration::ZERO, false);
    // Somebody presses the key, unplugs if it must be, and plugs in again.
    stage.world.serve();
    for beat in 0_u64..60_000 {
        stage.world.now += BEAT;
        let status = stage.charger.status();
        if beat == 150 {
            stage.world.serve();
        }
        let third = beat > 150 && beat < 800 && status.faults.contains(Faults::PILOT_FAULT);
        let duty = stage.outputs.duty.as_permille();
        woken |= duty == 0 || stage.outputs.pilot_switch == PilotSwitch::Isolated;
        pulsed = if (1..1_000).contains(&duty) {
            pulsed + BEAT
        } else {
            Duration::ZERO
        };
        let level = if third {
            PilotClass::A12
        } else {
            vehicle.level(pulsed, woken)
        };
        stage.world.set_level(level);
        stage.poll();
        locked_out |= matches!(stage.charger.status().block, Some(BlockReason::Flapping(_)));
        if stage.outputs.contactor1.is_closed() {
            return Ok(Some(beat / 100));
        }
        if is_dead(&stage.charger.status()) {
            return Ok(None);
        }
        let limit = if locked_out { 39_900 } else { 9_800 };
        // A refused vehicle waits first; then the modem takes its time.
        let limit = limit + if site.facts.modem { 13_000 } else { 0 };
        if beat > limit {
            let status = stage.charger.status();
            return Err(TestCaseError::fail(format!(
                "{vehicle:?} not served: {status:?}"
            )));
        }
    }
    Err(TestCaseError::fail("never served"))
}

/// I-22, D-06: nobody is stuck, whatever happened before.
#[test]
fn when_everything_is_in_order_again_then_a_willing_vehicle_is_served() {
    let (longest, dead) = (AtomicU64::new(0), AtomicU32::new(0));
    runner()
        .run(
            &(site(), script(false), vehicle()),
            |(site, acts, vehicle)| {
                match served(site, &acts, vehicle)? {
                    Some(secs) => longest.fetch_max(secs, Ordering::Relaxed),
                    None => u64::from(dead.fetch_add(1, Ordering::Relaxed)),
                };
                Ok(())
            },
        )
        .unwrap();
    let (longest, dead) = (longest.into_inner(), dead.into_inner());
    println!(
        "{} cases, longest wait {longest} s, {dead} with a dead monitor",
        cases()
    );
    assert!(dead < cases() / 4);
}
