//! How well a line or a device works.

use crate::error::ModbusError;

/// Counters of requests and their fate; they stay at their end (meters specification §2.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Requests sent, repetitions included.
    pub requests: u32,
    /// Replies accepted, exceptions included.
    pub responses: u32,
    /// Replies with a wrong checksum.
    pub crc_errors: u32,
    /// Requests without any reply in time.
    pub timeouts: u32,
    /// Replies rejected for another reason: foreign, late or of wrong length.
    pub rejected: u32,
}

impl Counters {
    pub(super) const ZERO: Self = Self {
        requests: 0,
        responses: 0,
        crc_errors: 0,
        timeouts: 0,
        rejected: 0,
    };

    /// Lost requests in percent, 0–100; 0 without requests.
    #[must_use]
    pub fn error_percent(&self) -> u8 {
        let lost = u64::from(self.crc_errors).saturating_add(u64::from(self.timeouts));
        let percent = lost
            .saturating_mul(100)
            .checked_div(u64::from(self.requests))
            .unwrap_or(0);
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    pub(super) fn sent(&mut self) {
        self.requests = self.requests.saturating_add(1);
    }

    pub(super) fn answered(&mut self) {
        self.responses = self.responses.saturating_add(1);
    }

    pub(super) fn failed(&mut self, error: ModbusError) {
        let counter = match error {
            ModbusError::Crc => &mut self.crc_errors,
            ModbusError::Timeout => &mut self.timeouts,
            ModbusError::Exception(_) => &mut self.responses,
            ModbusError::TooShort
            | ModbusError::TooLong
            | ModbusError::WrongAddress
            | ModbusError::WrongFunction
            | ModbusError::BadLength
            | ModbusError::BadEcho
            | ModbusError::WrongTransaction
            | ModbusError::BadHeader => &mut self.rejected,
        };
        *counter = counter.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// meters 15.22
    #[test]
    fn when_counters_are_full_then_they_stay_and_the_rate_is_bounded() {
        let mut counters = Counters {
            crc_errors: u32::MAX,
            timeouts: u32::MAX,
            ..Counters::default()
        };
        counters.failed(ModbusError::Crc);
        assert_eq!(counters.crc_errors, u32::MAX);
        assert_eq!(counters.error_percent(), 0);
        counters.sent();
        assert_eq!(counters.error_percent(), 100);
    }
}
