//! The scenarios: what the firmware has to do, from plug-in to a dead core.

mod charge;
mod clock;
mod display;
mod fault;
mod meters;
mod script;
mod stall;
mod store;

use std::path::Path;

use crate::rig::Failure;

/// A scenario: its name, and what it does with a firmware.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Name, as the command line takes it.
    pub name: &'static str,
    /// What it shows, with the rules it proves.
    pub shows: &'static str,
    /// Plays it; the text says what was measured.
    pub play: fn(&Path) -> Result<String, Failure>,
}

/// All scenarios.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "boot",
        shows: "safe pins from reset on, no closing in the first 5 s (I-29)",
        play: charge::boot,
    },
    Scenario {
        name: "clock",
        shows: "the clock starts right: no half period that never was",
        play: clock::is_right,
    },
    Scenario {
        name: "charge",
        shows: "plug-in, B, C, charging, unplug, A; pins and duty (I-01..I-05, I-18)",
        play: charge::whole,
    },
    Scenario {
        name: "pilot-12v",
        shows: "the pilot wire breaks while charging (I-06)",
        play: fault::broken_wire,
    },
    Scenario {
        name: "pilot-9v",
        shows: "the car opens S2 while charging (I-06)",
        play: fault::car_stops,
    },
    Scenario {
        name: "pilot-short",
        shows: "pilot shorted to earth while charging (I-06)",
        play: fault::shorted,
    },
    Scenario {
        name: "pilot-diode",
        shows: "the diode is lost while charging (I-06)",
        play: fault::diode_lost,
    },
    Scenario {
        name: "pilot-3v",
        shows: "the car asks for ventilation while charging (I-06)",
        play: fault::ventilation,
    },
    Scenario {
        name: "residual",
        shows: "residual current while charging (I-08)",
        play: fault::residual,
    },
    Scenario {
        name: "unsampled",
        shows: "the pilot is no longer sampled while charging (I-07)",
        play: fault::unsampled,
    },
    Scenario {
        name: "core-frozen",
        shows: "the core stands still while charging: watchdog (decision 52)",
        play: stall::core_frozen,
    },
    Scenario {
        name: "loop-stalled",
        shows: "the loop is no longer called while charging: watchdog (decision 52)",
        play: stall::loop_stalled,
    },
    Scenario {
        name: "clock-stalled",
        shows: "the clock stands still while charging: watchdog (decision 52)",
        play: stall::clock_stalled,
    },
    Scenario {
        name: "crashed",
        shows: "a bus fault while charging: safe pins and a reset",
        play: stall::crashed,
    },
    Scenario {
        name: "display",
        shows: "name, then the ready screen, each dot as in the golden picture",
        play: display::ready,
    },
    Scenario {
        name: "display-button",
        shows: "a held button changes the picture to the golden one and back",
        play: display::button,
    },
    Scenario {
        name: "store",
        shows: "a setting and the access taken by a button outlive a power cut (rule 11.2-4)",
        play: store::kept,
    },
    Scenario {
        name: "store-cut",
        shows: "power cut in the middle of a record: the value of before",
        play: store::power_cut,
    },
    Scenario {
        name: "store-broken",
        shows: "scraps: access off and fault until the settings are saved (rule 11.2-2)",
        play: store::broken,
    },
    Scenario {
        name: "meter",
        shows: "Smart mode with a Modbus meter, which then falls silent",
        play: meters::silent,
    },
    Scenario {
        name: "line-idle",
        shows: "with default settings (no meter) the RS-485 line stays idle",
        play: charge::line_idle,
    },
];
