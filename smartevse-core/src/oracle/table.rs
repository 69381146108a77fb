//! The numbered invariants in words, each with the place that proves it.

/// Where an invariant is proved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Every poll is judged by [`Watch::observe`](super::Watch::observe).
    Observed,
    /// Polls show a part of it; the text says where the rest is proved.
    Partly(&'static str),
    /// Polls of the charging control do not show it; the text says where it
    /// is proved.
    Elsewhere(&'static str),
}

/// One numbered invariant (charging specification §11.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invariant {
    /// Number, 1..=32: I-01 to I-32.
    pub number: u8,
    /// What always holds.
    pub text: &'static str,
    /// Where it is proved.
    pub scope: Scope,
}

const fn row(number: u8, scope: Scope, text: &'static str) -> Invariant {
    Invariant {
        number,
        text,
        scope,
    }
}

const HERE: Scope = Scope::Observed;

/// All invariants in the order of their numbers.
pub const INVARIANTS: [Invariant; 32] = [
    row(
        1,
        HERE,
        "The main contactor is closed only in C and C1, and in D on a board with ventilation.",
    ),
    row(
        2,
        HERE,
        "The second contactor is closed without the main one for 200 ms at most, and never closes for single-phase charging.",
    ),
    row(
        3,
        HERE,
        "The second contactor moves only after the main one was open for 100 ms, or opens together with it.",
    ),
    row(
        4,
        HERE,
        "The main contactor closes only with every condition met: 6 V for 500 ms, diode, no fault, access, no delay, residual current, cable, current, lock, pilot.",
    ),
    row(
        5,
        HERE,
        "While energy flows the duty tells the offered current, which lies between 6 A and every limit.",
    ),
    row(
        6,
        HERE,
        "9 V or 12 V opens the main contactor in the same poll, a forbidden level or a lost diode after 100 ms.",
    ),
    row(
        7,
        HERE,
        "An unclear pilot level of 100 ms or a sample older than 50 ms opens the main contactor.",
    ),
    row(
        8,
        HERE,
        "A confirmed residual current opens both contactors in the same poll until a press at the device.",
    ),
    row(
        9,
        HERE,
        "State C1 follows only C, has no pulse width and ends after 6 s.",
    ),
    row(
        10,
        HERE,
        "Without an immediate cause the main contactor opens only after the vehicle let go or 6 s without pulse width.",
    ),
    row(
        11,
        HERE,
        "Without access, or with an expired directive, the pulse width is off at once and the main contactor open after 6.1 s.",
    ),
    row(
        12,
        HERE,
        "A fault never lets the main contactor close; immediate ones open it in the same poll, graceful ones within 6.1 s.",
    ),
    row(
        13,
        HERE,
        "The main contactor stays open for 2 s after the vehicle opened it and for 10 s after the charger did.",
    ),
    row(
        14,
        HERE,
        "The main contactor closes six times in five minutes at most.",
    ),
    row(
        15,
        HERE,
        "The number of phases changes only between two closings, with the pilot isolated for 5 s if the vehicle stayed.",
    ),
    row(
        16,
        HERE,
        "The cable unlocks only after both contactors were open for 500 ms and read open.",
    ),
    row(
        17,
        HERE,
        "The pilot never offers more than the cable, MAX and 80 A allow, whatever was asked for.",
    ),
    row(
        18,
        HERE,
        "The duty is 0, 50, 1000 or 100 to 960 permille, each where it belongs, and never 10 % for nothing.",
    ),
    row(
        19,
        HERE,
        "States that offer nothing have no pulse width, and the vehicle sees no pilot before and after the modem.",
    ),
    row(
        20,
        Scope::Partly("absence of panics: fuzz targets and the linker check"),
        "The status tells what is driven, with figures inside their ranges; the modem's states come in their order.",
    ),
    row(
        21,
        HERE,
        "After 1 s of 12 V the state is A, the contactor open, the delay over and LESS_6A clear.",
    ),
    row(
        22,
        Scope::Partly("every other history: closed loop with the vehicle models"),
        "A willing vehicle with power and access gets energy within 90 s, or 400 s after many closings; a modem may take 130 s more.",
    ),
    row(
        23,
        HERE,
        "Latched faults end only by the action that they ask for, never by a network or by time; a contactor that reads closed for 500 ms is one.",
    ),
    row(
        24,
        HERE,
        "TEMP_HIGH is set at MAX TEMP and stays until the module has cooled down to the resume point.",
    ),
    row(
        25,
        HERE,
        "The same inputs before the next deadline give the same outputs.",
    ),
    row(
        26,
        HERE,
        "A poll that comes too late opens the main contactor and never closes it.",
    ),
    row(
        27,
        Scope::Elsewhere("card list: unit and property tests of `cards`"),
        "The card list holds each card once, finds every stored and no deleted card, and survives its image.",
    ),
    row(
        28,
        Scope::Elsewhere("authorisation: unit tests of `access`"),
        "With EnableOne only the card that switched on switches off.",
    ),
    row(
        29,
        HERE,
        "A start has open contactors and no offer, and nothing closes in the first 5 s.",
    ),
    row(
        30,
        Scope::Partly("the figure of the grid relay: the oracle of the planning half"),
        "A granted current that falls, as for the grid relay, reaches the pilot within 2 s.",
    ),
    row(
        31,
        HERE,
        "A node enters B and C only from its pending request and with the matching grant.",
    ),
    row(
        32,
        HERE,
        "A change of settings never breaks a rule; CONFIG keeps its old value until state A.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_listed_then_the_numbers_run_from_1_to_32() {
        for (index, invariant) in INVARIANTS.iter().enumerate() {
            assert_eq!(usize::from(invariant.number), index + 1);
            assert!(invariant.text.ends_with('.'));
        }
    }
}
