//! The user guide says what the code does.

use std::fmt::Write;

use smartevse_core::faults::{FAULT_TABLE, FaultClass, Opening};
use smartevse_core::registry::{
    Effect, Gap, Kind, RoleRule, SETTINGS, SettingFacts, Writers, format_value,
};

/// Charging 3.1: the fault table of the guide is the one in the code.
#[test]
fn when_the_guide_lists_faults_then_it_is_the_table_in_the_code() {
    let guide = include_str!("../../../docs/charging.md");
    let mut rows = String::new();
    for row in FAULT_TABLE {
        let ends = match row.class {
            FaultClass::Latched => "latched",
            FaultClass::SelfClearing => "ends by itself",
            FaultClass::Warning => "warning",
        };
        let opens = match row.opening {
            Opening::Immediate => "immediate",
            Opening::Graceful => "graceful",
        };
        let (name, text, cause, action) = (row.name, row.text, row.cause, row.action);
        writeln!(
            rows,
            "| {name} | {text} | {ends} | {opens} | {cause} | {action} |"
        )
        .unwrap();
    }
    assert!(guide.contains(&rows), "docs/charging.md must hold\n{rows}");
}

fn value_text(row: &SettingFacts, value: u16) -> String {
    let mut text = String::new();
    format_value(row.id, value, &mut text).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn range(row: &SettingFacts) -> String {
    let names = |choices: &[smartevse_core::registry::Choice]| {
        let names = choices.iter().map(|choice| choice.text);
        names.collect::<Vec<_>>().join(", ")
    };
    let (min, max) = row.kind.bounds().unwrap_or_default();
    match row.kind {
        Kind::Options(choices) => names(choices),
        Kind::Number {
            gap: Some(Gap { to, .. }),
            ..
        } => format!(
            "{}, {} to {}",
            value_text(row, 0),
            value_text(row, to + 1),
            value_text(row, max)
        ),
        Kind::Number { .. } | Kind::PowerOfTen { .. } | Kind::Pin => {
            format!("{} to {}", value_text(row, min), value_text(row, max))
        }
        Kind::Action => "makes a PIN".to_string(),
    }
}

fn writers(row: &SettingFacts) -> String {
    let names = [
        (Writers::LCD, "LCD"),
        (Writers::BUTTON, "button"),
        (Writers::REST, "REST"),
        (Writers::MQTT, "MQTT"),
        (Writers::BUS, "bus"),
        (Writers::APP, "app"),
    ];
    let names = names.iter().filter(|(flag, _)| row.writers.contains(*flag));
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    names.join(", ")
}

fn settings_page() -> String {
    let mut page = String::from(include_str!("settings_head.md"));
    for row in &SETTINGS {
        let roles = match row.role {
            RoleRule::Any => "every",
            RoleRule::NotOnNode => "not on a node",
            RoleRule::MasterOnly => "Master",
        };
        let effect = match row.effect {
            Effect::AtOnce => "at once",
            Effect::WhenNotCharging => "when not charging",
            Effect::WhenUnplugged => "when unplugged",
            Effect::AtRestart => "at restart",
        };
        let key = row.key.map_or("-", |key| key.name);
        let default = match row.kind {
            Kind::Action => "-".to_string(),
            _ => value_text(row, row.default),
        };
        writeln!(
            page,
            "| `{}` | {} | {} | {default} | {} | {roles} | {effect} | {key} |",
            row.id,
            row.label,
            range(row),
            writers(row)
        )
        .unwrap();
    }
    page
}

/// Menu 2: docs/settings.md is made from the registry. With the environment
/// variable WRITE_DOCS set the page is written anew.
#[test]
fn when_the_registry_is_printed_then_the_page_of_the_settings_is_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    let page = settings_page();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert!(
        found == page,
        "docs/settings.md is not current: run `WRITE_DOCS=1 cargo test -p smartevse-core --test it docs`"
    );
}
