//! `smartevse-meters`.

use smartevse_meters::bus::{Bus, BusConfig, Job};
use smartevse_meters::decode::{ByteOrder, DataType, Quantity, Raw};
use smartevse_meters::framing::{encode_rtu, encode_tcp, parse_request_rtu, tcp_frame_len};
use smartevse_meters::{
    Feed, FeedMessage, FeedRole, Function, Meter, ReadKind, Request, Tag, Transaction, Transport,
    crc, decode_read, plan_read,
};
use smartevse_types::{Duration, Instant};

use crate::{consume, opaque};

/// A part of a buffer, of unknown length.
fn slice(bytes: &[u8]) -> &[u8] {
    bytes.get(..opaque(bytes.len())).unwrap_or(&[])
}

/// Calls what has logic in it.
pub fn exercise() {
    bus();
    codec();
    catalogue();
    decoding();
    feed();
    crate::meter_sources::exercise();
    crate::more::meters();
}

fn bus() {
    let mut bus = opaque(Bus::<16, 4>::new(opaque(BusConfig::rtu(
        opaque(9600),
        opaque(10),
    ))));
    let question = opaque(Transaction::from_parts(
        Tag::new(1),
        1,
        Function::ReadInput,
        0,
        2,
    ));
    let job = opaque(Job::new(
        question,
        Duration::from_secs(1),
        Duration::from_secs(2),
    ));
    consume(bus.add(job.for_mains().for_own_node()));
    consume(bus.write(opaque(Tag::new(2)), opaque(1), &request(&opaque([0; 8]))));
    let now = opaque(Instant::ZERO);
    let mut bus = opaque(bus);
    consume(bus.poll(now));
    bus.transmitted(now);
    let mut bus = opaque(bus);
    bus.receive(now, slice(&opaque([0; 300])));
    let mut bus = opaque(bus);
    bus.reconnected(now);
    bus.remove(opaque(Tag::new(3)), now);
    consume((
        bus.deadline(now),
        bus.counters(),
        bus.counters_of(opaque(Tag::new(1))),
    ));
    consume(bus.counters().error_percent());
    consume(bus);
}

fn request(values: &[u16; 8]) -> Request<'_> {
    let values = values.get(..opaque(8)).unwrap_or(&[]);
    opaque(Request::WriteMultiple {
        register: 0,
        values,
    })
}

fn codec() {
    let words = opaque([0; 8]);
    let request = request(&words);
    consume(encode_rtu(opaque(1), &request));
    consume(encode_tcp(opaque(1), opaque(1), &request));
    let bytes = opaque([0; 300]);
    let bytes = slice(&bytes);
    consume((crc::crc16(bytes), tcp_frame_len(bytes)));
    consume(parse_request_rtu(opaque(Tag::new(1)), bytes));
    let question = opaque(Transaction::of(opaque(Tag::new(1)), opaque(1), &request));
    consume(question.reply_len(opaque(Transport::Rtu)));
    consume(question.parse_tcp(opaque(1), bytes));
    if let Ok(registers) = question.parse_rtu(bytes) {
        registers.words().for_each(consume);
    }
}

fn catalogue() {
    let meter = opaque(Meter::Eastron3P);
    consume((
        meter.id(),
        meter.name(),
        meter.lcd_name(),
        meter.source(),
        meter.profile(),
    ));
    consume(Meter::from_id(opaque(1)));
    let name = opaque("Eastron3P");
    consume(Meter::from_name(name));
    let kind = opaque(ReadKind::Currents);
    consume(plan_read(meter, kind, opaque(Tag::new(1)), opaque(1)));
    let data = opaque([0; 300]);
    if let Ok(values) = decode_read(meter, kind, slice(&data)) {
        consume(values.deci_amps());
        consume(values);
    }
}

fn decoding() {
    let order = ByteOrder::from_code(opaque(1));
    let data_type = DataType::from_code(opaque(1));
    let bytes = opaque([0; 8]);
    if let (Some(order), Some(data_type)) = (order, data_type)
        && let Some(raw) = Raw::read(slice(&bytes), order, data_type)
    {
        consume(raw.scale(opaque(Quantity::Current), opaque(3)));
    }
}

fn feed() {
    let mut feed = opaque(Feed::new(opaque(FeedRole::Mains)));
    let now = opaque(Instant::ZERO);
    consume(feed.receive(&opaque(FeedMessage::default()), now));
    let feed = opaque(feed);
    consume((
        feed.currents(now),
        feed.power(now),
        feed.import(),
        feed.export(),
        feed.deadline(),
    ));
}
