//! A program that can panic. If it links, the proof of the others is worth
//! nothing.
#![no_std]
#![no_main]

use smartevse_footprint::{consume, opaque};

smartevse_footprint::program!(consume(opaque([1, 2, 3])[opaque(2)]));
