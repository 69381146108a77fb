//! Groups of whole stations on the simulated line.

mod disturbed;
mod long;
mod month;
mod own;
mod rig;
mod unmoved;
mod watched;
