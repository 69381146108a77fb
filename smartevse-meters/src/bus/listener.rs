//! Frames out of a line on which others talk: for nodes, which never ask.

use smartevse_types::Instant;

use super::config::BusConfig;
use super::receiver::Receiver;
use crate::error::ModbusError;

/// Splits the bytes of a serial line into frames by their silences.
///
/// A node gives each frame to its [`Server`](crate::server::Server) and to a
/// [`Snoop`](crate::snoop::Snoop). It transmits nothing but replies.
///
/// # Examples
///
/// ```
/// use smartevse_meters::bus::{BusConfig, Listener};
/// use smartevse_types::Instant;
///
/// let mut line = Listener::new(BusConfig::rtu(9600, 10));
/// let mut frames = 0;
/// line.receive(Instant::from_millis(10), &[2, 4, 0, 0, 0, 8, 0xF1, 0xFF], |_, _| frames += 1);
/// let until = line.deadline().ok_or("a frame is open")?;
/// line.poll(until, |frame, _| frames += usize::from(frame.is_ok()));
/// assert_eq!(frames, 1);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct Listener {
    config: BusConfig,
    receiver: Receiver,
}

impl Listener {
    /// A listener on a serial line.
    #[must_use]
    pub const fn new(config: BusConfig) -> Self {
        Self {
            config,
            receiver: Receiver::new(),
        }
    }

    /// Takes bytes that arrived, the last of them at `now`; `frame` gets a frame
    /// that had ended before they began.
    ///
    /// A frame is given with the moment of its last byte; one that is longer than
    /// any frame is [`ModbusError::TooLong`].
    pub fn receive(
        &mut self,
        now: Instant,
        bytes: &[u8],
        frame: impl FnMut(Result<&[u8], ModbusError>, Instant),
    ) {
        if bytes.is_empty() {
            return;
        }
        self.poll(now - self.config.air_time(bytes.len()), frame);
        self.receiver.extend(bytes, now);
    }

    /// Gives the frame that is over at `now`, if there is one.
    pub fn poll(
        &mut self,
        now: Instant,
        mut frame: impl FnMut(Result<&[u8], ModbusError>, Instant),
    ) {
        if self.deadline().is_some_and(|end| now >= end) {
            frame(self.receiver.frame(), self.receiver.last);
            self.receiver.clear();
        }
    }

    /// When the present frame is over if nothing more comes.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let end = self.receiver.last + self.config.silence + self.config.slack;
        (!self.receiver.is_empty()).then_some(end)
    }

    /// Forgets what came so far, such as the echo of an own reply.
    pub fn clear(&mut self) {
        self.receiver.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Duration;

    /// meters 2.1: t3.5 ends a frame, shorter gaps do not
    #[test]
    fn when_the_line_is_silent_then_the_frame_ends() {
        let config = BusConfig::rtu(9600, 10);
        for (gap, frames) in [(3_000, 0), (3_647, 1)] {
            let mut line = Listener::new(config);
            let mut seen = 0;
            let first = Instant::from_millis(100);
            line.receive(first, &[1, 2, 3], |_, _| seen += 1);
            let begin = first + Duration::from_micros(gap);
            let second = begin + config.air_time(2);
            line.receive(second, &[4, 5], |frame, at| {
                assert_eq!((frame, at), (Ok(&[1, 2, 3][..]), first));
                seen += 1;
            });
            assert_eq!(seen, frames, "{gap} µs");
            let mut last = 0;
            line.poll(second + config.silence, |frame, _| {
                last = frame.unwrap().len();
            });
            assert_eq!(last, if frames == 0 { 5 } else { 2 });
            assert_eq!(line.deadline(), None);
        }
    }
}
