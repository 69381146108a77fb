//! How long a question may take, so that the mains are never kept waiting too long.

use smartevse_types::{Duration, Instant};

use super::config::BusConfig;
use super::late::LateGuard;
use crate::pdu::{Function, Transport, is_broadcast};
use crate::transaction::Transaction;

/// The state of the line at the moment of a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub(super) now: Instant,
    /// End of the last byte on the line.
    pub(super) quiet_since: Instant,
    pub(super) late: &'a LateGuard,
    pub(super) config: &'a BusConfig,
}

impl Moment<'_> {
    /// When a request to a proven or an unknown device can start.
    pub(super) fn start(&self, proven: bool) -> Instant {
        let quiet = self.quiet_since + self.config.quiet(proven);
        quiet.latest(self.now)
    }
}

impl BusConfig {
    /// From the start of a request to the end of the reply of a healthy device,
    /// with the silence before it.
    pub(super) fn healthy_time(&self, transaction: &Transaction, proven: bool) -> Duration {
        let reply = self.air_time(transaction.reply_len(self.transport));
        self.quiet(proven) + self.healthy_reply + reply + self.pause + self.slack
    }
}

/// Longest time from the start of a request until the line is free again,
/// whatever the device does, if the reply is waited for so long.
pub(super) fn worst_time(
    transaction: &Transaction,
    wait: Duration,
    config: &BusConfig,
) -> Duration {
    let request = config.air_time(request_len(transaction));
    if config.transport == Transport::Tcp {
        return config.reply_time();
    }
    if is_broadcast_on(config.transport, transaction.addr()) {
        return request;
    }
    let reply = transaction.reply_len(Transport::Rtu);
    request + wait + config.slack + config.rest_time(reply) + config.silence + config.slack
}

/// Whether nobody replies: broadcasts exist on a serial line only.
pub(super) fn is_broadcast_on(transport: Transport, addr: u8) -> bool {
    transport == Transport::Rtu && is_broadcast(addr)
}

/// Length of a request on a serial line in bytes.
fn request_len(transaction: &Transaction) -> usize {
    match transaction.function() {
        Function::ReadHolding | Function::ReadInput | Function::WriteSingle => 8,
        Function::WriteMultiple => usize::from(transaction.quantity())
            .saturating_mul(2)
            .saturating_add(9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Tag;

    const LINE: BusConfig = BusConfig::rtu(9_600, 10);

    fn question(addr: u8, function: Function, quantity: u16) -> Transaction {
        Transaction::from_parts(Tag::new(1), addr, function, 0x20, quantity)
    }

    /// power share 3: bytes of a broadcast and of a status exchange
    #[test]
    fn when_a_broadcast_is_sent_then_only_its_bytes_take_time() {
        let broadcast = question(9, Function::WriteMultiple, 11);
        assert_eq!(
            worst_time(&broadcast, LINE.first_byte, &LINE),
            LINE.air_time(31)
        );
    }

    /// meters 2.1: time-out, then the rest of the reply with a fifth more
    #[test]
    fn when_a_reply_is_as_late_as_allowed_then_the_worst_time_holds_it() {
        let read = question(12, Function::ReadInput, 12);
        let worst = worst_time(&read, LINE.first_byte, &LINE);
        let late = LINE.air_time(8) + LINE.first_byte + LINE.air_time(29) + LINE.silence;
        assert!(worst > late);
        assert!(worst < late + Duration::from_millis(20));
    }

    #[test]
    fn when_a_device_is_healthy_then_the_silence_depends_on_its_record() {
        let read = question(12, Function::ReadInput, 12);
        let [known, unknown] = [true, false].map(|proven| LINE.healthy_time(&read, proven));
        assert_eq!(unknown - known, Duration::from_millis(45));
    }
}
