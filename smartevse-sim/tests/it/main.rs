//! Tests of the simulator itself: a plant or a runner that is wrong, or that
//! cannot fail, proves nothing.

#![expect(clippy::panic, clippy::unwrap_used, reason = "test code")]

mod awkward;
mod broken;
mod car;
mod conformance;
mod deadbeat;
mod flash;
mod group;
mod metrics;
mod own;
mod parts;
mod rs485;
mod scenario;
mod site;
mod store;
#[cfg(feature = "strategies")]
mod strategies;
mod subpanel;
mod vectors;
mod world;
