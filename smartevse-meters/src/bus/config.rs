//! Times of a line.

use smartevse_types::Duration;

use super::Bus;
use crate::pdu::Transport;

/// Readings of a full group: four of each meter (mains, circuit, eight EV meters),
/// one of each of the seven nodes, and one to spare.
pub const GROUP_JOBS: usize = 10 * 4 + 7 + 1;
/// Pending orders of a full group: the broadcast and one to each node.
pub const GROUP_ORDERS: usize = 1 + 7;
/// The engine of the line that a full group shares: a master, seven nodes, eight
/// EV meters, the mains meter and a circuit meter (power share specification §3).
pub type GroupBus = Bus<GROUP_JOBS, GROUP_ORDERS>;

/// Times and limits of one line or socket (meters specification §2.1, §2.6).
///
/// Start from [`BusConfig::rtu`] or [`BusConfig::tcp`] and change what differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BusConfig {
    /// How frames travel.
    pub transport: Transport,
    /// Time of one character on the line; 0 on TCP.
    pub char_time: Duration,
    /// Silence that ends a frame of unknown length, t3.5.
    pub silence: Duration,
    /// Silence that ends a frame of the expected length, t1.5.
    pub pause: Duration,
    /// Extra time for ports that hand over bytes late, such as a USB adapter
    /// under an operating system; default 0, up to 20 ms is sensible there.
    pub slack: Duration,
    /// From the end of a request to the first byte of its reply, default 150 ms,
    /// up to 1 s. On TCP: to the whole reply, default 1 s.
    pub first_byte: Duration,
    /// From the end of a request to the first byte of the reply of a healthy meter,
    /// default 30 ms: the maximum age of the mains currents is kept with it.
    pub healthy_reply: Duration,
    /// Silence before a request to an unknown device, default 50 ms.
    pub turnaround: Duration,
    /// Silence before a request to our own nodes and to devices with a clean
    /// record, default 5 ms (decision 64).
    pub turnaround_proven: Duration,
    /// Good replies in a row that make a clean record, default 1000 (decision 64).
    pub proven_after: u16,
    /// How long a reply that did not come in time is still expected to turn up,
    /// default 1 s after the question was given up. Meanwhile nothing is asked that
    /// such a reply could answer by mistake.
    pub late_window: Duration,
    /// Immediate repetitions after a transient error, default 1.
    pub retries: u8,
}

impl BusConfig {
    /// A serial line with this speed and number of bits per character
    /// (10 for 8N1, 11 for 8E1).
    ///
    /// A speed of 0 counts as 1 bit/s.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartevse_meters::BusConfig;
    /// use smartevse_types::Duration;
    ///
    /// let line = BusConfig::rtu(9600, 10);
    /// assert_eq!(line.char_time, Duration::from_micros(1042));
    /// assert_eq!(line.silence, Duration::from_micros(3647));
    /// ```
    #[must_use]
    pub const fn rtu(baud: u32, bits: u8) -> Self {
        let baud = if baud == 0 { 1 } else { baud as u64 };
        let micros = (bits as u64).saturating_mul(1_000_000).div_ceil(baud);
        let (silence, pause) = if baud > 19_200 {
            (1_750, 750)
        } else {
            (micros.saturating_mul(7) / 2, micros.saturating_mul(3) / 2)
        };
        Self {
            transport: Transport::Rtu,
            char_time: Duration::from_micros(micros),
            silence: Duration::from_micros(silence),
            pause: Duration::from_micros(pause),
            slack: Duration::ZERO,
            first_byte: Duration::from_millis(150),
            healthy_reply: Duration::from_millis(30),
            turnaround: Duration::from_millis(50),
            turnaround_proven: Duration::from_millis(5),
            proven_after: 1_000,
            late_window: Duration::from_secs(1),
            retries: 1,
        }
    }

    /// A TCP connection.
    #[must_use]
    pub const fn tcp() -> Self {
        Self {
            transport: Transport::Tcp,
            char_time: Duration::ZERO,
            silence: Duration::ZERO,
            pause: Duration::ZERO,
            first_byte: Duration::from_secs(1),
            turnaround: Duration::from_millis(5),
            ..Self::rtu(9_600, 10)
        }
    }

    /// The same line for a port that hands over bytes late.
    #[must_use]
    pub const fn with_slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    /// Time that this many bytes take on the line.
    #[must_use]
    #[inline(never)]
    pub const fn air_time(&self, bytes: usize) -> Duration {
        self.char_time.times(bytes as u64)
    }

    /// Time in which a reply must begin, as seen through the port.
    pub(super) fn reply_time(&self) -> Duration {
        self.first_byte + self.slack
    }

    /// Time in which the rest of a reply must follow: a fifth more than it
    /// takes, and one gap that does not yet end the frame.
    #[inline(never)]
    pub(super) fn rest_time(&self, bytes: usize) -> Duration {
        let exact = self.air_time(bytes).as_micros();
        Duration::from_micros(exact.saturating_add(exact.div_ceil(5))) + self.silence + self.slack
    }

    /// Silence before a request; never less than t3.5.
    pub(super) fn quiet(&self, proven: bool) -> Duration {
        let wanted = if proven {
            self.turnaround_proven
        } else {
            self.turnaround
        };
        wanted.max(self.silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// meters 2.1
    #[test]
    fn when_the_line_is_fast_then_silences_are_fixed() {
        let fast = BusConfig::rtu(115_200, 10);
        assert_eq!(fast.silence, Duration::from_micros(1_750));
        assert_eq!(fast.quiet(true), Duration::from_millis(5));
        assert_eq!(BusConfig::rtu(0, 10).char_time, Duration::from_secs(10));
    }
}
