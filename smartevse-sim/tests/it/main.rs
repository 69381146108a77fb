//! Tests of the simulator itself: a plant or a runner that is wrong, or that
//! cannot fail, proves nothing.

#![expect(clippy::unwrap_used, reason = "test code")]

mod car;
mod conformance;
mod deadbeat;
mod metrics;
mod scenario;
mod vectors;
mod world;
