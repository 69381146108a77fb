#![doc = include_str!("../README.md")]
#![no_std]

pub mod bus;
pub mod catalogue;
pub mod correction;
pub mod crc;
pub mod custom;
mod decimal;
pub mod decode;
pub mod error;
pub mod feed;
pub mod framing;
pub mod homewizard;
mod json;
pub mod ledger;
pub mod p1;
pub mod pdu;
pub mod profile;
pub mod reader;
pub mod reading;
pub mod sensorbox;
pub mod server;
pub mod snoop;
pub mod transaction;

pub use bus::{Bus, BusAction, BusConfig, Counters, GroupBus, Importance, Job, JobError, Report};
pub use catalogue::{Entry, Meter, Source};
pub use correction::{Correction, NoPhaseCurrents};
pub use custom::{CustomMeter, CustomSettings};
pub use error::{EncodeError, MeterError, ModbusError};
pub use feed::{Feed, FeedError, FeedMessage, FeedRole, FeedUpdate};
pub use ledger::Ledger;
pub use pdu::{Frame, Function, Request, Transport};
pub use profile::Profile;
pub use reader::Reader;
pub use reading::{ReadKind, Values, decode_read, plan_read};
pub use transaction::{Registers, Tag, Transaction};
