//! The conversation of a group: both sides of it.

use smartevse_share::protocol::{
    Block, Code, Currents, ErrorBits, Image, LinkError, Master, Node, NodeConfig, NodeReport,
    NodeState, NodeStatus, Operation, Orders, Refusal, SettingId, SettingRow, SystemConfig, Tag,
};
use smartevse_types::{DeciAmps, Duration, Instant, Mode};

use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    blocks();
    tables();
    states();
    node();
    master();
    report();
}

fn now() -> Instant {
    opaque(Instant::ZERO)
}

/// Gives words that nobody knows the number of.
fn some(words: &[u16; 32]) -> &[u16] {
    words.get(..opaque(words.len())).unwrap_or(&[])
}

fn blocks() {
    let words = opaque([0; 32]);
    consume(NodeStatus::decode(some(&words)));
    consume(opaque(NodeStatus::default()).encode());
    consume(Currents::decode(some(&words)));
    let currents = opaque(Currents {
        set_points: [DeciAmps::ZERO; 8],
        mains: None,
    });
    consume(currents.encode());
    let id = opaque(SettingId::Max);
    let config = opaque(NodeConfig::default());
    consume((config.value(id), config.with(id, opaque(1))));
    let config = opaque(SystemConfig::default());
    consume((config.value(id), config.with(id, opaque(1))));
    consume(opaque(Code::Known(Mode::Smart)).known());
}

fn tables() {
    let block = opaque(Block::Status);
    consume((block.start(), block.size()));
    consume(Block::of(opaque(1), opaque(2)));
    if let Some(row) = SettingRow::at(opaque(0x0100)) {
        let row = opaque(row);
        consume((row.accepts(opaque(1)), row.is_certain()));
    }
    consume((opaque(Tag::from_number(opaque(1))).number(), Tag::default()));
    consume(opaque(Operation::Read).code());
    consume(opaque(Refusal::IllegalValue).code());
}

fn states() {
    let state = opaque(NodeState::from_word(opaque(1)));
    consume((state.to_word(), state.may_draw()));
    consume((state.asks(), state.is_connected()));
    let (bits, others) = opaque((ErrorBits::NONE, ErrorBits::from_word(opaque(1))));
    consume((bits.to_word(), bits.has(others), bits.with(others)));
    consume((bits.without(others), bits.common(others)));
}

fn node() {
    let Some(node) = Node::new(opaque(2), now()) else {
        return;
    };
    let mut node = opaque(node.with_same_table());
    let (image, mut words) = opaque((Image::default(), [0; 32]));
    node.poll(&image, now()).iter().for_each(consume);
    let mut node = opaque(node);
    if let Some(values) = words.get_mut(..opaque(32)) {
        consume(node.read(&image, opaque(0), values, now()));
    }
    let mut node = opaque(node);
    let written = node.write(&image, opaque(0), some(&words), opaque(false), now());
    consume((written, words));
    let node = opaque(node);
    consume((node.share(now()), node.errors()));
    consume((node.grant(now()), node.deadline()));
}

fn master() {
    let mut master = opaque(Master::new(now()));
    master.set_orders(opaque(Orders::default()));
    master.announce(opaque(SystemConfig::default()));
    master.overheard(now());
    let mut master = opaque(master);
    if let Some(next) = master.next(now()) {
        let next = opaque(next);
        consume((next.words(), next.is_broadcast()));
    }
    let mut master = opaque(master);
    master.sent(opaque(Tag::default()), now());
    let (mut master, words) = opaque((master, [0; 32]));
    let result = opaque(Err::<(), _>(LinkError::Timeout)).map(|()| some(&words));
    master.answer(opaque(Tag::default()), result, now());
    let master = opaque(master);
    consume((master.has_conflict(now()), master.report(opaque(1))));
    consume((master.exposure(opaque(1), now()), master.orders_sent()));
    consume((master.is_settled(now()), master.deadline()));
}

fn report() {
    let report = opaque(NodeReport::default());
    consume((report.cap(), report.is_willing(), report.is_online()));
    consume(report.measured(now(), opaque(Duration::ZERO)));
}
