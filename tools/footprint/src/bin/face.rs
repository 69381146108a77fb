//! The menu of `smartevse::port`.
#![no_std]
#![no_main]

use smartevse_footprint as _;

smartevse_footprint::program!(smartevse_footprint::face::exercise());
