//! Contract of the contactors.

use smartevse_types::Duration;

use super::{Bench, Clause, Violation, accept, demand};
use crate::hardware::Contactors;
use crate::io::{Contactor, ContactorFeedback};

/// Positions in an order in which the second contactor changes only while the
/// main one is open (charging specification §4.2).
const SEQUENCE: [(Contactor, Contactor); 8] = [
    (Contactor::Open, Contactor::Open),
    (Contactor::Closed, Contactor::Open),
    (Contactor::Open, Contactor::Open),
    (Contactor::Open, Contactor::Closed),
    (Contactor::Closed, Contactor::Closed),
    (Contactor::Closed, Contactor::Closed),
    (Contactor::Open, Contactor::Closed),
    (Contactor::Open, Contactor::Open),
];

/// Checks that contactors accept every position and that feedback can be read.
///
/// Closes both contactors for a moment: mains off.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`.
pub fn contactors(contactors: &mut impl Contactors) -> Result<(), Violation> {
    let verdict = walk(contactors, |contactors, _| {
        accept(contactors.contactor_feedback(), Clause::Reads).map(|_| ())
    });
    verdict.and(park(contactors))
}

/// Checks that fitted auxiliary contacts follow their contactors, over about
/// 4 s.
///
/// Closes both contactors: mains off.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`,
/// `ContactorFollows`.
pub fn contactors_follow(
    contactors: &mut impl Contactors,
    bench: &mut impl Bench,
) -> Result<(), Violation> {
    let verdict = walk(contactors, |contactors, wanted| {
        bench.wait(Duration::from_millis(500));
        let positions = accept(contactors.contactor_feedback(), Clause::Reads)?;
        let first = follows(wanted.0, positions.contactor1);
        let second = follows(wanted.1, positions.contactor2);
        demand(first && second, Clause::ContactorFollows)
    });
    verdict.and(park(contactors))
}

fn walk<C: Contactors>(
    contactors: &mut C,
    mut check: impl FnMut(&mut C, (Contactor, Contactor)) -> Result<(), Violation>,
) -> Result<(), Violation> {
    for wanted in SEQUENCE {
        let driven = contactors.drive_contactors(wanted.0, wanted.1);
        accept(driven, Clause::Accepts)?;
        check(contactors, wanted)?;
    }
    Ok(())
}

fn park(contactors: &mut impl Contactors) -> Result<(), Violation> {
    let opened = contactors.drive_contactors(Contactor::Open, Contactor::Open);
    accept(opened, Clause::Accepts)
}

const fn follows(wanted: Contactor, seen: ContactorFeedback) -> bool {
    match seen {
        ContactorFeedback::NotFitted => true,
        ContactorFeedback::Open => !wanted.is_closed(),
        ContactorFeedback::Closed => wanted.is_closed(),
    }
}
