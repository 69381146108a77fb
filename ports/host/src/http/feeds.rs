//! Readings and cards that are posted (network specification §3.4 to §3.6).

use serde_json::{Map, Value, json};
use smartevse_core::card::Uid;
use smartevse_core::command::{Command, Refused};
use smartevse_core::event::{Fact, MeterReading};
use smartevse_core::registry::SettingId;
use smartevse_meters::catalogue::Meter;
use smartevse_types::{DeciAmps, PerPhase, WattHours, Watts};

use super::parameters::{REFUSED, battery};
use super::query::Pairs;
use super::{number, status};
use crate::desk::Desk;
use crate::view::View;

/// Why currents are not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bad {
    /// Not all three phases are given.
    Missing,
    /// A value is no number or out of range.
    Value,
}

/// `POST /currents`: home battery and mains.
pub async fn currents(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    if let Some(text) = pairs.get("battery_current") {
        said.insert("battery_current".to_owned(), battery(desk, text).await);
    }
    let refusal = match phases(pairs, -1999..=1999) {
        Err(Bad::Missing) => return,
        _ if desk.view().settings.role().is_node() => "not allowed on slave",
        _ if !is_api(&desk.view(), SettingId::MainsMet) => "mains meter is not API",
        Err(Bad::Value) => REFUSED,
        Ok(currents) => {
            desk.report(Fact::Mains(reading(currents))).await;
            tell_mains(currents, said);
            return;
        }
    };
    said.insert("TOTAL".to_owned(), json!(refusal));
}

fn tell_mains(currents: PerPhase<DeciAmps>, said: &mut Map<String, Value>) {
    let mut original = status::currents(currents);
    if let Value::Object(members) = &mut original {
        said.extend(members.clone());
        members.remove("TOTAL");
    }
    said.insert("original".to_owned(), original);
}

fn reading(currents: PerPhase<DeciAmps>) -> MeterReading {
    MeterReading {
        currents: Some(currents),
        ..MeterReading::default()
    }
}

fn is_api(view: &View, id: SettingId) -> bool {
    view.setting(id) == u16::from(Meter::Api.id())
}

fn phases(pairs: &Pairs, range: std::ops::RangeInclusive<i32>) -> Result<PerPhase<DeciAmps>, Bad> {
    let one = |name| {
        let text = pairs.get(name).ok_or(Bad::Missing)?;
        Ok(number::within(text, range.clone()))
    };
    let all = [one("L1")?, one("L2")?, one("L3")?];
    match all {
        [Some(l1), Some(l2), Some(l3)] => Ok(PerPhase::new([l1, l2, l3]).map(DeciAmps::from_deci)),
        _ => Err(Bad::Value),
    }
}

/// `POST /circuit_meter`: currents of the circuit's own meter, signed; an own
/// addition (D-199).
pub async fn circuit_meter(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    let known = desk.view().circuit_meter;
    if known.is_none_or(|meter| meter.kind() != Meter::Api.id()) {
        return;
    }
    let answer = match phases(pairs, -1999..=1999) {
        Err(Bad::Missing) => return,
        Err(Bad::Value) => json!(REFUSED),
        Ok(currents) => {
            desk.report(Fact::Circuit(reading(currents))).await;
            status::currents(currents)
        }
    };
    said.insert("circuit_meter".to_owned(), json!({ "currents": answer }));
}

/// `POST /ev_meter`: currents, and energies with power.
pub async fn ev_meter(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    if !is_api(&desk.view(), SettingId::EvMeter) {
        return;
    }
    let mut members = Map::new();
    let mut fact = MeterReading::default();
    match phases(pairs, 0..=999) {
        Err(Bad::Missing) => {}
        Err(Bad::Value) => {
            members.insert("currents".to_owned(), json!(REFUSED));
        }
        Ok(currents) => {
            fact.currents = Some(currents);
            members.insert("currents".to_owned(), status::currents(currents));
        }
    }
    match energies(pairs) {
        Err(Bad::Missing) => {}
        Err(Bad::Value) => {
            members.insert("import_active_power".to_owned(), json!(REFUSED));
        }
        Ok((import, export, power)) => {
            fact.import = Some(WattHours::from_wh(import.into()));
            fact.export = Some(WattHours::from_wh(export.into()));
            fact.power = Some(Watts::from_watts(power));
            members.insert("import_active_energy".to_owned(), json!(import));
            members.insert("export_active_energy".to_owned(), json!(export));
            members.insert("import_active_power".to_owned(), json!(power));
            members.insert("total_kwh".to_owned(), json!(status::kwh(import.into())));
            let charged = desk.view().site.car.session.as_wh();
            members.insert("charged_kwh".to_owned(), json!(status::kwh(charged)));
        }
    }
    if fact != MeterReading::default() {
        desk.report(Fact::EvMeter(fact)).await;
    }
    if !members.is_empty() {
        said.insert("ev_meter".to_owned(), Value::Object(members));
    }
}

fn energies(pairs: &Pairs) -> Result<(i32, i32, i32), Bad> {
    let one = |name, max| {
        let text = pairs.get(name).ok_or(Bad::Missing)?;
        Ok(number::within(text, 0..=max))
    };
    let energy = 1_000_000_000;
    let all = (
        one("import_active_energy", energy)?,
        one("export_active_energy", energy)?,
        one("import_active_power", 100_000)?,
    );
    match all {
        (Some(import), Some(export), Some(power)) => Ok((import, export, power)),
        _ => Err(Bad::Value),
    }
}

/// `POST /rfid`: a card as if it were held to the reader.
pub async fn card(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    let text = pairs.get("rfid").map(str::trim);
    let result = match (desk.view().setting(SettingId::Rfid), text) {
        (0, _) => Err("RFID reader not enabled"),
        (_, None) => Err("Missing rfid parameter"),
        (_, Some(text)) if !text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Err("Invalid RFID hex string")
        }
        (_, Some(text)) => show(desk, text).await,
    };
    match (result, text) {
        (Ok(()), Some(text)) => said.insert("rfid".to_owned(), json!(text)),
        (Err(why), _) => said.insert("rfid_status".to_owned(), json!(why)),
        (Ok(()), None) => None,
    };
}

async fn show(desk: &Desk, text: &str) -> Result<(), &'static str> {
    let uid = match text.len() {
        12 | 14 => Uid::parse(text),
        _ => None,
    };
    let uid = uid.ok_or("Invalid RFID length")?;
    match desk.wish(Command::ShowCard(uid)).await {
        Ok(_) => Ok(()),
        Err(Refused::ReaderDisabled) => Err("RFID reader not enabled"),
        Err(_) => Err(REFUSED),
    }
}
