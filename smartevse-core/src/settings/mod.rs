//! Settings that are always valid, and the one way to change them.
//!
//! A [`Patch`] goes through [`apply`], whoever wrote it; stored records go
//! through [`load`]; [`promote`] brings stored values into force when their
//! moment has come.

mod apply;
mod custom_meter;
mod events;
mod load;
mod notices;
mod patch;
mod promote;
mod rules;
#[cfg(feature = "serde")]
mod serial;
mod values;

pub use apply::{Applied, ApplyContext, apply};
pub use custom_meter::{CustomMeter, CustomQuantity};
pub use events::SettingEvents;
pub use load::{Loaded, load};
pub use notices::{ConfigWarnings, Notices};
pub use patch::Patch;
pub use promote::{Situation, promote};
pub use values::{InvalidSettings, Settings};
