//! The same frames with `modbus-core` and `rmodbus`, for comparison.

use heapless::Vec;
use modbus_core::rtu::{Header, RequestAdu, client};
use modbus_core::{Data, Request, RequestPdu, Response, ResponsePdu};
use rmodbus::ModbusProto;
use rmodbus::client::ModbusRequest;

use crate::speed::Counter;
use crate::{consume, opaque};

/// Measures both; `reply` answers a read of 12 input registers at 6 of unit 12.
pub fn measure(counter: &mut impl Counter, reply: &[u8]) {
    modbus_core(counter, reply);
    rmodbus(counter, reply);
}

fn encode(request: Request<'_>, buffer: &mut [u8]) -> Option<usize> {
    let hdr = Header {
        slave: opaque(0x0C),
    };
    let pdu = RequestPdu(request);
    client::encode_request(RequestAdu { hdr, pdu }, buffer).ok()
}

fn modbus_core(counter: &mut impl Counter, reply: &[u8]) {
    let mut buffer = opaque([0; 256]);
    let words = opaque([0; 123]);
    let (cost, length) = counter.count(|| {
        encode(
            Request::ReadInputRegisters(opaque(6), opaque(12)),
            &mut buffer,
        )
    });
    consume(length);
    counter.report("modbus-core: encode a read (8 bytes)", cost);
    let (cost, length) = counter.count(|| {
        let mut bytes = [0; 246];
        let data = Data::from_words(&words, &mut bytes).ok()?;
        encode(
            Request::WriteMultipleRegisters(opaque(0), data),
            &mut buffer,
        )
    });
    consume((length, buffer));
    counter.report("modbus-core: encode the longest write (255 bytes)", cost);
    let (cost, words) = counter.count(|| {
        let reply = client::decode_response(reply).ok()??;
        let ResponsePdu(Ok(Response::ReadInputRegisters(data))) = reply.pdu else {
            return None;
        };
        Some(data.into_iter().map(u32::from).sum::<u32>())
    });
    consume(words);
    counter.report("modbus-core: decode 12 registers (29 bytes)", cost);
    counter.report("check: modbus-core decodes", u32::from(words.is_some()));
}

fn rmodbus(counter: &mut impl Counter, reply: &[u8]) {
    let mut frame: Vec<u8, 256> = opaque(Vec::new());
    let mut request = opaque(ModbusRequest::new(0x0C, ModbusProto::Rtu));
    let words = opaque([0; 123]);
    let (cost, done) = counter.count(|| {
        request
            .generate_set_holdings_bulk(opaque(0), &words, &mut frame)
            .is_ok()
    });
    consume(done);
    counter.report("rmodbus: encode the longest write (255 bytes)", cost);
    frame.clear();
    let (cost, done) = counter.count(|| {
        request
            .generate_get_inputs(opaque(6), opaque(12), &mut frame)
            .is_ok()
    });
    consume((done, &frame));
    counter.report("rmodbus: encode a read (8 bytes)", cost);
    let mut words: Vec<u16, 128> = opaque(Vec::new());
    let (cost, done) = counter.count(|| {
        request.parse_u16(reply, &mut words).ok()?;
        Some(words.iter().copied().map(u32::from).sum::<u32>())
    });
    consume(done);
    counter.report("rmodbus: decode 12 registers (29 bytes)", cost);
    counter.report("check: rmodbus decodes", u32::from(done.is_some()));
}
