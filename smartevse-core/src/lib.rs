//! Charging control of an EV charger: pilot, states, contactors, cable lock,
//! residual current, temperature, faults, settings, access and the hardware
//! roles of a board.
//!
//! The heart is [`Charger`](charger::Charger). It has no clock, no bus and no
//! heap: a poll takes the time, what the board sampled and what planning wants,
//! and gives everything that the board drives.
//!
//! ```
//! use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
//! use smartevse_core::directive::{Directive, PowerGrant};
//! use smartevse_core::io::{
//!     Inputs, PilotSample, ProximityInput, ResidualCurrentInput, TemperatureInput,
//! };
//! use smartevse_core::pilot::PilotClass;
//! use smartevse_core::types::{
//!     Access, Celsius, DeciAmps, Duration, Instant, LimitedBy, Ohms,
//! };
//!
//! // What planning wants; it must be renewed at least once a second.
//! let mut directive = Directive {
//!     access: Access::On,
//!     grant: PowerGrant {
//!         available: true,
//!         offered: DeciAmps::from_deci(160),
//!         limited_by: LimitedBy::Max,
//!     },
//!     three_phase: true,
//!     ..Directive::default()
//! };
//! // What the board sampled.
//! let mut inputs = Inputs {
//!     proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
//!     residual_current: ResidualCurrentInput::Normal,
//!     temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
//!     ..Inputs::default()
//! };
//! let mut charger = Charger::new(BoardFacts::default(), BootRecord::default(), Instant::ZERO);
//! let mut outputs = Default::default();
//! for tick in 0..2_000 {
//!     let now = Instant::from_millis(tick * 10);
//!     // A vehicle that asks for energy from the start: 6 V, with its diode.
//!     let from = now - Duration::from_millis(25);
//!     inputs.pilot = PilotSample::from_class(PilotClass::C6, Some(true), from, now);
//!     directive.issued = Some(now);
//!     outputs = charger.poll(now, &inputs, &directive);
//!     // board.drive(&outputs)
//! }
//! assert!(outputs.contactor1.is_closed());
//! assert_eq!(outputs.duty.as_permille(), 266); // 16 A
//! ```
//!
//! **The calling rule.** Poll every 10 ms in the highest-priority context, or,
//! in a simulation, whenever an input changes and at
//! [`Charger::deadline`](charger::Charger::deadline) rounded up to the next
//! 10 ms: both give the same trace. Drive the outputs after each poll. Feed the
//! watchdog only after that. A directive that is not renewed for one second, a
//! pilot sample older than 50 ms or a gap of more than 100 ms in the
//! supervision ends with open contactors.
//!
//! **Nothing known is the default.** `Inputs::default()` and
//! `Directive::default()` can never close a contactor.
//!
//! **Not supported:** charging by the messages of ISO 15118 (a modem, where one
//! is fitted, tells the vehicle id; energy flows by pulse width), state D as a
//! state of its own (a vehicle that needs ventilation charges in C where
//! ventilation is fitted).
//! The charging control leaves the status light dark; the planning half gives
//! its pattern.
//!
//! | Feature | What it adds |
//! |---|---|
//! | `hal` (default) | adapters that make embedded-hal 1.0 parts into the hardware roles |
//! | `contract` | contract tests that a port author runs on the bench |
//! | `oracle` | the safety oracle: one row for each invariant I-01 to I-32 |
//! | `serde` | serialisation of the data types |
#![no_std]

pub mod access;
pub mod card;
pub mod cards;
pub mod charger;
pub mod command;
pub mod directive;
pub mod duty;
pub mod event;
pub mod faults;
pub mod group;
pub mod io;
pub mod light;
pub mod options;
pub mod pilot;
pub mod proximity;
pub mod records;
pub mod registry;
pub mod schedule;
pub mod sensorbox;
pub mod settings;
pub mod snapshot;
pub mod state;
pub mod switch;
pub mod vehicle;

#[cfg(feature = "hal")]
pub mod adapters;
#[cfg(feature = "contract")]
pub mod contract;
pub mod hardware;
#[cfg(feature = "oracle")]
pub mod oracle;

pub use smartevse_types as types;
