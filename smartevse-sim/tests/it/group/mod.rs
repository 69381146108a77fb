//! Groups of whole stations on the simulated line.

mod disturbed;
mod long;
mod own;
mod rig;
