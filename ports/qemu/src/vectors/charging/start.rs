//! What the charger of a sequence starts with.

use smartevse::{Planning, Setup, Station};
use smartevse_core::card::Uid;
use smartevse_core::charger::BoardFacts;
use smartevse_core::command::{Command, Origin, Teach};
use smartevse_core::io::{
    Inputs, LockFeedback, MainsInput, ProximityInput, ResidualCurrentInput, SwitchInput,
    TemperatureInput,
};
use smartevse_core::registry::{SettingId, parse_value};
use smartevse_core::settings::load;
use smartevse_core::vehicle::VehicleId;
use smartevse_types::{Access, Celsius, Instant, Ohms};

use super::timeline::access_of;
use crate::vectors::Value;

/// Settings of a sequence with the defaults of the format. MAINS MET comes
/// before MODE, which needs it.
const SETTINGS: [(&str, SettingId, u16); 13] = [
    ("mains_met", SettingId::MainsMet, 0),
    ("ev_meter", SettingId::EvMeter, 0),
    ("mode", SettingId::Mode, 0),
    ("config", SettingId::Config, FIXED),
    ("lock", SettingId::Lock, 0),
    ("pwr_share", SettingId::PwrShare, 0),
    ("min_a", SettingId::Min, 6),
    ("max_a", SettingId::Max, 16),
    ("contact2", SettingId::Contact2, ALWAYS_ON),
    ("switch", SettingId::Switch, 0),
    ("rfid", SettingId::Rfid, 0),
    ("rcmon", SettingId::Rcmon, 0),
    ("max_temp_c", SettingId::MaxTemp, 65),
];

/// CONFIG = Fixed.
const FIXED: u16 = smartevse_core::options::CableKind::Fixed.raw();
/// CONTACT 2 = Always On.
const ALWAYS_ON: u16 = smartevse_core::options::Contact2::AlwaysOn.raw();

/// Most cards of a case.
const CARDS: usize = 4;

/// Everything that a sequence starts with.
#[derive(Debug)]
pub struct Start {
    /// The settings as they stand in the case.
    settings: Value,
    /// What the board has.
    pub facts: BoardFacts,
    /// The contactors have feedback.
    pub contactor_feedback: bool,
    /// The lock has feedback.
    pub lock_feedback: bool,
    /// The charger is a node.
    pub is_node: bool,
}

impl Start {
    /// Reads a case.
    pub fn new(case: &Value) -> Self {
        let board = case.member("board");
        let has = |name| board.member(name).is_true();
        let settings = case.member("settings");
        let share = settings.member("pwr_share").text();
        Self {
            settings,
            facts: BoardFacts {
                ventilation: has("ventilation"),
                modem: has("modem"),
                residual_current_test: has("rcm_self_test"),
                ..BoardFacts::default()
            },
            contactor_feedback: has("contactor_feedback"),
            lock_feedback: has("lock_feedback"),
            is_node: share.is_some_and(|share| share.starts_with("Node")),
        }
    }

    /// MAX, A.
    pub fn max_a(&self) -> i32 {
        self.settings.member("max_a").whole().unwrap_or(16)
    }

    /// Starts a station whose power is planned outside; `None` when a value is
    /// not understood.
    pub fn station(&self, now: Instant) -> Option<Station> {
        let mut values = [(SettingId::Mode, 0); SETTINGS.len()];
        for (place, (name, id, default)) in values.iter_mut().zip(SETTINGS) {
            *place = (id, self.value(name, id, default)?);
        }
        let settings = load(values).settings;
        let taken = values.iter().all(|(id, raw)| settings.value(*id) == *raw);
        let (mut cards, mut count) = ([Uid::parse("04A1B2C3")?; CARDS], 0_usize);
        let listed = self.settings.member("cards").items();
        for (place, card) in cards.iter_mut().zip(listed) {
            *place = Uid::parse(card.text()?)?;
            count = count.saturating_add(1);
        }
        let complete = taken && count == listed.len();
        let setup = Setup {
            facts: self.facts,
            settings,
            access: self.access()?,
            cards: cards.get(..count)?,
            planning: Planning::External,
            ..Setup::default()
        };
        complete.then(|| Station::new(&setup, now))
    }

    /// Reads a setting: a number, the text of an option, or the default.
    fn value(&self, name: &str, id: SettingId, default: u16) -> Option<u16> {
        let value = self.settings.member(name);
        match (value.text(), value.number()) {
            (Some("Learn" | "Delete"), _) if id == SettingId::Rfid => parse_value(id, "EnableAll"),
            (Some(text), _) => parse_value(id, text),
            (None, Some(number)) => u16::try_from(number).ok(),
            (None, None) => Some(default),
        }
    }

    fn access(&self) -> Option<Access> {
        let access = self.settings.member("access");
        if access.is_null() {
            return Some(Access::On);
        }
        access_of(&access)
    }

    /// What is a wish, not a stored value.
    pub fn wishes(&self) -> impl Iterator<Item = (Origin, Command)> {
        let teach = match self.settings.member("rfid").text() {
            Some("Learn") => Some(Teach::Learn),
            Some("Delete") => Some(Teach::Delete),
            Some(_) | None => None,
        };
        let stays = self.settings.member("cable_lock") == Value::Number(1);
        let required = self.settings.member("required_evccid");
        let required = required.text().and_then(VehicleId::new);
        let teach = teach.map(|teach| (Origin::Lcd, Command::TeachCards(Some(teach))));
        let stays = stays.then_some((Origin::Rest, Command::SetCableLock(true)));
        let required = (Origin::Rest, Command::RequireVehicle(required));
        teach.into_iter().chain(stays).chain([required])
    }

    /// Levels at the start of every sequence.
    pub fn levels(&self) -> Inputs {
        let relay = self.settings.member("switch") == Value::Text("Grid Relay");
        Inputs {
            proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
            residual_current: ResidualCurrentInput::Normal,
            temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
            lock: if self.lock_feedback {
                LockFeedback::Unknown
            } else {
                LockFeedback::NotFitted
            },
            switch: if relay {
                SwitchInput::Closed
            } else {
                SwitchInput::Open
            },
            mains: MainsInput::Present,
            ..Inputs::default()
        }
    }
}
