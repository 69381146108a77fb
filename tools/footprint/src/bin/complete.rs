//! A charger with its menu: core, meters, power share and menu together.
#![no_std]
#![no_main]

use smartevse_footprint as _;

smartevse_footprint::program!({
    smartevse_footprint::menu::exercise();
    smartevse_footprint::firmware::exercise();
});
