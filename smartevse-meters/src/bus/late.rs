//! Replies that may still come although nobody waits for them any more.

use heapless::Vec;
use smartevse_types::Instant;

use crate::pdu::Function;
use crate::transaction::Transaction;

/// Requests that can be remembered at the same time.
const PLACES: usize = 16;

/// An unanswered request and how long its reply may still come.
#[derive(Clone, Copy, Debug)]
struct Late {
    transaction: Transaction,
    asked: Instant,
    until: Instant,
}

/// Remembers unanswered requests on a serial line.
///
/// An RTU reply does not say which registers it holds. While a reply may still
/// come, a request that it would fit must not be sent, or the late reply would
/// be taken for the new one.
#[derive(Clone, Debug, Default)]
pub(super) struct LateGuard {
    places: Vec<Late, PLACES>,
}

impl LateGuard {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new() }
    }

    /// Remembers a transmission that ended at `asked` and was not answered.
    pub(super) fn remember(&mut self, transaction: Transaction, asked: Instant, until: Instant) {
        let late = Late {
            transaction,
            asked,
            until,
        };
        // A full list holds every request back until it is no longer full.
        if let Err(late) = self.places.push(late) {
            let held = self.places.iter_mut();
            held.for_each(|place| place.until = place.until.latest(late.until));
        }
    }

    /// Forgets requests whose replies cannot come any more.
    pub(super) fn clean(&mut self, now: Instant) {
        self.places.retain(|late| late.until > now);
    }

    /// Until when a request has to wait; `None` when it may go.
    pub(super) fn holds(&self, transaction: &Transaction) -> Option<Instant> {
        let full = self.places.is_full();
        self.places
            .iter()
            .filter(|late| full || fits(&late.transaction, transaction))
            .map(|late| late.until)
            .max()
    }

    /// When the oldest unanswered copy of this request was asked.
    pub(super) fn first_asked(&self, transaction: &Transaction) -> Option<Instant> {
        self.places
            .iter()
            .filter(|late| same_question(&late.transaction, transaction))
            .map(|late| late.asked)
            .min()
    }
}

/// Whether the reply to `old` would be accepted as the reply to another question `new`.
fn fits(old: &Transaction, new: &Transaction) -> bool {
    let unit = old.addr() == new.addr() && old.function() == new.function();
    let quantity = old.quantity() == new.quantity();
    let register = old.register() == new.register();
    match new.function() {
        Function::ReadHolding | Function::ReadInput => unit && quantity && !register,
        // The echo names the value: no other order can be confirmed by it.
        Function::WriteSingle => false,
        Function::WriteMultiple => unit && quantity && register,
    }
}

fn same_question(old: &Transaction, new: &Transaction) -> bool {
    new.function().is_read()
        && old.addr() == new.addr()
        && old.function() == new.function()
        && old.register() == new.register()
        && old.quantity() == new.quantity()
}

#[cfg(test)]
mod tests {
    use smartevse_types::Duration;

    use super::*;
    use crate::transaction::Tag;

    fn read(register: u16, quantity: u16) -> Transaction {
        Transaction::from_parts(Tag::new(1), 12, Function::ReadInput, register, quantity)
    }

    #[test]
    fn when_a_reply_may_come_late_then_a_look_alike_waits() {
        let mut guard = LateGuard::new();
        let until = Instant::from_secs(2);
        guard.remember(read(0x34, 2), Instant::from_secs(1), until);
        assert_eq!(guard.holds(&read(0x48, 2)), Some(until));
        assert_eq!(guard.holds(&read(0x34, 2)), None);
        assert_eq!(guard.holds(&read(0x06, 12)), None);
        assert_eq!(
            guard.first_asked(&read(0x34, 2)),
            Some(Instant::from_secs(1))
        );
        guard.clean(until);
        assert_eq!(guard.holds(&read(0x48, 2)), None);
    }

    /// An answer is as old as the oldest question that it may belong to, not older.
    #[test]
    fn when_questions_fail_again_and_again_then_the_old_ones_are_forgotten() {
        let mut guard = LateGuard::new();
        for second in 1..10 {
            let asked = Instant::from_millis(second * 700);
            let until = asked + Duration::from_secs(1);
            guard.clean(asked);
            guard.remember(read(6, 12), asked, until);
            let oldest = guard.first_asked(&read(6, 12)).unwrap();
            assert!(asked.since(oldest) <= Duration::from_millis(700));
        }
    }

    #[test]
    fn when_the_list_is_full_then_everything_waits() {
        let mut guard = LateGuard::new();
        for register in 0..40 {
            let until = Instant::from_secs(u64::from(register) + 1);
            guard.remember(read(register, register + 1), Instant::ZERO, until);
        }
        assert!(guard.holds(&read(100, 100)).is_some());
    }
}
