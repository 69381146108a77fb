//! Codecs of the records that storage holds.
//!
//! Each record is one [`Frame`](frame): key, version, length, payload and a
//! CRC-32 over all of it. Every decoder is total: whatever the bytes are, it
//! gives a value that was once encoded, or an error.
//!
//! | Record | Content |
//! |---|---|
//! | [`settings`] | number and value of every setting; values of unknown numbers are kept |
//! | [`cards`] | ten parts of ten cards each, and a directory that says which parts count |
//! | [`access`] | access, card in use, delayed charging, locks |
//! | [`latches`] | faults that outlive a restart |
//! | [`energy`] | counters of the energy ledger |
//! | [`upstream`] | not a record: the dump of a device with the upstream firmware |

pub mod access;
pub mod cards;
mod checksum;
pub mod energy;
pub mod frame;
pub mod latches;
pub mod settings;
pub mod upstream;

mod fields;

pub use checksum::{crc32, crc32_more};
pub use frame::{Frame, Key, LARGEST_FRAME, LARGEST_PAYLOAD, RecordError};
