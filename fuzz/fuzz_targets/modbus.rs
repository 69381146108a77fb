//! Decoders of the bus: arbitrary bytes as reply, request and line traffic.
//! Nothing panics, and a reply counts only if it answers the question.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_meters::bus::{Bus, BusAction, BusConfig, Job};
use smartevse_meters::framing::parse_request_rtu;
use smartevse_meters::{
    Function, Meter, ReadKind, Tag, Transaction, Transport, decode_read, plan_read,
};
use smartevse_types::{Duration, Instant};

fuzz_target!(|data: &[u8]| {
    let Some((head, bytes)) = data.split_first_chunk::<8>() else {
        return;
    };
    let [function, addr, r1, r0, quantity, meter, step, id] = *head;
    let function = match function % 4 {
        0 => Function::ReadHolding,
        1 => Function::ReadInput,
        2 => Function::WriteSingle,
        _ => Function::WriteMultiple,
    };
    let register = u16::from_be_bytes([r1, r0]);
    let asked = Transaction::from_parts(Tag::new(1), addr, function, register, u16::from(quantity));
    for transport in [Transport::Rtu, Transport::Tcp] {
        if let Ok(registers) = asked.parse_reply(transport, u16::from(id), bytes) {
            let reads = matches!(function, Function::ReadHolding | Function::ReadInput);
            let expected = if reads { 2 * usize::from(quantity) } else { 0 };
            assert_eq!(
                registers.bytes().len(),
                expected,
                "a reply of another length"
            );
        }
    }
    let _ = parse_request_rtu(Tag::new(2), bytes);
    if let Some(meter) = Meter::from_id(meter) {
        for kind in ReadKind::ALL {
            let _ = decode_read(meter, kind, bytes);
        }
    }
    talk(bytes, u64::from(step));
});

/// A bus with one meter on a line that says anything at any time.
fn talk(bytes: &[u8], step: u64) {
    let mut bus: Bus<4, 2> = Bus::new(BusConfig::rtu(9600, 10));
    let Ok(asked) = plan_read(Meter::Eastron3P, ReadKind::Currents, Tag::new(1), 12) else {
        return;
    };
    if bus
        .add(Job::new(
            asked,
            Duration::from_secs(1),
            Duration::from_secs(2),
        ))
        .is_err()
    {
        return;
    }
    let mut now = Instant::from_secs(1);
    let mut rest = bytes;
    for _ in 0..200 {
        match bus.poll(now) {
            BusAction::Transmit { .. } => {
                now += Duration::from_millis(9);
                bus.transmitted(now);
            }
            BusAction::Listen { until } => {
                let (chunk, later) = rest.split_at(rest.len().min(1 + step as usize % 40));
                rest = later;
                if chunk.is_empty() {
                    now = now.latest(until);
                    if until == Instant::FAR_FUTURE {
                        return;
                    }
                } else {
                    now += Duration::from_millis(step);
                    bus.receive(now, chunk);
                }
            }
            BusAction::Report(report) => {
                if let Ok(registers) = report.result {
                    assert_eq!(registers.bytes().len(), 24);
                }
            }
            BusAction::Reconnect => return,
        }
    }
}
