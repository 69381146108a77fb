//! `menu_visibility.jsonl`: which rows are visible (format: menu specification
//! §3.4).

use serde_json::{Value, json};
use smartevse_core::registry::{SettingId, parse_value};
use smartevse_core::settings::Settings;
use smartevse_menu::Facts;
use smartevse_menu::visibility::visible;

use super::{Case, Outcome, equal};

/// Runs one case.
pub fn run(case: &Case) -> Outcome {
    match check(&case.value) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn check(case: &Value) -> Result<(), String> {
    let values = values(&case["settings"])?;
    let facts = facts(&case["facts"])?;
    let rows = visible(|id| values[id.index()], facts);
    let names: Vec<_> = rows.iter().map(SettingId::name).collect();
    equal("visible", &case["visible"], &json!(names))
}

/// Values of all settings; those that are not named have their defaults.
fn values(settings: &Value) -> Result<[u16; SettingId::COUNT], String> {
    let mut values = *Settings::default().values();
    let members = settings.as_object().ok_or("settings is not an object")?;
    for (name, value) in members {
        let id = SettingId::parse(name).ok_or_else(|| format!("unknown setting {name}"))?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(format!("{name} is neither a text nor a number"));
            }
        };
        values[id.index()] =
            parse_value(id, &text).ok_or_else(|| format!("{name} cannot be {text}"))?;
    }
    Ok(values)
}

fn facts(facts: &Value) -> Result<Facts, String> {
    let members = facts.as_object().ok_or("facts is not an object")?;
    let mut found = Facts::default();
    for (name, value) in members {
        let what = || format!("{name} has a wrong value");
        match name.as_str() {
            "sensorbox_version" => {
                let version = value.as_u64().and_then(|v| u8::try_from(v).ok());
                found.sensorbox_version = version.ok_or_else(what)?;
            }
            "sensorbox_cts" => found.sensorbox_cts = value.as_bool().ok_or_else(what)?,
            _ => return Err(format!("unknown fact {name}")),
        }
    }
    Ok(found)
}
