//! Properties of the custom meter, Sensorbox, HomeWizard, P1 and the ledger
//! (meters specification §15, 1, 4, 5, 7, 13–16, 20, 21, 23).

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_meters::crc::crc16_arc;
use smartevse_meters::custom::{CustomMeter, CustomSettings, CustomValue};
use smartevse_meters::homewizard::HomeWizard;
use smartevse_meters::ledger::Ledger;
use smartevse_meters::p1::{Collector, Telegram};
use smartevse_meters::sensorbox::{self, Installation};
use smartevse_meters::server::{Exception, RegisterMap, Server};
use smartevse_meters::snoop::Snoop;
use smartevse_meters::{
    Feed, FeedMessage, FeedRole, Frame, Function, Meter, MeterError, ReadKind, Reader, Tag,
};
use smartevse_types::{Duration, Instant, MilliAmps, WattHours};

use crate::frames::with_crc;

fn custom_value() -> impl Strategy<Value = CustomValue> {
    (any::<u16>(), 0..9_u8).prop_map(|(register, divisor)| CustomValue { register, divisor })
}

fn custom_settings() -> impl Strategy<Value = CustomSettings> {
    let codes = (0..6_u8, 0..7_u8, any::<u8>());
    let values = (
        custom_value(),
        custom_value(),
        custom_value(),
        custom_value(),
    );
    (codes, values).prop_map(
        |((byte_order, data_type, function), (v, c, p, e))| CustomSettings {
            byte_order,
            data_type,
            function,
            voltages: v,
            currents: c,
            power: p,
            import: e,
        },
    )
}

/// The bytes of a raw value in a data type, most significant first.
fn raw_bytes(data_type: u8, value: i64) -> Vec<u8> {
    match data_type {
        0 => (value as i32).to_be_bytes().to_vec(),
        1 => (value as f32).to_be_bytes().to_vec(),
        2 => (value as i16).to_be_bytes().to_vec(),
        3 => (value as u16).to_be_bytes().to_vec(),
        _ => (value as u32).to_be_bytes().to_vec(),
    }
}

/// The same value in a byte order, after the table of §4.1.
fn on_wire(order: u8, mut bytes: Vec<u8>) -> Vec<u8> {
    if order.is_multiple_of(2) {
        bytes = bytes.chunks(2).rev().flatten().copied().collect();
    }
    if order < 2 {
        bytes.chunks_mut(2).for_each(<[u8]>::reverse);
    }
    bytes
}

struct Nothing;

impl RegisterMap for Nothing {
    fn read(&mut self, _: Function, register: u16, _: &mut [u16]) -> Result<(), Exception> {
        if register.is_multiple_of(2) {
            Ok(())
        } else {
            Err(Exception::Busy)
        }
    }

    fn write(&mut self, _: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        Ok(values.len() as u16)
    }
}

/// A JSON object with a few members in any order.
fn members() -> impl Strategy<Value = Vec<String>> {
    let number = (-40_000..40_000_i64, 0..4_usize).prop_map(|(value, digits)| {
        let sign = if value < 0 { "-" } else { "" };
        let fraction = &format!("{:04}", value.unsigned_abs() % 10_000)[..digits];
        let point = if digits == 0 { "" } else { "." };
        format!("{sign}{}{point}{fraction}", value.unsigned_abs() / 10_000)
    });
    let key = prop::sample::select(vec![
        "active_current_l1_a",
        "active_current_l2_a",
        "active_current_l3_a",
        "active_power_l1_w",
        "active_power_l3_w",
        "active_power_w",
        "total_power_import_kwh",
    ]);
    let member = (key, number).prop_map(|(key, number)| format!("\"{key}\":{number}"));
    vec(member, 0..8)
}

/// Whether both find the text to be a JSON object, or both not.
fn agrees_with_serde(text: &str) -> Result<(), TestCaseError> {
    let ours = HomeWizard::parse(text.as_bytes());
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(_) => prop_assert_ne!(ours, Err(MeterError::Json), "{}", text),
        // It also refuses what is valid but does not fit into its numbers or characters.
        Err(why) if why.to_string().contains("out of range") => {}
        Err(why) if why.to_string().contains("surrogate") => {}
        Err(_) => prop_assert_eq!(ours, Err(MeterError::Json), "{}", text),
    }
    Ok(())
}

proptest! {
    /// meters 15.1: settings of any value make a meter or an error; a meter never
    /// crosses register 65 535 (15.18)
    #[test]
    fn when_custom_settings_are_arbitrary_then_every_read_is_in_range(
        settings in custom_settings(), data in vec(any::<u8>(), 0..16)
    ) {
        let Ok(meter) = CustomMeter::new(settings) else { return Ok(()) };
        for kind in ReadKind::ALL {
            let _ = meter.profile().decode(kind, &data);
            let planned = meter.profile().plan(kind, Tag::new(0), 30);
            prop_assert!(planned.is_ok() || !meter.is_described(kind));
            if let Ok(asked) = planned {
                let end = u32::from(asked.register()) + u32::from(asked.quantity());
                prop_assert!(end <= 65_536 && asked.quantity() <= 6);
                let length = usize::from(asked.quantity()) * 2;
                let decoded = meter.profile().decode(kind, &data);
                prop_assert!(decoded.is_err() || data.len() == length);
            }
        }
    }

    /// meters 15.4, 15.13 and 15.14: all byte orders, data types and divisors
    #[test]
    fn when_custom_values_are_sent_then_they_come_back(
        order in 0..4_u8, data_type in 0..5_u8, divisor in 0..=7_u8, value in -32_000..32_000_i64
    ) {
        let value = if data_type >= 3 { value.abs() } else { value };
        let settings = CustomSettings {
            byte_order: order,
            data_type,
            import: CustomValue { register: 4, divisor },
            ..CustomSettings::default()
        };
        let meter = CustomMeter::new(settings).unwrap();
        let wire = on_wire(order, raw_bytes(data_type, value));
        let got = meter.profile().decode(ReadKind::Import, &wire).unwrap();
        // Wh = raw × 10^(3 − divisor), half away from zero, in whole numbers.
        let scaled = value * 1000;
        let factor = 10_i64.pow(u32::from(divisor));
        let rounded = (scaled.abs() + factor / 2) / factor * scaled.signum();
        prop_assert_eq!(got.import.unwrap().as_wh(), rounded);
    }

    /// meters 15.1 and 15.7: any bytes; an error leaves no reading behind
    #[test]
    fn when_a_sensorbox_sends_anything_then_the_decoder_is_total(
        data in vec(any::<u8>(), 0..70), mains_a in any::<u16>(), three_wire in any::<bool>()
    ) {
        let installation = Installation { three_wire, mains_a };
        let _ = sensorbox::decode(&data, installation);
        for length in [40, 64] {
            let mut fitted = data.clone();
            fitted.resize(length, 0x40);
            let Ok(reading) = sensorbox::decode(&fitted, installation) else { continue };
            let limit = MilliAmps::from_milli(3_276_799);
            prop_assert!(reading.currents.iter().all(|(_, i)| i <= limit));
            // meters 15.23
            let wires = u16::from(reading.wires());
            match reading.grid_write {
                None => prop_assert!(
                    !reading.has_grid_item() || wires >> 1 == u16::from(three_wire)
                ),
                Some(write) => {
                    prop_assert!(reading.has_grid_item() && reading.hardware >= 0x10);
                    prop_assert_eq!(write & 1, wires & 1);
                    prop_assert_eq!(write >> 1, u16::from(three_wire));
                    fitted[1] = reading.hardware & 0xFC | write as u8;
                    let mirrored = sensorbox::decode(&fitted, installation).unwrap();
                    prop_assert_eq!(mirrored.grid_write, None);
                }
            }
        }
    }

    /// meters 15.1 and 15.20: any bytes, and any text that looks like JSON
    #[test]
    fn when_a_homewizard_sends_anything_then_the_parser_is_total(
        bytes in vec(any::<u8>(), 0..4096),
        text in "[{}\\[\\]\",:0-9.eE+\\\\\\-a-f u\t]{0,200}"
    ) {
        let _ = HomeWizard::parse(&bytes);
        let _ = HomeWizard::parse(text.as_bytes());
        agrees_with_serde(&format!("{{{text}}}"))?;
    }

    /// meters 9.2: `serde_json` finds the same texts valid, one change away from a reply
    #[test]
    fn when_a_character_changes_then_serde_json_agrees(
        members in members(), at in any::<prop::sample::Index>(),
        put in "[{}\\[\\]\",:0-9.eE+\\\\ /utn-]{0,2}", cut in 0..3_usize
    ) {
        let nested = r#""n":[{"a":"\u00e9\\"},[],{},-0.5e+3,true,null],"#;
        let text = format!("{{{nested}{}}}", members.join(","));
        let mut characters: Vec<char> = text.chars().collect();
        let from = at.index(characters.len());
        let to = (from + cut).min(characters.len());
        characters.splice(from..to, put.chars());
        agrees_with_serde(&characters.into_iter().collect::<String>())?;
    }

    /// meters 15.20: unknown keys and nested objects change nothing
    #[test]
    fn when_unknown_members_are_added_then_the_reading_is_the_same(
        members in members(), at in any::<prop::sample::Index>(),
        extra in prop::sample::select(vec![
            r#""external":[{"active_current_l1_a":99.0},[]]"#,
            r#""x":{"active_power_w":{"active_current_l2_a":"1"}}"#,
            r#""meter_model":"ISKRA \"2M-382\" {[,""#,
            r#""active_current_l4_a":77"#,
        ])
    ) {
        let plain = HomeWizard::parse(format!("{{{}}}", members.join(",")).as_bytes());
        let mut more = members.clone();
        more.insert(at.index(members.len() + 1), extra.to_owned());
        let extended = HomeWizard::parse(format!(" {{ {} }} ", more.join(" , ")).as_bytes());
        prop_assert_eq!(extended, plain);
    }

    /// meters 15.1: any bytes; a telegram with a right CRC is read or refused
    #[test]
    fn when_a_p1_port_sends_anything_then_the_parser_is_total(
        bytes in vec(any::<u8>(), 0..600), lines in vec("[0-3]-[0-3]:[0-9]{1,2}\\.[0-9]\\.[0-9]\\([0-9.*kWVA]{0,12}\\)", 0..12)
    ) {
        let _ = Telegram::parse(&bytes);
        let mut text = format!("/FLU5\\1\r\n\r\n{}\r\n!", lines.join("\r\n"));
        text.push_str(&format!("{:04X}\r\n", crc16_arc(text.as_bytes())));
        let whole = Telegram::parse(text.as_bytes());
        let mut collector: Collector<1024> = Collector::new();
        bytes.iter().for_each(|byte| { let _ = collector.receive(*byte); });
        let told: Vec<_> = text.bytes().filter_map(|byte| collector.receive(byte)).collect();
        prop_assert_eq!(told.last(), Some(&whole));
    }

    /// meters 15.1: any bytes; a server and a listener never fail
    #[test]
    fn when_frames_are_arbitrary_then_server_and_snoop_are_total(
        bodies in vec(vec(any::<u8>(), 0..80), 1..6), addr in any::<u8>()
    ) {
        let (server, mut snoop) = (Server::new(addr), Snoop::new());
        for mut body in bodies {
            if let (Some(first), true) = (body.first_mut(), addr % 2 == 0) {
                *first = addr;
            }
            for frame in [body.clone(), with_crc(body)] {
                let mut reply = Frame::new();
                let _ = server.serve(&frame, &mut Nothing, &mut reply);
                prop_assert!(reply.as_bytes().is_empty() || reply.as_bytes()[0] == addr);
                let _ = snoop.hear(&frame, Instant::from_secs(1));
            }
        }
    }

    /// meters 15.7: data of any length into any reader
    #[test]
    fn when_a_reader_gets_anything_then_it_is_total(
        id in prop::sample::select(vec![1_u8, 4, 7, 20, 21, 64, 66, 67, 68]),
        data in vec(any::<u8>(), 0..70), at in 0..100_u64
    ) {
        let meter = Meter::from_id(id).unwrap();
        let mut reader = Reader::any(meter, None, Default::default()).unwrap();
        for kind in ReadKind::ALL {
            if let Ok(asked) = reader.plan(kind, Tag::new(1), 20) {
                let mut fitted = data.clone();
                fitted.resize(usize::from(asked.quantity()) * 2, 0x11);
                let _ = reader.accept(kind, &fitted, Instant::from_secs(at));
            }
            let _ = reader.accept(kind, &data, Instant::from_secs(at));
        }
    }

    /// meters 15.16: never negative; only import rises: never falls
    #[test]
    fn when_only_imports_come_then_the_charge_never_falls(
        readings in vec(-1000..1_000_000_i64, 1..60), guard in any::<bool>()
    ) {
        let mut ledger = Ledger::new();
        if guard {
            ledger = ledger.with_guard();
        }
        ledger.charge();
        let mut before = 0;
        for (second, wh) in readings.into_iter().enumerate() {
            ledger.import(WattHours::from_wh(wh), Instant::from_secs(second as u64));
            let charged = ledger.charged().as_wh();
            prop_assert!(charged >= before);
            before = charged;
        }
    }

    /// meters 15.16: a single low outlier changes nothing, with a guard a high one neither
    #[test]
    fn when_one_reading_is_wrong_then_nothing_changes(
        steps in vec(0..25_i64, 2..40), at in any::<prop::sample::Index>(),
        low in 1..10_000_i64, high in 1_000_000..1_000_000_000_i64
    ) {
        let run = |outlier: Option<i64>| {
            let mut ledger = Ledger::new().with_guard();
            ledger.charge();
            let mut wh = 500_000;
            for (second, step) in steps.iter().enumerate() {
                let now = Instant::from_secs(second as u64);
                wh += step;
                ledger.import(WattHours::from_wh(wh), now);
                if second == at.index(steps.len()) {
                    if let Some(outlier) = outlier {
                        ledger.import(WattHours::from_wh(outlier), now);
                    }
                }
            }
            ledger.import(WattHours::from_wh(wh), Instant::from_secs(3600));
            (ledger.charged(), ledger.net())
        };
        let clean = run(None);
        prop_assert_eq!(run(Some(500_000 - low)), clean);
        prop_assert_eq!(run(Some(500_000 + high)), clean);
    }

    /// meters 15.16: import and export do not depend on each other's order
    #[test]
    fn when_counters_are_interleaved_then_the_sum_is_the_same(
        imports in vec(0..1_000_000_i64, 1..20), exports in vec(0..1_000_000_i64, 1..20),
        order in vec(any::<bool>(), 40)
    ) {
        let run = |order: &[bool]| {
            let mut ledger = Ledger::new();
            ledger.charge();
            let (mut imports, mut exports) = (imports.iter(), exports.iter());
            for import_first in order.iter().chain([true, false].iter().cycle().take(80)) {
                let next = if *import_first { imports.next() } else { exports.next() };
                let Some(wh) = next.map(|wh| WattHours::from_wh(*wh)) else { continue };
                match import_first {
                    true => ledger.import(wh, Instant::ZERO),
                    false => ledger.export(wh, Instant::ZERO),
                }
            }
            (ledger.charged(), ledger.net())
        };
        prop_assert_eq!(run(&order), run(&[]));
        prop_assert!(run(&order).0 >= WattHours::ZERO);
    }

    /// meters 15.21, decision 56: stale after exactly the limit, never before
    #[test]
    fn when_currents_stop_then_they_are_stale_after_the_limit(
        start in 0..1_000_000_u64, ms in 0..200_000_u64,
        (role, limit) in prop::sample::select(vec![
            (FeedRole::Mains, 11_000), (FeedRole::Ev, 64_000), (FeedRole::Circuit, 11_000),
        ])
    ) {
        let mut feed = Feed::new(role);
        let at = Instant::from_millis(start);
        let message = FeedMessage { currents_da: Some([1, 2, 3]), ..FeedMessage::default() };
        feed.receive(&message, at).unwrap();
        let now = at + Duration::from_millis(ms);
        prop_assert_eq!(feed.currents(now).is_fresh(), ms <= limit);
        prop_assert_eq!(now < feed.deadline(), ms <= limit);
    }
}
