//! What a line tells about itself, and what a node makes of it (meters
//! specification §2.5, §2.6, §13.13, §13.17).

use smartevse_meters::bus::{Direction, Listener};
use smartevse_meters::framing::encode_rtu;
use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
use smartevse_meters::snoop::{Heard, Snoop};
use smartevse_meters::{
    Bus, BusAction, BusConfig, Frame, Function, Job, JobError, ModbusError, Request, Tag,
    Transaction,
};
use smartevse_types::{Duration, Instant};

use crate::frames::with_crc;

const LINE: BusConfig = BusConfig::rtu(9_600, 10);

fn read(tag: u16, addr: u8) -> Transaction {
    Transaction::from_parts(Tag::new(tag), addr, Function::ReadInput, 0x34, 2)
}

fn job(transaction: Transaction) -> Job {
    Job::new(transaction, Duration::from_secs(2), Duration::from_secs(11))
}

/// Polls until something is sent; gives the end of the transmission.
fn send(bus: &mut Bus, mut now: Instant) -> Instant {
    for _ in 0..20 {
        match bus.poll(now) {
            BusAction::Transmit { frame, .. } => {
                now += LINE.air_time(frame.len());
                bus.transmitted(now);
                return now;
            }
            BusAction::Listen { until } => now = until,
            BusAction::Report(_) => {}
            BusAction::Reconnect => panic!("a serial line"),
        }
    }
    panic!("nothing sent");
}

fn verdicts(bus: &Bus) -> Vec<(Direction, u8, Result<(), ModbusError>)> {
    let entries = bus.trace().iter();
    entries
        .map(|entry| (entry.direction, entry.addr, entry.verdict))
        .collect()
}

/// meters 2.6 and 13.13: each frame with its verdict, counters for each address
#[test]
fn when_frames_come_and_go_then_the_trace_tells_which() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(job(read(1, 12))).unwrap();
    let mut now = send(&mut bus, Instant::from_secs(1));
    let foreign = with_crc(vec![13, 4, 4, 1, 2, 3, 4]);
    now += Duration::from_millis(30);
    bus.receive(now, &foreign);
    let good = with_crc(vec![12, 4, 4, 1, 2, 3, 4]);
    now += Duration::from_millis(30);
    bus.receive(now, &good);
    now += Duration::from_millis(10);
    assert!(matches!(bus.poll(now), BusAction::Report(report) if report.result.is_ok()));
    send(&mut bus, now);
    assert_eq!(
        verdicts(&bus),
        [
            (Direction::Sent, 12, Ok(())),
            (Direction::Received, 13, Err(ModbusError::WrongAddress)),
            (Direction::Received, 12, Ok(())),
            (Direction::Sent, 12, Ok(())),
        ]
    );
    let by_address: Vec<_> = bus.counters_by_address().collect();
    assert_eq!(by_address.len(), 1);
    let (addr, counters) = by_address[0];
    assert_eq!((addr, counters.requests, counters.responses), (12, 2, 1));
    assert_eq!((counters.rejected, bus.foreign_requests()), (1, 0));
    bus.reset_counters();
    bus.clear_trace();
    assert_eq!((bus.counters().requests, bus.trace().total()), (0, 4));
    assert_eq!(bus.counters_of(Tag::new(1)).unwrap().requests, 0);
}

/// meters 13.17: a request that we did not send is another client
#[test]
fn when_somebody_else_asks_then_it_is_noticed() {
    let mut bus: Bus = Bus::new(LINE);
    let mut now = Instant::from_secs(1);
    let request = encode_rtu(
        14,
        &Request::ReadInput {
            register: 0,
            count: 2,
        },
    )
    .unwrap();
    // While nothing is asked, in two pieces and with its reply.
    let (first, second) = request.as_bytes().split_at(3);
    bus.receive(now, first);
    now += LINE.air_time(second.len());
    bus.receive(now, second);
    now += Duration::from_millis(20);
    bus.receive(now, &with_crc(vec![14, 4, 4, 0, 0, 0, 0]));
    now += Duration::from_millis(20);
    assert!(matches!(bus.poll(now), BusAction::Listen { .. }));
    assert_eq!(bus.foreign_requests(), 1);
    // While a question is open.
    bus.add(job(read(1, 12))).unwrap();
    now = send(&mut bus, now) + Duration::from_millis(20);
    bus.receive(now, request.as_bytes());
    now += Duration::from_millis(10);
    assert!(matches!(bus.poll(now), BusAction::Listen { .. }));
    assert_eq!(bus.foreign_requests(), 2);
    let last = bus.trace().iter().last().unwrap();
    assert_eq!(
        (last.direction, last.addr, last.count),
        (Direction::Foreign, 14, 2)
    );
}

/// Our own request that comes back and a late confirmation of a write prove nothing.
#[test]
fn when_an_echo_comes_then_it_is_no_second_client() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(job(read(1, 12))).unwrap();
    let mut now = send(&mut bus, Instant::from_secs(1)) + Duration::from_millis(10);
    let own = encode_rtu(
        12,
        &Request::ReadInput {
            register: 0x34,
            count: 2,
        },
    )
    .unwrap();
    bus.receive(now, own.as_bytes());
    now += Duration::from_secs(1);
    while matches!(
        bus.poll(now),
        BusAction::Report(_) | BusAction::Transmit { .. }
    ) {
        now += Duration::from_secs(1);
    }
    let write = Request::WriteSingle {
        register: 6,
        value: 0,
    };
    let late = encode_rtu(2, &write).unwrap();
    bus.receive(now, late.as_bytes());
    now += Duration::from_millis(50);
    let _ = bus.poll(now);
    assert_eq!(bus.foreign_requests(), 0);
}

/// The question of a Sensorbox grows when its version is known.
#[test]
fn when_a_question_is_replaced_then_the_next_one_is_the_new_one() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(job(read(1, 12))).unwrap();
    let longer = Transaction::from_parts(Tag::new(1), 12, Function::ReadInput, 0x34, 8);
    bus.replace(longer).unwrap();
    let other = Transaction::from_parts(Tag::new(2), 12, Function::ReadInput, 0x34, 8);
    assert_eq!(bus.replace(other), Err(JobError::UnknownTag));
    let write = Transaction::write_single(Tag::new(1), 12, 0, 0);
    assert_eq!(bus.replace(write), Err(JobError::WrongFunction));
    send(&mut bus, Instant::from_secs(1));
    assert_eq!(bus.trace().iter().last().unwrap().count, 8);
}

/// A node with one register.
struct One(u16);

impl RegisterMap for One {
    fn read(&mut self, _: Function, _: u16, values: &mut [u16]) -> Result<(), Exception> {
        values.fill(self.0);
        Ok(())
    }

    fn write(&mut self, _: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        self.0 = values[0];
        Ok(1)
    }
}

/// meters 2.5: a node hears the master read its EV meter, and answers only for itself
#[test]
fn when_a_node_listens_then_it_pairs_and_answers() {
    let mut line = Listener::new(LINE);
    let (server, mut snoop, mut node) = (Server::new(2), Snoop::new(), One(7));
    let frames = [
        with_crc(vec![12, 4, 0, 0x34, 0, 2]),
        with_crc(vec![12, 4, 4, 0x46, 0x2C, 0x80, 0]),
        with_crc(vec![9, 16, 0, 0x20, 0, 1, 2, 0, 160]),
        with_crc(vec![2, 4, 0, 0, 0, 1]),
    ];
    let (mut now, mut heard, mut sent) = (Instant::from_secs(1), Vec::new(), Vec::new());
    for bytes in &frames {
        now += Duration::from_millis(50);
        line.receive(now, bytes, |_, _| panic!("the frame before has been taken"));
        line.poll(line.deadline().unwrap(), |frame, at| {
            let frame = frame.unwrap();
            if let Ok(Heard::Reply {
                request, registers, ..
            }) = snoop.hear(frame, at)
            {
                heard.push((request.addr(), registers.bytes().to_vec()));
            }
            let mut reply = Frame::new();
            if server.serve(frame, &mut node, &mut reply) == Ok(Served::Reply) {
                sent.push(reply.as_bytes().to_vec());
            }
        });
    }
    assert_eq!(heard, [(12, vec![0x46, 0x2C, 0x80, 0])]);
    assert_eq!(sent, [with_crc(vec![2, 4, 2, 0, 160])]);
}

/// The status block of a node as the power share specification draws it.
struct Status([u16; 12]);

impl RegisterMap for Status {
    fn read(&mut self, _: Function, register: u16, values: &mut [u16]) -> Result<(), Exception> {
        let from = usize::from(register);
        let block = self.0.get(from..from + values.len());
        values.copy_from_slice(block.ok_or(Exception::IllegalAddress)?);
        Ok(())
    }

    fn write(&mut self, register: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        let from = usize::from(register);
        let block = self.0.get_mut(from..from + values.len());
        block
            .ok_or(Exception::IllegalAddress)?
            .copy_from_slice(values);
        Ok(values.len() as u16)
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |pair: &str| u8::from_str_radix(pair, 16).unwrap();
    hex.split(' ').map(pair).collect()
}

/// The example frames of the power share specification §5.2, both directions
#[test]
fn when_the_example_frames_are_played_then_the_node_replies_as_drawn() {
    for (request, reply) in [
        (
            "02 04 00 00 00 08 F1 FF",
            "02 04 10 00 06 00 00 00 3C 00 01 00 00 00 01 00 00 00 10 66 A6",
        ),
        (
            "02 10 00 00 00 02 04 00 07 00 00 4D 2A",
            "02 10 00 00 00 02 41 FB",
        ),
        ("02 06 00 06 00 00 69 F8", "02 06 00 06 00 00 69 F8"),
    ] {
        let mut node = Status([6, 0, 60, 1, 0, 1, 0, 16, 0, 0, 0, 0]);
        let mut frame = Frame::new();
        let served = Server::new(2).serve(&bytes(request), &mut node, &mut frame);
        assert_eq!(served, Ok(Served::Reply));
        assert_eq!(frame.as_bytes(), bytes(reply));
        // The master accepts it for what it asked, and a node that listens pairs the two.
        let mut snoop = Snoop::new();
        let request = bytes(request);
        let heard = snoop.hear(&request, Instant::ZERO);
        let Ok(Heard::Request(asked)) = heard else {
            panic!("{heard:?}");
        };
        assert!(asked.parse_rtu(frame.as_bytes()).is_ok());
        let heard = snoop.hear(frame.as_bytes(), Instant::ZERO);
        assert!(matches!(heard, Ok(Heard::Reply { .. })));
    }
    for broadcast in [
        "09 06 00 01 00 01 18 82",
        "09 10 00 20 00 0B 16 00 A0 00 00 00 3C 00 00 00 00 00 00 00 00 00 00 00 7D FF EC 00 05 7F 53",
        "09 10 00 20 00 08 10 00 A0 00 00 00 3C 00 00 00 00 00 00 00 00 00 00 99 24",
    ] {
        let mut node = One(0);
        let mut frame = Frame::new();
        let served = Server::new(2).serve(&bytes(broadcast), &mut node, &mut frame);
        assert_eq!((served, frame), (Ok(Served::Taken), Frame::new()));
        assert!(node.0 == 1 || node.0 == 160, "{broadcast}");
    }
}
