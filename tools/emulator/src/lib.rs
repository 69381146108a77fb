//! Runs the unmodified STM32 firmware in an emulated MCU against the simulated
//! car.
//!
//! See the README for what is modelled and what is not.

pub mod console;
pub mod driver;
pub mod lcd;
pub mod machine;
pub mod meter;
pub mod nor;
pub mod pilot;
pub mod pins;
pub mod plant;
pub mod record;
pub mod rig;
pub mod scenarios;
pub mod trigger;
