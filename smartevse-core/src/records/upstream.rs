//! The stored values of a device with the upstream firmware, from a text.
//!
//! One value a line, either as the comma-separated table that partition tools
//! write (`key,type,encoding,value`, with `name,namespace,,` in front of each
//! group) or as `key=value`, with or without a type: `key:u16=value`. Empty
//! lines, the heading of the table and lines that begin with `#` are ignored.
//!
//! Keys and types: menu specification §2.1, §2.6 and §6.

use smartevse_types::Access;

use super::cards::{IMAGE_BYTES, ImportedCards, import_image};
use crate::registry::{KeyType, SettingId, SettingSet};
use crate::schedule::Schedule;
use crate::settings::{Loaded, load};

/// Signs between parts of a line, as sets of one: the core library searches for
/// a sign alone, or for a text, with checks that could panic.
const COMMA: [char; 1] = [','];
const EQUALS: [char; 1] = ['='];
const COLON: [char; 1] = [':'];

/// What a line of the dump was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Line {
    /// Nothing: an empty line, a remark or a heading.
    Nothing,
    /// A setting that was taken.
    Setting(SettingId),
    /// Something else that was taken: access, schedule, locks or cards.
    Other,
    /// A key that is not taken over: network, identity, or unknown.
    NotTaken,
    /// A setting whose value is not legal; its default counts (menu rule X23).
    OutOfRange(SettingId),
    /// A known key under another type than existing devices use.
    OtherType,
    /// Not a line of a dump, or not a number where one is needed.
    Unreadable,
}

/// What was found in a dump.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The settings, made valid.
    pub loaded: Loaded,
    /// Settings that the dump had, legal or not.
    pub found: SettingSet,
    /// Without CONFIG a device never stored anything (menu specification §6).
    pub factory_new: bool,
    /// Access.
    pub access: Option<Access>,
    /// Delayed charging; seconds since 2023-01-01 00:00 UTC.
    pub schedule: Schedule,
    /// The cable stays locked without a vehicle.
    pub cable_lock: bool,
    /// The keys at the device are locked.
    pub lcd_lock: bool,
    /// The cards.
    pub cards: Option<ImportedCards>,
}

/// Reads a dump line by line.
///
/// # Examples
///
/// ```
/// use smartevse_core::records::upstream::{Import, Line};
/// use smartevse_core::registry::SettingId;
///
/// let mut import = Import::new();
/// assert_eq!(import.line("Config,data,u8,1"), Line::Setting(SettingId::Config));
/// assert_eq!(import.line("MaxCurrent=99"), Line::OutOfRange(SettingId::Max));
/// assert_eq!(import.line("WIFIpass,data,string,secret"), Line::NotTaken);
/// let imported = import.finish();
/// assert_eq!(imported.loaded.settings.value(SettingId::Max), 16);
/// assert!(!imported.factory_new);
/// ```
#[derive(Clone, Debug)]
pub struct Import {
    values: [u16; SettingId::COUNT],
    found: SettingSet,
    access: Option<Access>,
    start: Option<u32>,
    stop: Option<u32>,
    daily: bool,
    cable_lock: bool,
    lcd_lock: bool,
    cards: Option<ImportedCards>,
}

impl Default for Import {
    fn default() -> Self {
        Self::new()
    }
}

/// One value of the dump.
#[derive(Clone, Copy)]
struct Entry<'a> {
    key: &'a str,
    /// Empty = not told.
    kind: &'a str,
    value: &'a str,
}

impl<'a> Entry<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let parts = line.split_once(EQUALS);
        let Some((key, value)) = parts.filter(|(key, _)| !key.contains(COMMA)) else {
            return Self::of_table(line);
        };
        let (key, kind) = key.split_once(COLON).unwrap_or((key, ""));
        Some(Self {
            key: key.trim(),
            kind: kind.trim(),
            value: value.trim(),
        })
    }

    fn of_table(line: &'a str) -> Option<Self> {
        let mut columns = line.splitn(4, COMMA).map(str::trim);
        let (key, _) = (columns.next()?, columns.next()?);
        let (kind, value) = (columns.next()?, columns.next()?);
        Some(Self { key, kind, value })
    }

    fn number(&self) -> Option<u32> {
        let digits = !self.value.is_empty() && self.value.bytes().all(|b| b.is_ascii_digit());
        self.value.parse().ok().filter(|_| digits)
    }

    fn has_kind(&self, kinds: &[&str]) -> bool {
        self.kind.is_empty()
            || kinds
                .iter()
                .any(|kind| kind.eq_ignore_ascii_case(self.kind))
    }
}

impl Import {
    /// Begins an import.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            values: [0; SettingId::COUNT],
            found: SettingSet::EMPTY,
            access: None,
            start: None,
            stop: None,
            daily: false,
            cable_lock: false,
            lcd_lock: false,
            cards: None,
        }
    }

    /// Takes one line and says what became of it.
    pub fn line(&mut self, line: &str) -> Line {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || is_heading(line) {
            return Line::Nothing;
        }
        let Some(entry) = Entry::parse(line) else {
            return Line::Unreadable;
        };
        match SettingId::with_key(entry.key) {
            Some(id) => self.setting(id, &entry),
            None => self.other(&entry),
        }
    }

    fn setting(&mut self, id: SettingId, entry: &Entry<'_>) -> Line {
        let kinds: &[&str] = match id.facts().key.map(|key| key.kind) {
            Some(KeyType::U8) => &["u8"],
            Some(KeyType::U16) => &["u16"],
            Some(KeyType::Bool) => &["bool", "u8"],
            None => return Line::NotTaken,
        };
        if !entry.has_kind(kinds) {
            return Line::OtherType;
        }
        let Some(number) = entry.number() else {
            return Line::Unreadable;
        };
        // What is too large for a setting is as illegal as its largest number.
        let value = u16::try_from(number).unwrap_or(u16::MAX);
        self.found.insert(id);
        if let Some(slot) = self.values.get_mut(id.index()) {
            *slot = value;
        }
        if id.facts().may_hold(value) {
            Line::Setting(id)
        } else {
            Line::OutOfRange(id)
        }
    }

    fn other(&mut self, entry: &Entry<'_>) -> Line {
        let kinds: &[&str] = match entry.key {
            "Access" | "CableLock" | "LCDlock" => &["u8"],
            "DelayedStartTim" | "DelayedStopTime" => &["u32"],
            "DelayedRepeat" => &["u16"],
            "RFID" => return self.take_cards(entry),
            _ => return Line::NotTaken,
        };
        if !entry.has_kind(kinds) {
            return Line::OtherType;
        }
        match entry.number() {
            Some(number) => self.take_number(entry.key, number),
            None => Line::Unreadable,
        }
    }

    fn take_number(&mut self, key: &str, number: u32) -> Line {
        let moment = (number != 0).then_some(number);
        match (key, number) {
            ("Access", 0) => self.access = Some(Access::Off),
            ("Access", 1) => self.access = Some(Access::On),
            ("Access", 2) => self.access = Some(Access::Pause),
            ("DelayedStartTim", _) => self.start = moment,
            ("DelayedStopTime", _) => self.stop = moment,
            ("DelayedRepeat", 0 | 1) => self.daily = number == 1,
            ("CableLock", 0 | 1) => self.cable_lock = number == 1,
            ("LCDlock", 0 | 1) => self.lcd_lock = number == 1,
            (_, _) => return Line::Unreadable,
        }
        Line::Other
    }

    /// The list of cards as hexadecimal digits.
    fn take_cards(&mut self, entry: &Entry<'_>) -> Line {
        if !entry.has_kind(&["hex2bin", "blob", "hex"]) {
            return Line::OtherType;
        }
        let mut image = [0; IMAGE_BYTES];
        match from_hex(entry.value, &mut image) {
            Some(image) => {
                self.cards = Some(import_image(image));
                Line::Other
            }
            None => Line::Unreadable,
        }
    }

    /// Ends the import.
    #[must_use]
    pub fn finish(self) -> Imported {
        let values = SettingId::ALL
            .iter()
            .copied()
            .zip(self.values)
            .filter(|(id, _)| self.found.contains(*id));
        Imported {
            loaded: load(values),
            found: self.found,
            factory_new: !self.found.contains(SettingId::Config),
            access: self.access,
            schedule: Schedule::restored(self.start, self.stop, self.daily),
            cable_lock: self.cable_lock,
            lcd_lock: self.lcd_lock,
            cards: self.cards,
        }
    }
}

/// Whether a line of the table names its columns or begins a group.
fn is_heading(line: &str) -> bool {
    let mut columns = line.split(COMMA).skip(1);
    line.starts_with("key,") || (columns.next() == Some("namespace") && columns.next().is_some())
}

fn from_hex<'a>(text: &str, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    let digits = text.as_bytes();
    let length = digits.len().checked_div(2)?;
    if !digits.len().is_multiple_of(2) || length == 0 {
        return None;
    }
    let bytes = bytes.get_mut(..length)?;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let high = char::from(*high).to_digit(16)?;
        let low = char::from(*low).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(dump: &str) -> (Imported, std::vec::Vec<Line>) {
        let mut import = Import::new();
        let lines = dump.lines().map(|line| import.line(line)).collect();
        (import.finish(), lines)
    }

    extern crate std;

    /// Menu 6: every setting under its upstream key and type.
    #[test]
    fn when_a_whole_device_is_dumped_then_every_setting_comes_over() {
        let mut dump = std::string::String::from("key,type,encoding,value\nsettings,namespace,,\n");
        let mut expected = std::vec::Vec::new();
        for id in SettingId::ALL {
            let Some(key) = id.facts().key else { continue };
            let kind = if key.kind == KeyType::U16 {
                "u16"
            } else {
                "u8"
            };
            let (_, largest) = id.facts().kind.bounds().unwrap();
            let tied = [SettingId::PwrShare, SettingId::Min, SettingId::Contact2];
            let value = if tied.contains(id) {
                id.facts().default
            } else {
                largest
            };
            dump.push_str(&std::format!("{},data,{kind},{value}\n", key.name));
            expected.push((*id, value));
        }
        let (imported, lines) = import(&dump);
        assert_eq!(imported.loaded.settings, load(expected).settings);
        assert_eq!(imported.found.len(), 42);
        assert!(imported.loaded.replaced.is_empty() && !imported.factory_new);
        let settings = lines.iter().filter(|l| matches!(l, Line::Setting(_)));
        assert_eq!(settings.count(), 42);
    }

    /// Menu rule X23 and menu 6: nothing is lost without a word.
    #[test]
    fn when_values_are_unknown_or_illegal_then_each_is_reported() {
        let (imported, lines) = import(
            "# a remark\n\nMaxMains,data,u8,40\nMaxMains,data,u16,9\nMinCurrent:u16=99999999\n\
             CapPeak=3\nRFIDReader=3\nAccess=7\nAccess:u8=0\nnonsense\nMode=x\nDelayedRepeat=2",
        );
        let expected = [
            Line::Nothing,
            Line::Nothing,
            Line::OtherType,
            Line::OutOfRange(SettingId::Mains),
            Line::OutOfRange(SettingId::Min),
            Line::NotTaken,
            Line::OutOfRange(SettingId::Rfid),
            Line::Unreadable,
            Line::Other,
            Line::Unreadable,
            Line::Unreadable,
            Line::Unreadable,
        ];
        assert_eq!(lines, expected);
        let replaced = imported.loaded.replaced;
        assert!(
            replaced
                .iter()
                .eq([SettingId::Mains, SettingId::Min, SettingId::Rfid])
        );
        assert_eq!(imported.access, Some(Access::Off));
        assert!(imported.factory_new);
    }

    /// Menu 6: a group has its word in the second column only; elsewhere it is
    /// part of a value, which is not passed over.
    #[test]
    fn when_a_value_holds_the_word_of_a_group_then_the_line_is_reported() {
        let (imported, lines) = import(
            "settings,namespace,,\nConfig,data,u8,1,namespace,\nConfig=1,2,namespace,\n\
             settings,namespace",
        );
        let unreadable = Line::Unreadable;
        assert_eq!(lines, [Line::Nothing, unreadable, unreadable, unreadable]);
        assert!(imported.factory_new);
    }

    /// Menu 2.6: what is stored besides the settings.
    #[test]
    fn when_schedule_locks_and_cards_are_dumped_then_they_come_over() {
        let cards = "01020304050607".to_owned() + &"FF".repeat(7) + "0A0B0C0D000000";
        let (imported, lines) = import(&std::format!(
            "DelayedStartTim,data,u32,1000\nDelayedStopTime,data,u32,2000\n\
             DelayedRepeat,data,u16,1\nCableLock,data,u8,1\nLCDlock,data,u8,1\n\
             RFID,data,hex2bin,{cards}\nRFID,data,base64,AAAA\nRFID=0\nRFID=0g"
        ));
        assert_eq!(&lines[..6], [Line::Other; 6]);
        assert_eq!(lines[6], Line::OtherType);
        assert_eq!(&lines[7..], [Line::Unreadable; 2]);
        let schedule = imported.schedule;
        assert_eq!(schedule, Schedule::new(0, Some(1000), Some(2000), true));
        assert!(imported.cable_lock && imported.lcd_lock);
        assert_eq!(imported.cards.unwrap().cards.len(), 2);
    }

    use std::borrow::ToOwned;
}
