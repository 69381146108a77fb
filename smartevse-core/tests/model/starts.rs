//! Where a walk starts: a device that was just reset, and a few histories that
//! are long to reach move by move.

use smartevse_core::faults::Faults;
use smartevse_core::oracle::Violation;
use smartevse_core::state::ChargeState;
use smartevse_core::types::Duration;

use super::bench::Bench;
use super::blindfold::Blindfold;
use super::moves::{Move, Wait};
use super::station::Station;
use super::world::{ASKS, DIODE, GRANT, MASTER, PHASES, PILOT, RESTS};

/// Longest way to charging of a healthy start.
const PATIENCE: usize = 200;

type History = fn(&mut Bench) -> Result<(), Violation>;

/// A name, the latched faults of the boot record, and what happened since.
struct Start {
    name: &'static str,
    latched: Faults,
    history: History,
}

const fn start(name: &'static str, history: History) -> Start {
    Start {
        name,
        latched: Faults::empty(),
        history,
    }
}

const STARTS: [Start; 9] = [
    start("a reset", |bench| bench.tick()),
    Start {
        name: "a reset with every latched fault",
        latched: Faults::RCM_TRIPPED.union(Faults::CONTACTOR_FAULT),
        history: |bench| bench.tick(),
    },
    start("a connected vehicle", connect),
    start("charging", charge),
    start("charging for the sixth time", charge_often),
    start("charging after two pilot faults", charge_after_faults),
    start("charging after five minutes in B1", charge_late),
    start("charging on one phase after three", charge_on_one_phase),
    start(
        "a vehicle without diode that asks, on one phase",
        ask_without_diode,
    ),
];

/// The starts of a station. Under a blindfold a history may break a rule by
/// itself; such a start is left to the walk.
pub fn starts(station: &'static Station, blindfold: Blindfold) -> Vec<(&'static str, Bench)> {
    let mut benches = Vec::new();
    for start in &STARTS {
        let mut bench = Bench::new(station, blindfold, start.latched);
        match (start.history)(&mut bench) {
            Ok(()) => benches.push((start.name, bench)),
            Err(violation) if blindfold == Blindfold::None => {
                panic!(
                    "{}: {violation} in the history of {}",
                    station.name, start.name
                )
            }
            Err(_) => {}
        }
    }
    benches
}

fn connect(bench: &mut Bench) -> Result<(), Violation> {
    bench.run(Duration::from_secs(6))?;
    bench.make(Move::set(PILOT, RESTS))?;
    bench.run(Duration::from_secs(3))
}

fn charge(bench: &mut Bench) -> Result<(), Violation> {
    connect(bench)?;
    ask(bench)
}

/// The vehicle asks until energy flows.
fn ask(bench: &mut Bench) -> Result<(), Violation> {
    bench.make(Move::set(PILOT, ASKS))?;
    for _ in 0..PATIENCE {
        let status = bench.charger.status();
        if status.state == ChargeState::C && bench.outputs.contactor1.is_closed() {
            return bench.run(Duration::from_millis(700));
        }
        let grant = bench.fair_master();
        if bench.station.node && grant != bench.world.get(MASTER) {
            bench.make(Move::set(MASTER, grant))?;
        } else {
            bench.poll_at_deadline(bench.now + Duration::from_secs(1))?;
        }
    }
    panic!("{}: a healthy start does not charge", bench.station.name);
}

fn charge_often(bench: &mut Bench) -> Result<(), Violation> {
    charge(bench)?;
    for _ in 1..6 {
        bench.make(Move::set(PILOT, RESTS))?;
        bench.run(Duration::from_secs(3))?;
        ask(bench)?;
    }
    Ok(())
}

fn charge_after_faults(bench: &mut Bench) -> Result<(), Violation> {
    /// Value of the pilot: 0 V.
    const SHORTED: u8 = 4;
    charge(bench)?;
    for _ in 0..2 {
        bench.make(Move::set(PILOT, SHORTED))?;
        bench.make(Move::Wait(Wait::Change))?;
        ask(bench)?;
    }
    Ok(())
}

fn charge_on_one_phase(bench: &mut Bench) -> Result<(), Violation> {
    charge(bench)?;
    bench.make(Move::set(PHASES, 1))?;
    bench.run(Duration::from_secs(10))?;
    ask(bench)
}

fn ask_without_diode(bench: &mut Bench) -> Result<(), Violation> {
    bench.make(Move::set(PHASES, 1))?;
    bench.make(Move::set(DIODE, 1))?;
    connect(bench)?;
    bench.run(Duration::from_secs(2))?;
    bench.make(Move::set(PILOT, ASKS))
}

fn charge_late(bench: &mut Bench) -> Result<(), Violation> {
    charge(bench)?;
    bench.make(Move::set(GRANT, 2))?;
    bench.run(Duration::from_secs(310))?;
    bench.make(Move::set(GRANT, 0))?;
    ask(bench)
}
