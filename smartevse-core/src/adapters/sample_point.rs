//! Where in the period of the pilot a sample is taken, and which phase it
//! shows.

use smartevse_types::DutyPermille;

/// Length of the pilot period, µs: one thousandth of duty is one microsecond.
pub const PILOT_PERIOD_US: u16 = 1_000;

/// Sample point of the high phase and of a steady level, µs after the rise
/// (boards specification §1.4).
pub const HIGH_POINT_US: u16 = 50;

/// Earliest sample point of the low phase, µs after the rise (boards
/// specification §1.4).
pub const LOW_POINT_US: u16 = 950;

/// Distance of the low sample from the fall, µs.
const AFTER_FALL: u16 = 10;

/// An edge and the analogue path behind it have settled after this time, µs.
const SETTLED: u16 = 8;

/// The converter holds the level within this time, µs.
pub(super) const APERTURE: u16 = 5;

/// Phase of the pilot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PilotPhase {
    /// No pulses: +12 V or −12 V throughout.
    Steady,
    /// Positive part of a pulse.
    High,
    /// Negative part of a pulse.
    Low,
}

/// Gives the length of a pulse in µs; `None` without pulses.
pub(super) fn pulse(duty: DutyPermille) -> Option<u16> {
    let permille = duty.as_permille();
    (1..PILOT_PERIOD_US).contains(&permille).then_some(permille)
}

/// Gives the sample point of a phase, µs after the rise, 1..=995.
///
/// High: 50 µs, or the middle of a shorter pulse. Low: `max(950, duty + 10)`;
/// from 98 % on too little of the low phase may be left, and [`phase_at`]
/// refuses the sample. Steady: 50 µs.
#[must_use]
pub fn sample_point(duty: DutyPermille, phase: PilotPhase) -> u16 {
    let fall = pulse(duty).unwrap_or(PILOT_PERIOD_US);
    match phase {
        PilotPhase::Steady => HIGH_POINT_US,
        PilotPhase::High => HIGH_POINT_US.min(fall / 2).max(1),
        PilotPhase::Low => LOW_POINT_US
            .max(fall.saturating_add(AFTER_FALL))
            .min(PILOT_PERIOD_US.saturating_sub(APERTURE)),
    }
}

/// Gives the phase that a conversion started at `position` (µs after the rise)
/// shows; `None` when an edge is too close.
#[must_use]
pub fn phase_at(duty: DutyPermille, position: u16) -> Option<PilotPhase> {
    let Some(fall) = pulse(duty) else {
        return Some(PilotPhase::Steady);
    };
    let end = position.saturating_add(APERTURE);
    if position >= SETTLED && end <= fall {
        Some(PilotPhase::High)
    } else if position >= fall.saturating_add(SETTLED) && end <= PILOT_PERIOD_US {
        Some(PilotPhase::Low)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(permille: u16) -> DutyPermille {
        DutyPermille::from_permille(permille)
    }

    /// Boards 1.4: 50 µs and max(950, duty + 10), at every duty of the charger.
    #[test]
    fn when_a_duty_is_legal_then_both_points_lie_inside_their_phase() {
        for permille in (100..=960).chain([50]) {
            let high = sample_point(duty(permille), PilotPhase::High);
            assert_eq!(high, if permille == 50 { 25 } else { 50 });
            let low = sample_point(duty(permille), PilotPhase::Low);
            assert_eq!(low, (permille + 10).max(950));
            assert_eq!(phase_at(duty(permille), high), Some(PilotPhase::High));
            assert_eq!(phase_at(duty(permille), low), Some(PilotPhase::Low));
        }
    }

    /// I-07: a sample taken late must not turn one phase into the other.
    #[test]
    fn when_a_sample_is_late_then_it_is_never_of_the_other_phase() {
        for permille in 1..1000 {
            for position in 0..1000 {
                match phase_at(duty(permille), position) {
                    Some(PilotPhase::High) => assert!(position < permille),
                    Some(PilotPhase::Low) => assert!(position >= permille),
                    Some(PilotPhase::Steady) => panic!("pulses at {permille}"),
                    None => {}
                }
            }
        }
    }

    /// Boards 1.4: sampling goes on at 0 % and 100 %.
    #[test]
    fn when_there_are_no_pulses_then_every_position_is_steady() {
        for permille in [0, 1000, 1001] {
            for position in [0, 50, 999] {
                let seen = phase_at(duty(permille), position);
                assert_eq!(seen, Some(PilotPhase::Steady));
            }
            assert_eq!(sample_point(duty(permille), PilotPhase::Steady), 50);
        }
    }

    #[test]
    fn when_a_phase_is_too_short_then_its_point_stays_in_the_period_and_is_refused() {
        assert_eq!(sample_point(duty(1), PilotPhase::High), 1);
        assert_eq!(phase_at(duty(1), 1), None);
        assert_eq!(sample_point(duty(995), PilotPhase::Low), 995);
        assert_eq!(phase_at(duty(995), 995), None);
    }
}
