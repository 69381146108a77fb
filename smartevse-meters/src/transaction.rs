//! The question in flight: the only key that opens a reply.

use crate::error::ModbusError;
use crate::framing;
use crate::pdu::{Function, Request, Transport};

/// The caller's own number for a question; the crate never looks inside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Tag(u16);

impl Tag {
    /// Makes a tag from the caller's number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The caller's number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// One question to one unit.
///
/// A reply is decoded only together with the transaction that is in flight
/// (meters specification §2.4), so equal registers, equal addresses of idle
/// meters and late replies cannot give a value to the wrong reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transaction {
    tag: Tag,
    addr: u8,
    function: Function,
    register: u16,
    quantity: u16,
    /// Value of a single write; 0 for every other function.
    value: u16,
}

impl Transaction {
    /// Describes a request to a unit.
    #[must_use]
    pub fn of(tag: Tag, addr: u8, request: &Request<'_>) -> Self {
        let value = match request {
            Request::WriteSingle { value, .. } => *value,
            Request::ReadHolding { .. }
            | Request::ReadInput { .. }
            | Request::WriteMultiple { .. } => 0,
        };
        Self {
            tag,
            addr,
            function: request.function(),
            register: request.register(),
            quantity: request.quantity(),
            value,
        }
    }

    /// Puts a transaction together without any check.
    ///
    /// The encoder checks when it is sent. Useful for recorded traffic and for
    /// fuzzing; a single write made this way expects the value 0.
    #[must_use]
    pub const fn from_parts(
        tag: Tag,
        addr: u8,
        function: Function,
        register: u16,
        quantity: u16,
    ) -> Self {
        Self {
            tag,
            addr,
            function,
            register,
            quantity,
            value: 0,
        }
    }

    /// Describes a write of one register.
    #[must_use]
    pub const fn write_single(tag: Tag, addr: u8, register: u16, value: u16) -> Self {
        let mut write = Self::from_parts(tag, addr, Function::WriteSingle, register, 1);
        write.value = value;
        write
    }

    /// The caller's number.
    #[must_use]
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// The address of the unit.
    #[must_use]
    pub const fn addr(&self) -> u8 {
        self.addr
    }

    /// The function code.
    #[must_use]
    pub const fn function(&self) -> Function {
        self.function
    }

    /// The first register.
    #[must_use]
    pub const fn register(&self) -> u16 {
        self.register
    }

    /// The number of registers.
    #[must_use]
    pub const fn quantity(&self) -> u16 {
        self.quantity
    }

    /// The request to send; `None` for a multiple write, whose values are not kept here.
    #[must_use]
    pub const fn request(&self) -> Option<Request<'static>> {
        match self.function {
            Function::ReadHolding | Function::ReadInput => {
                Request::read(self.function, self.register, self.quantity)
            }
            Function::WriteSingle => Some(Request::WriteSingle {
                register: self.register,
                value: self.value,
            }),
            Function::WriteMultiple => None,
        }
    }

    /// Length of the regular reply in bytes.
    #[must_use]
    pub fn reply_len(&self, transport: Transport) -> usize {
        let contents = if self.function.is_read() {
            usize::from(self.quantity)
                .saturating_mul(2)
                .saturating_add(2)
        } else {
            5
        };
        contents.saturating_add(match transport {
            Transport::Rtu => 3,
            Transport::Tcp => framing::MBAP,
        })
    }

    /// Checks an RTU reply strictly and gives its registers.
    ///
    /// Total: any bytes are allowed. A write gives no registers.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the order of the meters specification §2.4.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartevse_meters::{Function, ModbusError, Tag, Transaction};
    ///
    /// let asked = Transaction::from_parts(Tag::new(1), 12, Function::ReadInput, 0x46, 2);
    /// let reply = [0x0C, 4, 4, 0x42, 0x48, 0x14, 0x7B, 0xFC, 0x09];
    /// assert_eq!(asked.parse_rtu(&reply)?.bytes(), [0x42, 0x48, 0x14, 0x7B]);
    /// assert_eq!(asked.parse_rtu(&reply[..8]), Err(ModbusError::Crc));
    /// # Ok::<(), ModbusError>(())
    /// ```
    pub fn parse_rtu<'a>(&self, frame: &'a [u8]) -> Result<Registers<'a>, ModbusError> {
        let (addr, contents) = framing::open_rtu(frame)?;
        self.check(addr, contents)
    }

    /// Checks a Modbus TCP reply strictly and gives its registers.
    ///
    /// The header comes first (length, protocol, transaction id), then the same
    /// checks as for RTU without the CRC.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn parse_tcp<'a>(&self, id: u16, frame: &'a [u8]) -> Result<Registers<'a>, ModbusError> {
        let (unit, contents) = framing::open_tcp(id, frame)?;
        self.check(unit, contents)
    }

    /// Checks a reply on either transport; `id` counts on TCP only.
    ///
    /// This is the entry for fuzzing: every transport, transaction and byte
    /// string is allowed.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn parse_reply<'a>(
        &self,
        transport: Transport,
        id: u16,
        frame: &'a [u8],
    ) -> Result<Registers<'a>, ModbusError> {
        match transport {
            Transport::Rtu => self.parse_rtu(frame),
            Transport::Tcp => self.parse_tcp(id, frame),
        }
    }

    fn check<'a>(&self, addr: u8, contents: &'a [u8]) -> Result<Registers<'a>, ModbusError> {
        if addr != self.addr {
            return Err(ModbusError::WrongAddress);
        }
        let code = self.function.code();
        match contents {
            [first, exception] if *first == code | 0x80 => Err(ModbusError::Exception(*exception)),
            [first, ..] if *first == code | 0x80 => Err(ModbusError::BadLength),
            [first, rest @ ..] if *first == code => self.check_contents(rest),
            _ => Err(ModbusError::WrongFunction),
        }
    }

    fn check_contents<'a>(&self, rest: &'a [u8]) -> Result<Registers<'a>, ModbusError> {
        if self.function.is_read() {
            return self.check_registers(rest);
        }
        let second = match self.function {
            Function::WriteSingle => self.value,
            Function::ReadHolding | Function::ReadInput | Function::WriteMultiple => self.quantity,
        };
        let [r1, r0] = self.register.to_be_bytes();
        let [s1, s0] = second.to_be_bytes();
        if rest == [r1, r0, s1, s0] {
            Ok(Registers(&[]))
        } else {
            Err(ModbusError::BadEcho)
        }
    }

    fn check_registers<'a>(&self, rest: &'a [u8]) -> Result<Registers<'a>, ModbusError> {
        let Some((count, data)) = rest.split_first() else {
            return Err(ModbusError::BadLength);
        };
        let asked = usize::from(self.quantity).saturating_mul(2);
        if usize::from(*count) == asked && data.len() == asked {
            Ok(Registers(data))
        } else {
            Err(ModbusError::BadLength)
        }
    }
}

/// The registers of an accepted reply: two bytes each, exactly as many as asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registers<'a>(&'a [u8]);

impl<'a> Registers<'a> {
    /// Registers that were checked earlier.
    pub(crate) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes in the order of the wire.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The registers as words, high byte first.
    pub fn words(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.0.chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crc::crc16;
    use crate::framing::{encode_rtu, encode_tcp};
    use crate::pdu::Frame;

    fn asked() -> Transaction {
        Transaction::from_parts(Tag::new(3), 12, Function::ReadInput, 0x46, 1)
    }

    fn reply(body: &[u8]) -> Frame {
        let mut frame = Frame::EMPTY;
        body.iter().for_each(|byte| frame.push(*byte));
        let [low, high] = crc16(body).to_le_bytes();
        frame.push(low);
        frame.push(high);
        frame
    }

    /// meters 2.4: first failing check wins
    #[test]
    fn when_a_reply_is_foreign_then_its_first_fault_is_told() {
        use ModbusError::{BadLength, Exception, WrongAddress, WrongFunction};
        for (body, error) in [
            (&[13, 4, 2, 0, 1][..], WrongAddress),
            (&[13, 0x84, 2], WrongAddress),
            (&[12, 0x84, 2], Exception(2)),
            (&[12, 0x84, 2, 0], BadLength),
            (&[12, 0x83, 2], WrongFunction),
            (&[12, 3, 2, 0, 1], WrongFunction),
            (&[12, 4, 4, 0, 1, 0, 1], BadLength),
            (&[12, 4, 2, 0, 1, 0], BadLength),
            (&[12, 4, 3, 0, 1], BadLength),
        ] {
            let frame = reply(body);
            assert_eq!(asked().parse_rtu(frame.as_bytes()), Err(error), "{body:?}");
        }
    }

    /// meters 2.4 rule 7
    #[test]
    fn when_a_write_is_echoed_then_it_must_be_the_same() {
        let request = Request::WriteSingle {
            register: 0x800,
            value: 2,
        };
        let write = Transaction::of(Tag::new(1), 10, &request);
        let frame = encode_rtu(10, &request).unwrap();
        assert_eq!(write.parse_rtu(frame.as_bytes()), Ok(Registers(&[])));
        let other = Transaction::write_single(Tag::new(1), 10, 0x800, 3);
        assert_eq!(other.parse_rtu(frame.as_bytes()), Err(ModbusError::BadEcho));
        let tcp = encode_tcp(9, 10, &request).unwrap();
        assert!(write.parse_tcp(9, tcp.as_bytes()).is_ok());
        assert_eq!(
            write.parse_tcp(8, tcp.as_bytes()),
            Err(ModbusError::WrongTransaction)
        );
    }

    #[test]
    fn when_several_registers_are_written_then_start_and_number_are_confirmed() {
        let request = Request::WriteMultiple {
            register: 0x20,
            values: &[1, 2, 3],
        };
        let write = Transaction::of(Tag::new(1), 10, &request);
        let frame = reply(&[10, 16, 0, 0x20, 0, 3]);
        assert!(write.parse_rtu(frame.as_bytes()).is_ok());
        let frame = reply(&[10, 16, 0, 0x20, 0, 2]);
        assert_eq!(write.parse_rtu(frame.as_bytes()), Err(ModbusError::BadEcho));
    }

    #[test]
    fn when_accepted_then_registers_are_words() {
        let frame = reply(&[12, 4, 2, 0x12, 0x34]);
        let registers = asked().parse_rtu(frame.as_bytes()).unwrap();
        assert_eq!(registers.words().next(), Some(0x1234));
        assert_eq!(asked().reply_len(Transport::Rtu), 7);
        assert_eq!(asked().reply_len(Transport::Tcp), 11);
    }
}
