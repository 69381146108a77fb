//! What the charger of a charging sequence starts with.

use serde_json::{Map, Value};
use smartevse::{Planning, Setup, Station, Stored};
use smartevse_core::card::Uid;
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::command::Teach;
use smartevse_core::io::{
    HardwareFaults, Inputs, LockFeedback, MainsInput, ProximityInput, ResidualCurrentInput,
    SwitchInput, TemperatureInput,
};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::Settings;
use smartevse_core::vehicle::VehicleId;
use smartevse_types::{Access, Celsius, Instant, Ohms};

use super::words::{access_of, cards_of, flag, plain};
use crate::wiring;

/// Everything that a charger of a vector starts with.
#[derive(Clone, Debug)]
pub struct Start {
    /// Settings.
    pub settings: Settings,
    /// Access.
    pub access: Access,
    /// Stored cards.
    pub cards: Vec<Uid>,
    /// What the board has.
    pub facts: BoardFacts,
    /// The contactors have feedback.
    pub contactor_feedback: bool,
    /// The lock has feedback.
    pub lock_feedback: bool,
    /// The reader stores or erases cards.
    pub teach: Option<Teach>,
    /// The cable stays locked.
    pub cable_lock: bool,
    /// Vehicle id that is required.
    pub required_vehicle: Option<VehicleId>,
    /// The charger is a node.
    pub is_node: bool,
    /// A grid relay is connected.
    pub has_relay: bool,
    /// MAX, A.
    pub max_a: u16,
}

/// Members of `settings` that are settings of the charger, with the defaults
/// of the vectors.
const SETTINGS: &[(&str, SettingId, &str)] = &[
    // MAINS MET comes before MODE, which needs it.
    ("mains_met", SettingId::MainsMet, "Disabled"),
    ("ev_meter", SettingId::EvMeter, "Disabled"),
    ("mode", SettingId::Mode, "Normal"),
    ("config", SettingId::Config, "Fixed"),
    ("lock", SettingId::Lock, "Disabled"),
    ("pwr_share", SettingId::PwrShare, "Disabled"),
    ("min_a", SettingId::Min, "6"),
    ("max_a", SettingId::Max, "16"),
    ("contact2", SettingId::Contact2, "Always On"),
    ("switch", SettingId::Switch, "Disabled"),
    ("rfid", SettingId::Rfid, "Disabled"),
    ("rcmon", SettingId::Rcmon, "Disabled"),
    ("max_temp_c", SettingId::MaxTemp, "65"),
];

impl Start {
    /// Reads the members `settings` and `board` of a vector.
    ///
    /// # Errors
    ///
    /// A value that cannot be understood.
    pub fn parse(
        settings: &Map<String, Value>,
        board: &Map<String, Value>,
    ) -> Result<Self, String> {
        let teach = match plain(settings.get("rfid")).as_str() {
            "Learn" => Some(Teach::Learn),
            "Delete" => Some(Teach::Delete),
            _ => None,
        };
        let mut values = Vec::new();
        for (member, id, default) in SETTINGS {
            let mut text = plain(settings.get(*member));
            if text.is_empty() {
                (*default).clone_into(&mut text);
            }
            if *id == SettingId::Rfid && teach.is_some() {
                // These two are never stored (decision 44).
                "EnableAll".clone_into(&mut text);
            }
            values.push((
                *id,
                wiring::parse_value(*id, &text).map_err(|e| e.to_string())?,
            ));
        }
        let max = values.iter().find(|(id, _)| *id == SettingId::Max);
        Ok(Self {
            settings: wiring::settings_of(&values).map_err(|why| why.to_string())?,
            access: access_of(settings.get("access"))?.unwrap_or(Access::On),
            cards: cards_of(settings.get("cards"))?,
            facts: BoardFacts {
                ventilation: flag(board.get("ventilation")),
                modem: flag(board.get("modem")),
                residual_current_test: flag(board.get("rcm_self_test")),
                ..BoardFacts::default()
            },
            contactor_feedback: flag(board.get("contactor_feedback")),
            lock_feedback: flag(board.get("lock_feedback")),
            teach,
            cable_lock: plain(settings.get("cable_lock")) == "1",
            required_vehicle: VehicleId::new(&plain(settings.get("required_evccid"))),
            is_node: plain(settings.get("pwr_share")).starts_with("Node"),
            has_relay: plain(settings.get("switch")) == "Grid Relay",
            max_a: max.map_or(16, |(_, raw)| *raw),
        })
    }

    /// Starts a station whose power is planned outside.
    pub fn station(&self, boot: BootRecord, now: Instant) -> Station {
        let setup = Setup {
            facts: self.facts,
            boot,
            settings: self.settings,
            stored: Stored::Intact,
            access: self.access,
            cards: &self.cards,
            planning: Planning::External,
            ..Setup::default()
        };
        Station::new(&setup, now)
    }

    /// Levels at the start of every sequence.
    pub fn levels(&self) -> Inputs {
        Inputs {
            proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
            residual_current: ResidualCurrentInput::Normal,
            temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
            lock: if self.lock_feedback {
                LockFeedback::Unknown
            } else {
                LockFeedback::NotFitted
            },
            switch: if self.has_relay {
                SwitchInput::Closed
            } else {
                SwitchInput::Open
            },
            mains: MainsInput::Present,
            hardware: HardwareFaults::empty(),
            ..Inputs::default()
        }
    }
}
