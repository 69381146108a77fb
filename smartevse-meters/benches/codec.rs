//! The codec beside `rmodbus` and `modbus-core`, and three ways to compute the CRC.
//!
//! All three write into a buffer that is used again, as the bus engine does it. The work is the same: a short and a long
//! request, and a reply with 12 or with 125 registers from bytes to words, checked against what was asked as far as the
//! implementation can do that.
#![expect(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a program that only measures; the macro of criterion makes a public function"
)]

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use modbus_core::rtu::{Header, RequestAdu, client};
use modbus_core::{Data, Request as PeerRequest, RequestPdu, Response, ResponsePdu};
use rmodbus::ModbusProto;
use rmodbus::client::ModbusRequest;
use smartevse_meters::crc::crc16;
use smartevse_meters::framing::{encode_rtu, write_rtu};
use smartevse_meters::{Frame, Function, Request, Tag, Transaction};

const ADDR: u8 = 12;
const REGISTER: u16 = 6;

/// A reply with so many registers.
fn reply(count: u8) -> Vec<u8> {
    let mut frame = vec![ADDR, 4, count * 2];
    frame.extend((0..u16::from(count)).flat_map(|word| (word * 517).to_be_bytes()));
    frame.extend(crc16(&frame).to_le_bytes());
    frame
}

fn encode_read(group: &mut BenchmarkGroup<'_, WallTime>) {
    let mut own = Frame::new();
    group.bench_function("smartevse-meters", |bench| {
        bench.iter(|| {
            let request = Request::ReadInput {
                register: black_box(REGISTER),
                count: black_box(12),
            };
            write_rtu(&mut own, black_box(ADDR), &request).unwrap();
            black_box(own.as_bytes());
        });
    });
    group.bench_function("smartevse-meters, a new frame each time", |bench| {
        bench.iter(|| {
            let request = Request::ReadInput {
                register: black_box(REGISTER),
                count: black_box(12),
            };
            encode_rtu(black_box(ADDR), &request).unwrap()
        });
    });
    let mut buffer = [0; 256];
    group.bench_function("modbus-core", |bench| {
        bench.iter(|| {
            let request = PeerRequest::ReadInputRegisters(black_box(REGISTER), black_box(12));
            let hdr = Header {
                slave: black_box(ADDR),
            };
            let adu = RequestAdu {
                hdr,
                pdu: RequestPdu(request),
            };
            let length = client::encode_request(adu, &mut buffer).unwrap();
            black_box(&buffer[..length]);
        });
    });
    let mut frame = Vec::with_capacity(256);
    group.bench_function("rmodbus", |bench| {
        bench.iter(|| {
            let mut request = ModbusRequest::new(black_box(ADDR), ModbusProto::Rtu);
            frame.clear();
            request
                .generate_get_inputs(black_box(REGISTER), black_box(12), &mut frame)
                .unwrap();
            black_box(&frame);
        });
    });
}

fn encode_write(group: &mut BenchmarkGroup<'_, WallTime>) {
    let values: Vec<u16> = (0..120).collect();
    let mut own = Frame::new();
    group.bench_function("smartevse-meters", |bench| {
        bench.iter(|| {
            let request = Request::WriteMultiple {
                register: black_box(REGISTER),
                values: black_box(&values),
            };
            write_rtu(&mut own, black_box(ADDR), &request).unwrap();
            black_box(own.as_bytes());
        });
    });
    let mut buffer = [0; 256];
    group.bench_function("modbus-core", |bench| {
        bench.iter(|| {
            let mut words = [0; 240];
            let data = Data::from_words(black_box(&values), &mut words).unwrap();
            let request = PeerRequest::WriteMultipleRegisters(black_box(REGISTER), data);
            let hdr = Header {
                slave: black_box(ADDR),
            };
            let adu = RequestAdu {
                hdr,
                pdu: RequestPdu(request),
            };
            let length = client::encode_request(adu, &mut buffer).unwrap();
            black_box(&buffer[..length]);
        });
    });
    let mut frame = Vec::with_capacity(256);
    group.bench_function("rmodbus", |bench| {
        bench.iter(|| {
            let mut request = ModbusRequest::new(black_box(ADDR), ModbusProto::Rtu);
            frame.clear();
            request
                .generate_set_holdings_bulk(black_box(REGISTER), black_box(&values), &mut frame)
                .unwrap();
            black_box(&frame);
        });
    });
}

fn decode(group: &mut BenchmarkGroup<'_, WallTime>, count: u8) {
    let frame = reply(count);
    let asked = Transaction::from_parts(
        Tag::default(),
        ADDR,
        Function::ReadInput,
        REGISTER,
        u16::from(count),
    );
    group.bench_function("smartevse-meters", |bench| {
        bench.iter(|| {
            let registers = black_box(&asked).parse_rtu(black_box(&frame)).unwrap();
            registers.words().map(u64::from).sum::<u64>()
        });
    });
    group.bench_function("modbus-core", |bench| {
        bench.iter(|| {
            let reply = client::decode_response(black_box(&frame)).unwrap().unwrap();
            let ResponsePdu(Ok(Response::ReadInputRegisters(data))) = reply.pdu else {
                return 0;
            };
            data.into_iter().map(u64::from).sum::<u64>()
        });
    });
    let mut request = ModbusRequest::new(ADDR, ModbusProto::Rtu);
    let mut question = Vec::new();
    request
        .generate_get_inputs(REGISTER, u16::from(count), &mut question)
        .unwrap();
    let mut words: Vec<u16> = Vec::with_capacity(128);
    group.bench_function("rmodbus", |bench| {
        bench.iter(|| {
            words.clear();
            black_box(&request)
                .parse_u16(black_box(&frame), &mut words)
                .unwrap();
            words.iter().copied().map(u64::from).sum::<u64>()
        });
    });
}

/// Bit by bit, without a table.
fn crc_bits(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            let shifted = crc >> 1;
            if crc & 1 == 1 {
                shifted ^ 0xA001
            } else {
                shifted
            }
        })
    })
}

/// A table of 16 entries, 32 bytes.
fn crc_nibbles(bytes: &[u8]) -> u16 {
    const TABLE: [u16; 16] = [
        0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800,
        0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
    ];
    bytes.iter().fold(0xFFFF, |crc, byte| {
        let crc = (crc >> 4) ^ TABLE[usize::from((crc ^ u16::from(*byte)) & 15)];
        (crc >> 4) ^ TABLE[usize::from((crc ^ u16::from(*byte >> 4)) & 15)]
    })
}

fn checksums(group: &mut BenchmarkGroup<'_, WallTime>) {
    let frame = reply(125);
    for bytes in [&frame[..], &frame[..37]] {
        assert_eq!(crc_bits(bytes), crc16(bytes));
        assert_eq!(crc_nibbles(bytes), crc16(bytes));
    }
    group.bench_function("table of 256, this crate", |bench| {
        bench.iter(|| crc16(black_box(&frame)));
    });
    group.bench_function("table of 16", |bench| {
        bench.iter(|| crc_nibbles(black_box(&frame)));
    });
    group.bench_function("bit by bit", |bench| {
        bench.iter(|| crc_bits(black_box(&frame)));
    });
}

fn codec(criterion: &mut Criterion) {
    encode_read(&mut criterion.benchmark_group("encode a read, 8 bytes"));
    encode_write(&mut criterion.benchmark_group("encode a write, 249 bytes"));
    decode(
        &mut criterion.benchmark_group("decode 12 registers, 29 bytes"),
        12,
    );
    decode(
        &mut criterion.benchmark_group("decode 125 registers, 255 bytes"),
        125,
    );
    checksums(&mut criterion.benchmark_group("CRC of 255 bytes"));
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = codec
}
criterion_main!(benches);
