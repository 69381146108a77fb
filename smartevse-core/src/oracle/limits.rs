//! Duty and cable figures, written a second time from the specification so
//! that an error in the charging control cannot hide here.

use smartevse_types::{DeciAmps, Duration, DutyPermille, Instant};

use crate::directive::ChargerConfig;
use crate::io::ProximityInput;
use crate::options::CableKind;
use crate::state::ChargeState;

/// Smallest current that a pulse width can offer (IEC 61851-1).
pub(super) const LEAST: DeciAmps = DeciAmps::from_deci(60);
/// Largest current that a pulse width can offer (IEC 61851-1).
pub(super) const MOST: DeciAmps = DeciAmps::from_deci(800);

/// Resistance on the proximity contact must have stayed for this long before
/// the oracle takes the rating as certain (own decision: far above any median).
const CABLE_CERTAIN: Duration = Duration::from_secs(1);

/// Duty that offers a current (charging specification §1.4).
pub(super) fn duty_of(current: DeciAmps) -> DutyPermille {
    let amps = current.as_deci().clamp(0, 800);
    let permille = match amps {
        ..=59 => 1_000,
        60..=510 => (amps.saturating_mul(5) / 3).max(100),
        511..=527 => 850,
        _ => (amps.saturating_mul(2) / 5).saturating_add(640),
    };
    DutyPermille::from_permille(u16::try_from(permille).unwrap_or(1_000))
}

/// Whether a duty is a pulse width: neither steady +12 V nor steady −12 V.
pub(super) fn is_pulse(duty: DutyPermille) -> bool {
    (1..=999).contains(&duty.as_permille())
}

/// Whether a duty offers a current.
pub(super) fn is_offer(duty: DutyPermille) -> bool {
    (80..=999).contains(&duty.as_permille())
}

/// Whether a duty offers more than a limit; any offer does when the limit is
/// below 6 A.
pub(super) fn exceeds(duty: DutyPermille, limit: DeciAmps) -> bool {
    is_offer(duty) && (limit < LEAST || duty > duty_of(limit))
}

/// Upper ends of the resistance ranges with their ratings in amperes (charging
/// specification §1.5, decision 4). A gap between two ranges belongs to the
/// smaller rating.
const RATINGS: [(u32, Option<i32>); 6] = [
    (59, None),
    (140, Some(630)),
    (308, Some(320)),
    (936, Some(160)),
    (4_500, Some(130)),
    (u32::MAX, None),
];

/// Rating of a cable; `None` without a valid coding.
pub(super) fn rating(input: ProximityInput) -> Option<DeciAmps> {
    match input {
        ProximityInput::Missing | ProximityInput::Open => None,
        ProximityInput::OpenOrA13 => Some(DeciAmps::from_deci(130)),
        ProximityInput::Resistance(ohms) => RATINGS
            .iter()
            .find(|(end, _)| ohms.as_ohms() <= *end)
            .and_then(|(_, rating)| rating.map(DeciAmps::from_deci)),
    }
}

/// Largest rating that the charging control may believe in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CableWatch {
    kind: Option<CableKind>,
    value: ProximityInput,
    since: Instant,
    seen: Option<DeciAmps>,
}

impl CableWatch {
    /// Takes a poll in: `before` and `after` are the states around it.
    pub(super) fn update(
        &mut self,
        now: Instant,
        value: ProximityInput,
        config: &ChargerConfig,
        before: Option<ChargeState>,
        after: ChargeState,
    ) {
        if value != self.value {
            self.value = value;
            self.since = now;
        }
        let from_a = before.is_none_or(|state| state == ChargeState::A);
        if from_a || after == ChargeState::A {
            self.kind = Some(config.cable);
        }
        let entered = after == ChargeState::B && !before.is_some_and(offers);
        let measured = entered || after == ChargeState::A;
        if measured && now.since(self.since) >= CABLE_CERTAIN {
            self.seen = None;
        }
        self.seen = self.seen.max(rating(value));
    }

    /// Whether CONFIG was changed to a fixed cable and must wait for state A.
    pub(super) fn fixed_is_waiting(&self, config: &ChargerConfig) -> bool {
        self.kind == Some(CableKind::Socket) && config.cable == CableKind::Fixed
    }

    /// Limit of the cable; `None` = no valid cable, no energy.
    pub(super) fn limit(&self) -> Option<DeciAmps> {
        match self.kind {
            Some(CableKind::Fixed) => Some(MOST),
            Some(CableKind::Socket) | None => self.seen,
        }
    }
}

/// States that follow one measurement of the cable.
const fn offers(state: ChargeState) -> bool {
    matches!(
        state,
        ChargeState::B
            | ChargeState::CommC
            | ChargeState::CommCOk
            | ChargeState::C
            | ChargeState::D
            | ChargeState::Activate
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Ohms;

    #[test]
    fn when_converted_then_the_duties_of_the_table_result() {
        let table = [
            (0, 1000),
            (59, 1000),
            (60, 100),
            (61, 101),
            (130, 216),
            (160, 266),
            (320, 533),
            (510, 850),
            (511, 850),
            (527, 850),
            (530, 852),
            (630, 892),
            (800, 960),
            (900, 960),
        ];
        for (amps, duty) in table {
            assert_eq!(duty_of(DeciAmps::from_deci(amps)).as_permille(), duty);
        }
    }

    #[test]
    fn when_the_current_rises_then_the_duty_never_falls() {
        for amps in 60..800 {
            let (low, high) = (DeciAmps::from_deci(amps), DeciAmps::from_deci(amps + 1));
            assert!(duty_of(low) <= duty_of(high));
        }
    }

    /// Decision 4: 680 Ω counts as 16 A.
    #[test]
    fn when_a_resistor_is_read_then_the_rating_is_the_smaller_one() {
        let cases = [
            (40, None),
            (100, Some(630)),
            (150, Some(320)),
            (220, Some(320)),
            (680, Some(160)),
            (1_000, Some(130)),
            (1_500, Some(130)),
            (9_000, None),
        ];
        for (ohms, amps) in cases {
            let input = ProximityInput::Resistance(Ohms::from_ohms(ohms));
            assert_eq!(rating(input), amps.map(DeciAmps::from_deci), "{ohms}");
        }
    }
}
