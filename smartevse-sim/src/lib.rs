//! A simulated site for EV chargers: cars, house, meters and faults in virtual
//! time, with scenario and conformance runners.
//!
//! # The plant
//!
//! A [`World`](world::World) holds the boards of chargers, vehicles
//! ([`CarModel`](car::CarModel): behaviour as data), a house, meters and the
//! main breaker. It knows nothing of who controls the boards. A program in real
//! time advances it to the present moment; a [`Run`](run::Run) polls
//! controllers in virtual time, at their deadlines and when an input changes.
//!
//! ```
//! use smartevse_core::hardware::Board;
//! use smartevse_core::io::Inputs;
//! use smartevse_sim::car::CarModel;
//! use smartevse_sim::world::{World, WorldPlan};
//! use smartevse_types::Instant;
//!
//! let mut world = World::new(WorldPlan::default());
//! world.plug(0, CarModel::default());
//! let mut inputs = Inputs::default();
//! world.port(0).sample(Instant::from_secs(1), &mut inputs);
//! // A vehicle that sees no pilot yet: the switch is isolated after reset.
//! assert!(inputs.pilot.is_some_and(|pilot| pilot.low.is_none()));
//! ```
//!
//! # Bench, parts and strategies
//!
//! A [`Bench`](bench::Bench) polls one whole station every 10 ms with the
//! oracles watching, while a test lets [`Happening`](happening::Happening)s
//! befall it. [`parts`] and [`flash`] implement every hardware role of
//! `smartevse-core` for programs that are generic over them. The feature
//! `strategies` gives proptest strategies for all of it.
//!
//! # Runners
//!
//! [`simulate`](simulate::simulate) plays a [`Scenario`](scenario::Scenario)
//! with a station and gives [`Metrics`](metrics::Metrics) under the names of
//! `vectors/closed_loop/reference_upstream.json`;
//! [`conformance`] runs the vectors of `vectors/README.md`.
//!
//! ```no_run
//! use smartevse_sim::scenario::Scenario;
//! use smartevse_sim::simulate::simulate;
//!
//! let scenario = Scenario::load("vectors/closed_loop/smart-steps-0.json".as_ref())?;
//! println!("{} Wh", simulate(&scenario)?.energy_wh);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Groups
//!
//! A scenario with `power_share` joins whole stations by a simulated RS-485
//! line: the first one is the master, each one has its own line end
//! ([`Tap`](rs485::Tap)), and [`Run`](run::Run) can cut a tap, delay its
//! broadcasts, lose confirmations, switch a station off and start it again.
//!
//! **Not here yet:** the vectors of network and OCPP.

pub mod bench;
pub mod car;
pub mod clock;
pub mod conformance;
pub mod connector;
pub mod evse_board;
pub mod flash;
pub mod happening;
pub mod metrics;
pub mod parts;
mod place;
mod port;
pub mod random;
pub mod rs485;
pub mod run;
pub mod scenario;
pub mod simulate;
pub mod site;
#[cfg(feature = "strategies")]
pub mod strategies;
pub mod trace;
pub mod watch;
pub mod wiring;
pub mod world;
