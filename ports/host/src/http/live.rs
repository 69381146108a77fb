//! Live data of the dashboard: `GET /live` and `GET /history`.

use serde_json::{Value, json};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::io::PilotSwitch;
use smartevse_core::proximity::CableCoding;
use smartevse_core::registry::SettingId;
use smartevse_core::snapshot::MeterStatus;
use smartevse_types::{DeciAmps, PerPhase};

use super::{group, names};
use crate::lines::LineStatus;
use crate::view::{HistoryPoint, View};

/// Everything that the page shows.
#[must_use]
pub fn live(view: &View) -> Value {
    let charger = &view.charger;
    json!({
        "version": names::VERSION,
        "uptime_s": view.at.as_secs(),
        "speed": view.speed,
        "state": {
            "name": charger.state.name(),
            "text": charger.state.text(),
            "letter": charger.state.letter(charger.faults).to_string(),
            "since_s": view.at.since(charger.since).as_secs(),
        },
        "vehicle": { "present": charger.vehicle_present, "asks": charger.vehicle_asks },
        "access": view.access.text(),
        "mode": view.plan.mode.text(),
        "pilot": pilot(view),
        "offered_da": charger.offered.as_deci(),
        "override_da": view.plan.override_current.as_deci(),
        "drawn_da": phases(view.drawn()),
        "mains_da": view.mains().map(phases),
        "contactors": [charger.contactor1.is_closed(), charger.contactor2.is_closed()],
        "closings": charger.closings,
        "limits": limits(view),
        "reason": reason(charger),
        "faults": charger.faults.rows().map(|row| json!({
            "name": row.name,
            "text": row.text,
            "cause": row.cause,
            "action": row.action,
        })).collect::<Vec<_>>(),
        "temperature": charger.temperature.map(|t| t.as_celsius()),
        "waiting": view.settings != view.in_force,
        "meters": {
            "mains": meter(view, view.value(SettingId::MainsMet), &view.meters.mains, &view.mains_line),
            "ev": meter(view, view.value(SettingId::EvMeter), &view.meters.ev, &view.ev_line),
            "circuit": circuit(view),
        },
        "energy": {
            "session_wh": view.site.car.session.as_wh(),
            "total_wh": view.site.car.total.as_wh(),
        },
        "site": site(view),
        "group": group::group(view),
        "log_lost": view.log_lost,
        "store_trouble": view.store_trouble,
    })
}

/// Currents per phase, tenths of amperes.
#[must_use]
pub fn phases(currents: PerPhase<DeciAmps>) -> Value {
    json!(currents.as_array().map(DeciAmps::as_deci))
}

fn pilot(view: &View) -> Value {
    let connected = view.charger.pilot_switch == PilotSwitch::Closed;
    json!({ "permille": view.charger.duty.as_permille(), "connected": connected })
}

fn limits(view: &View) -> Value {
    let capacity = view.value(SettingId::Capacity);
    json!({
        "min_a": view.value(SettingId::Min),
        "max_a": view.value(SettingId::Max),
        "cable_a": view.charger.cable.and_then(rating),
        "mains_a": view.value(SettingId::Mains),
        "circuit_a": view.value(SettingId::Circuit),
        "capacity_a": (capacity > 0).then_some(capacity),
    })
}

/// Rating of a cable in amperes (decision 4).
const fn rating(cable: CableCoding) -> Option<u8> {
    match cable {
        CableCoding::A13 => Some(13),
        CableCoding::A20 => Some(16),
        CableCoding::A32 => Some(32),
        CableCoding::A63 => Some(63),
        CableCoding::Open | CableCoding::Short | CableCoding::Invalid => None,
    }
}

/// Why the current is what it is, or why there is none.
#[must_use]
pub fn reason(charger: &ChargerStatus) -> Value {
    match charger.block {
        Some(block) => json!({
            "kind": "block",
            "text": block.text(),
            "remaining_s": block.remaining().map(|left| left.as_secs_ceil()),
        }),
        None => json!({
            "kind": "limit",
            "text": charger.limited_by.text(),
            "remaining_s": null,
        }),
    }
}

/// The circuit's own meter with its currents; null without one.
fn circuit(view: &View) -> Value {
    let (Some(known), Some(status)) = (view.circuit_meter, &view.meters.circuit) else {
        return Value::Null;
    };
    let line = view.circuit_line.clone().unwrap_or_default();
    let mut members = meter(view, known.kind().into(), status, &line);
    let currents = status.currents.reading(view.at, status.max_age).fresh();
    members["currents_da"] = json!(currents.map(phases));
    members
}

fn meter(view: &View, kind: u16, meter: &MeterStatus, line: &LineStatus) -> Value {
    let sample = meter.currents.sample();
    let fresh = meter.currents.reading(view.at, meter.max_age).is_fresh();
    let reply_age = line.last_reply.map(|at| at.elapsed().as_millis() as u64);
    json!({
        "type": names::meter(kind),
        "source": line.source,
        "simulated": line.simulated,
        "connected": line.connected,
        "fresh": fresh,
        "age_ms": sample.map(|sample| view.at.since(sample.at).as_millis()),
        "reply_age_ms": reply_age,
        "replies": line.replies,
        "errors": line.errors,
        "last_error": line.last_error,
    })
}

fn site(view: &View) -> Value {
    let site = &view.site;
    json!({
        "plugged": site.car.plugged,
        "car_da": phases(site.car.current),
        "car_max_a": site.car.max_a,
        "car_phases": site.car.phases,
        "car_full": site.car.full,
        "house_a": site.house_a,
        "solar_a": site.solar_a,
        "meter_silent": site.meter_silent,
        "breaker_tripped": site.breaker_tripped,
    })
}

/// The history as rows of `[seconds, offered, drawn, mains]`, tenths of
/// amperes; drawn and mains of the highest phase.
#[must_use]
pub fn history(points: &[HistoryPoint]) -> Value {
    let row = |point: &HistoryPoint| {
        json!([
            point.at.as_secs(),
            point.offered.as_deci(),
            point.drawn.as_deci(),
            point.mains.map(DeciAmps::as_deci),
        ])
    };
    points.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::state::ChargeState;
    use smartevse_types::{BlockReason, Duration, Instant};

    #[test]
    fn when_rendered_then_the_members_are_those_of_the_page() {
        let mut view = View {
            at: Instant::from_secs(61),
            speed: 1.0,
            ..View::default()
        };
        view.charger.state = ChargeState::B1;
        view.charger.since = Instant::from_secs(60);
        view.charger.block = Some(BlockReason::ChargeDelay(Duration::from_millis(14_200)));
        let expected: Value = serde_json::from_str(include_str!("golden/live.json")).unwrap();
        let actual = live(&view);
        assert_eq!(actual, expected, "{actual:#}");
    }

    #[test]
    fn when_a_second_has_no_mains_reading_then_its_row_says_null() {
        let point = HistoryPoint {
            at: Instant::from_secs(7),
            offered: DeciAmps::from_deci(160),
            drawn: DeciAmps::from_deci(158),
            mains: None,
        };
        assert_eq!(history(&[point]), json!([[7, 160, 158, null]]));
    }
}
