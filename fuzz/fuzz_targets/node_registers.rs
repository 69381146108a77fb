//! The register map of a node under arbitrary accesses: no write grants what nobody asked for,
//! nothing but a broadcast raises the share, and silence ends it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_share::protocol::{Currents, Effect, Image, Node, NodeState, NodeStatus, Refusal};
use smartevse_types::{DeciAmps, Duration, Instant};

/// The next byte, 0 at the end.
fn byte(data: &mut &[u8]) -> u8 {
    let Some((first, rest)) = data.split_first() else {
        return 0;
    };
    *data = rest;
    *first
}

fn word(data: &mut &[u8]) -> u16 {
    u16::from_be_bytes([byte(data), byte(data)])
}

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let mut now = Instant::from_secs(1);
    let Some(mut node) = Node::new(byte(&mut data), now) else {
        return;
    };
    let mut image = Image::default();
    let mut heard = now;
    while !data.is_empty() {
        let kind = byte(&mut data);
        now += Duration::from_millis(u64::from(byte(&mut data)) * 20);
        let start = word(&mut data);
        let count = usize::from(byte(&mut data) % 24);
        let broadcast = kind & 0x10 != 0;
        match kind & 3 {
            0 => {
                let status = NodeStatus {
                    state: NodeState::from_word(start),
                    ..image.status
                };
                image = Image { status, ..image };
                node.poll(&image, now);
            }
            1 => {
                let mut values = [0; 24];
                let read = node.read(&image, start, &mut values[..count], now);
                assert!(matches!(read, Ok(()) | Err(Refusal::IllegalAddress)));
            }
            _ => {
                let mut values = [0; 24];
                values[..count]
                    .iter_mut()
                    .for_each(|value| *value = word(&mut data));
                let values = &values[..count];
                let before = node.share(now);
                let Ok(written) = node.write(&image, start, values, broadcast, now) else {
                    assert_eq!(node.share(now), before);
                    continue;
                };
                assert!(usize::from(written.accepted) <= count);
                if broadcast && start == 0x20 {
                    assert!(Currents::decode(values).is_some());
                    heard = now;
                } else {
                    assert!(node.share(now) <= before, "only a broadcast raises");
                }
                for effect in written.effects.iter() {
                    if let Effect::Granted(grant) = effect {
                        assert_eq!(image.status.state.asks(), Some(grant));
                        assert!(!broadcast);
                    }
                }
            }
        }
        assert!(node.share(now) <= Currents::MOST);
        if now.since(heard) > Duration::from_secs(11) {
            assert_eq!(node.share(now), DeciAmps::ZERO);
        }
    }
});
