//! What can go wrong between a question to a meter and its value.

use core::fmt;

/// Reason why a request cannot be sent (meters specification §2.3).
///
/// The variants are in the order in which the encoder checks them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The address is above 247.
    Address,
    /// A read was addressed to a broadcast address (0 or 9).
    BroadcastRead,
    /// The number of registers is outside 1–125 (read) or 1–123 (write).
    Quantity,
    /// The last register would lie above 65 535.
    AddressOverflow,
}

impl EncodeError {
    /// The name of the error as the conformance vectors write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "Address",
            Self::BroadcastRead => "BroadcastRead",
            Self::Quantity => "Quantity",
            Self::AddressOverflow => "AddressOverflow",
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "unit address above 247",
            Self::BroadcastRead => "a broadcast cannot be read",
            Self::Quantity => "number of registers outside the limits",
            Self::AddressOverflow => "registers beyond 65535",
        })
    }
}

impl core::error::Error for EncodeError {}

/// Reason why a reply was not accepted (meters specification §2.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ModbusError {
    /// Fewer bytes than the shortest frame.
    TooShort,
    /// More bytes than the longest frame.
    TooLong,
    /// The checksum does not match.
    Crc,
    /// Another unit replied.
    WrongAddress,
    /// The unit refused the request; the code of the exception follows.
    Exception(u8),
    /// The reply belongs to another function code.
    WrongFunction,
    /// The number of data bytes is not the one asked for.
    BadLength,
    /// The reply to a write does not repeat what was written.
    BadEcho,
    /// Modbus TCP: the transaction id is not the one in flight.
    WrongTransaction,
    /// Modbus TCP: protocol or length in the header are impossible.
    BadHeader,
    /// No reply in time.
    Timeout,
}

impl ModbusError {
    /// The name of the error as the conformance vectors write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort => "TooShort",
            Self::TooLong => "TooLong",
            Self::Crc => "Crc",
            Self::WrongAddress => "WrongAddress",
            Self::Exception(_) => "Exception",
            Self::WrongFunction => "WrongFunction",
            Self::BadLength => "BadLength",
            Self::BadEcho => "BadEcho",
            Self::WrongTransaction => "WrongTransaction",
            Self::BadHeader => "BadHeader",
            Self::Timeout => "Timeout",
        }
    }

    /// Whether asking again at once may help (meters specification §2.6).
    ///
    /// An exception is an answer: repeating the question gives the same one.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        !matches!(self, Self::Exception(_))
    }
}

impl fmt::Display for ModbusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooShort => "reply too short",
            Self::TooLong => "reply too long",
            Self::Crc => "reply damaged (CRC)",
            Self::WrongAddress => "another unit replied",
            Self::Exception(code) => return write!(f, "unit refused, exception {code}"),
            Self::WrongFunction => "reply to another function",
            Self::BadLength => "wrong number of bytes in the reply",
            Self::BadEcho => "write not confirmed as sent",
            Self::WrongTransaction => "reply to an earlier request",
            Self::BadHeader => "impossible Modbus TCP header",
            Self::Timeout => "no reply",
        };
        f.write_str(text)
    }
}

impl core::error::Error for ModbusError {}

/// Reason why a reading of a meter gives no value (meters specification §11).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MeterError {
    /// The request could not be built.
    Encode(EncodeError),
    /// The reply was not accepted.
    Modbus(ModbusError),
    /// A needed value is not a number or infinite.
    NotFinite,
    /// A value is outside the range of its quantity.
    OutOfRange,
    /// The meter says that it does not know the value.
    NotAvailable,
    /// The scale factor sent by the meter is impossible.
    BadScale,
    /// The reply holds no measurement newer than the last one.
    NoFreshData,
    /// This meter has no such reading.
    Unsupported,
    /// The text is not valid JSON, or no object.
    Json,
    /// The text holds no phase current.
    NoCurrent,
    /// The text is no DSMR telegram.
    Telegram,
}

impl MeterError {
    /// The name of the error as the conformance vectors write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encode(error) => error.name(),
            Self::Modbus(error) => error.name(),
            Self::NotFinite => "NotFinite",
            Self::OutOfRange => "OutOfRange",
            Self::NotAvailable => "NotAvailable",
            Self::BadScale => "BadScale",
            Self::NoFreshData => "NoFreshData",
            Self::Unsupported => "Unsupported",
            Self::Json => "Json",
            Self::NoCurrent => "NoCurrent",
            Self::Telegram => "Telegram",
        }
    }
}

impl From<EncodeError> for MeterError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<ModbusError> for MeterError {
    fn from(error: ModbusError) -> Self {
        Self::Modbus(error)
    }
}

impl fmt::Display for MeterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::Modbus(error) => error.fmt(f),
            Self::NotFinite => f.write_str("value is not a number"),
            Self::OutOfRange => f.write_str("value outside its range"),
            Self::NotAvailable => f.write_str("meter does not know the value"),
            Self::BadScale => f.write_str("impossible scale factor"),
            Self::NoFreshData => f.write_str("no new measurement"),
            Self::Unsupported => f.write_str("meter has no such reading"),
            Self::Json => f.write_str("no valid JSON object"),
            Self::NoCurrent => f.write_str("no current in the text"),
            Self::Telegram => f.write_str("no DSMR telegram"),
        }
    }
}

impl core::error::Error for MeterError {}
