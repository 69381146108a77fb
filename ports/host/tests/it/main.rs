//! The program from outside: it is started and spoken to over HTTP.

mod command_line;
mod host;
mod interface;
mod lines;
mod site;
