//! Properties of frames and replies (meters specification §15, 1–3, 5, 6).

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_meters::crc::crc16;
use smartevse_meters::framing::{encode_rtu, encode_tcp, parse_request_rtu, tcp_frame_len};
use smartevse_meters::{Function, ModbusError, Request, Tag, Transaction, Transport};

pub(crate) fn with_crc(mut body: Vec<u8>) -> Vec<u8> {
    let crc = crc16(&body).to_le_bytes();
    body.extend(crc);
    body
}

fn function() -> impl Strategy<Value = Function> {
    prop_oneof![
        Just(Function::ReadHolding),
        Just(Function::ReadInput),
        Just(Function::WriteSingle),
        Just(Function::WriteMultiple),
    ]
}

fn any_transaction() -> impl Strategy<Value = Transaction> {
    (any::<u8>(), function(), any::<u16>(), any::<u16>())
        .prop_map(|(a, f, r, q)| Transaction::from_parts(Tag::new(1), a, f, r, q))
}

fn good_read() -> impl Strategy<Value = Transaction> {
    (10..=247_u8, any::<bool>(), 0..65_000_u16, 1..=125_u16).prop_map(|(a, input, r, q)| {
        let function = if input {
            Function::ReadInput
        } else {
            Function::ReadHolding
        };
        Transaction::from_parts(Tag::new(1), a, function, r, q)
    })
}

fn good_reply(asked: &Transaction, seed: u8) -> Vec<u8> {
    let count = asked.quantity() * 2;
    let mut body = vec![asked.addr(), asked.function().code(), count as u8];
    body.extend((0..count).map(|i| (i as u8).wrapping_mul(37).wrapping_add(seed)));
    with_crc(body)
}

proptest! {
    /// meters 15.1 and 15.2: any bytes, any transaction
    #[test]
    fn when_bytes_are_arbitrary_then_the_parser_is_total(
        asked in any_transaction(), id in any::<u16>(), bytes in vec(any::<u8>(), 0..512)
    ) {
        for transport in [Transport::Rtu, Transport::Tcp] {
            if let Ok(registers) = asked.parse_reply(transport, id, &bytes) {
                let read = asked.function().is_read();
                let length = if read { usize::from(asked.quantity()) * 2 } else { 0 };
                prop_assert_eq!(registers.bytes().len(), length);
                prop_assert_eq!(registers.words().count() * 2, length);
            }
        }
        let _ = tcp_frame_len(&bytes);
        let _ = parse_request_rtu(Tag::new(0), &bytes);
    }

    /// meters 15.1: the same behind a valid checksum
    #[test]
    fn when_the_checksum_is_right_then_the_parser_is_still_total(
        asked in any_transaction(), bytes in vec(any::<u8>(), 0..300)
    ) {
        let frame = with_crc(bytes);
        let _ = asked.parse_rtu(&frame);
        let _ = parse_request_rtu(Tag::new(0), &frame);
    }

    /// meters 15.3
    #[test]
    fn when_a_request_is_overheard_then_it_is_the_same(
        addr in 10..=247_u8, register in 0..65_000_u16, count in 1..=125_u16,
        values in vec(any::<u16>(), 1..=123), op in 0..4
    ) {
        let request = match op {
            0 => Request::ReadHolding { register, count },
            1 => Request::ReadInput { register, count },
            2 => Request::WriteSingle { register, value: count },
            _ => Request::WriteMultiple { register, values: &values },
        };
        let frame = encode_rtu(addr, &request).unwrap();
        let seen = parse_request_rtu(Tag::new(5), frame.as_bytes());
        prop_assert_eq!(seen, Ok(Transaction::of(Tag::new(5), addr, &request)));
        let tcp = encode_tcp(count, addr, &request).unwrap();
        prop_assert_eq!(tcp_frame_len(tcp.as_bytes()), Ok(Some(tcp.as_bytes().len())));
        prop_assert_eq!(&tcp.as_bytes()[6..], &frame.as_bytes()[..frame.as_bytes().len() - 2]);
    }

    /// meters 15.5: single bits and bursts up to 16 bits
    #[test]
    fn when_a_reply_is_corrupted_then_it_is_never_accepted(
        asked in good_read(), seed in any::<u8>(), at in any::<prop::sample::Index>(),
        burst in 1..=u16::MAX, shift in 0..8_u32
    ) {
        let mut frame = good_reply(&asked, seed);
        prop_assert_eq!(crc16(&frame), 0);
        prop_assert!(asked.parse_rtu(&frame).is_ok());
        let start = at.index(frame.len() - 2);
        let pattern = (u32::from(burst) << 8 >> shift).to_be_bytes();
        // Sixteen bits, anywhere: they touch at most three bytes.
        for (byte, flip) in frame[start..].iter_mut().zip(&pattern[1..]) {
            *byte ^= flip;
        }
        if pattern[0] == 0 && pattern[1..].iter().any(|flip| *flip != 0) {
            prop_assert_eq!(asked.parse_rtu(&frame), Err(ModbusError::Crc));
        }
    }

    /// meters 15.6: every truncation and every extension
    #[test]
    fn when_a_reply_has_another_length_then_it_is_never_accepted(
        asked in good_read(), seed in any::<u8>(), cut in any::<prop::sample::Index>(),
        more in vec(any::<u8>(), 1..20), zeros in 1..20_usize
    ) {
        let frame = good_reply(&asked, seed);
        prop_assert!(asked.parse_rtu(&frame[..cut.index(frame.len())]).is_err());
        let mut longer = frame.clone();
        longer.extend(more);
        prop_assert!(asked.parse_rtu(&longer).is_err());
        let mut padded = frame;
        padded.resize(padded.len() + zeros, 0);
        prop_assert!(matches!(
            asked.parse_rtu(&padded),
            Err(ModbusError::BadLength | ModbusError::TooLong)
        ));
    }

    /// meters 15.6: another unit, function or number of registers
    #[test]
    fn when_a_reply_is_foreign_then_it_is_never_accepted(
        asked in good_read(), other in good_read(), seed in any::<u8>()
    ) {
        let frame = good_reply(&other, seed);
        let wanted = if other.addr() != asked.addr() {
            Err(ModbusError::WrongAddress)
        } else if other.function() != asked.function() {
            Err(ModbusError::WrongFunction)
        } else if other.quantity() != asked.quantity() {
            Err(ModbusError::BadLength)
        } else {
            return Ok(());
        };
        prop_assert_eq!(asked.parse_rtu(&frame), wanted);
    }

    /// Modbus TCP: another transaction id is another transaction.
    #[test]
    fn when_the_transaction_id_differs_then_it_is_never_accepted(
        asked in good_read(), id in any::<u16>(), other in any::<u16>()
    ) {
        let rtu = good_reply(&asked, 1);
        let body = &rtu[..rtu.len() - 2];
        let mut frame = other.to_be_bytes().to_vec();
        frame.extend([0, 0]);
        frame.extend((body.len() as u16).to_be_bytes());
        frame.extend(body);
        prop_assert_eq!(asked.parse_tcp(id, &frame).is_ok(), id == other);
    }
}
