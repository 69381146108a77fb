//! How long a simulated day takes: eight whole chargers on their line, and the
//! scheduler alone for trees of up to 64 EVSEs.
//!
//! `cargo run --release -p smartevse-sim --example speed`
//!
//! Prints seconds of processor time for each simulated day.

use std::error::Error;
use std::path::Path;

use smartevse_share::{
    Conductor, Contactor, Limit, Member, OrdersSent, Place, Scheduler, ShareConfig, ShareInputs,
    ShareTable, ShareView, Slot,
};
use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate;
use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Minutes, Phase, PhaseSet};

const DAY_S: u64 = 86_400;

/// Time between two rounds of the bus, seconds.
const ROUND_S: u64 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/closed_loop");
    let scenario = Scenario::load(&root.join("share-8-evening-0.json"))?;
    let share = DAY_S as f64 / scenario.duration.as_secs() as f64;
    let start = processor_s();
    simulate::run_unwatched(&scenario)?.finish(scenario.duration)?;
    let unwatched = (processor_s() - start) * share;
    let start = processor_s();
    simulate::simulate(&scenario)?;
    let watched = (processor_s() - start) * share;
    println!("8 whole chargers on a line: {unwatched:.1} s a day, with oracles {watched:.1} s");
    for groups in [1, 2, 4, 8] {
        let start = processor_s();
        let served = tree(groups);
        println!(
            "tree of {groups} groups, {} EVSEs: {:.2} s a day, {served:.1} served on average",
            8 * groups,
            processor_s() - start
        );
    }
    Ok(())
}

/// Processor time of this process so far; wall time where nobody counts it.
fn processor_s() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    nanos.map_or_else(
        || {
            let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
            since.map_or(0.0, |since| since.as_secs_f64())
        },
        |nanos| nanos / 1e9,
    )
}

/// Three phases of a circuit.
fn circuit(limits: &mut Vec<Limit>, amps: i32, within: Option<u8>) {
    for phase in Phase::ALL {
        let capacity = DeciAmps::from_deci(10 * amps);
        let limit = Limit::new(capacity, Conductor::Phase(phase), LimitedBy::Circuit(phase));
        limits.push(within.map_or(limit, |number| limit.within(number, number)));
    }
}

/// Plays a day of a tree: a main circuit with half the current that all groups
/// may take together, and each group with room for five of its eight. Gives how
/// many were served on average.
fn tree(groups: u8) -> f64 {
    let count = 8 * usize::from(groups);
    let mut limits = Vec::new();
    circuit(&mut limits, 16 * i32::from(groups), None);
    for number in 1..=groups {
        circuit(&mut limits, 32, Some(number));
    }
    let mut slots = vec![Slot::default(); count];
    let mut members = vec![Member::new(DeciAmps::ZERO, DeciAmps::ZERO); count];
    let mut orders = vec![DeciAmps::ZERO; count];
    let mut views: Vec<_> = (0..count).map(view).collect();
    let mut scheduler = Scheduler::new();
    let config = ShareConfig {
        rotation: Minutes::from_minutes(30),
        ..ShareConfig::default()
    };
    let (mut sent_at, mut served) = (Instant::ZERO, 0);
    for round in 1..=DAY_S / ROUND_S {
        let now = Instant::from_secs(round * ROUND_S);
        report(&mut views, &orders, now, round);
        let inputs = ShareInputs {
            views: &views,
            sent: Some(OrdersSent {
                at: sent_at,
                currents: &orders,
            }),
            grace_running: false,
        };
        let table = ShareTable {
            slots: &mut slots,
            members: &mut members,
            limits: &mut limits,
        };
        scheduler.step(now, &config, &inputs, table);
        for (order, slot) in orders.iter_mut().zip(&slots) {
            *order = slot.order();
            served += u64::from(*order > DeciAmps::ZERO);
        }
        sent_at = now + Duration::from_millis(100);
    }
    served as f64 / (DAY_S / ROUND_S) as f64
}

/// A vehicle on one or three phases, behind the circuit of its group.
fn view(index: usize) -> ShareView {
    let single = [PhaseSet::L1, PhaseSet::L2, PhaseSet::L3];
    let phases = match index % 4 {
        0 => single.get(index / 4 % 3).copied().unwrap_or_default(),
        _ => PhaseSet::THREE,
    };
    ShareView {
        online: true,
        cap: DeciAmps::from_deci(160),
        place: Place {
            phases,
            circuit: 1 + (index / 8) as u8,
        },
        ..ShareView::UNKNOWN
    }
}

/// What the EVSEs report: vehicles come and go every few hours, and their
/// contactors follow the orders.
fn report(views: &mut [ShareView], orders: &[DeciAmps], now: Instant, round: u64) {
    for ((view, order), index) in views.iter_mut().zip(orders).zip(0_u64..) {
        let here = (round * ROUND_S / 1_800 + index * 5) % 16 < 12;
        (view.connected, view.wants) = (here, here);
        view.seen_at = now;
        let closed = here && *order > DeciAmps::ZERO;
        view.contactor = if closed {
            Contactor::Closed
        } else {
            Contactor::Open
        };
        view.reported = Some(*order);
        let draw = if closed { *order } else { DeciAmps::ZERO };
        view.measured.update(draw, now);
    }
}
