//! The coarse key of the exhaustive walk: what two nodes must share to count
//! as the same abstract state.
//!
//! Most of it is public: the charging state, the outputs, the environment, the
//! classes of the faults. Timers and latches come from [`timers`].

use std::mem::{Discriminant, discriminant};

use smartevse_core::faults::Faults;
use smartevse_core::io::{LockDrive, PilotSwitch};
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_core::types::BlockReason;

use super::bench::Bench;
use super::timers::{IDLE, Timers, phase, timers};
use super::world::{
    ACCESS, CABLE, DIODE, GRANT, HARDWARE, HEAT, LEASE, LOCK, MAIN, MAINS, MASTER, MONITOR, PHASES,
    PILOT, SECOND, VEHICLE, World,
};

/// Abstract state of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    state: ChargeState,
    /// Main and second contactor, pilot isolated, residual-current test.
    outputs: [bool; 4],
    /// Class at the vehicle, and whether a diode is there.
    pilot: (u8, bool),
    planning: u8,
    vehicle: u8,
    /// Answer of the master while it is asked.
    master: u8,
    /// Worst class of the faults that are set.
    fault: u8,
    /// Worst class of what is unhealthy around the charger.
    cause: u8,
    /// What prevents charging, the first of all reasons.
    block: Option<Discriminant<BlockReason>>,
    /// A contactor reads differently from its command.
    disagrees: bool,
    lock: u8,
    timers: Timers,
}

impl Key {
    pub fn of(bench: &Bench) -> Self {
        let status = bench.charger.status();
        let outputs = &bench.outputs;
        let value = |part| bench.world.get(part);
        let main = outputs.contactor1.is_closed();
        let second = outputs.contactor2.is_closed();
        let one_phase = value(PHASES) != 0;
        Self {
            state: status.state,
            outputs: [
                main,
                second,
                outputs.pilot_switch == PilotSwitch::Isolated,
                outputs.residual_current_test,
            ],
            pilot: pilot(bench, status.state),
            planning: planning(&bench.world, phase(status.state)),
            vehicle: told(&bench.world, status.state),
            master: if matches!(status.state, ChargeState::CommB | ChargeState::CommC) {
                value(MASTER)
            } else {
                0
            },
            fault: worst(status.faults, status.latched),
            cause: cause(&bench.world),
            block: status
                .block
                .as_ref()
                .filter(|_| phase(status.state) == IDLE)
                .map(discriminant),
            disagrees: disagrees(value(MAIN), main) || disagrees(value(SECOND), second),
            lock: lock(bench),
            timers: timers(&bench.charger, status.state, bench.now, one_phase),
        }
    }
}

/// Parts of the environment and the class that each unhealthy value leads to:
/// 1 = graceful, 2 = immediate, 3 = latched.
const CAUSES: [(usize, [u8; 4]); 5] = [
    (HEAT, [1, 2, 1, 0]),
    (CABLE, [1, 2, 0, 0]),
    (HARDWARE, [3, 2, 1, 1]),
    (MAINS, [2, 0, 0, 0]),
    (MONITOR, [3, 3, 0, 0]),
];

/// The worst class that the environment leads to now; 0 = all is sound.
fn cause(world: &World) -> u8 {
    CAUSES.iter().fold(0, |worst, (part, classes)| {
        match usize::from(world.get(*part)) {
            0 => worst,
            value => worst.max(classes[value - 1]),
        }
    })
}

/// Class at the vehicle, whether samples are stale, and a missing diode where it
/// counts. While the pilot is isolated nobody can tell more than whether a
/// vehicle is there.
fn pilot(bench: &Bench, state: ChargeState) -> (u8, bool) {
    let class = bench.world.class();
    let diode = bench.world.get(DIODE) != 0;
    if bench.outputs.pilot_switch == PilotSwitch::Isolated {
        (100 + u8::from(class.is_vehicle()), false)
    } else {
        let counts = class.is_vehicle() && phase(state) != IDLE;
        let stale = bench.shown().0 == PilotClass::Unknown;
        (bench.world.get(PILOT) + u8::from(stale), counts && diode)
    }
}

/// What planning says, as far as it counts: an expired directive says nothing,
/// without access nothing is granted, and while nothing is offered the reason
/// that prevents charging tells what is missing.
fn planning(world: &World, phase: u8) -> u8 {
    match (world.get(LEASE), world.get(ACCESS), world.get(GRANT)) {
        (0, 0, 2) if phase != IDLE => 1,
        (0, 0, _) => 0,
        (0, access, _) => 1 + access,
        (..) => 4,
    }
}

/// What the modem says, where it is asked.
fn told(world: &World, state: ChargeState) -> u8 {
    let asked = matches!(
        state,
        ChargeState::ModemRequest | ChargeState::ModemWait | ChargeState::ModemDone
    );
    if asked { world.get(VEHICLE) } else { 0 }
}

/// None, imposed by planning, graceful, immediate, latched.
fn worst(faults: Faults, latched: Faults) -> u8 {
    let planning = Faults::LESS_6A | Faults::CT_NOCOMM;
    if !latched.is_empty() {
        4
    } else if !faults.immediate().is_empty() {
        3
    } else if !faults.difference(planning).is_empty() {
        2
    } else {
        u8::from(!faults.is_empty())
    }
}

const fn disagrees(feedback: u8, closed: bool) -> bool {
    match feedback {
        0 => false,
        1 => !closed,
        _ => closed,
    }
}

fn lock(bench: &Bench) -> u8 {
    if !bench.station.lock {
        return 0;
    }
    match (bench.outputs.lock, bench.world.get(LOCK), bench.is_locked()) {
        (LockDrive::Lock | LockDrive::Unlock, ..) => 1,
        (LockDrive::Off, 0, true) => 2,
        (LockDrive::Off, ..) => 3,
    }
}
