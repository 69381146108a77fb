//! One profile for each invariant: what its board needs, which moves lead to
//! it, and how many of its cases must really reach it.

use crate::moves::Move::{self, *};
use crate::site::Needs;

/// A generator that is biased towards one invariant.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Number of the invariant, 1..=32.
    pub number: u8,
    /// What its cases are about.
    pub name: &'static str,
    pub needs: Needs,
    /// Moves that are more frequent than in [`COMMON`], with their weights.
    pub moves: &'static [(Move, u8)],
    /// At least so many of 100 cases must reach the invariant.
    pub reached: u32,
    /// A case does not end after its 200 inputs: what is looked for needs
    /// minutes.
    pub whole: bool,
}

/// Weights that every profile begins with; one random trace is judged by all
/// rows.
pub const COMMON: &[(Move, u8)] = &[
    (Heal, 24),
    (Replug, 2),
    (Leave, 2),
    (Pilot, 16),
    (Volts, 4),
    (Diode, 5),
    (Samples, 6),
    (Coding, 5),
    (Monitor, 5),
    (Edge, 3),
    (Heat, 5),
    (Feedback, 5),
    (LockReport, 5),
    (Board, 5),
    (Access, 6),
    (Offer, 7),
    (Power, 5),
    (Phases, 4),
    (Answer, 5),
    (Imposed, 5),
    (Lease, 6),
    (Override, 4),
    (Request, 8),
    (Wish, 5),
    (Vehicle, 3),
    (Setting, 8),
    (Pause, 5),
    (Late, 3),
    (Again, 4),
    (Toggle, 2),
    (Stop, 2),
    (SwapPhases, 1),
    (Unlock, 1),
    (Warm, 1),
    (Cut, 1),
    (Stray, 1),
    (Rewire, 1),
    (Weld, 1),
    (Reboot, 1),
];

const fn row(
    number: u8,
    name: &'static str,
    needs: Needs,
    moves: &'static [(Move, u8)],
    reached: u32,
) -> Profile {
    Profile {
        number,
        name,
        needs,
        moves,
        reached,
        whole: number == 14,
    }
}

/// All profiles in the order of their numbers.
pub const PROFILES: [Profile; 32] = [
    row(
        1,
        "states with energy",
        Needs::Nothing,
        &[(Pilot, 60), (Toggle, 30)],
        80,
    ),
    row(
        2,
        "the second contactor",
        Needs::Phases,
        &[(Phases, 30), (SwapPhases, 12)],
        60,
    ),
    row(
        3,
        "the order of both contactors",
        Needs::Phases,
        &[(Phases, 40), (Stop, 20)],
        55,
    ),
    row(
        4,
        "conditions of a closing",
        Needs::Nothing,
        &[(Toggle, 50), (Diode, 20), (Volts, 20)],
        80,
    ),
    row(
        5,
        "duty and offered current",
        Needs::Nothing,
        &[(Offer, 80), (Setting, 40), (Coding, 20)],
        80,
    ),
    row(
        6,
        "levels that open",
        Needs::Nothing,
        &[(Pilot, 90), (Diode, 30), (Volts, 30)],
        65,
    ),
    row(
        7,
        "unclear and old samples",
        Needs::Nothing,
        &[(Samples, 60), (Volts, 60), (Heal, 20)],
        60,
    ),
    row(
        8,
        "residual current",
        Needs::Monitor,
        &[(Monitor, 60), (Edge, 40), (Request, 20)],
        90,
    ),
    row(9, "the grace of a stop", Needs::Nothing, &[(Stop, 60)], 55),
    row(
        10,
        "openings under load",
        Needs::Nothing,
        &[(Stop, 90), (Heal, 30)],
        40,
    ),
    row(
        11,
        "end of access",
        Needs::Nothing,
        &[(Access, 80), (Lease, 40), (Stop, 20)],
        80,
    ),
    row(
        12,
        "faults and energy",
        Needs::Nothing,
        &[(Imposed, 50), (Heat, 30), (Coding, 20), (Weld, 10)],
        50,
    ),
    row(
        13,
        "pauses between closings",
        Needs::Nothing,
        &[(Toggle, 80), (Stop, 20)],
        65,
    ),
    row(14, "many closings", Needs::Nothing, &[(Toggle, 200)], 75),
    row(
        15,
        "changes of phases",
        Needs::Phases,
        &[(SwapPhases, 50)],
        45,
    ),
    row(
        16,
        "unlocking",
        Needs::Lock,
        &[(Unlock, 60), (Wish, 30)],
        90,
    ),
    row(
        17,
        "cable and MAX",
        Needs::Socket,
        &[(Coding, 60), (Setting, 60), (Override, 40)],
        90,
    ),
    row(
        18,
        "duty and state",
        Needs::Nothing,
        &[(Override, 60), (Offer, 40), (Pause, 30)],
        90,
    ),
    row(
        19,
        "states without an offer",
        Needs::Nothing,
        &[(Stop, 50), (Override, 30)],
        90,
    ),
    row(
        20,
        "any input",
        Needs::Nothing,
        &[(Volts, 60), (Setting, 60), (Pause, 40), (Board, 40)],
        100,
    ),
    row(
        21,
        "unplugging",
        Needs::Nothing,
        &[(Leave, 60), (Pilot, 20)],
        80,
    ),
    row(
        22,
        "a willing vehicle",
        Needs::Nothing,
        &[(Replug, 20), (Pause, 30), (Request, 30)],
        90,
    ),
    row(
        23,
        "latched faults",
        Needs::Feedback,
        &[(Weld, 60), (Request, 40)],
        85,
    ),
    row(24, "heat", Needs::Sensor, &[(Warm, 30), (Heat, 30)], 90),
    row(
        25,
        "the same inputs again",
        Needs::Nothing,
        &[(Again, 120)],
        90,
    ),
    row(
        26,
        "late polls",
        Needs::Nothing,
        &[(Late, 80), (Pause, 20)],
        65,
    ),
    row(27, "the card list", Needs::Nothing, &[(Swipe, 120)], 90),
    row(
        28,
        "the card that switched on",
        Needs::Nothing,
        &[(Swipe, 160)],
        90,
    ),
    row(29, "starts", Needs::Nothing, &[(Reboot, 20)], 100),
    row(
        30,
        "less power",
        Needs::Nothing,
        &[(Cut, 60), (Offer, 40)],
        80,
    ),
    row(
        31,
        "grants of a master",
        Needs::Master,
        &[(Stray, 50), (Answer, 40)],
        90,
    ),
    row(
        32,
        "settings while charging",
        Needs::Nothing,
        &[(Rewire, 60), (Setting, 40)],
        90,
    ),
];

/// Moves by chance: entry `n` of 256.
pub struct Draw([Move; 256]);

impl Draw {
    pub fn new(profile: &Profile) -> Self {
        let all = || COMMON.iter().chain(profile.moves);
        let sum: u32 = all().map(|(_, weight)| u32::from(*weight)).sum();
        let mut slots = [Heal; 256];
        let (mut seen, mut next) = (0_u32, 0);
        for (kind, weight) in all() {
            seen += u32::from(*weight);
            let end = (seen * 256).div_ceil(sum) as usize;
            slots[next..end].fill(*kind);
            next = end;
        }
        Self(slots)
    }

    pub fn pick(&self, random: u64) -> Move {
        self.0[random as usize & 255]
    }
}
