//! Registry of the settings: identity, facts and texts of each row.
//!
//! The list follows the menu (menu specification §2.1). Other crates add their
//! own columns as arrays indexed by [`SettingId::index`].

mod facts;
mod id;
mod meters;
mod set;
mod table;
mod text;

pub use facts::{
    Choice, Effect, Gap, KeyType, Kind, RoleRule, SettingFacts, StorageKey, Unit, Writers,
};
pub use id::SettingId;
pub use meters::{CUSTOM_METER, METER_DISABLED, MeterClass, SENSORBOX, SENSORBOX_ADDRESS};
pub use set::SettingSet;
pub use table::SETTINGS;
pub use text::{format_value, parse_value};
