//! `meters.jsonl`: frames and registers (format: meters specification §12).

use std::fmt::Write;

use serde_json::{Value, json};
use smartevse_meters::crc::crc16;
use smartevse_meters::framing::encode_rtu;
use smartevse_meters::{
    EncodeError, Meter, MeterError, ModbusError, ReadKind, Request, Tag, Transaction, Values,
    decode_read, plan_read,
};
use smartevse_types::{DeciAmps, DeciVolts, MilliAmps, WattHours, Watts};

use super::{Case, Outcome, equal};

/// Kinds of this file.
pub const KINDS: &[&str] = &["crc", "encode", "read", "homewizard", "ledger"];

/// Answer of a case that nothing can run yet.
const NOT_BUILT: &str = "not built";

/// Runs one case.
pub fn run(case: &Case) -> Outcome {
    let verdict = match case.kind.as_str() {
        "crc" => crc(&case.value),
        "encode" => encode(&case.value),
        "read" => read(&case.value),
        _ => Err(NOT_BUILT.to_owned()),
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
    if meter.profile().is_none() {
        return Err(NOT_BUILT.to_owned());
    }
    let kind = kind_of(text(case, "read")?)?;
    let addr = u8::try_from(word(case, "addr")?).map_err(|why| why.to_string())?;
    let planned = plan_read(meter, kind, Tag::new(1), addr).map_err(|error| error.to_string())?;
    check_request(case, &planned)?;
    let reply = bytes_of(case, "response_hex")?;
    let decoded = planned
        .parse_rtu(&reply)
        .map_err(MeterError::from)
        .and_then(|registers| decode_read(meter, kind, registers.bytes()));
    check_values(&case["expect"], decoded)
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

fn check_values(expect: &Value, decoded: Result<Values, MeterError>) -> Result<(), String> {
    let actual = match decoded {
        Ok(values) => json!({ "ok": members(&values) }),
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
        "phase_power" | "sensorbox" => Err(NOT_BUILT.to_owned()),
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
