//! Conformance vectors `vectors/meters.jsonl` (meters specification §12).

use serde_json::{Map, Value, json};
use smartevse_meters::crc::crc16;
use smartevse_meters::framing::encode_rtu;
use smartevse_meters::{
    EncodeError, Frame, Meter, MeterError, ReadKind, Reader, Request, Source, Tag, Values,
    plan_read,
};
use smartevse_types::{CentiHertz, DeciAmps, DeciVolts, Instant, MilliAmps, WattHours, Watts};

fn cases(kind: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/meters.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let all = text.lines().map(parse);
    all.filter(|case| case["kind"] == kind).collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

fn word(value: &Value) -> u16 {
    u16::try_from(value.as_u64().unwrap()).unwrap()
}

fn addr(case: &Value) -> u8 {
    u8::try_from(case["addr"].as_u64().unwrap()).unwrap()
}

/// meters 2.2
#[test]
fn when_crc_vectors_run_then_all_pass() {
    let cases = cases("crc");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let wire = crc16(&bytes(&case["hex"])).to_le_bytes();
        assert_eq!(wire.to_vec(), bytes(&case["expect"]["crc_lo_hi"]), "{case}");
    }
}

fn encoded(case: &Value) -> Result<Frame, EncodeError> {
    let register = word(&case["reg"]);
    let values: Vec<u16> = match &case["values"] {
        Value::Array(list) => list.iter().map(word).collect(),
        _ => Vec::new(),
    };
    let request = match case["op"].as_str().unwrap() {
        "read_holding" => Request::ReadHolding {
            register,
            count: word(&case["count"]),
        },
        "read_input" => Request::ReadInput {
            register,
            count: word(&case["count"]),
        },
        "write_single" => Request::WriteSingle {
            register,
            value: word(&case["value"]),
        },
        _ => Request::WriteMultiple {
            register,
            values: &values,
        },
    };
    encode_rtu(addr(case), &request)
}

/// meters 2.3
#[test]
fn when_encoder_vectors_run_then_all_pass() {
    let cases = cases("encode");
    assert_eq!(cases.len(), 16);
    for case in cases {
        match encoded(&case) {
            Ok(frame) => assert_eq!(frame.as_bytes(), bytes(&case["expect"]["hex"]), "{case}"),
            Err(error) => assert_eq!(error.name(), case["expect"]["err"], "{case}"),
        }
    }
}

fn kind_of(case: &Value) -> ReadKind {
    match case["read"].as_str().unwrap() {
        "currents" => ReadKind::Currents,
        "phase_power" => ReadKind::PhasePower,
        "power" => ReadKind::Power,
        "import" => ReadKind::Import,
        "export" => ReadKind::Export,
        "voltages" => ReadKind::Voltages,
        "frequency" => ReadKind::Frequency,
        "phase_import" => ReadKind::PhaseImport,
        other => panic!("unknown reading {other}"),
    }
}

fn read(meter: Meter, case: &Value) -> Result<Values, MeterError> {
    let kind = kind_of(case);
    let asked = plan_read(meter, kind, Tag::new(1), addr(case))?;
    let frame = encode_rtu(asked.addr(), &asked.request().unwrap())?;
    assert_eq!(frame.as_bytes(), bytes(&case["request_hex"]), "{case}");
    let reply = bytes(&case["response_hex"]);
    let mut reader = Reader::of(meter)?;
    if let Some(power) = last_power(&case["state"]) {
        let read = match meter.entry().phases {
            1 => ReadKind::Power,
            _ => ReadKind::PhasePower,
        };
        reader.accept(read, &power, Instant::ZERO)?;
    }
    let registers = asked.parse_rtu(&reply)?;
    reader.accept(kind, registers.bytes(), Instant::from_secs(10))
}

/// The registers that an Acrel sent before, as the state of a case tells them.
fn last_power(state: &Value) -> Option<Vec<u8>> {
    let bytes = |watts: &Value| (watts.as_i64().unwrap() as i32).to_be_bytes();
    if let Some(phases) = state["pw"].as_array() {
        let mut data: Vec<u8> = phases.iter().flat_map(bytes).collect();
        data.resize(16, 0);
        return Some(data);
    }
    state["w"].is_number().then(|| bytes(&state["w"]).to_vec())
}

/// The values as the vectors write them.
fn as_json(values: &Values) -> Value {
    let mut map = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(name.into(), value);
        }
    };
    let amps = values.currents.map(|p| p.map(MilliAmps::as_milli));
    put("ma", amps.map(|p| json!(p.as_array())));
    let amps = values.deci_amps().map(|p| p.map(DeciAmps::as_deci));
    put("da", amps.map(|p| json!(p.as_array())));
    let power = values.phase_power.map(|p| p.map(Watts::as_watts));
    put("pw", power.map(|p| json!(p.as_array())));
    put("w", values.power.map(Watts::as_watts).map(Value::from));
    put(
        "import_wh",
        values.import.map(WattHours::as_wh).map(Value::from),
    );
    put(
        "export_wh",
        values.export.map(WattHours::as_wh).map(Value::from),
    );
    let volts = values.voltages.map(|p| p.map(DeciVolts::as_deci));
    put("dv", volts.map(|p| json!(p.as_array())));
    put(
        "chz",
        values.frequency.map(CentiHertz::as_centi).map(Value::from),
    );
    let energy = values.phase_import.map(|p| p.map(WattHours::as_wh));
    put("phase_import_wh", energy.map(|p| json!(p.as_array())));
    Value::Object(map)
}

/// meters 2.4, 4, 5, 6
#[test]
fn when_read_vectors_run_then_all_of_the_catalogue_pass() {
    let mut passed = 0;
    for case in cases("read") {
        let id = u8::try_from(case["meter_id"].as_u64().unwrap()).unwrap();
        let meter = Meter::from_id(id).unwrap();
        if meter.source() == Source::Modbus {
            assert_eq!(meter.name(), case["meter"], "{case}");
        }
        // Sensorbox and Custom have readers of their own; the conformance runner plays them.
        if meter.profile().is_none() {
            continue;
        }
        let got = match read(meter, &case) {
            Ok(values) => json!({"ok": as_json(&values)}),
            Err(error) => json!({"err": error.name()}),
        };
        let mut expect = case["expect"].clone();
        let code = expect.as_object_mut().unwrap().remove("code");
        assert_eq!(got, expect, "{case}");
        if let Some(code) = code {
            let told = read(meter, &case).unwrap_err().to_string();
            assert_eq!(told, format!("unit refused, exception {code}"));
        }
        passed += 1;
    }
    assert!(passed >= 139, "{passed}");
    println!("{passed} read vectors");
}
