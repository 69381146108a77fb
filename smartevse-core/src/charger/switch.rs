//! Debounced level of the external switch input (charging specification §7).

use super::agenda::{Agenda, Hold};
use super::timing::SWITCH_DEBOUNCE;
use crate::directive::SwitchStatus;
use crate::io::{HardwareFaults, Inputs, SwitchInput};

/// Watches the external switch.
#[derive(Clone, Copy, Debug, Default)]
pub struct SwitchWatch {
    status: SwitchStatus,
    candidate: bool,
    stable: Hold,
}

impl SwitchWatch {
    /// An input that cannot be read counts as open: the safe side for a grid
    /// relay and for access.
    pub fn update(&mut self, inputs: &Inputs, agenda: &mut Agenda) {
        let readable = !inputs.hardware.contains(HardwareFaults::SWITCH);
        let closed = readable && inputs.switch == SwitchInput::Closed;
        if closed != self.candidate {
            self.candidate = closed;
            self.stable.clear();
        }
        let settled = self.stable.holds_for(true, SWITCH_DEBOUNCE, agenda);
        if settled && (!self.status.known || self.status.closed != closed) {
            self.status = SwitchStatus {
                closed,
                known: true,
                changed: agenda.now(),
            };
        }
    }

    pub const fn status(&self) -> SwitchStatus {
        self.status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Instant;

    /// charging 7: 120 ms
    #[test]
    fn when_the_contact_bounces_then_the_level_waits_120_ms() {
        let mut watch = SwitchWatch::default();
        let mut at = |millis, switch| {
            let inputs = Inputs {
                switch,
                ..Inputs::default()
            };
            watch.update(&inputs, &mut Agenda::new(Instant::from_millis(millis)));
            watch.status()
        };
        assert!(!at(0, SwitchInput::Open).known);
        assert!(at(120, SwitchInput::Open).known);
        assert!(!at(200, SwitchInput::Closed).closed);
        assert!(!at(300, SwitchInput::Open).closed);
        assert!(!at(310, SwitchInput::Closed).closed);
        assert!(!at(429, SwitchInput::Closed).closed);
        let pressed = at(430, SwitchInput::Closed);
        assert!(pressed.closed);
        assert_eq!(pressed.changed, Instant::from_millis(430));
    }
}
