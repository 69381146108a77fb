//! Which charging states were entered with which pilot.

use std::fmt;

use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;

use super::bench::Bench;

/// Columns: the classes, then the vehicle levels without a diode.
const COLUMNS: usize = PilotClass::ALL.len() + 3;

/// States with pilot columns in which no node can be, and why. Columns with a
/// minus sign are those without a diode.
const IMPOSSIBLE: [(&[ChargeState], &[&str], &str); 9] = [
    (
        &[ChargeState::C, ChargeState::C1],
        &["A12", "B9", "B9-", "Unknown"],
        "opens in the same poll (I-06, I-07)",
    ),
    (
        &[ChargeState::A],
        &["B9-", "C6-", "D3-"],
        "the diode shows only while a pulse width was offered, and only 12 V leads to A",
    ),
    (
        &[
            ChargeState::CommB,
            ChargeState::CommBOk,
            ChargeState::CommC,
            ChargeState::CommCOk,
            ChargeState::Activate,
        ],
        &["A12"],
        "goes to A in the same poll (I-21)",
    ),
    (
        &[ChargeState::CommB, ChargeState::CommBOk],
        &["B9-", "C6-", "D3-"],
        "nothing is offered: the diode does not show",
    ),
    (
        &[ChargeState::CommC],
        &["B9", "B9-", "Short0", "Neg12", "Mixed", "Unknown"],
        "a vehicle that asks no more goes back to B in the same poll",
    ),
    (
        &[ChargeState::CommCOk],
        &["B9", "B9-", "Short0", "Neg12", "Mixed", "Unknown"],
        "lasts one poll and is entered at 6 V only",
    ),
    (
        &[ChargeState::CommC, ChargeState::CommCOk],
        &["D3", "D3-"],
        "the node that is walked has no ventilation",
    ),
    (
        &[ChargeState::Activate],
        &["C6", "C6-", "D3", "D3-"],
        "entered at 9 V; the steady -12 V hides the vehicle afterwards",
    ),
    (
        &[ChargeState::D],
        &[
            "A12", "B9", "C6", "D3", "Short0", "Neg12", "Mixed", "Unknown", "B9-", "C6-", "D3-",
        ],
        "a ventilated vehicle charges in state C",
    ),
];

/// States whose coverage is not judged: boards with a modem may enter them.
const MODEM: [ChargeState; 4] = [
    ChargeState::ModemRequest,
    ChargeState::ModemWait,
    ChargeState::ModemDone,
    ChargeState::ModemDenied,
];

/// Why no node can be there.
fn impossible(state: ChargeState, title: &str) -> Option<&'static str> {
    IMPOSSIBLE
        .iter()
        .find(|(states, titles, _)| states.contains(&state) && titles.contains(&title))
        .map(|(.., reason)| *reason)
}

/// Nodes by state and pilot.
#[derive(Clone, Debug, Default)]
pub struct Coverage([[u64; COLUMNS]; ChargeState::ALL.len()]);

impl Coverage {
    pub fn note(&mut self, bench: &Bench) {
        let state = bench.charger.status().state as usize;
        let (class, diode) = bench.shown();
        self.0[state][column(class, diode == Some(false))] += 1;
    }

    /// Combinations that were entered although the table says that they cannot
    /// be, and those that were not although it does not.
    pub fn surprises(&self) -> (Vec<String>, Vec<String>) {
        let (mut entered, mut missed) = (Vec::new(), Vec::new());
        for (state, row) in ChargeState::ALL.into_iter().zip(&self.0) {
            for (column, count) in row.iter().enumerate() {
                let title = title(column);
                match (*count > 0, impossible(state, &title)) {
                    (true, Some(reason)) => entered.push(format!("{state:?} {title}: {reason}")),
                    (false, None) if !MODEM.contains(&state) => {
                        missed.push(format!("{state:?} {title}"));
                    }
                    (true, None) | (false, _) => {}
                }
            }
        }
        (entered, missed)
    }

    pub fn add(&mut self, other: &Self) {
        for (row, others) in self.0.iter_mut().zip(&other.0) {
            for (sum, count) in row.iter_mut().zip(others) {
                *sum += count;
            }
        }
    }
}

/// Column of a class; without a diode the three vehicle levels have their own.
fn column(class: PilotClass, no_diode: bool) -> usize {
    let at = PilotClass::ALL.iter().position(|known| *known == class);
    let at = at.unwrap_or(0);
    if no_diode && class.is_vehicle() {
        at + PilotClass::ALL.len() - 1
    } else {
        at
    }
}

fn title(column: usize) -> String {
    PilotClass::ALL.get(column).map_or_else(
        || {
            format!(
                "{}-",
                PilotClass::ALL[column + 1 - PilotClass::ALL.len()].name()
            )
        },
        |class| class.name().to_owned(),
    )
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {:13}", "nodes")?;
        for column in 0..COLUMNS {
            write!(f, "{:>9}", title(column))?;
        }
        for (state, row) in ChargeState::ALL.iter().zip(&self.0) {
            write!(f, "\n  {:13}", format!("{state:?}"))?;
            for (column, count) in row.iter().enumerate() {
                match (count, impossible(*state, &title(column))) {
                    (0, Some(_)) => write!(f, "{:>9}", "-")?,
                    (0, None) => write!(f, "{:>9}", "none")?,
                    _ => write!(f, "{count:>9}")?,
                }
            }
        }
        for (states, titles, reason) in &IMPOSSIBLE {
            write!(f, "\n  - {states:?} at {}: {reason}", titles.join(" "))?;
        }
        Ok(())
    }
}
