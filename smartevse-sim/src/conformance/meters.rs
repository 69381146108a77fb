//! `meters.jsonl`: frames and registers (format: meters specification §12).

use std::fmt::Write;

use serde_json::{Value, json};
use smartevse_meters::crc::crc16;
use smartevse_meters::custom::{CustomMeter, CustomSettings, CustomValue};
use smartevse_meters::framing::encode_rtu;
use smartevse_meters::homewizard::HomeWizard;
use smartevse_meters::ledger::Ledger;
use smartevse_meters::sensorbox::{self, Installation, SensorboxReading};
use smartevse_meters::{
    EncodeError, Meter, MeterError, ModbusError, ReadKind, Request, Source, Tag, Transaction,
    Values,
};
use smartevse_types::{DeciAmps, DeciVolts, Instant, MilliAmps, PerPhase, WattHours, Watts};

use super::{Case, Outcome, equal};

/// Kinds of this file.
pub const KINDS: &[&str] = &["crc", "encode", "read", "homewizard", "ledger"];

/// Runs one case.
pub fn run(case: &Case) -> Outcome {
    let verdict = match case.kind.as_str() {
        "crc" => crc(&case.value),
        "encode" => encode(&case.value),
        "read" => read(&case.value),
        "homewizard" => homewizard(&case.value),
        "ledger" => ledger(&case.value),
        other => Err(format!("unknown kind {other}")),
    };
    match verdict {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn crc(case: &Value) -> Result<(), String> {
    let [low, high] = crc16(&bytes_of(case, "hex")?).to_le_bytes();
    let actual = hex(&[low, high]);
    equal("crc_lo_hi", expected(case, "crc_lo_hi"), &json!(actual))
}

fn encode(case: &Value) -> Result<(), String> {
    let addr = word(case, "addr")?;
    let values = words(case, "values")?;
    let request = request_of(case, &values)?;
    let frame = u8::try_from(addr)
        .map_err(|_| EncodeError::Address)
        .and_then(|addr| encode_rtu(addr, &request));
    match frame {
        Ok(frame) => equal("hex", expected(case, "hex"), &json!(hex(frame.as_bytes()))),
        Err(error) => equal("err", expected(case, "err"), &json!(error.name())),
    }
}

fn request_of<'a>(case: &Value, values: &'a [u16]) -> Result<Request<'a>, String> {
    let register = word(case, "reg")?;
    match text(case, "op")? {
        "read_holding" => Ok(Request::ReadHolding {
            register,
            count: word(case, "count")?,
        }),
        "read_input" => Ok(Request::ReadInput {
            register,
            count: word(case, "count")?,
        }),
        "write_single" => Ok(Request::WriteSingle {
            register,
            value: word(case, "value")?,
        }),
        "write_multiple" => Ok(Request::WriteMultiple { register, values }),
        other => Err(format!("unknown op {other}")),
    }
}

/// Both directions: the planned request, and what the reply says.
fn read(case: &Value) -> Result<(), String> {
    let id = u8::try_from(word(case, "meter_id")?).map_err(|why| why.to_string())?;
    let meter = Meter::from_id(id).ok_or_else(|| format!("no meter has the id {id}"))?;
    equal("meter", &case["meter"], &json!(meter.name()))?;
    if meter.source() == Source::Sensorbox {
        return sensorbox(case);
    }
    let kind = kind_of(text(case, "read")?)?;
    let addr = u8::try_from(word(case, "addr")?).map_err(|why| why.to_string())?;
    let custom;
    let profile = if meter.source() == Source::Custom {
        custom = custom_of(&case["cfg"])?;
        custom.profile()
    } else {
        meter.profile().ok_or("the meter has no registers")?
    };
    let planned = profile
        .plan(kind, Tag::new(1), addr)
        .map_err(|error| error.to_string())?;
    check_request(case, &planned)?;
    let reply = bytes_of(case, "response_hex")?;
    let last = last_power(&case["state"]);
    let decoded = planned
        .parse_rtu(&reply)
        .map_err(MeterError::from)
        .and_then(|registers| profile.decode_after(kind, registers.bytes(), last))
        .map(|values| members(&values));
    check_reply(&case["expect"], decoded)
}

/// The power that was read before, as the state of a case tells it.
fn last_power(state: &Value) -> Option<PerPhase<Watts>> {
    let watts = |value: &Value| {
        let watts = value.as_i64().and_then(|watts| i32::try_from(watts).ok());
        Watts::from_watts(watts.unwrap_or(0))
    };
    let phases = &state["pw"];
    match (phases.is_array(), state["w"].is_number()) {
        (true, _) => Some(PerPhase::new([0, 1, 2].map(|at| watts(&phases[at])))),
        (false, true) => Some(PerPhase::new([
            watts(&state["w"]),
            Watts::ZERO,
            Watts::ZERO,
        ])),
        (false, false) => None,
    }
}

fn custom_of(cfg: &Value) -> Result<CustomMeter, String> {
    let code = |member: &str, default: u16| {
        let value = number(&cfg[member]).unwrap_or(default);
        u8::try_from(value).unwrap_or(u8::MAX)
    };
    let value = |name: &str| CustomValue {
        register: number(&cfg[format!("{name}_reg")]).unwrap_or(0),
        divisor: code(&format!("{name}_div"), 0),
    };
    let settings = CustomSettings {
        byte_order: code("byte_order", 0),
        data_type: code("data_type", 0),
        function: code("function", 4),
        voltages: value("vol"),
        currents: value("cur"),
        power: value("pow"),
        import: value("ene"),
    };
    CustomMeter::new(settings).map_err(|error| error.to_string())
}

/// The request tells which software version the reader knew.
fn sensorbox(case: &Value) -> Result<(), String> {
    let software = u8::from(case["request"]["count"] == 32);
    let planned = sensorbox::plan(Tag::new(1), software);
    equal("addr", &case["addr"], &json!(planned.addr()))?;
    check_request(case, &planned)?;
    let installation = Installation {
        three_wire: case["cfg"]["grid"] == 1,
        mains_a: number(&case["cfg"]["mains_a"]).unwrap_or(0),
    };
    let reply = bytes_of(case, "response_hex")?;
    let decoded = planned
        .parse_rtu(&reply)
        .map_err(MeterError::from)
        .and_then(|registers| sensorbox::decode(registers.bytes(), installation))
        .map(|reading| box_members(&reading));
    check_reply(&case["expect"], decoded)
}

fn box_members(reading: &SensorboxReading) -> Value {
    let deci = reading.currents.map(MilliAmps::to_deci);
    let mut members = json!({
        "sw": reading.software,
        "hw": reading.hardware,
        "wires": reading.wires(),
        "grid_menu": reading.has_grid_item(),
        "source": reading.source.name(),
        "ma": reading.currents.as_array().map(MilliAmps::as_milli),
        "da": deci.as_array().map(DeciAmps::as_deci),
        "write": reading.grid_write.map(|value| json!({
            "reg": sensorbox::GRID_REGISTER,
            "value": value,
        })),
    });
    if let Some(dsmr) = reading.dsmr {
        members["dsmr"] = json!(dsmr);
    }
    if let Some(wifi) = &reading.wifi {
        members["wifi"] = json!({
            "local_time_set": wifi.is_time_set,
            "connected": wifi.is_connected,
            "portal": wifi.is_portal_open,
            "mode": wifi.mode.code(),
            "ip": wifi.ip,
            "password": wifi.password(),
        });
    }
    members
}

fn homewizard(case: &Value) -> Result<(), String> {
    let decoded = HomeWizard::parse(text(case, "json")?.as_bytes()).map(|reply| {
        let mut members = json!({
            "phases": reply.phases,
            "ma": reply.currents.as_array().map(MilliAmps::as_milli),
            "da": reply.deci_amps().as_array().map(DeciAmps::as_deci),
            "pw": reply.phase_power.as_array().map(Watts::as_watts),
            "w": reply.power.as_watts(),
        });
        for (name, energy) in [("import_wh", reply.import), ("export_wh", reply.export)] {
            if let Some(energy) = energy {
                members[name] = json!(energy.as_wh());
            }
        }
        members
    });
    check_reply(&case["expect"], decoded)
}

/// One step of the expectation for each event.
fn ledger(case: &Value) -> Result<(), String> {
    let mut ledger = Ledger::new();
    let mut steps = Vec::new();
    let events = case["events"].as_array().ok_or("events is not a list")?;
    for event in events {
        let reading = event["wh"].as_i64().map(WattHours::from_wh);
        match (text(event, "op")?, reading) {
            ("import", Some(reading)) => ledger.import(reading, Instant::ZERO),
            ("export", Some(reading)) => ledger.export(reading, Instant::ZERO),
            ("charge", None) => ledger.charge(),
            ("disconnect", None) => ledger.disconnect(),
            (op, _) => return Err(format!("unknown event {op}")),
        }
        steps.push(json!({
            "net_wh": ledger.net().map(WattHours::as_wh),
            "charged_wh": ledger.charged().as_wh(),
        }));
    }
    equal("steps", expected(case, "steps"), &json!(steps))
}

fn check_request(case: &Value, planned: &Transaction) -> Result<(), String> {
    let actual = json!({
        "fc": planned.function().code(),
        "reg": planned.register(),
        "count": planned.quantity(),
    });
    equal("request", &case["request"], &actual)?;
    let request = planned.request().ok_or("the plan is no request")?;
    let frame = encode_rtu(planned.addr(), &request).map_err(|error| error.to_string())?;
    equal(
        "request_hex",
        &case["request_hex"],
        &json!(hex(frame.as_bytes())),
    )
}

fn check_reply(expect: &Value, decoded: Result<Value, MeterError>) -> Result<(), String> {
    let actual = match decoded {
        Ok(members) => json!({ "ok": members }),
        Err(MeterError::Modbus(ModbusError::Exception(code))) => {
            json!({ "err": "Exception", "code": code })
        }
        Err(error) => json!({ "err": error.name() }),
    };
    equal("reply", expect, &actual)
}

/// What a reading says, in the words of the vectors.
fn members(values: &Values) -> Value {
    let list = [
        (
            "ma",
            values
                .currents
                .map(|v| json!(v.as_array().map(MilliAmps::as_milli))),
        ),
        (
            "da",
            values
                .deci_amps()
                .map(|v| json!(v.as_array().map(DeciAmps::as_deci))),
        ),
        (
            "pw",
            values
                .phase_power
                .map(|v| json!(v.as_array().map(Watts::as_watts))),
        ),
        ("w", values.power.map(|v| json!(v.as_watts()))),
        ("import_wh", values.import.map(|v| json!(v.as_wh()))),
        ("export_wh", values.export.map(|v| json!(v.as_wh()))),
        (
            "dv",
            values
                .voltages
                .map(|v| json!(v.as_array().map(DeciVolts::as_deci))),
        ),
        ("chz", values.frequency.map(|v| json!(v.as_centi()))),
        (
            "phase_import_wh",
            values
                .phase_import
                .map(|v| json!(v.as_array().map(WattHours::as_wh))),
        ),
    ];
    let present = list
        .into_iter()
        .filter_map(|(name, v)| Some((name.to_owned(), v?)));
    Value::Object(present.collect())
}

fn kind_of(name: &str) -> Result<ReadKind, String> {
    match name {
        "currents" => Ok(ReadKind::Currents),
        "power" => Ok(ReadKind::Power),
        "import" => Ok(ReadKind::Import),
        "export" => Ok(ReadKind::Export),
        "voltages" => Ok(ReadKind::Voltages),
        "frequency" => Ok(ReadKind::Frequency),
        "phase_import" => Ok(ReadKind::PhaseImport),
        "phase_power" => Ok(ReadKind::PhasePower),
        other => Err(format!("unknown reading {other}")),
    }
}

fn expected<'a>(case: &'a Value, member: &str) -> &'a Value {
    &case["expect"][member]
}

fn text<'a>(case: &'a Value, member: &str) -> Result<&'a str, String> {
    case[member]
        .as_str()
        .ok_or_else(|| format!("{member} is not a text"))
}

fn word(case: &Value, member: &str) -> Result<u16, String> {
    number(&case[member]).ok_or_else(|| format!("{member} is not a number of 16 bit"))
}

fn words(case: &Value, member: &str) -> Result<Vec<u16>, String> {
    let list = case[member].as_array();
    list.into_iter()
        .flatten()
        .map(|value| number(value).ok_or_else(|| format!("{member} has a bad number")))
        .collect()
}

fn number(value: &Value) -> Option<u16> {
    u16::try_from(value.as_u64()?).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of(case: &Value, member: &str) -> Result<Vec<u8>, String> {
    let digits = text(case, member)?;
    if !digits.is_ascii() || digits.len() % 2 != 0 {
        return Err(format!("{member} is not hexadecimal"));
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|why| why.to_string()))
        .collect()
}
