//! A half-duplex RS-485 line with servers, in virtual time.
//!
//! Frames lie on the [`Line`] with their start; what a party hears is worked out
//! byte by byte when it listens: collisions, noise, its own echo and frames that
//! are still under way. A [`LineSite`] plays a [`Bus`](smartevse_meters::Bus) of
//! `smartevse-meters` against [`Device`]s, and [`Ages`] keeps the greatest age
//! that each value had.
//! A [`Tap`] is the place of any other device on a line.

mod ages;
mod device;
mod line;
mod site;
mod tap;

pub use ages::{Ages, Occupancy};
pub use device::{Bank, Device, Manner};
pub use line::{Line, LineFaults, Party};
pub use site::{LineSite, Told};
pub use tap::{Tap, TapFaults};
