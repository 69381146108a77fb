//! Frames on a serial line (RTU) and in a TCP stream.

use crate::crc::crc16;
use crate::error::{EncodeError, ModbusError};
use crate::pdu::{Frame, Function, MAX_RTU, Request, Transport};
use crate::transaction::{Tag, Transaction};

/// Bytes of a Modbus TCP header, unit number included.
pub(crate) const MBAP: usize = 7;

/// Writes a request as an RTU frame: address, contents, CRC low byte first.
///
/// # Errors
///
/// The first check of [`Request::check`] that fails.
///
/// # Examples
///
/// ```
/// use smartevse_meters::framing::encode_rtu;
/// use smartevse_meters::pdu::Request;
///
/// let frame = encode_rtu(12, &Request::ReadInput { register: 6, count: 12 })?;
/// assert_eq!(frame.as_bytes(), [0x0C, 4, 0, 6, 0, 12, 0x11, 0x13]);
/// # Ok::<(), smartevse_meters::EncodeError>(())
/// ```
pub fn encode_rtu(addr: u8, request: &Request<'_>) -> Result<Frame, EncodeError> {
    let mut frame = Frame::EMPTY;
    write_rtu(&mut frame, addr, request)?;
    Ok(frame)
}

/// Writes a request as an RTU frame into the place of another frame.
///
/// Faster than [`encode_rtu`] where the same place is used again.
///
/// # Errors
///
/// The first check of [`Request::check`] that fails; the frame stays as it was.
pub fn write_rtu(frame: &mut Frame, addr: u8, request: &Request<'_>) -> Result<(), EncodeError> {
    request.check(Transport::Rtu, addr)?;
    if let Request::WriteMultiple { .. } = request {
        frame.clear();
        frame.push(addr);
        request.emit(frame);
        frame.push_crc();
    } else {
        let [function, r1, r0, s1, s0] = request.head();
        let [low, high] = crc16(&[addr, function, r1, r0, s1, s0]).to_le_bytes();
        frame.set([addr, function, r1, r0, s1, s0, low, high]);
    }
    Ok(())
}

/// Writes a request as a Modbus TCP frame with its transaction id.
///
/// # Errors
///
/// The first check of [`Request::check`] that fails.
pub fn encode_tcp(id: u16, unit: u8, request: &Request<'_>) -> Result<Frame, EncodeError> {
    request.check(Transport::Tcp, unit)?;
    let mut contents = Frame::EMPTY;
    request.emit(&mut contents);
    let contents = contents.as_bytes();
    let mut frame = Frame::EMPTY;
    frame.push_word(id);
    frame.push_word(0);
    frame.push_word(u16::try_from(contents.len().saturating_add(1)).unwrap_or(u16::MAX));
    frame.push(unit);
    frame.extend(contents);
    Ok(frame)
}

/// Length of the TCP frame that starts with these bytes.
///
/// `None` while the length has not arrived yet.
///
/// # Errors
///
/// [`ModbusError::BadHeader`] when no frame can start like this; the stream has
/// lost its frames and must be opened anew.
pub fn tcp_frame_len(bytes: &[u8]) -> Result<Option<usize>, ModbusError> {
    let Some(&[_, _, p1, p0, l1, l0]) = bytes.first_chunk::<6>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([l1, l0]));
    if u16::from_be_bytes([p1, p0]) != 0 || !(3..=254).contains(&length) {
        return Err(ModbusError::BadHeader);
    }
    Ok(Some(length.saturating_add(6)))
}

/// Splits an RTU frame into address and contents after length and CRC checks.
pub(crate) fn open_rtu(frame: &[u8]) -> Result<(u8, &[u8]), ModbusError> {
    if frame.len() < 5 {
        return Err(ModbusError::TooShort);
    }
    if frame.len() > MAX_RTU {
        return Err(ModbusError::TooLong);
    }
    if crc16(frame) != 0 {
        return Err(ModbusError::Crc);
    }
    match frame {
        [addr, contents @ .., _, _] => Ok((*addr, contents)),
        _ => Err(ModbusError::TooShort),
    }
}

/// Splits a TCP frame into unit and contents after checking the header.
pub(crate) fn open_tcp(id: u16, frame: &[u8]) -> Result<(u8, &[u8]), ModbusError> {
    let Some((&[i1, i0, p1, p0, l1, l0, unit], contents)) = frame.split_first_chunk::<MBAP>()
    else {
        return Err(ModbusError::TooShort);
    };
    if contents.len() < 2 {
        return Err(ModbusError::TooShort);
    }
    if contents.len() > 253 {
        return Err(ModbusError::TooLong);
    }
    if u16::from_be_bytes([p1, p0]) != 0 {
        return Err(ModbusError::BadHeader);
    }
    if usize::from(u16::from_be_bytes([l1, l0])) != contents.len().saturating_add(1) {
        return Err(ModbusError::BadHeader);
    }
    if u16::from_be_bytes([i1, i0]) != id {
        return Err(ModbusError::WrongTransaction);
    }
    Ok((unit, contents))
}

/// Reads an overheard RTU frame as a request (meters specification §2.5).
///
/// The result describes the request without the values of a multiple write.
///
/// # Errors
///
/// The checks of a reply up to the CRC, then [`ModbusError::WrongFunction`] for
/// a function that this crate does not use and [`ModbusError::BadLength`] for a
/// frame that is not a request of that function.
pub fn parse_request_rtu(tag: Tag, frame: &[u8]) -> Result<Transaction, ModbusError> {
    let (addr, contents) = open_rtu(frame)?;
    let Some((&[code, r1, r0, q1, q0], rest)) = contents.split_first_chunk::<5>() else {
        return Err(ModbusError::BadLength);
    };
    let function = Function::from_code(code).ok_or(ModbusError::WrongFunction)?;
    let word = u16::from_be_bytes([q1, q0]);
    let fits = match (function, rest.split_first()) {
        (Function::WriteMultiple, Some((count, values))) => {
            usize::from(*count) == values.len()
                && usize::from(word).saturating_mul(2) == values.len()
        }
        (Function::WriteMultiple, None) => false,
        (_, rest) => rest.is_none(),
    };
    if !fits {
        return Err(ModbusError::BadLength);
    }
    let register = u16::from_be_bytes([r1, r0]);
    Ok(match function {
        Function::WriteSingle => Transaction::write_single(tag, addr, register, word),
        Function::ReadHolding | Function::ReadInput | Function::WriteMultiple => {
            Transaction::from_parts(tag, addr, function, register, word)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Request<'static> = Request::ReadHolding {
        register: 0x5B0C,
        count: 16,
    };

    #[test]
    fn when_sent_over_tcp_then_the_header_counts_the_rest() {
        let frame = encode_tcp(0x1234, 255, &READ).unwrap();
        assert_eq!(
            frame.as_bytes(),
            [0x12, 0x34, 0, 0, 0, 6, 255, 3, 0x5B, 0x0C, 0, 16]
        );
        assert_eq!(tcp_frame_len(frame.as_bytes()), Ok(Some(12)));
    }

    #[test]
    fn when_a_tcp_header_is_impossible_then_it_is_refused() {
        assert_eq!(tcp_frame_len(&[0, 0, 0, 0, 0]), Ok(None));
        for bytes in [[0, 0, 0, 1, 0, 6], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 2]] {
            assert_eq!(tcp_frame_len(&bytes), Err(ModbusError::BadHeader));
        }
    }

    /// meters 2.5
    #[test]
    fn when_a_request_is_overheard_then_it_is_understood() {
        let tag = Tag::new(7);
        let frame = encode_rtu(11, &READ).unwrap();
        let seen = parse_request_rtu(tag, frame.as_bytes()).unwrap();
        assert_eq!(seen, Transaction::of(tag, 11, &READ));
    }
}
