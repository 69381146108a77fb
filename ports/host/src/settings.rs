//! `settings`: the stored settings while the charger does not run.

mod import;

use std::path::{Path, PathBuf};

use smartevse::Stored;
use smartevse::storage::{Contents, Restored};
use smartevse_core::command::{Origin, Refused};
use smartevse_core::event::Record;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::registry::{Kind, SettingId, format_value, parse_value};
use smartevse_core::settings::{ApplyContext, Patch, Settings, apply};

use crate::data::DataStore;
use crate::offline::say;

/// What shall be done with the settings.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Print all settings.
    List,
    /// Print the value of one.
    Get(String),
    /// Change one.
    Set(String, String),
    /// Give all settings their defaults.
    Reset,
    /// Take over the stored values of a device with the upstream firmware.
    Import(PathBuf),
}

/// Does it. Without a directory the defaults are shown.
///
/// # Errors
///
/// One sentence on what cannot be done.
pub fn perform(data: Option<&PathBuf>, action: &Action) -> Result<(), String> {
    match (action, data) {
        (Action::List, data) => {
            list(&stored(data)?);
            Ok(())
        }
        (Action::Get(name), data) => {
            let id = named(name)?;
            say(&text(id, stored(data)?.value(id)));
            Ok(())
        }
        (Action::Set(name, value), Some(data)) => set(data, name, value),
        (Action::Reset, Some(data)) => {
            let (mut store, restored) = DataStore::open(data)?;
            store_settings(&mut store, &restored, &Settings::default())
        }
        (Action::Import(file), Some(data)) => import::import(data, file),
        (Action::Set(..) | Action::Reset | Action::Import(_), None) => {
            Err("settings set, reset and import need --data DIR".to_owned())
        }
    }
}

/// The stored settings; a directory that does not exist is not made for that.
fn stored(data: Option<&PathBuf>) -> Result<Settings, String> {
    let Some(data) = data else {
        return Ok(Settings::default());
    };
    if !data.is_dir() {
        return Err(format!(
            "--data {}: there is no such directory",
            data.display()
        ));
    }
    let (_, restored) = DataStore::open(data)?;
    complain(&restored);
    Ok(restored.loaded.settings)
}

/// Says what was wrong with the store (menu rule X23).
pub fn complain(restored: &Restored) {
    if restored.stored == Stored::Broken {
        eprintln!("smartevse-host: stored values were damaged; check and save the settings");
    }
    for id in restored.report.replaced.iter() {
        eprintln!("smartevse-host: the stored value of {id} was not legal, its default counts");
    }
    for notice in restored.report.notices.texts() {
        eprintln!("smartevse-host: {notice}");
    }
}

fn list(settings: &Settings) {
    for id in SettingId::ALL.iter().filter(|id| **id != SettingId::AppPin) {
        let facts = id.facts();
        let value = text(*id, settings.value(*id));
        let mark = if settings.value(*id) == facts.default {
            ""
        } else {
            "*"
        };
        say(&format!(
            "{:<14} {:<9}  {value}{mark}",
            id.name(),
            facts.label
        ));
    }
    for warning in settings.warnings().texts() {
        eprintln!("smartevse-host: {warning}");
    }
}

fn named(name: &str) -> Result<SettingId, String> {
    let known = SettingId::parse(name).or_else(|| SettingId::parse(&name.replace('-', "_")));
    known
        .filter(|id| *id != SettingId::AppPin)
        .ok_or_else(|| format!("there is no setting {name}; settings list shows all"))
}

fn text(id: SettingId, value: u16) -> String {
    let mut text = String::new();
    // A string takes everything.
    let _ = format_value(id, value, &mut text);
    text.trim().to_owned()
}

fn set(data: &Path, name: &str, value: &str) -> Result<(), String> {
    let id = named(name)?;
    let wanted = parse_value(id, value).ok_or_else(|| not_legal(id, value))?;
    let (mut store, restored) = DataStore::open(data)?;
    let settings = restored.loaded.settings;
    let patch = Patch::new().with(id, wanted);
    let applied = apply(&settings, &patch, Origin::Lcd, ApplyContext::default())
        .map_err(|refused| sentence(id, value, refused))?;
    for words in applied.notices.texts().chain(applied.warnings.texts()) {
        eprintln!("smartevse-host: {words}");
    }
    store_settings(&mut store, &restored, &applied.settings)?;
    say(&format!("{id} {}", text(id, applied.settings.value(id))));
    Ok(())
}

fn store_settings(
    store: &mut DataStore,
    restored: &Restored,
    settings: &Settings,
) -> Result<(), String> {
    let access = AccessRecord {
        access: restored.setup().first_access(),
        ..restored.access.unwrap_or_default()
    };
    let contents = Contents {
        settings,
        access,
        boot: restored.boot,
        cards: &restored.cards,
        energy: restored.energy.unwrap_or_default(),
    };
    store.save(Record::Settings, &contents)
}

fn not_legal(id: SettingId, value: &str) -> String {
    let facts = id.facts();
    match facts.kind {
        Kind::Options(choices) => {
            let names: Vec<&str> = choices.iter().map(|choice| choice.text).collect();
            format!("{id} cannot be {value}: one of {}", names.join(", "))
        }
        Kind::Number {
            gap: Some(gap),
            max,
            ..
        } => {
            let least = text(id, gap.to.saturating_add(1));
            format!("{id} cannot be {value}: 0 or {least} to {}", text(id, max))
        }
        Kind::Number { .. } | Kind::PowerOfTen { .. } | Kind::Pin | Kind::Action => {
            let (min, max) = facts.kind.bounds().unwrap_or_default();
            format!("{id} cannot be {value}: {min} to {max}")
        }
    }
}

fn sentence(id: SettingId, value: &str, refused: Refused) -> String {
    if refused == Refused::NotForThisRole {
        return format!("{id} cannot be {value} with this PWR SHARE");
    }
    format!("{id} cannot be {value}: {refused}")
}

/// The settings that the charger starts with: the stored ones, or before
/// anything was stored those of the demonstration.
#[must_use]
pub fn first(restored: &Restored, otherwise: Settings) -> Settings {
    match restored.stored {
        Stored::Blank => otherwise,
        Stored::Intact | Stored::Broken => restored.loaded.settings,
    }
}
