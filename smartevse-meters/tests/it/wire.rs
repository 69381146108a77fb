//! A simulated serial line with devices, in virtual time.

use smartevse_meters::framing::parse_request_rtu;
use smartevse_meters::{Bus, BusAction, ModbusError, Tag, Transaction};
use smartevse_types::{Duration, Instant};

use crate::frames::with_crc;

/// What a device does with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    /// Replies after so many microseconds.
    Reply(u64),
    /// Says nothing.
    Silent,
    /// Replies with one bit turned.
    Corrupt(u64),
    /// Replies with half a frame.
    Half(u64),
    /// Somebody else replies.
    Foreign(u64),
    /// Refuses with an exception.
    Refuse(u8),
}

/// A request as it was on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
    pub(crate) asked: Transaction,
}

/// A settled question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    pub(crate) asked: Transaction,
    pub(crate) at: Instant,
    pub(crate) told: Instant,
    pub(crate) result: Result<Vec<u16>, ModbusError>,
}

/// The line: each register of a reply holds its own number, except the first,
/// which holds the running number of the request that it answers.
pub(crate) struct Wire {
    pub(crate) now: Instant,
    pub(crate) sent: Vec<Sent>,
    pub(crate) told: Vec<Told>,
    arriving: Vec<(Instant, u8)>,
    /// Poll also every so often, not only when needed.
    pub(crate) extra: Option<Duration>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self {
            now: Instant::from_secs(1),
            sent: Vec::new(),
            told: Vec::new(),
            arriving: Vec::new(),
            extra: None,
        }
    }

    /// Runs the bus until `end` with devices that act as `deed` says.
    pub(crate) fn run<const J: usize, const O: usize>(
        &mut self,
        bus: &mut Bus<J, O>,
        end: Instant,
        mut deed: impl FnMut(&Transaction, usize) -> Deed,
    ) {
        let char_time = bus.config().char_time;
        while self.now < end {
            match bus.poll(self.now) {
                BusAction::Transmit { frame, .. } => {
                    let asked = parse_request_rtu(Tag::new(0), frame).unwrap();
                    let from = self.now;
                    self.now += char_time.times(frame.len() as u64);
                    self.arriving.retain(|(at, _)| *at > self.now);
                    let number = self.sent.len();
                    self.sent.push(Sent {
                        from,
                        to: self.now,
                        asked,
                    });
                    self.answer(&asked, number, deed(&asked, number), char_time);
                    bus.transmitted(self.now);
                }
                BusAction::Listen { until } => self.listen(bus, until.earliest(end)),
                BusAction::Report(report) => self.told.push(Told {
                    asked: report.transaction,
                    at: report.at,
                    told: self.now,
                    result: report.result.map(|registers| registers.words().collect()),
                }),
                BusAction::Reconnect => panic!("a serial line cannot be reconnected"),
            }
        }
    }

    fn listen<const J: usize, const O: usize>(&mut self, bus: &mut Bus<J, O>, until: Instant) {
        let until = match self.extra {
            Some(every) => until.earliest(self.now + every),
            None => until,
        };
        let next = self.arriving.iter().map(|(at, _)| *at).min();
        match next {
            Some(at) if at <= until => {
                self.now = self.now.latest(at);
                let place = self.arriving.iter().position(|(t, _)| *t == at).unwrap();
                let (_, byte) = self.arriving.remove(place);
                bus.receive(self.now, &[byte]);
            }
            _ => self.now = self.now.latest(until),
        }
    }

    fn answer(&mut self, asked: &Transaction, number: usize, deed: Deed, char_time: Duration) {
        let mut body = vec![
            asked.addr(),
            asked.function().code(),
            asked.quantity() as u8 * 2,
        ];
        let words = (0..asked.quantity()).map(|i| match i {
            0 => number as u16,
            i => asked.register() + i,
        });
        body.extend(words.flat_map(u16::to_be_bytes));
        let (delay, frame) = match deed {
            Deed::Silent => return,
            Deed::Reply(delay) => (delay, with_crc(body)),
            Deed::Corrupt(delay) => {
                let mut frame = with_crc(body);
                frame[3] ^= 0x10;
                (delay, frame)
            }
            Deed::Half(delay) => {
                let frame = with_crc(body);
                (delay, frame[..frame.len() / 2].to_vec())
            }
            Deed::Foreign(delay) => {
                body[0] ^= 0x40;
                (delay, with_crc(body))
            }
            Deed::Refuse(code) => {
                let body = vec![asked.addr(), asked.function().code() | 0x80, code];
                (5_000, with_crc(body))
            }
        };
        let mut at = self.now + Duration::from_micros(delay);
        for byte in frame {
            at += char_time;
            self.arriving.push((at, byte));
        }
    }
}
