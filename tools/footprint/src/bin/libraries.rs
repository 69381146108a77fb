//! Core, share, meters and types together, without the facade.
#![no_std]
#![no_main]

use smartevse_footprint as _;

smartevse_footprint::program!({
    smartevse_footprint::types::exercise();
    smartevse_footprint::core::exercise();
    smartevse_footprint::share::exercise();
    smartevse_footprint::meters::exercise();
});
