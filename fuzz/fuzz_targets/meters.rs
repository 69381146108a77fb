//! Decoders of meters and feeds: arbitrary settings and bytes. Nothing panics, and a
//! reading is in its range and comes from the right number of bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_meters::custom::{CustomMeter, CustomSettings, CustomValue};
use smartevse_meters::homewizard::HomeWizard;
use smartevse_meters::ledger::Ledger;
use smartevse_meters::p1::{Collector, Telegram};
use smartevse_meters::sensorbox::{Installation, Sensorbox, SensorboxConfig, decode};
use smartevse_meters::{Meter, ReadKind, Reader, Tag, Values};
use smartevse_types::{Instant, MilliAmps, WattHours};

fuzz_target!(|data: &[u8]| {
    let Some((family, bytes)) = data.split_first() else {
        return;
    };
    match family % 6 {
        0 => custom(bytes),
        1 => sensorbox(bytes),
        2 => homewizard(bytes),
        3 => p1(bytes),
        4 => table(bytes),
        _ => ledger(bytes),
    }
});

fn check(values: &Values) {
    let limit = MilliAmps::from_milli(3_276_799);
    for (_, current) in values.currents.into_iter().flat_map(|amps| amps.iter()) {
        assert!(
            current <= limit && current >= MilliAmps::ZERO - limit,
            "current out of range"
        );
    }
    for energy in [values.import, values.export].into_iter().flatten() {
        assert!(
            energy.as_wh().abs() <= 1_000_000_000_000,
            "energy out of range"
        );
    }
}

fn custom(bytes: &[u8]) {
    let Some((head, data)) = bytes.split_first_chunk::<15>() else {
        return;
    };
    let value = |at: usize| CustomValue {
        register: u16::from_be_bytes([head[at], head[at + 1]]),
        divisor: head[at + 2],
    };
    let settings = CustomSettings {
        byte_order: head[0],
        data_type: head[1],
        function: head[2],
        voltages: value(3),
        currents: value(6),
        power: value(9),
        import: value(12),
    };
    let Ok(meter) = CustomMeter::new(settings) else {
        return;
    };
    for kind in ReadKind::ALL {
        let planned = meter.profile().plan(kind, Tag::new(1), 30);
        if let Ok(values) = meter.profile().decode(kind, data) {
            let asked = planned.expect("a reading that cannot be asked for");
            assert_eq!(usize::from(asked.quantity()) * 2, data.len(), "length");
            check(&values);
        }
    }
}

fn sensorbox(bytes: &[u8]) {
    let Some((&[flags, mains], mut rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let installation = Installation {
        three_wire: flags & 1 == 1,
        mains_a: u16::from(mains),
    };
    let mut reader = Sensorbox::new(SensorboxConfig {
        installation,
        is_node: flags & 2 == 2,
    });
    let _ = decode(rest, installation);
    while !rest.is_empty() {
        let length = usize::from(reader.plan(Tag::new(1)).quantity()) * 2;
        let (reply, later) = rest.split_at(length.min(rest.len()));
        rest = later;
        match reader.accept(reply) {
            Ok(reading) => {
                assert!(
                    reading
                        .grid_write
                        .is_none_or(|value| value & 1 == u16::from(reading.wires() & 1))
                );
                check(&Values::from(reading));
            }
            Err(_) => reader.missed(),
        }
    }
}

fn homewizard(bytes: &[u8]) {
    if let Ok(reply) = HomeWizard::parse(bytes) {
        assert!(matches!(reply.phases, 1..=3));
        check(&reply.values());
    }
}

fn p1(bytes: &[u8]) {
    if let Ok(telegram) = Telegram::parse(bytes) {
        check(&telegram.values());
    }
    let mut with_crc = bytes.to_vec();
    with_crc.push(b'!');
    let crc = smartevse_meters::crc::crc16_arc(&with_crc);
    with_crc.extend(format!("{crc:04X}").bytes());
    if let Ok(telegram) = Telegram::parse(&with_crc) {
        check(&telegram.values());
    }
    let mut collector: Collector<256> = Collector::new();
    bytes.iter().chain(&with_crc).for_each(|byte| {
        let _ = collector.receive(*byte);
    });
}

fn table(bytes: &[u8]) {
    let Some((&[id, kinds], data)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let Some(mut reader) = Meter::from_id(id).and_then(|meter| Reader::of(meter).ok()) else {
        return;
    };
    for (index, kind) in ReadKind::ALL.into_iter().enumerate() {
        let Ok(asked) = reader.plan(kind, Tag::new(1), 20) else {
            continue;
        };
        let mut fitted = data.to_vec();
        if kinds >> (index % 8) & 1 == 1 {
            fitted.resize(usize::from(asked.quantity()) * 2, 0);
        }
        if let Ok(values) = reader.accept(kind, &fitted, Instant::from_secs(u64::from(kinds))) {
            assert_eq!(usize::from(asked.quantity()) * 2, fitted.len(), "length");
            check(&values);
        }
    }
}

fn ledger(bytes: &[u8]) {
    let mut ledger = if bytes.len() % 2 == 0 {
        Ledger::new()
    } else {
        Ledger::new().with_guard()
    };
    for event in bytes.chunks_exact(10) {
        let (head, number) = event.split_at(2);
        let reading =
            WattHours::from_wh(i64::from_be_bytes(number.try_into().expect("eight bytes")));
        let at = Instant::from_secs(u64::from(head[1]));
        let before = ledger.charged();
        match head[0] % 4 {
            0 => ledger.import(reading, at),
            1 => ledger.export(reading, at),
            2 => ledger.charge(),
            _ => ledger.disconnect(),
        }
        assert!(ledger.charged() >= WattHours::ZERO, "charged below 0");
        assert!(
            head[0] % 4 != 0 || ledger.charged() >= before,
            "an import took energy away"
        );
    }
}
