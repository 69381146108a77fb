//! Traffic of others: what a node overhears (meters specification §2.5).

use smartevse_types::{Duration, Instant};

use crate::error::ModbusError;
use crate::framing::{open_rtu, parse_request_rtu};
use crate::pdu::is_broadcast;
use crate::transaction::{Registers, Tag, Transaction};

/// How long a reply may follow its request: 1 s.
const REPLY_WITHIN: Duration = Duration::from_secs(1);

/// What an overheard frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard<'a> {
    /// A question or an order of the master.
    Request(Transaction),
    /// The reply to the request that was overheard just before.
    Reply {
        /// That request.
        request: Transaction,
        /// When it was overheard: the values are not older.
        asked: Instant,
        /// The registers; none for a write.
        registers: Registers<'a>,
    },
    /// A unit refused the request that was overheard just before.
    Refused {
        /// That request.
        request: Transaction,
        /// Code of the exception.
        code: u8,
    },
    /// A valid frame that answers nothing that was overheard.
    Stray,
}

/// Pairs overheard requests with their replies.
///
/// A reply counts only for the one request that was overheard last, passes all
/// checks of [`Transaction::parse_rtu`] and comes in time; every other frame
/// leaves that request as it was.
///
/// # Examples
///
/// ```
/// use smartevse_meters::snoop::{Heard, Snoop};
/// use smartevse_types::Instant;
///
/// let mut snoop = Snoop::new();
/// let now = Instant::from_secs(1);
/// snoop.hear(&[0x0C, 4, 0, 0x46, 0, 2, 0x91, 0x03], now)?;
/// let reply = [0x0C, 4, 4, 0x42, 0x48, 0x14, 0x7B, 0xFC, 0x09];
/// let Heard::Reply { request, registers, .. } = snoop.hear(&reply, now)? else {
///     panic!("no reply");
/// };
/// assert_eq!((request.register(), registers.bytes().len()), (0x46, 4));
/// # Ok::<(), smartevse_meters::ModbusError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Snoop {
    pending: Option<(Transaction, Instant)>,
}

impl Snoop {
    /// A listener that has heard nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { pending: None }
    }

    /// The request whose reply may still come.
    #[must_use]
    pub fn pending(&self, now: Instant) -> Option<Transaction> {
        let (request, at) = self.pending?;
        (now.since(at) <= REPLY_WITHIN).then_some(request)
    }

    /// Takes one whole frame that ended at `now`. Total: any bytes are allowed.
    ///
    /// # Errors
    ///
    /// [`ModbusError::TooShort`], [`ModbusError::TooLong`] and
    /// [`ModbusError::Crc`].
    pub fn hear<'a>(&mut self, frame: &'a [u8], now: Instant) -> Result<Heard<'a>, ModbusError> {
        open_rtu(frame)?;
        if let Some(heard) = self.answer(frame, now) {
            self.pending = None;
            return Ok(heard);
        }
        let Ok(request) = parse_request_rtu(Tag::default(), frame) else {
            return Ok(Heard::Stray);
        };
        self.pending = (!is_broadcast(request.addr())).then_some((request, now));
        Ok(Heard::Request(request))
    }

    fn answer<'a>(&self, frame: &'a [u8], now: Instant) -> Option<Heard<'a>> {
        let request = self.pending(now)?;
        let (_, asked) = self.pending?;
        match request.parse_rtu(frame) {
            Ok(registers) => Some(Heard::Reply {
                request,
                asked,
                registers,
            }),
            Err(ModbusError::Exception(code)) => Some(Heard::Refused { request, code }),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crc::crc16;
    use crate::framing::encode_rtu;
    use crate::pdu::{Frame, Request};

    fn framed(body: &[u8]) -> Frame {
        let mut frame = Frame::EMPTY;
        body.iter().for_each(|byte| frame.push(*byte));
        let [low, high] = crc16(body).to_le_bytes();
        frame.push(low);
        frame.push(high);
        frame
    }

    const ASKED: &[u8] = &[12, 4, 0, 0x34, 0, 2];
    const ANSWER: &[u8] = &[12, 4, 4, 1, 2, 3, 4];

    fn words(heard: &Result<Heard<'_>, ModbusError>) -> Option<(u16, usize)> {
        match heard {
            Ok(Heard::Reply {
                request, registers, ..
            }) => Some((request.register(), registers.bytes().len())),
            _ => None,
        }
    }

    /// meters 2.5 and 15.6: foreign frames leave the request as it was
    #[test]
    fn when_other_frames_come_between_then_the_pair_still_holds() {
        let mut snoop = Snoop::new();
        let at = Instant::from_millis;
        let request = framed(ASKED);
        assert!(matches!(
            snoop.hear(request.as_bytes(), at(0)),
            Ok(Heard::Request(_))
        ));
        for body in [
            &[13, 4, 4, 1, 2, 3, 4][..],
            &[12, 3, 4, 1, 2, 3, 4],
            &[12, 4, 2, 1, 2],
            &[12, 16, 0, 0x20, 0, 2],
        ] {
            let frame = framed(body);
            assert_eq!(
                snoop.hear(frame.as_bytes(), at(10)),
                Ok(Heard::Stray),
                "{body:?}"
            );
        }
        assert_eq!(
            snoop.hear(&[1, 2, 3, 4, 5, 6], at(10)),
            Err(ModbusError::Crc)
        );
        let reply = framed(ANSWER);
        assert_eq!(
            words(&snoop.hear(reply.as_bytes(), at(20))),
            Some((0x34, 4))
        );
        assert_eq!(
            snoop.hear(reply.as_bytes(), at(30)),
            Ok(Heard::Stray),
            "once only"
        );
    }

    /// A reply that comes too late belongs to nothing.
    #[test]
    fn when_the_reply_is_late_then_it_is_stray() {
        let mut snoop = Snoop::new();
        let (request, reply) = (framed(ASKED), framed(ANSWER));
        let at = Instant::from_millis;
        for (after, expected) in [(1000, Some((0x34, 4))), (1001, None)] {
            snoop.hear(request.as_bytes(), at(0)).unwrap();
            let heard = snoop.hear(reply.as_bytes(), at(after));
            assert_eq!(words(&heard), expected, "{after} ms");
        }
    }

    /// meters 2.5: FC 06, first sight = request, second = reply; broadcasts have none
    #[test]
    fn when_a_write_is_seen_twice_then_the_second_is_its_reply() {
        let write = |addr| {
            let request = Request::WriteSingle {
                register: 6,
                value: 0,
            };
            encode_rtu(addr, &request).unwrap()
        };
        let now = Instant::from_secs(1);
        let mut snoop = Snoop::new();
        let frame = write(2);
        for expected in [None, Some((6, 0)), None] {
            let heard = snoop.hear(frame.as_bytes(), now);
            assert_eq!(words(&heard), expected);
        }
        let mut snoop = Snoop::new();
        let frame = write(9);
        for _ in 0..3 {
            let heard = snoop.hear(frame.as_bytes(), now);
            assert!(matches!(heard, Ok(Heard::Request(_))));
        }
    }

    /// meters 2.5
    #[test]
    fn when_a_unit_refuses_then_the_request_is_settled() {
        let mut snoop = Snoop::new();
        let now = Instant::from_secs(1);
        let request = framed(ASKED);
        snoop.hear(request.as_bytes(), now).unwrap();
        let refusal = framed(&[12, 0x84, 2]);
        let heard = snoop.hear(refusal.as_bytes(), now).unwrap();
        assert!(matches!(heard, Heard::Refused { code: 2, .. }));
        assert_eq!(snoop.pending(now), None);
    }
}
