//! `settings import`: the stored values of an existing device.

use std::fs;
use std::path::Path;

use smartevse::storage::{Contents, Restored};
use smartevse_core::event::Record;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::records::upstream::{Import, Imported, Line};
use smartevse_core::registry::SettingId;

use super::text;
use crate::data::DataStore;
use crate::offline::say;

/// Largest dump in bytes; a whole device has about 5 kB.
const LARGEST: u64 = 1 << 20;

/// Reads a dump and stores what is in it, if it is one.
///
/// # Errors
///
/// One sentence; nothing was changed then.
pub fn import(data: &Path, file: &Path) -> Result<(), String> {
    let name = file.display();
    let dump = read(file).map_err(|why| format!("{name}: {why}; nothing was changed"))?;
    let mut import = Import::new();
    let mut lines = Vec::new();
    for (number, words) in (1..).zip(dump.lines()) {
        lines.push((number, words, import.line(words)));
    }
    let imported = import.finish();
    if imported.factory_new {
        let why = if dump.trim().is_empty() {
            "the file is empty"
        } else {
            "this is not the dump of a charger: it has no Config"
        };
        return Err(format!("{name}: {why}; nothing was changed"));
    }
    let (mut store, restored) = DataStore::open(data)?;
    save(&mut store, &restored, &imported)?;
    for (number, words, line) in lines {
        if let Some(remark) = remark(&imported, words, line) {
            say(&format!("line {number}: {remark}"));
        }
    }
    for notice in imported.loaded.notices.texts() {
        eprintln!("smartevse-host: {notice}");
    }
    say(&summary(&imported));
    Ok(())
}

fn read(file: &Path) -> Result<String, String> {
    let size = fs::metadata(file).map_err(|why| why.to_string())?.len();
    if size > LARGEST {
        return Err("this is too long for the dump of a charger".to_owned());
    }
    let bytes = fs::read(file).map_err(|why| why.to_string())?;
    String::from_utf8(bytes).map_err(|_| "this is not a text".to_owned())
}

/// Stores cards, access and settings, in this order: the settings come last,
/// so that an import that was cut off shows as one that did not happen.
fn save(store: &mut DataStore, restored: &Restored, imported: &Imported) -> Result<(), String> {
    let before = restored.access.unwrap_or_default();
    let access = AccessRecord {
        access: imported
            .access
            .unwrap_or_else(|| restored.setup().first_access()),
        card: before.card,
        schedule: imported.schedule,
        cable_lock: imported.cable_lock,
        lcd_lock: imported.lcd_lock,
    };
    let cards = imported.cards.as_ref().map(|found| &found.cards);
    let contents = Contents {
        settings: &imported.loaded.settings,
        access,
        boot: restored.boot,
        cards: cards.unwrap_or(&restored.cards),
        energy: restored.energy.unwrap_or_default(),
    };
    for record in [Record::Cards, Record::Access, Record::Settings] {
        store.save(record, &contents)?;
    }
    Ok(())
}

/// What is to be said about a line. The values of keys that are not taken over
/// may be secrets.
fn remark(imported: &Imported, words: &str, line: Line) -> Option<String> {
    let key = words.split([',', '=', ':']).next().unwrap_or_default();
    let key: String = key.trim().chars().take(32).collect();
    match line {
        Line::OutOfRange(id) => {
            let value = text(id, imported.loaded.settings.value(id));
            Some(format!("{key} ({id}) is not in its range, {value} counts"))
        }
        Line::NotTaken => Some(format!("{key} is not taken over")),
        Line::OtherType => Some(format!("{key} has another type than chargers use")),
        Line::Unreadable => Some("this cannot be read".to_owned()),
        // Nothing, or taken over.
        Line::Nothing | Line::Setting(_) | Line::Other | _ => None,
    }
}

fn summary(imported: &Imported) -> String {
    let legal = imported.found.iter();
    let legal = legal.filter(|id| !imported.loaded.replaced.contains(*id));
    let mut parts = vec![format!("{} settings", legal.count())];
    if imported.access.is_some() {
        parts.push("access".to_owned());
    }
    if let Some(cards) = &imported.cards {
        parts.push(format!("{} cards", cards.cards.len()));
        if cards.unreadable > 0 {
            parts.push(format!("{} cards unreadable", cards.unreadable));
        }
    }
    let missing: Vec<&str> = SettingId::ALL
        .iter()
        .filter(|id| id.facts().key.is_some() && !imported.found.contains(**id))
        .map(|id| id.name())
        .collect();
    let rest = if missing.is_empty() {
        String::new()
    } else {
        format!(
            "; not in the file, with their default: {}",
            missing.join(", ")
        )
    };
    format!("taken over: {}{rest}", parts.join(", "))
}
