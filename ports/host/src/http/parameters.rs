//! `POST /settings` (network specification §3.3).

use serde_json::{Map, Value, json};
use smartevse_core::command::{Accepted, Command, Refused};
use smartevse_core::event::Fact;
use smartevse_core::options::Contact2;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::Patch;
use smartevse_types::{Access, DeciAmps, DutyPermille, Mode};

use super::query::Pairs;
use super::{names, number};
use crate::desk::Desk;

/// Text of every refusal that clients know.
pub const REFUSED: &str = "Value not allowed!";

/// What a parameter does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Effect {
    /// Changes a setting with this number.
    Setting(SettingId),
    StopTimer,
    NoOverride,
    CustomButton,
    Mode,
    Contact2,
    Override,
    Duty,
    CableLock,
    LcdLock,
    Battery,
}

struct Parameter {
    name: &'static str,
    answer: &'static str,
    effect: Effect,
}

const fn row(name: &'static str, answer: &'static str, effect: Effect) -> Parameter {
    Parameter {
        name,
        answer,
        effect,
    }
}

/// The parameters in the order of their evaluation.
const PARAMETERS: &[Parameter] = &[
    row(
        "current_min",
        "current_min",
        Effect::Setting(SettingId::Min),
    ),
    row(
        "current_max_sum_mains",
        "current_max_sum_mains",
        Effect::Setting(SettingId::Capacity),
    ),
    row(
        "max_sum_mains_timer",
        "max_sum_mains_time",
        Effect::Setting(SettingId::CapStop),
    ),
    row(
        "disable_override_current",
        "disable_override_current",
        Effect::NoOverride,
    ),
    row("custombutton", "custombutton", Effect::CustomButton),
    row("mode", "mode", Effect::Mode),
    row("enable_C2", "settings", Effect::Contact2),
    row("stop_timer", "stop_timer", Effect::StopTimer),
    row("override_current", "override_current", Effect::Override),
    row(
        "solar_start_current",
        "solar_start_current",
        Effect::Setting(SettingId::Start),
    ),
    row(
        "solar_max_import",
        "solar_max_import",
        Effect::Setting(SettingId::Import),
    ),
    row("override_pwm", "override_pwm", Effect::Duty),
    row(
        "prio_strategy",
        "prio_strategy",
        Effect::Setting(SettingId::Priority),
    ),
    row(
        "rotation_interval",
        "rotation_interval",
        Effect::Setting(SettingId::Rotation),
    ),
    row(
        "idle_timeout",
        "idle_timeout",
        Effect::Setting(SettingId::IdleTmo),
    ),
    row("lcdlock", "lcdlock", Effect::LcdLock),
    row("cablelock", "cablelock", Effect::CableLock),
    row("battery_current", "battery_current", Effect::Battery),
];

/// Applies each parameter on its own and notes what became of it.
pub async fn apply(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    for parameter in PARAMETERS {
        if let Some(text) = pairs.get(parameter.name) {
            let answer = one(desk, parameter.effect, text).await;
            said.insert(parameter.answer.to_owned(), answer);
        }
    }
}

async fn one(desk: &Desk, effect: Effect, text: &str) -> Value {
    match effect {
        Effect::Setting(id) => setting(desk, id, text).await.into(),
        Effect::StopTimer => setting(desk, SettingId::Stop, text)
            .await
            .0
            .is_some()
            .into(),
        Effect::NoOverride => {
            let ended = desk.wish(Command::SetOverride(DeciAmps::ZERO)).await;
            json!(if ended.is_ok() { "OK" } else { REFUSED })
        }
        Effect::CustomButton => match number::parse(text) {
            None => json!(REFUSED),
            Some(n) => said(
                desk.wish(Command::SetCustomButton(n > 0)).await,
                json!(n > 0),
            ),
        },
        Effect::Mode => mode(desk, text).await,
        Effect::Contact2 => json!({ "enable_C2": contact2(desk, text).await }),
        Effect::Override => match number::within(text, 0..=800) {
            None => json!(REFUSED),
            Some(n) => said(
                desk.wish(Command::SetOverride(DeciAmps::from_deci(n)))
                    .await,
                json!(n),
            ),
        },
        Effect::Duty => duty(desk, text).await,
        Effect::CableLock => match number::within(text, 0..=1) {
            None => json!(REFUSED),
            Some(n) => said(desk.wish(Command::SetCableLock(n == 1)).await, json!(n)),
        },
        Effect::LcdLock => match number::within(text, 0..=1) {
            None => json!(REFUSED),
            Some(n) => said(desk.wish(Command::SetLcdLock(n == 1)).await, json!(n)),
        },
        Effect::Battery => battery(desk, text).await,
    }
}

fn said(answer: Result<Accepted, Refused>, value: Value) -> Value {
    match answer {
        Ok(Accepted) => value,
        Err(_) => json!(REFUSED),
    }
}

/// The number that a setting took, if it did.
struct Taken(Option<u16>);

impl From<Taken> for Value {
    fn from(taken: Taken) -> Self {
        taken
            .0
            .map_or_else(|| json!(REFUSED), |number| json!(number))
    }
}

async fn setting(desk: &Desk, id: SettingId, text: &str) -> Taken {
    let Some(number) = number::parse(text).and_then(|n| u16::try_from(n).ok()) else {
        return Taken(None);
    };
    let change = Command::Change(Patch::new().with(id, number));
    Taken(desk.wish(change).await.ok().map(|Accepted| number))
}

/// External numbers of the mode: 0 off, 1 Normal, 2 Solar, 3 Smart, 4 pause.
async fn mode(desk: &Desk, text: &str) -> Value {
    let Some(number) = number::within(text, 0..=4) else {
        return json!(REFUSED);
    };
    let command = match number {
        0 => Command::SetAccess(Access::Off),
        1 => Command::SetMode(Mode::Normal),
        2 => Command::SetMode(Mode::Solar),
        3 => Command::SetMode(Mode::Smart),
        _ => Command::SetAccess(Access::Pause),
    };
    let mut answer = desk.wish(command).await;
    if answer.is_ok() && command == Command::SetMode(Mode::Solar) {
        answer = desk.wish(Command::SetOverride(DeciAmps::ZERO)).await;
    }
    said(answer, json!(number.to_string()))
}

async fn contact2(desk: &Desk, text: &str) -> Value {
    let by_number = number::parse(text).and_then(|n| u16::try_from(n).ok());
    let option = by_number.map_or_else(|| Contact2::from_text(text.trim()), Contact2::from_raw);
    let Some(option) = option else {
        return json!(REFUSED);
    };
    let change = Command::Change(Patch::new().with(SettingId::Contact2, option.raw()));
    said(
        desk.wish(change).await,
        json!(names::contact2(option.raw())),
    )
}

/// −1 ends the override, 0 isolates the pilot, else the duty in 1/1024.
async fn duty(desk: &Desk, text: &str) -> Value {
    let Some(number) = number::within(text, -1..=1024) else {
        return json!(REFUSED);
    };
    let permille = u16::try_from(number).map(|n| (u32::from(n) * 1000 + 512) / 1024);
    let duty = permille
        .ok()
        .and_then(|permille| u16::try_from(permille).ok())
        .map(DutyPermille::from_permille);
    said(
        desk.wish(Command::SetDutyOverride(duty)).await,
        json!(number),
    )
}

/// Current of the home battery in tenths of amperes; also part of `/currents`.
pub async fn battery(desk: &Desk, text: &str) -> Value {
    if desk.view().settings.role().is_node() {
        return json!("not allowed on slave");
    }
    match number::within(text, -10_000..=10_000) {
        None => json!(REFUSED),
        Some(current) => {
            desk.report(Fact::Battery(DeciAmps::from_deci(current)))
                .await;
            json!(current)
        }
    }
}

/// `POST /cablelock`: `?1` locks, anything else unlocks.
pub async fn cable_lock(desk: &Desk, pairs: &Pairs, said: &mut Map<String, Value>) {
    let keep = pairs.get("1").is_some();
    let answer = desk.wish(Command::SetCableLock(keep)).await;
    let value = answer.map_or_else(|_| json!(REFUSED), |Accepted| json!(u8::from(keep)));
    said.insert("cablelock".to_owned(), value);
}
