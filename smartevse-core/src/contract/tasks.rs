//! Contracts of the roles that a task waits for.

use super::{Clause, Violation, accept, demand};
use crate::card::Uid;
use crate::hardware::{ButtonSet, Buttons, CardReader, ErrorKind, MeterBus};

/// Checks that idle buttons read as idle, without waiting.
///
/// Nobody presses a button meanwhile.
///
/// # Errors
///
/// `Reads` or `ButtonsIdle`.
pub async fn buttons(buttons: &mut impl Buttons) -> Result<(), Violation> {
    let seen = accept(buttons.wait_change(ButtonSet::all()).await, Clause::Reads)?;
    demand(seen.is_empty(), Clause::ButtonsIdle)
}

/// Waits for a card and checks that it is the expected one.
///
/// # Errors
///
/// `Reads` or `CardRead`.
pub async fn card_reader(reader: &mut impl CardReader, expected: &Uid) -> Result<(), Violation> {
    let seen = accept(reader.next_card().await, Clause::Reads)?;
    demand(seen.matches(expected), Clause::CardRead)
}

/// Sends eight bytes and checks that the line takes and sends them.
///
/// # Errors
///
/// `Accepts` or `BusWrites`.
pub async fn meter_bus(bus: &mut impl MeterBus) -> Result<(), Violation> {
    let mut rest: &[u8] = &[0x55; 8];
    while !rest.is_empty() {
        let written = bus.write(rest).await.map_err(|_| refused())?;
        demand(written > 0, Clause::BusWrites)?;
        let Some(after) = rest.get(written..) else {
            return demand(false, Clause::BusWrites);
        };
        rest = after;
    }
    bus.flush().await.map_err(|_| refused())
}

const fn refused() -> Violation {
    Violation {
        clause: Clause::Accepts,
        error: Some(ErrorKind::Bus),
    }
}
