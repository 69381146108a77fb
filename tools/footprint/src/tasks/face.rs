//! Display and buttons.

use smartevse::port::SplitPanel;
use smartevse_core::adapters::{ActiveLevel, InputLine, PinButtons, SpiWires, St7565};

use super::{Bus, HUB, Pause, SharedWires, clock, consume, opaque, run};
use crate::pins::Pin;

/// Serves both kinds of panels.
pub fn exercise() {
    let key = || InputLine::new(Pin, opaque(ActiveLevel::Low));
    let wires = SpiWires {
        bus: Bus,
        select: Pin,
        data: Pin,
        reset: Pin,
    };
    let panel = SplitPanel {
        display: St7565::new(wires, Pause),
        keys: PinButtons::new(key(), key(), key()),
    };
    run(HUB.serve_panel(panel, opaque("board"), consume, &clock()));
    let wires = SharedWires {
        clock: Pin,
        data: Pin,
        select: Pin,
        left: Pin,
        reset: opaque(Some(Pin)),
    };
    let panel = St7565::new(wires, Pause);
    run(HUB.serve_panel(panel, opaque("board"), consume, &clock()));
}
