//! Program of the part that the file is named after.
#![no_std]
#![no_main]

use smartevse_footprint as _;

smartevse_footprint::program!(smartevse_footprint::menu::exercise());
