#![doc = include_str!("../README.md")]
#![no_std]

pub mod bus;
pub mod catalogue;
pub mod crc;
pub mod decode;
pub mod error;
pub mod feed;
pub mod framing;
pub mod pdu;
pub mod profile;
pub mod reading;
pub mod transaction;

pub use bus::{Bus, BusAction, BusConfig, Counters, Job, JobError, Report};
pub use catalogue::{Entry, Meter, Source};
pub use error::{EncodeError, MeterError, ModbusError};
pub use feed::{Feed, FeedError, FeedMessage, FeedRole, FeedUpdate};
pub use pdu::{Frame, Function, Request, Transport};
pub use profile::Profile;
pub use reading::{ReadKind, Values, decode_read, plan_read};
pub use transaction::{Registers, Tag, Transaction};
