//! Servers on the line: meters and nodes.

use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
use smartevse_meters::{Frame, Function};
use smartevse_types::Duration;

use crate::random::Random;

/// How a device answers. The default answers at once and always.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Manner {
    /// From the end of the request to the reply, at least.
    pub delay: Duration,
    /// Up to so much more, evenly spread.
    pub spread: Duration,
    /// It never replies.
    pub dead: bool,
    /// Replies in a thousand that break off in the middle.
    pub truncated: u16,
    /// Replies in a thousand that come `late_by` later.
    pub late: u16,
    /// How much later a late reply comes.
    pub late_by: Duration,
}

impl Manner {
    /// Replies that begin between two times after the request.
    #[must_use]
    pub fn between(from: Duration, to: Duration) -> Self {
        Self {
            delay: from,
            spread: to - from,
            ..Self::default()
        }
    }

    /// A device without power.
    #[must_use]
    pub fn dead() -> Self {
        Self {
            dead: true,
            ..Self::default()
        }
    }
}

/// Registers that can be read at every place; writes are kept, not looked at.
///
/// Each register holds its own number, so that a mixed-up reply shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bank {
    /// The last write: first register and values.
    pub written: Option<(u16, Vec<u16>)>,
    /// Number of writes, broadcasts included.
    pub writes: u64,
}

impl RegisterMap for Bank {
    fn read(&mut self, _: Function, register: u16, values: &mut [u16]) -> Result<(), Exception> {
        for (index, value) in (0_u16..).zip(values.iter_mut()) {
            *value = register.wrapping_add(index);
        }
        Ok(())
    }

    fn write(&mut self, register: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        self.written = Some((register, values.to_vec()));
        self.writes += 1;
        u16::try_from(values.len()).map_err(|_| Exception::IllegalValue)
    }
}

/// A server with its registers and its manner.
#[derive(Clone, Debug)]
pub struct Device<M = Bank> {
    server: Server,
    /// How it answers from now on.
    pub manner: Manner,
    /// Its registers.
    pub map: M,
    random: Random,
}

impl<M: RegisterMap> Device<M> {
    /// A device at this address.
    #[must_use]
    pub fn new(addr: u8, manner: Manner, map: M) -> Self {
        Self {
            server: Server::new(addr),
            manner,
            map,
            random: Random::new(u64::from(addr)),
        }
    }

    /// The address.
    #[must_use]
    pub fn addr(&self) -> u8 {
        self.server.addr()
    }

    /// Hears a frame and gives its reply with the wait before it.
    pub fn hear(&mut self, frame: &[u8]) -> Option<(Duration, Vec<u8>)> {
        if self.manner.dead {
            return None;
        }
        let mut reply = Frame::new();
        let served = self.server.serve(frame, &mut self.map, &mut reply);
        if served != Ok(Served::Reply) {
            return None;
        }
        let mut bytes = reply.as_bytes().to_vec();
        if self.happens(self.manner.truncated) {
            bytes.truncate(bytes.len() / 2);
        }
        Some((self.wait(), bytes))
    }

    fn wait(&mut self) -> Duration {
        let spread = self.manner.spread.as_micros() + 1;
        let more = Duration::from_micros(self.random.next_bits() % spread);
        let late = if self.happens(self.manner.late) {
            self.manner.late_by
        } else {
            Duration::ZERO
        };
        self.manner.delay + more + late
    }

    fn happens(&mut self, permille: u16) -> bool {
        self.random.next_bits() % 1_000 < u64::from(permille)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: [u8; 8] = [2, 4, 0, 0, 0, 8, 0xF1, 0xFF];

    #[test]
    fn when_asked_then_it_answers_in_its_manner() {
        let span = (Duration::from_millis(10), Duration::from_millis(30));
        let mut node = Device::new(2, Manner::between(span.0, span.1), Bank::default());
        for _ in 0..100 {
            let (wait, reply) = node.hear(&ASK).unwrap();
            assert!(wait >= span.0 && wait <= span.1);
            assert_eq!(reply[..5], [2, 4, 16, 0, 0]);
        }
        node.manner.truncated = 1_000;
        assert_eq!(node.hear(&ASK).unwrap().1.len(), 10);
        node.manner = Manner::dead();
        assert_eq!(node.hear(&ASK), None);
    }

    #[test]
    fn when_the_frame_is_spoiled_then_nobody_answers() {
        let mut node = Device::new(2, Manner::default(), Bank::default());
        let mut frame = ASK;
        frame[3] ^= 1;
        assert_eq!(node.hear(&frame), None);
    }
}
