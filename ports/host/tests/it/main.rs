//! The program from outside: it is started and spoken to over HTTP.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod circuit;
mod command_line;
mod disk;
mod energy;
mod group;
mod host;
mod import;
mod interface;
mod lines;
mod site;
mod store;
