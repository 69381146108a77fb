//! The network interface: requests in, commands and views out.
//!
//! Everything but [`server`] is free of sockets: a request becomes an answer
//! with the help of the [`Desk`](crate::desk::Desk).

pub mod feeds;
pub mod group;
pub mod lcd;
mod lcd_socket;
pub mod live;
pub mod message;
pub mod names;
pub mod number;
pub mod origin;
pub mod parameters;
pub mod query;
pub mod routes;
pub mod server;
pub mod simulated;
pub mod status;
