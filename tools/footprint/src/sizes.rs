//! The states that a charger keeps for good, as memory of the program: the
//! script reads their sizes from its symbols.

use smartevse::exchange::Shared;
use smartevse::meter_line::MeterLine;
use smartevse::{Manager, Station};
use smartevse_core::charger::Charger;
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_core::settings::Settings;
use smartevse_meters::{Bus, Feed};
use smartevse_share::Regulator;

use crate::consume;

macro_rules! sizes {
    ($($symbol:ident: $state:ty,)+) => {
        $(
            #[unsafe(no_mangle)]
            static $symbol: [u8; size_of::<$state>()] = [0; size_of::<$state>()];
        )+

        /// Keeps the states in the program.
        pub fn exercise() {
            $(consume(&$symbol);)+
        }
    };
}

sizes! {
    SIZE_OF_STATION: Station,
    SIZE_OF_CHARGER: Charger,
    SIZE_OF_MANAGER: Manager,
    SIZE_OF_REGULATOR: Regulator,
    SIZE_OF_METER_LINE: MeterLine,
    SIZE_OF_BUS: Bus,
    SIZE_OF_FEED: Feed,
    SIZE_OF_SETTINGS: Settings,
    SIZE_OF_SHARED_DIRECTIVE: Shared<Directive>,
    SIZE_OF_SHARED_STATUS: Shared<ChargerStatus>,
    SIZE_OF_INPUTS: Inputs,
    SIZE_OF_OUTPUTS: Outputs,
}
