//! Words of the charging vectors as values.

use serde_json::Value;
use smartevse_core::card::Uid;
use smartevse_core::io::{ContactorFeedback, SwitchInput};
use smartevse_types::{Access, Mode};

/// A member that is a list.
pub fn list<'a>(case: &'a Value, member: &str) -> Result<&'a [Value], String> {
    case.get(member)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| format!("{member} is not a list"))
}

/// Time of a timeline entry, ms.
pub fn time_of(entry: &Value) -> i64 {
    entry.get("t_ms").and_then(Value::as_i64).unwrap_or(0)
}

/// A truth value; absent = false.
pub fn flag(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or(false)
}

/// A whole number.
pub fn whole(value: &Value) -> Result<i32, String> {
    value
        .as_i64()
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| format!("{value} is not a number"))
}

/// A text or number as text; absent = empty.
pub fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
            String::new()
        }
    }
}

/// An access; absent = `None`.
pub fn access_of(value: Option<&Value>) -> Result<Option<Access>, String> {
    match plain(value).as_str() {
        "" => Ok(None),
        "Off" => Ok(Some(Access::Off)),
        "On" => Ok(Some(Access::On)),
        "Pause" => Ok(Some(Access::Pause)),
        other => Err(format!("unknown access {other}")),
    }
}

/// A mode.
pub fn mode_of(value: &Value) -> Result<Mode, String> {
    match value.as_str() {
        Some("Normal") => Ok(Mode::Normal),
        Some("Smart") => Ok(Mode::Smart),
        Some("Solar") => Ok(Mode::Solar),
        Some(_) | None => Err(format!("unknown mode {value}")),
    }
}

/// Level of the external switch.
pub fn switch_of(value: &Value) -> Result<SwitchInput, String> {
    match value.as_str() {
        Some("closed") => Ok(SwitchInput::Closed),
        Some("open") => Ok(SwitchInput::Open),
        Some(_) | None => Err(format!("unknown switch level {value}")),
    }
}

/// Feedback of a contactor; `None` = as commanded.
pub fn contactor_of(value: &Value) -> Result<Option<ContactorFeedback>, String> {
    match value.as_str() {
        Some("follow") => Ok(None),
        Some("closed") => Ok(Some(ContactorFeedback::Closed)),
        Some("open") => Ok(Some(ContactorFeedback::Open)),
        Some(_) | None => Err(format!("unknown contactor feedback {value}")),
    }
}

/// The charging window; `None` = unknown.
pub fn window_of(value: &Value) -> Result<Option<bool>, String> {
    match value.as_str() {
        Some("inside") => Ok(Some(true)),
        Some("outside") => Ok(Some(false)),
        None => Ok(None),
        Some(_) => Err(format!("unknown schedule {value}")),
    }
}

/// One card.
pub fn card_of(value: &Value) -> Result<Uid, String> {
    value
        .as_str()
        .and_then(Uid::parse)
        .ok_or_else(|| format!("{value} is not a card"))
}

/// A list of cards; absent = none.
pub fn cards_of(value: Option<&Value>) -> Result<Vec<Uid>, String> {
    let cards = value.and_then(Value::as_array);
    cards.into_iter().flatten().map(card_of).collect()
}
