//! The Modbus server of a node: strict requests in, replies out.
//!
//! It knows frames, not registers: a [`RegisterMap`] says what may be read and
//! written (meters specification §2.3; power share specification §3 and §4.4).

use crate::error::ModbusError;
use crate::framing::open_rtu;
use crate::pdu::{Frame, Function, MAX_ADDRESS, MAX_READ, MAX_WRITE, is_broadcast};

/// Most registers of a request.
const WORDS: usize = MAX_READ as usize;

/// Reason why a server refuses a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Exception {
    /// 1: the function code is not served.
    IllegalFunction,
    /// 2: registers that do not exist, or a range that leaves its block.
    IllegalAddress,
    /// 3: a number of registers or a value that is not allowed.
    IllegalValue,
    /// 4: the request failed.
    DeviceFailure,
    /// 6: try again later.
    Busy,
}

impl Exception {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::IllegalFunction => 1,
            Self::IllegalAddress => 2,
            Self::IllegalValue => 3,
            Self::DeviceFailure => 4,
            Self::Busy => 6,
        }
    }
}

/// The registers behind a [`Server`].
pub trait RegisterMap {
    /// Fills `values` with the registers from `register` on.
    ///
    /// The range never passes 65 535. Holding and input registers are told apart
    /// by `function`; a map may give both the same values.
    ///
    /// # Errors
    ///
    /// The exception that the client gets; `values` are not sent then.
    fn read(
        &mut self,
        function: Function,
        register: u16,
        values: &mut [u16],
    ) -> Result<(), Exception>;

    /// Takes the values of the registers from `register` on.
    ///
    /// Gives the number of registers that were accepted, which is what a
    /// multiple write confirms. `broadcast` = nobody will see the reply.
    ///
    /// # Errors
    ///
    /// The exception that the client gets; nothing may have changed then.
    fn write(&mut self, register: u16, values: &[u16], broadcast: bool) -> Result<u16, Exception>;
}

/// What became of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Served {
    /// Send the reply after a silence of at least t3.5.
    Reply,
    /// A broadcast was taken; nobody replies.
    Taken,
    /// The frame is for another unit, or a broadcast that nobody may answer.
    Ignored,
}

/// A server with its address on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Server {
    addr: u8,
}

impl Server {
    /// A server for this address, 1–247; broadcasts (0 and 9) are taken as well.
    ///
    /// With an address outside that range, or a broadcast address, it takes broadcasts only.
    #[must_use]
    pub const fn new(addr: u8) -> Self {
        Self { addr }
    }

    /// The address of the server.
    #[must_use]
    pub const fn addr(&self) -> u8 {
        self.addr
    }

    /// Serves one whole frame from the line; `reply` is empty unless there is one.
    ///
    /// Total: any bytes are allowed.
    ///
    /// # Errors
    ///
    /// A frame that is no request: [`ModbusError::TooShort`],
    /// [`ModbusError::TooLong`], [`ModbusError::Crc`] and, when the length does
    /// not fit the function, [`ModbusError::BadLength`]. Such a frame is never
    /// answered.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartevse_meters::{Frame, Function};
    /// use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
    ///
    /// struct Two([u16; 2]);
    /// impl RegisterMap for Two {
    ///     fn read(&mut self, _: Function, from: u16, values: &mut [u16]) -> Result<(), Exception> {
    ///         let all = self.0.get(usize::from(from)..).unwrap_or(&[]);
    ///         let wanted = all.get(..values.len()).ok_or(Exception::IllegalAddress)?;
    ///         values.copy_from_slice(wanted);
    ///         Ok(())
    ///     }
    ///     fn write(&mut self, _: u16, _: &[u16], _: bool) -> Result<u16, Exception> {
    ///         Err(Exception::IllegalAddress)
    ///     }
    /// }
    ///
    /// let server = Server::new(2);
    /// let request = [2, 4, 0, 1, 0, 1, 0x60, 0x39];
    /// let mut reply = Frame::new();
    /// let served = server.serve(&request, &mut Two([7, 16]), &mut reply);
    /// assert_eq!(served, Ok(Served::Reply));
    /// assert_eq!(reply.as_bytes()[..5], [2, 4, 2, 0, 16]);
    /// ```
    pub fn serve(
        &self,
        frame: &[u8],
        map: &mut impl RegisterMap,
        reply: &mut Frame,
    ) -> Result<Served, ModbusError> {
        *reply = Frame::EMPTY;
        let (addr, contents) = open_rtu(frame)?;
        let broadcast = is_broadcast(addr);
        if !broadcast && (addr != self.addr || addr > MAX_ADDRESS) {
            return Ok(Served::Ignored);
        }
        let request = Asked::parse(contents)?;
        let code = contents.first().copied().unwrap_or(0);
        if broadcast {
            let is_write = matches!(request, Asked::Write { .. });
            let is_taken = is_write && request.serve(map, true, reply).is_ok();
            *reply = Frame::EMPTY;
            return Ok(if is_taken {
                Served::Taken
            } else {
                Served::Ignored
            });
        }
        reply.push(addr);
        reply.push(code);
        if let Err(exception) = request.serve(map, false, reply) {
            *reply = Frame::EMPTY;
            reply.push(addr);
            reply.push(code | 0x80);
            reply.push(exception.code());
        }
        reply.push_crc();
        Ok(Served::Reply)
    }
}

/// A request as it stands in a frame.
#[derive(Clone, Copy, Debug)]
enum Asked<'a> {
    Read {
        function: Function,
        register: u16,
        count: u16,
    },
    Write {
        multiple: bool,
        register: u16,
        count: u16,
        bytes: &'a [u8],
    },
    Foreign,
}

impl<'a> Asked<'a> {
    fn parse(contents: &'a [u8]) -> Result<Self, ModbusError> {
        let (code, rest) = contents.split_first().ok_or(ModbusError::BadLength)?;
        let Some(function) = Function::from_code(*code) else {
            // An exception of somebody is no request either.
            let is_reply = code & 0x80 != 0;
            return (!is_reply)
                .then_some(Self::Foreign)
                .ok_or(ModbusError::WrongFunction);
        };
        let (&[r1, r0, q1, q0], data) = rest
            .split_first_chunk::<4>()
            .ok_or(ModbusError::BadLength)?;
        let register = u16::from_be_bytes([r1, r0]);
        let count = u16::from_be_bytes([q1, q0]);
        match (function, data.split_first()) {
            (Function::ReadHolding | Function::ReadInput, None) => Ok(Self::Read {
                function,
                register,
                count,
            }),
            (Function::WriteSingle, None) => Ok(Self::Write {
                multiple: false,
                register,
                count: 1,
                bytes: rest.get(2..).unwrap_or(&[]),
            }),
            (Function::WriteMultiple, Some((length, bytes)))
                if usize::from(*length) == bytes.len() =>
            {
                Ok(Self::Write {
                    multiple: true,
                    register,
                    count,
                    bytes,
                })
            }
            _ => Err(ModbusError::BadLength),
        }
    }

    /// Does what is asked; what it gives stands behind the function code of the reply.
    fn serve(
        &self,
        map: &mut impl RegisterMap,
        broadcast: bool,
        reply: &mut Frame,
    ) -> Result<(), Exception> {
        match *self {
            Self::Foreign => Err(Exception::IllegalFunction),
            Self::Read {
                function,
                register,
                count,
            } => {
                check(register, count, MAX_READ)?;
                let mut words = [0; WORDS];
                let values = part(&mut words, count)?;
                map.read(function, register, values)?;
                reply.push(u8::try_from(count.saturating_mul(2)).unwrap_or(u8::MAX));
                reply.extend_words(values);
                Ok(())
            }
            Self::Write {
                multiple,
                register,
                count,
                bytes,
            } => {
                if bytes.len() != usize::from(count).saturating_mul(2) {
                    return Err(Exception::IllegalValue);
                }
                check(register, count, MAX_WRITE)?;
                let mut words = [0; WORDS];
                for (slot, pair) in words.iter_mut().zip(bytes.chunks_exact(2)) {
                    *slot = pair
                        .iter()
                        .fold(0, |word, byte| word << 8 | u16::from(*byte));
                }
                let accepted = map.write(register, part(&mut words, count)?, broadcast)?;
                let [first, ..] = words;
                reply.push_word(register);
                reply.push_word(if multiple { accepted } else { first });
                Ok(())
            }
        }
    }
}

/// The first registers of a buffer.
fn part(words: &mut [u16; WORDS], count: u16) -> Result<&mut [u16], Exception> {
    words
        .get_mut(..usize::from(count))
        .ok_or(Exception::IllegalValue)
}

fn check(register: u16, count: u16, most: u16) -> Result<(), Exception> {
    if count == 0 || count > most {
        return Err(Exception::IllegalValue);
    }
    // The last register, not the one behind it, must exist.
    let last = register.checked_add(count.saturating_sub(1));
    last.map(|_| ()).ok_or(Exception::IllegalAddress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::encode_rtu;
    use crate::pdu::Request;

    /// Registers 0x20 to 0x2A, of which 0x2A refuses values above 9.
    #[derive(Default)]
    struct Block {
        words: [u16; 11],
        writes: u8,
    }

    impl RegisterMap for Block {
        fn read(
            &mut self,
            _: Function,
            register: u16,
            values: &mut [u16],
        ) -> Result<(), Exception> {
            let at = register
                .checked_sub(0x20)
                .ok_or(Exception::IllegalAddress)?;
            let all = self.words.get(usize::from(at)..);
            let wanted = all.and_then(|all| all.get(..values.len()));
            values.copy_from_slice(wanted.ok_or(Exception::IllegalAddress)?);
            Ok(())
        }

        fn write(&mut self, register: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
            self.writes = self.writes.saturating_add(1);
            let at = register
                .checked_sub(0x20)
                .ok_or(Exception::IllegalAddress)?;
            let all = self.words.get_mut(usize::from(at)..);
            let slots = all.and_then(|all| all.get_mut(..values.len()));
            let slots = slots.ok_or(Exception::IllegalAddress)?;
            slots.copy_from_slice(values);
            Ok(u16::try_from(values.iter().filter(|value| **value < 1000).count()).unwrap())
        }
    }

    fn framed(body: &[u8]) -> Frame {
        let mut frame = Frame::EMPTY;
        body.iter().for_each(|byte| frame.push(*byte));
        frame.push_crc();
        frame
    }

    /// What was served, and the reply.
    fn exchange(map: &mut Block, frame: &[u8]) -> (Result<Served, ModbusError>, Frame) {
        let mut reply = Frame::EMPTY;
        let served = Server::new(2).serve(frame, map, &mut reply);
        (served, reply)
    }

    /// meters 2.3: requests and exceptions
    #[test]
    fn when_a_request_is_addressed_then_it_gets_its_reply() {
        for (request, answer) in [
            (&[2, 4, 0, 0x20, 0, 2][..], &[2, 4, 4, 0, 7, 0, 0][..]),
            (&[2, 3, 0, 0x2A, 0, 1], &[2, 3, 2, 0, 0]),
            (&[2, 4, 0, 0x20, 0, 12], &[2, 0x84, 2]),
            (&[2, 4, 0, 0x1F, 0, 1], &[2, 0x84, 2]),
            (&[2, 4, 0, 0x20, 0, 0], &[2, 0x84, 3]),
            (&[2, 4, 0, 0x20, 0, 126], &[2, 0x84, 3]),
            (&[2, 4, 0xFF, 0xFF, 0, 2], &[2, 0x84, 2]),
            (&[2, 6, 0, 0x21, 0x12, 0x34], &[2, 6, 0, 0x21, 0x12, 0x34]),
            (&[2, 6, 1, 0, 0, 0], &[2, 0x86, 2]),
            (
                &[2, 16, 0, 0x20, 0, 2, 4, 0, 1, 0, 2],
                &[2, 16, 0, 0x20, 0, 2],
            ),
            (
                &[2, 16, 0, 0x20, 0, 2, 4, 0, 1, 9, 9],
                &[2, 16, 0, 0x20, 0, 1],
            ),
            (&[2, 16, 0, 0x20, 0, 3, 4, 0, 1, 0, 2], &[2, 0x90, 3]),
            (&[2, 16, 0, 0x20, 0, 0, 0], &[2, 0x90, 3]),
            (&[2, 5, 0, 0, 0xFF, 0], &[2, 0x85, 1]),
            (&[2, 0x2B, 14, 1, 0], &[2, 0xAB, 1]),
        ] {
            let mut map = Block::default();
            map.words[0] = 7;
            let got = exchange(&mut map, framed(request).as_bytes());
            assert_eq!(got, (Ok(Served::Reply), framed(answer)), "{request:?}");
        }
    }

    /// meters 2.4: what is no request is never answered
    #[test]
    fn when_the_frame_is_no_request_then_there_is_silence() {
        use ModbusError::{BadLength, TooShort, WrongFunction};
        for (body, result) in [
            (&[3, 4, 0, 0x20, 0, 2][..], Ok(Served::Ignored)),
            (&[2, 4, 4, 0, 1, 0, 2], Err(BadLength)),
            (&[2, 4, 0, 0x20, 0, 2, 0], Err(BadLength)),
            (&[2, 16, 0, 0x20, 0, 2], Err(BadLength)),
            (&[2, 16, 0, 0x20, 0, 1, 2, 0, 1, 0], Err(BadLength)),
            (&[2, 0x84, 2], Err(WrongFunction)),
            (&[2, 4], Err(TooShort)),
        ] {
            let mut map = Block::default();
            let got = exchange(&mut map, framed(body).as_bytes());
            assert_eq!(got, (result, Frame::EMPTY), "{body:?}");
            assert_eq!(map.writes, 0);
        }
        let mut spoiled = [0; 8];
        spoiled.copy_from_slice(framed(&[2, 6, 0, 0x20, 0, 1]).as_bytes());
        spoiled[5] ^= 1;
        let mut map = Block::default();
        let (result, _) = exchange(&mut map, &spoiled);
        assert_eq!((result, map.writes), (Err(ModbusError::Crc), 0));
    }

    /// Power share specification §5.2: broadcasts are taken without a reply
    #[test]
    fn when_currents_are_broadcast_then_they_are_taken_in_silence() {
        let values = [160, 0, 60, 0, 0, 0, 0, 0, 125, 0xFFEC, 5];
        let request = Request::WriteMultiple {
            register: 0x20,
            values: &values,
        };
        for addr in [0, 9] {
            let mut map = Block::default();
            let frame = encode_rtu(addr, &request).unwrap();
            let got = exchange(&mut map, frame.as_bytes());
            assert_eq!(got, (Ok(Served::Taken), Frame::EMPTY));
            assert_eq!(map.words, values);
        }
        let mut map = Block::default();
        for body in [
            &[9, 4, 0, 0x20, 0, 2][..],
            &[9, 6, 1, 0, 0, 1],
            &[0, 5, 0, 0, 0, 0],
        ] {
            let got = exchange(&mut map, framed(body).as_bytes());
            assert_eq!(got, (Ok(Served::Ignored), Frame::EMPTY), "{body:?}");
        }
    }
}
