//! The store on a flash that is cut off, worn and wrong.

mod cuts;
mod flips;
mod lost;
mod permits;
mod rig;
mod station;
mod upkeep;
