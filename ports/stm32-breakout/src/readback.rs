//! Comparison of the outputs with what the pins and the timer really do.

use smartevse_core::io::{Outputs, PilotSwitch};

use crate::sampling::PERIOD;

/// Levels as the input registers of the pins show them, and the compare value
/// of the pilot timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readback {
    /// SSR1 is high.
    pub contactor1: bool,
    /// SSR2 is high.
    pub contactor2: bool,
    /// CPOFF is high.
    pub isolation: bool,
    /// Compare value of the pilot, 0..=1000.
    pub duty: u16,
}

/// Tells whether every safety-relevant output is as commanded.
#[must_use]
pub fn matches(outputs: &Outputs, seen: &Readback) -> bool {
    seen.contactor1 == outputs.contactor1.is_closed()
        && seen.contactor2 == outputs.contactor2.is_closed()
        && seen.isolation == (outputs.pilot_switch == PilotSwitch::Isolated)
        && seen.duty == outputs.duty.as_permille().min(PERIOD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::io::Contactor;

    const SAFE: Readback = Readback {
        contactor1: false,
        contactor2: false,
        isolation: true,
        duty: 1_000,
    };

    #[test]
    fn when_one_output_differs_then_it_is_noticed() {
        assert!(matches(&Outputs::SAFE, &SAFE));
        let wrong = [
            Readback {
                contactor1: true,
                ..SAFE
            },
            Readback {
                contactor2: true,
                ..SAFE
            },
            Readback {
                isolation: false,
                ..SAFE
            },
            Readback { duty: 999, ..SAFE },
        ];
        for seen in wrong {
            assert!(!matches(&Outputs::SAFE, &seen), "{seen:?}");
        }
    }

    #[test]
    fn when_charging_then_the_closed_levels_match() {
        let outputs = Outputs {
            pilot_switch: PilotSwitch::Closed,
            contactor1: Contactor::Closed,
            contactor2: Contactor::Closed,
            ..Outputs::SAFE
        };
        let seen = Readback {
            contactor1: true,
            contactor2: true,
            isolation: false,
            duty: 1_000,
        };
        assert!(matches(&outputs, &seen));
        assert!(!matches(&outputs, &SAFE));
    }
}
