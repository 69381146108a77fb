//! The example frames of the bus, byte by byte, through the Modbus codec.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test code may stop at what it does not expect"
)]

use smartevse_meters::crc::crc16;
use smartevse_share::protocol::{
    Answer, Effect, ErrorBits, Grant, Image, Master, Node, NodeState, NodeStatus, Operation,
    Orders, Transaction,
};
use smartevse_types::{Amps, DeciAmps, Duration, Instant, PerPhase};

const T0: Instant = Instant::from_secs(100);

const SHORT: &str = "09 10 00 20 00 08 10 00 A0 00 00 00 3C 00 00 00 00 00 00 00 00 00 00 99 24";
const LONG: &str = "09 10 00 20 00 0B 16 00 A0 00 00 00 3C 00 00 00 00 00 00 00 00 00 00 \
                    00 7D FF EC 00 05 7F 53";

/// A frame written as hexadecimal bytes.
fn hex(text: &str) -> Vec<u8> {
    let bytes = text
        .split(' ')
        .map(|byte| u8::from_str_radix(byte, 16).unwrap());
    bytes.collect()
}

/// The frame of a transaction.
fn frame(transaction: &Transaction) -> Vec<u8> {
    let mut bytes = vec![transaction.unit, transaction.operation.code()];
    bytes.extend(transaction.start.to_be_bytes());
    if transaction.operation != Operation::WriteSingle {
        bytes.extend(transaction.count.to_be_bytes());
    }
    if transaction.operation == Operation::WriteMultiple {
        bytes.push(u8::try_from(2 * transaction.count).unwrap());
    }
    bytes.extend(
        transaction
            .words()
            .iter()
            .flat_map(|word| word.to_be_bytes()),
    );
    let crc = crc16(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

/// The words of a frame from a byte on, without its checksum.
fn words(frame: &[u8], from: usize) -> Vec<u16> {
    assert_eq!(crc16(frame), 0, "an example with a wrong checksum");
    let data = &frame[from..frame.len() - 2];
    data.chunks(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect()
}

/// A master long after its start, with one node that shows this status.
fn master_with(unit: u8, status: NodeStatus, orders: Orders) -> Vec<Transaction> {
    let mut master = Master::new(T0);
    let (mut now, mut sent) = (T0, Vec::new());
    for _ in 0..600 {
        now += Duration::from_millis(50);
        master.set_orders(Orders {
            issued: now,
            ..orders
        });
        let Some(next) = master.next(now) else {
            continue;
        };
        master.sent(next.tag, now);
        if next.unit == unit && next.operation == Operation::Read {
            let words = status.encode();
            master.answer(next.tag, Ok(&words[..usize::from(next.count)]), now);
        } else if !next.is_broadcast() {
            master.answer(
                next.tag,
                Err(smartevse_share::protocol::LinkError::Timeout),
                now,
            );
        }
        sent.push(next);
    }
    sent
}

fn sends((unit, status): (u8, NodeStatus), orders: Orders, text: &str) {
    let sent = master_with(unit, status, orders);
    let wanted = hex(text);
    assert!(
        sent.iter().any(|next| frame(next) == wanted),
        "{text} is never sent"
    );
}

fn orders(set_points: [i32; 8]) -> Orders {
    Orders {
        version: 1,
        set_points: set_points.map(DeciAmps::from_deci),
        ..Orders::default()
    }
}

/// Power share 5.2: both forms of the broadcast.
#[test]
fn when_currents_are_broadcast_then_the_frames_match() {
    let third = (
        3,
        NodeStatus {
            set_point: DeciAmps::from_deci(60),
            ..NodeStatus::default()
        },
    );
    let short = orders([160, 0, 60, 0, 0, 0, 0, 0]);
    let mains = PerPhase::new([125, -20, 5].map(DeciAmps::from_deci));
    let long = Orders {
        mains: Some(mains),
        ..short
    };
    sends(third, short, SHORT);
    sends(third, long, LONG);
}

/// Power share 5.2: a node takes the broadcasts as they stand there.
#[test]
fn when_the_example_broadcasts_come_then_the_third_evse_takes_6_a() {
    for text in [SHORT, LONG] {
        let mut node = Node::new(3, T0).unwrap();
        let words = words(&hex(text), 7);
        node.write(&Image::default(), 0x20, &words, true, T0)
            .unwrap();
        assert_eq!(node.share(T0), DeciAmps::from_deci(60));
    }
}

/// Power share 5.2: the answer of a node that asks for C, and the poll for it.
#[test]
fn when_a_node_is_polled_then_the_frames_match() {
    let answer = hex("02 04 10 00 06 00 00 00 3C 00 01 00 00 00 01 00 00 00 10 66 A6");
    let expected = words(&answer, 3);
    let status = NodeStatus::decode(&expected).unwrap();
    assert_eq!(
        (status.state, status.capacity),
        (NodeState::CommC, Amps::from_amps(16))
    );
    let mut node = Node::new(2, T0).unwrap();
    let image = Image {
        status,
        ..Image::default()
    };
    node.read(&image, 0x108, &mut [0; 2], T0).unwrap();
    node.write(&image, 6, &[0], false, T0).unwrap();
    let mut shown = [0; 8];
    node.read(&image, 0, &mut shown, T0).unwrap();
    assert_eq!(shown.as_slice(), expected);

    // Our poll asks for twelve registers; firmware with eight gets the example.
    let mut master = Master::new(T0);
    let poll = master.next(T0).unwrap();
    assert_eq!(frame(&poll)[..5], hex("02 04 00 00 00"));
    master.answer(
        poll.tag,
        Err(smartevse_share::protocol::LinkError::Exception(2)),
        T0,
    );
    let later = T0 + Duration::from_secs(2);
    let again = master.next(later).filter(|next| next.unit != 2);
    again
        .iter()
        .for_each(|next| master.answer(next.tag, Ok(&[]), later));
    let short = core::iter::from_fn(|| {
        let next = master.next(later)?;
        master.answer(next.tag, Ok(&[]), later);
        Some(next)
    });
    let wanted = hex("02 04 00 00 00 08 F1 FF");
    assert!(short.into_iter().any(|next| frame(&next) == wanted));
}

/// Power share 5.2: the grant of C.
#[test]
fn when_c_is_granted_then_the_frame_matches() {
    let asking = NodeStatus {
        state: NodeState::CommC,
        set_point: DeciAmps::from_deci(60),
        ..NodeStatus::default()
    };
    let mut grant = orders([0, 60, 0, 0, 0, 0, 0, 0]);
    grant.answers[1] = Answer::GrantC;
    sends((2, asking), grant, "02 10 00 00 00 02 04 00 07 00 00 4D 2A");
    let mut node = Node::new(2, T0).unwrap();
    let image = Image {
        status: asking,
        ..Image::default()
    };
    let words = words(&hex("02 10 00 00 00 02 04 00 07 00 00 4D 2A"), 7);
    let written = node.write(&image, 0, &words, false, T0).unwrap();
    assert_eq!(
        written.effects.iter().next(),
        Some(Effect::Granted(Grant::C))
    );
    assert_eq!(crc16(&hex("02 10 00 00 00 02 41 FB")), 0);
    assert_eq!(written.accepted, 2, "the count of the reply");
}

/// Power share 5.2, 4.5: an update in the style of upstream writes state C; the
/// node takes the rest.
#[test]
fn when_upstream_writes_the_state_back_then_only_the_rest_counts() {
    let words = words(
        &hex("02 10 00 00 00 05 0A 00 02 00 00 00 00 00 02 02 58 49 32"),
        7,
    );
    let status = NodeStatus {
        state: NodeState::B1,
        ..NodeStatus::default()
    };
    let image = Image {
        status,
        ..Image::default()
    };
    let mut node = Node::new(2, T0).unwrap();
    let written = node.write(&image, 0, &words, false, T0).unwrap();
    assert_eq!(written.accepted, 3);
    assert_eq!(node.grant(T0), None);
}

/// Power share 5.2: EV meter settings, the changed flag, LESS_6A to all.
#[test]
fn when_the_small_frames_are_sent_then_they_match() {
    let changed = NodeStatus {
        config_changed: true,
        ..NodeStatus::default()
    };
    sends((2, changed), orders([0; 8]), "02 04 01 08 00 02 F1 C6");
    sends((2, changed), orders([0; 8]), "02 06 00 06 00 00 69 F8");
    let config = words(&hex("02 04 04 00 04 00 0C 89 40"), 3);
    assert_eq!(config, [4, 12]);
    let all = hex("09 06 00 01 00 01 18 82");
    let mut node = Node::new(2, T0).unwrap();
    node.write(&Image::default(), 1, &words(&all, 4), true, T0)
        .unwrap();
    assert_eq!(node.errors(), ErrorBits::LESS_6A);
}
