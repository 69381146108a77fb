//! From every node a healthy environment leads back to charging, or to a fault
//! that says what to do.

use std::collections::HashSet;

use smartevse_core::faults::Faults;
use smartevse_core::oracle::Violation;
use smartevse_core::state::ChargeState;
use smartevse_core::types::{BlockReason, Duration, Instant};

use super::bench::Bench;
use super::moves::Press;
use super::world::{ASKS, GONE, MASTER, PILOT, RESTS, World};

/// Longest way back.
const PATIENCE: Duration = Duration::from_secs(400);
/// Time between two presses of a reset.
const PRESS_EVERY: Duration = Duration::from_secs(2);
/// A start that takes longer waits for a restart of the device.
const STARTING: Duration = Duration::from_secs(10);
/// Longest time between two polls while a car or a person acts.
const STEP: Duration = Duration::from_secs(1);

/// What the driver does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Driver {
    /// Leaves the car plugged in; it asks all the time.
    Stays,
    /// Unplugs, and plugs in a car that asks when something is offered.
    Replugs,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Energy flows after this time.
    Charging(Duration),
    /// The way joins one that led to charging.
    Joined,
    /// Faults remain; each has a text and an action.
    Fault(Faults),
    /// Nothing flows for this reason.
    Blocked(Option<BlockReason>),
}

/// Moments of a way back at which it is compared with the others.
const LANDMARKS: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(6),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(65),
];

/// Nodes on ways back that are known to lead to charging: a way that comes to
/// one of them need not be followed to its end.
#[derive(Default)]
pub struct Known(HashSet<(Driver, u64)>);

/// Lets a healthy environment act on a node.
pub fn recover(bench: &mut Bench, driver: Driver, known: &mut Known) -> Result<Outcome, Violation> {
    let mut passed = Vec::new();
    let start = bench.now;
    bench.world = World::default();
    bench.world.set(PILOT, ASKS);
    if driver == Driver::Replugs {
        unplug(bench)?;
    }
    bench.press(Press::Start)?;
    let mut person = Person { pressed: bench.now };
    let end = start + PATIENCE;
    while bench.now < end {
        let after = bench.now.since(start);
        if is_charging(bench) {
            known.0.extend(passed);
            return Ok(Outcome::Charging(after));
        }
        if LANDMARKS
            .get(passed.len())
            .is_some_and(|mark| after >= *mark)
        {
            let here = (driver, bench.key());
            if known.0.contains(&here) {
                return Ok(Outcome::Joined);
            }
            passed.push(here);
        }
        person.act(bench)?;
        answer(bench, driver);
        let next = end.earliest(bench.now + STEP);
        bench.poll_at_deadline(next)?;
    }
    Ok(end_of(bench))
}

fn is_charging(bench: &Bench) -> bool {
    bench.charger.status().state == ChargeState::C && bench.outputs.contactor1.is_closed()
}

/// The car is gone for a second at least, and until the charger has seen it.
fn unplug(bench: &mut Bench) -> Result<(), Violation> {
    bench.world.set(PILOT, GONE);
    let gone = bench.now + Duration::from_secs(1);
    let end = bench.now + Duration::from_secs(15);
    loop {
        bench.poll_at_deadline(bench.now + STEP)?;
        let status = bench.charger.status();
        let seen = status.state == ChargeState::A && !status.vehicle_present;
        if (seen && bench.now >= gone) || bench.now >= end {
            break;
        }
    }
    bench.world.set(PILOT, RESTS);
    bench.run(Duration::from_millis(500))
}

/// Somebody who presses the resets that latched faults ask for.
struct Person {
    pressed: Instant,
}

impl Person {
    fn act(&mut self, bench: &mut Bench) -> Result<(), Violation> {
        if bench.now.since(self.pressed) < PRESS_EVERY {
            return Ok(());
        }
        let status = bench.charger.status();
        self.pressed = bench.now;
        if status.local_faults.contains(Faults::RCM_TRIPPED) {
            bench.press(Press::LocalReset)?;
        }
        if status.local_faults.contains(Faults::CONTACTOR_FAULT) {
            bench.press(Press::ServiceReset)?;
        }
        let starting = status.block == Some(BlockReason::Starting);
        if starting && bench.now.since(status.since) > STARTING {
            bench.reboot()?;
        }
        Ok(())
    }
}

/// The car and the master react to what they see.
fn answer(bench: &mut Bench, driver: Driver) {
    let pulse = (1..1_000).contains(&bench.outputs.duty.as_permille());
    let asks = driver == Driver::Stays || pulse;
    bench.world.set(PILOT, if asks { ASKS } else { RESTS });
    if bench.station.node {
        bench.world.set(MASTER, bench.fair_master());
    }
}

fn end_of(bench: &Bench) -> Outcome {
    let status = bench.charger.status();
    let faults = status.faults;
    let explained = faults
        .rows()
        .all(|row| !row.text.is_empty() && !row.action.is_empty());
    if !faults.is_empty() && explained {
        Outcome::Fault(faults)
    } else {
        Outcome::Blocked(status.block)
    }
}
