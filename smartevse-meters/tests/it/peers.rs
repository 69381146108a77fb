//! The codec against other implementations: `crc`, `modbus-core`, `rmodbus`.

use modbus_core::rtu::{Header, RequestAdu, client};
use modbus_core::{Data, Request as PeerRequest, RequestPdu, Response, ResponsePdu};
use proptest::collection::vec;
use proptest::prelude::*;
use rmodbus::ModbusProto;
use rmodbus::server::ModbusFrame;
use rmodbus::server::storage::ModbusStorage;
use smartevse_meters::crc::{crc16, crc16_arc};
use smartevse_meters::framing::{encode_rtu, parse_request_rtu};
use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
use smartevse_meters::{Frame, Function, Request, Tag, Transaction};

use crate::frames::with_crc;

/// Registers of the servers that are compared.
const SIZE: usize = 256;

/// Our register map: holding and input registers of the same size.
struct Table {
    inputs: Vec<u16>,
    holdings: Vec<u16>,
}

impl Table {
    fn range(register: u16, count: usize) -> Result<core::ops::Range<usize>, Exception> {
        let from = usize::from(register);
        if from + count > SIZE {
            return Err(Exception::IllegalAddress);
        }
        Ok(from..from + count)
    }
}

impl RegisterMap for Table {
    fn read(
        &mut self,
        function: Function,
        register: u16,
        values: &mut [u16],
    ) -> Result<(), Exception> {
        let range = Self::range(register, values.len())?;
        let table = match function {
            Function::ReadInput => &self.inputs,
            _ => &self.holdings,
        };
        values.copy_from_slice(&table[range]);
        Ok(())
    }

    fn write(&mut self, register: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        let range = Self::range(register, values.len())?;
        self.holdings[range].copy_from_slice(values);
        Ok(values.len() as u16)
    }
}

/// What rmodbus replies, and its holding registers afterwards.
fn peer_serves(addr: u8, frame: &[u8], words: &[u16]) -> (Vec<u8>, Vec<u16>) {
    let mut storage = ModbusStorage::<1, 1, SIZE, SIZE>::default();
    storage.inputs.copy_from_slice(&words[..SIZE]);
    storage.holdings.copy_from_slice(&words[SIZE..]);
    let mut response = Vec::new();
    let mut peer = ModbusFrame::new(addr, frame, ModbusProto::Rtu, &mut response)
        .with_broadcast_units(&[0, 9]);
    peer.parse().unwrap();
    if peer.processing_required {
        let _ = match peer.readonly {
            true => peer.process_read(&storage),
            false => peer.process_write(&mut storage),
        };
    }
    if peer.response_required {
        peer.finalize_response().unwrap();
    } else {
        response.clear();
    }
    (response, storage.holdings.to_vec())
}

fn function() -> impl Strategy<Value = Function> {
    prop::sample::select(vec![
        Function::ReadHolding,
        Function::ReadInput,
        Function::WriteSingle,
        Function::WriteMultiple,
    ])
}

fn request<'a>(function: Function, register: u16, count: u16, values: &'a [u16]) -> Request<'a> {
    match function {
        Function::ReadHolding => Request::ReadHolding { register, count },
        Function::ReadInput => Request::ReadInput { register, count },
        Function::WriteSingle => Request::WriteSingle {
            register,
            value: values[0],
        },
        Function::WriteMultiple => Request::WriteMultiple { register, values },
    }
}

fn peer_request<'a>(request: &Request<'_>, buffer: &'a mut [u8]) -> PeerRequest<'a> {
    match *request {
        Request::ReadHolding { register, count } => {
            PeerRequest::ReadHoldingRegisters(register, count)
        }
        Request::ReadInput { register, count } => PeerRequest::ReadInputRegisters(register, count),
        Request::WriteSingle { register, value } => {
            PeerRequest::WriteSingleRegister(register, value)
        }
        Request::WriteMultiple { register, values } => {
            // It takes the length of the buffer for the length of the data.
            let buffer = &mut buffer[..values.len() * 2];
            let data = Data::from_words(values, buffer).unwrap();
            PeerRequest::WriteMultipleRegisters(register, data)
        }
    }
}

proptest! {
    /// meters 2.2 and 15.5, against the crate `crc`
    #[test]
    fn when_checksums_are_computed_then_the_crate_crc_agrees(bytes in vec(any::<u8>(), 0..300)) {
        let modbus = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);
        let arc = crc::Crc::<u16>::new(&crc::CRC_16_ARC);
        prop_assert_eq!(crc16(&bytes), modbus.checksum(&bytes));
        prop_assert_eq!(crc16_arc(&bytes), arc.checksum(&bytes));
    }

    /// meters 2.3 and 15.3, requests against `modbus-core`
    #[test]
    fn when_a_request_is_encoded_then_modbus_core_agrees(
        function in function(), addr in 10..=247_u8, register in 0..65_000_u16,
        count in 1..=125_u16, values in vec(any::<u16>(), 1..=123)
    ) {
        let ours = request(function, register, count, &values);
        let frame = encode_rtu(addr, &ours).unwrap();
        let mut words = [0; 300];
        let pdu = RequestPdu(peer_request(&ours, &mut words));
        let mut buffer = [0; 300];
        let adu = RequestAdu { hdr: Header { slave: addr }, pdu };
        let length = client::encode_request(adu, &mut buffer).unwrap();
        prop_assert_eq!(frame.as_bytes(), &buffer[..length]);
        let seen = parse_request_rtu(Tag::default(), frame.as_bytes()).unwrap();
        prop_assert_eq!(seen, Transaction::of(Tag::default(), addr, &ours));
    }

    /// meters 2.4: what we accept, `modbus-core` reads with the same words
    #[test]
    fn when_a_reply_is_accepted_then_modbus_core_reads_the_same(
        input in any::<bool>(), addr in 10..=247_u8, words in vec(any::<u16>(), 1..=125)
    ) {
        let function = if input { Function::ReadInput } else { Function::ReadHolding };
        let count = words.len() as u16;
        let mut body = vec![addr, function.code(), (count * 2) as u8];
        body.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        let frame = with_crc(body);
        let asked = Transaction::from_parts(Tag::default(), addr, function, 0, count);
        let ours: Vec<u16> = asked.parse_rtu(&frame).unwrap().words().collect();
        let reply = client::decode_response(&frame).unwrap().unwrap();
        let (ResponsePdu(Ok(Response::ReadInputRegisters(data)))
            | ResponsePdu(Ok(Response::ReadHoldingRegisters(data)))) = reply.pdu
        else {
            panic!("{reply:?}");
        };
        prop_assert_eq!(&data.into_iter().collect::<Vec<_>>(), &ours);
        prop_assert_eq!(ours, words);
    }

    /// The server against `rmodbus`: same replies, same registers afterwards
    #[test]
    fn when_a_request_is_served_then_rmodbus_agrees(
        function in function(), register in 0..300_u16, count in 1..=120_u16,
        values in vec(any::<u16>(), 1..=120), words in vec(any::<u16>(), 2 * SIZE..=2 * SIZE),
        addr in prop::sample::select(vec![0_u8, 2, 9, 17]),
    ) {
        let ours = request(function, register, count, &values);
        let addr = if function.is_read() { addr.max(10) } else { addr };
        let frame = encode_rtu(addr, &ours).unwrap();
        let mut table = Table {
            inputs: words[..SIZE].to_vec(),
            holdings: words[SIZE..].to_vec(),
        };
        let mut reply = Frame::new();
        let served = Server::new(17).serve(frame.as_bytes(), &mut table, &mut reply);
        let (response, holdings) = peer_serves(17, frame.as_bytes(), &words);
        prop_assert_eq!(reply.as_bytes(), &response[..]);
        prop_assert_eq!(&table.holdings, &holdings);
        prop_assert_eq!(served == Ok(Served::Reply), !response.is_empty());
        if served == Ok(Served::Reply) {
            let asked = Transaction::of(Tag::default(), addr, &ours);
            let outcome = asked.parse_rtu(reply.as_bytes());
            prop_assert!(matches!(outcome, Ok(_) | Err(smartevse_meters::ModbusError::Exception(2))));
        }
    }
}
