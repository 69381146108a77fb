//! `GET /settings` (network specification §3.1).

use serde_json::{Map, Value, json};
use smartevse_core::faults::Faults;
use smartevse_core::registry::SettingId;
use smartevse_core::snapshot::MeterStatus;
use smartevse_types::{DeciAmps, Latest, PerPhase, WattHours};

use super::{group, names};
use crate::view::View;

/// The full status, with the members of the parts that are built.
#[must_use]
pub fn status(view: &View) -> Value {
    let (mode_id, mode) = names::mode(view.access, view.plan.mode);
    let mut document = json!({
        "version": names::VERSION,
        "serialnr": names::SERIAL,
        "mode": mode,
        "mode_id": mode_id,
        "car_connected": view.charger.vehicle_present,
        "evse": evse(view),
        "settings": settings(view),
        "home_battery": home_battery(view),
        "ev_meter": ev_meter(view),
        "mains_meter": {
            "import_active_energy": wh(view.meters.mains.import),
            "export_active_energy": wh(view.meters.mains.export),
        },
        "phase_currents": phase_currents(view),
        "auth": { "mode": "guarded", "login_required": false },
    });
    if let Some(known) = &view.group {
        document["schedule"] = group::schedule(known);
        document["nodes"] = group::nodes(known);
    }
    if let Some(meter) = circuit_meter(view) {
        document["circuit_meter"] = meter;
    }
    document
}

fn evse(view: &View) -> Value {
    let charger = &view.charger;
    let (error_id, error) = names::error(charger.faults);
    let mut state = charger.state.text().to_owned();
    if charger.faults.contains(Faults::LESS_6A) {
        state.push_str(" - No Power Available");
    }
    json!({
        "temp": charger.temperature.map_or(0, |t| t.as_celsius()),
        "temp_max": view.setting(SettingId::MaxTemp),
        "connected": charger.vehicle_present,
        "access": view.access as u8,
        "mode": view.plan.mode as u8,
        "loadbl": view.setting(SettingId::PwrShare),
        "pwm": u32::from(charger.duty.as_permille()) * 1024 / 1000,
        "custombutton": view.plan.custom_button,
        "solar_stop_timer": view.plan.solar_stop.as_secs(),
        "state": state,
        "state_id": charger.state.id(),
        "error": error,
        "error_id": error_id,
        "rfidreader": names::reader(view.setting(SettingId::Rfid)),
        "nrofphases": view.plan.phases.count(),
        "iec61851_state": charger.state.letter(charger.faults).to_string(),
        "charging_enabled": charger.state.may_close(),
        "charge_timer": 0,
    })
}

/// Members that are the stored value of a setting.
const STORED: &[(&str, SettingId)] = &[
    ("current_min", SettingId::Min),
    ("current_max", SettingId::Max),
    ("current_main", SettingId::Mains),
    ("current_max_circuit", SettingId::Circuit),
    ("current_max_sum_mains", SettingId::Capacity),
    ("max_sum_mains_time", SettingId::CapStop),
    ("solar_max_import", SettingId::Import),
    ("solar_start_current", SettingId::Start),
    ("solar_stop_time", SettingId::Stop),
    ("lock", SettingId::Lock),
    ("prio_strategy", SettingId::Priority),
    ("rotation_interval", SettingId::Rotation),
    ("idle_timeout", SettingId::IdleTmo),
];

fn settings(view: &View) -> Value {
    let mut members: Map<String, Value> = STORED
        .iter()
        .map(|(name, id)| ((*name).to_owned(), view.setting(*id).into()))
        .collect();
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("charge_current", da(view.charger.offered));
    add("override_current", da(view.plan.override_current));
    add(
        "enable_C2",
        names::contact2(view.setting(SettingId::Contact2)).into(),
    );
    add(
        "mains_meter",
        names::meter(view.setting(SettingId::MainsMet)).into(),
    );
    add("cablelock", u8::from(view.plan.cable_lock).into());
    add("lcdlock", u8::from(view.plan.lcd_lock).into());
    Value::Object(members)
}

fn home_battery(view: &View) -> Value {
    let sample = view.meters.battery.sample();
    let age = view.meters.mains.max_age;
    let fresh = view.meters.battery.reading(view.at, age).fresh();
    json!({
        "current": fresh.map_or(0, DeciAmps::as_deci),
        "last_update": sample.filter(|_| fresh.is_some()).map_or(0, |s| view.unix(s.at)),
    })
}

fn ev_meter(view: &View) -> Value {
    let meter = &view.meters.ev;
    let (total, charged) = (wh(meter.import), view.charged().as_wh());
    json!({
        "description": names::meter(view.setting(SettingId::EvMeter)),
        "address": view.setting(SettingId::EvAdr),
        "import_active_power": meter.power.sample().map_or(0, |s| s.value.as_watts()),
        "total_wh": total,
        "charged_wh": charged,
        "total_kwh": kwh(total),
        "charged_kwh": kwh(charged),
        "currents": currents(latest(meter)),
        "import_active_energy": total,
        "export_active_energy": wh(meter.export),
    })
}

/// The circuit's own meter, an own addition: absent without one.
fn circuit_meter(view: &View) -> Option<Value> {
    let (known, meter) = (view.circuit_meter?, view.meters.circuit.as_ref()?);
    let updated = meter.currents.sample().map_or(0, |s| view.unix(s.at));
    Some(json!({
        "description": names::meter(known.kind().into()),
        "address": known.address(),
        "currents": currents(latest(meter)),
        "last_data_update": updated,
    }))
}

fn phase_currents(view: &View) -> Value {
    let meter = &view.meters.mains;
    let mut members = currents(latest(meter));
    members["last_data_update"] = meter
        .currents
        .sample()
        .map_or(0, |sample| view.unix(sample.at))
        .into();
    members["original_data"] = currents(latest(meter));
    members
}

fn latest(meter: &MeterStatus) -> PerPhase<DeciAmps> {
    meter
        .currents
        .sample()
        .map_or_else(PerPhase::default, |s| s.value)
}

/// Currents in tenths of amperes with their sum.
#[must_use]
pub fn currents(currents: PerPhase<DeciAmps>) -> Value {
    let [l1, l2, l3] = currents.as_array().map(DeciAmps::as_deci);
    json!({ "TOTAL": currents.sum().as_deci(), "L1": l1, "L2": l2, "L3": l3 })
}

fn da(current: DeciAmps) -> Value {
    current.as_deci().into()
}

fn wh(energy: Latest<WattHours>) -> i64 {
    energy.sample().map_or(0, |sample| sample.value.as_wh())
}

/// Kilowatt-hours with three decimals, as some clients still read them.
#[must_use]
pub fn kwh(wh: i64) -> f64 {
    wh as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::group::GroupStatus;
    use smartevse_core::state::ChargeState;
    use smartevse_types::{DutyPermille, Instant};

    fn sample_view() -> View {
        let mut view = View {
            at: Instant::from_secs(100),
            epoch: 1_768_475_300,
            ..View::default()
        };
        view.charger.state = ChargeState::B1;
        view.charger.faults = Faults::LESS_6A;
        view.charger.vehicle_present = true;
        view.charger.duty = DutyPermille::from_permille(1000);
        let net = PerPhase::new([-4, -5, 6]).map(DeciAmps::from_deci);
        view.meters
            .mains
            .currents
            .update(net, Instant::from_secs(99));
        view
    }

    /// network 3.1: the members, their types and their names.
    #[test]
    fn when_rendered_then_the_members_are_the_published_ones() {
        let expected: Value = serde_json::from_str(include_str!("golden/settings.json")).unwrap();
        let actual = status(&sample_view());
        assert_eq!(actual, expected, "{actual:#}");
    }

    /// network 17-9: fits the buffer of a small device.
    #[test]
    fn when_rendered_then_it_is_at_most_4096_bytes() {
        let with_group = View {
            group: Some(GroupStatus::default()),
            ..sample_view()
        };
        assert!(status(&with_group).to_string().len() <= 4096);
    }
}
