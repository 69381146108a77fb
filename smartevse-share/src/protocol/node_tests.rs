extern crate std;

use self::std::vec::Vec;
use super::*;
use smartevse_types::{Mode, PerPhase};

const T0: Instant = Instant::from_secs(100);

fn at(millis: u64) -> Instant {
    T0 + Duration::from_millis(millis)
}

fn in_state(state: NodeState) -> Image {
    let mut image = Image::default();
    image.status.state = state;
    image.status.access = Code::Known(Access::On);
    image
}

fn node() -> Node {
    Node::new(2, T0).unwrap()
}

fn effects(written: Result<Written, Refusal>) -> Vec<Effect> {
    written.unwrap().effects.iter().collect()
}

fn broadcast(node: &mut Node, deci: u16, now: Instant) -> Vec<Effect> {
    let words = [0, deci, 0, 0, 0, 0, 0, 0];
    effects(node.write(&Image::default(), 0x20, &words, true, now))
}

fn status(node: &mut Node, image: &Image, now: Instant) -> NodeStatus {
    let mut words = [0; 12];
    node.read(image, 0, &mut words, now).unwrap();
    NodeStatus::decode(&words).unwrap()
}

/// Power share 1: only 2–8 are nodes.
#[test]
fn when_the_address_is_no_node_then_there_is_none() {
    assert!((2..=8).all(|address| Node::new(address, T0).is_some()));
    assert!(
        [0, 1, 9, 10, 255]
            .iter()
            .all(|address| Node::new(*address, T0).is_none())
    );
}

/// Power share 4.5 (a), (b): 5 and 7 only while asked, with the rest of the write.
#[test]
fn when_the_node_asks_then_the_grant_is_taken() {
    let (mut node, image) = (node(), in_state(NodeState::CommC));
    let taken = node.write(&image, 0, &[7, 0], false, at(0)).unwrap();
    assert_eq!(taken.accepted, 2);
    assert_eq!(taken.effects.iter().next(), Some(Effect::Granted(Grant::C)));
    assert_eq!(node.grant(at(4000)), Some(Grant::C));
    assert_eq!(node.grant(at(4001)), None, "I-19: at most 4 s");
    let shown = status(&mut node, &image, at(100)).state;
    assert_eq!(
        shown,
        NodeState::CommCOk,
        "it shows before the state changes"
    );
    node.poll(&in_state(NodeState::A), at(200));
    assert_eq!(node.grant(at(200)), None, "the request is gone");
}

/// Power share 4.5 (c), PS1: the polled state written back changes nothing,
/// another one is skipped, the rest of the write counts.
#[test]
fn when_a_stale_state_is_written_then_only_the_rest_counts() {
    let mut node = node();
    let words = [2, 1, 0, 2, 600];
    let taken = node
        .write(&in_state(NodeState::B1), 0, &words, false, at(0))
        .unwrap();
    assert_eq!(taken.accepted, 3, "error, mode and timer");
    let all: Vec<_> = taken.effects.iter().collect();
    let expected = [
        Effect::ErrorSet(ErrorBits::LESS_6A),
        Effect::Mode(Mode::Solar),
        Effect::SolarTimer(Seconds::from_secs(600)),
    ];
    assert_eq!(all, expected);
    let same = node
        .write(&in_state(NodeState::B1), 0, &[9], false, at(0))
        .unwrap();
    assert_eq!(same.accepted, 1);
    let refused = node.write(&in_state(NodeState::B), 0, &[2], false, at(0));
    assert_eq!(refused, Err(Refusal::IllegalValue));
}

/// A grant to everybody would be taken by everybody who asks.
#[test]
fn when_a_grant_is_broadcast_then_it_is_refused() {
    let image = in_state(NodeState::CommC);
    let refused = node().write(&image, 0, &[7], true, at(0));
    assert_eq!(refused, Err(Refusal::IllegalValue));
}

/// Power share 4.2: both forms of the broadcast, the mains currents only in the long one.
#[test]
fn when_a_broadcast_comes_then_its_own_share_is_taken() {
    let mut node = node();
    let share = DeciAmps::from_deci(160);
    assert_eq!(broadcast(&mut node, 160, at(0)), [Effect::Share(share)]);
    let words = [0, 60, 0, 0, 0, 0, 0, 0, 125, 0xFFEC, 5];
    let long = effects(node.write(&Image::default(), 0x20, &words, true, at(1)));
    let mains = PerPhase::new([125, -20, 5].map(DeciAmps::from_deci));
    assert_eq!(
        long,
        [
            Effect::Share(DeciAmps::from_deci(60)),
            Effect::MainsSeen(mains)
        ]
    );
    assert_eq!(
        broadcast(&mut node, 59, at(2)),
        [Effect::Share(DeciAmps::ZERO)]
    );
}

/// I-20: an impossible share neither counts nor keeps the old one alive.
#[test]
fn when_a_broadcast_is_impossible_then_nothing_changes() {
    let mut node = node();
    broadcast(&mut node, 60, at(0));
    let before = node;
    let image = Image::default();
    for (start, words) in [(0x20, &[801; 8][..]), (0x20, &[60; 9]), (0x21, &[60; 8])] {
        assert!(node.write(&image, start, words, true, at(5000)).is_err());
    }
    let direct = node.write(&image, 0x20, &[60; 8], false, at(5000));
    assert_eq!(direct, Err(Refusal::IllegalAddress));
    assert_eq!(node, before);
}

/// I-15, decision 56: CT_NOCOMM when older than 11 s, cleared by the first broadcast.
#[test]
fn when_the_master_is_silent_then_the_share_is_zero() {
    let (mut node, image) = (node(), in_state(NodeState::C));
    broadcast(&mut node, 160, at(0));
    assert_eq!(node.poll(&image, at(11_000)), Effects::NONE);
    assert_eq!(node.share(at(11_000)), DeciAmps::from_deci(160));
    assert_eq!(node.share(at(11_001)), DeciAmps::ZERO, "poll or not");
    assert!(node.deadline() <= at(11_001));
    let lost: Vec<_> = node.poll(&image, at(11_001)).iter().collect();
    let expected = [
        Effect::Share(DeciAmps::ZERO),
        Effect::ErrorSet(ErrorBits::CT_NOCOMM),
    ];
    assert_eq!(lost, expected);
    let back = broadcast(&mut node, 60, at(30_000));
    let expected = [
        Effect::ErrorSet(ErrorBits::NONE),
        Effect::Share(DeciAmps::from_deci(60)),
    ];
    assert_eq!(back, expected);
}

/// Power share 5.3: CT_NOCOMM written by the master stops at once; a lone node
/// takes no grant.
#[test]
fn when_the_master_lost_its_meter_then_the_node_stops_at_once() {
    let (mut node, image) = (node(), in_state(NodeState::CommC));
    broadcast(&mut node, 160, at(0));
    node.write(&image, 1, &[2], false, at(1)).unwrap();
    assert_eq!(node.share(at(1)), DeciAmps::ZERO);
    assert!(node.write(&image, 0, &[7], false, at(2)).is_err());
    node.write(&image, 1, &[0], false, at(3)).unwrap();
    assert!(
        node.errors().has(ErrorBits::CT_NOCOMM),
        "only a broadcast clears it"
    );
}

/// PS8: writing the error register back neither clears nor keeps own errors.
#[test]
fn when_the_error_register_is_written_then_own_errors_stay_own() {
    let (mut node, mut image) = (node(), in_state(NodeState::B));
    image.status.errors = ErrorBits::TEMP_HIGH;
    node.write(&image, 1, &[0], false, at(0)).unwrap();
    assert!(
        status(&mut node, &image, at(0))
            .errors
            .has(ErrorBits::TEMP_HIGH)
    );
    node.write(&image, 1, &[5], false, at(0)).unwrap();
    image.status.errors = ErrorBits::NONE;
    assert_eq!(status(&mut node, &image, at(0)).errors, ErrorBits::LESS_6A);
}

/// Power share 15: a node that was switched off is not woken over the bus.
#[test]
fn when_access_is_off_then_it_stays_off() {
    let mut node = node();
    let mut image = in_state(NodeState::B);
    let paused = effects(node.write(&image, 5, &[2], false, at(0)));
    assert_eq!(paused, [Effect::Access(Access::Pause)]);
    image.status.access = Code::Known(Access::Off);
    assert!(node.write(&image, 5, &[1], false, at(0)).is_err());
    assert!(node.write(&image, 5, &[2], false, at(0)).is_err());
    assert_eq!(effects(node.write(&image, 5, &[0], false, at(0))), []);
}

/// Power share 4.4: ranges item by item, the count that was accepted, the
/// uncertain half ignored, MODE as a mode change (PS13).
#[test]
fn when_the_settings_come_then_each_item_is_judged() {
    let mut words = [0; 22];
    words[..10].copy_from_slice(&[1, 25, 0, 0, 9, 4, 10, 0, 1, 10]);
    words[12] = 4;
    let image = Image::default();
    let taken = node().write(&image, 0x200, &words, true, at(0)).unwrap();
    assert_eq!(taken.accepted, 9, "MAINS 9 A is out of range");
    let all: Vec<_> = taken.effects.iter().collect();
    assert_eq!(
        all[..2],
        [
            Effect::Mode(Mode::Smart),
            Effect::Setting(SettingId::Circuit, 25)
        ]
    );
    assert!(
        !all.iter()
            .any(|e| matches!(e, Effect::Setting(SettingId::Mains, _)))
    );
    let mut known = node().with_same_table();
    let taken = known.write(&image, 0x200, &words, true, at(0)).unwrap();
    assert_eq!(taken.accepted, 20, "all but MAINS and READ MAX");
}

/// I-17, power share 2: MIN, PRIORITY, ROTATION and IDLE TMO are not the bus's business.
#[test]
fn when_a_scheduler_setting_is_written_then_it_is_refused() {
    let (mut node, image) = (node(), Image::default());
    let min = node.write(&image, 0x102, &[8], false, at(0));
    assert_eq!(min, Err(Refusal::IllegalValue));
    for address in [0x0C, 0x2B, 0x10A, 0x216, 0x300] {
        let refused = node.write(&image, address, &[1], false, at(0));
        assert_eq!(refused, Err(Refusal::IllegalAddress));
    }
    let all = node.write(&image, 0x104, &[2], true, at(0));
    assert_eq!(all, Err(Refusal::IllegalAddress), "one address for all");
}

/// Power share 4.4: a range that leaves its block is refused as a whole.
#[test]
fn when_a_range_leaves_its_block_then_exception_2() {
    let (mut node, image) = (node(), Image::default());
    node.poll(&image, at(0));
    let before = node;
    let refused = node.write(&image, 0x0A, &[0; 3], false, at(0));
    assert_eq!(refused.map_err(Refusal::code), Err(2));
    assert_eq!(
        node.read(&image, 0x20, &mut [0; 8], at(0)),
        Err(Refusal::IllegalAddress)
    );
    assert_eq!(
        node.read(&image, 0x108, &mut [0; 3], at(0)),
        Err(Refusal::IllegalAddress)
    );
    assert_eq!(node, before);
}

/// PS14: the flag is set by a change and cleared only for what was read.
#[test]
fn when_the_meter_settings_change_then_the_flag_is_set_once() {
    let (mut node, mut image) = (node(), Image::default());
    image.config = image.config.with(SettingId::EvMeter, 4);
    assert!(status(&mut node, &image, at(0)).config_changed);
    node.read(&image, 0x108, &mut [0; 2], at(1)).unwrap();
    image.config = image.config.with(SettingId::EvAdr, 13);
    node.write(&image, 6, &[0], false, at(2)).unwrap();
    assert!(
        status(&mut node, &image, at(3)).config_changed,
        "changed since it was read"
    );
    node.read(&image, 0x108, &mut [0; 2], at(4)).unwrap();
    node.write(&image, 6, &[0], false, at(5)).unwrap();
    assert!(!status(&mut node, &image, at(6)).config_changed);
}

/// The reported set-point never falls before the pilot has.
#[test]
fn when_the_pilot_lags_then_the_higher_set_point_is_reported() {
    let (mut node, mut image) = (node(), in_state(NodeState::C));
    broadcast(&mut node, 160, at(0));
    image.status.set_point = DeciAmps::from_deci(60);
    assert_eq!(
        status(&mut node, &image, at(0)).set_point,
        DeciAmps::from_deci(160)
    );
    broadcast(&mut node, 60, at(0));
    image.status.set_point = DeciAmps::from_deci(160);
    assert_eq!(
        status(&mut node, &image, at(0)).set_point,
        DeciAmps::from_deci(160)
    );
}

/// Power share 6.2: two masters poll twice as often; MIN at most.
#[test]
fn when_two_masters_poll_then_the_share_is_min() {
    let (mut node, image) = (node(), in_state(NodeState::C));
    let mut last = Vec::new();
    for second in 0..20 {
        broadcast(&mut node, 160, at(second * 1000));
        status(&mut node, &image, at(second * 1000));
        last.extend(node.poll(&image, at(second * 1000)).iter());
    }
    let six = DeciAmps::from_deci(60);
    assert_eq!(last, [Effect::SecondMaster(true), Effect::Share(six)]);
    assert_eq!(node.share(at(19_000)), six);
}
