//! What the charger allows the store to do with the flash.

use smartevse_core::directive::ChargerStatus;
use smartevse_core::faults::Faults;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Duration, Instant};

/// After a change of state contactors may still be moving.
const SETTLED: Duration = Duration::from_millis(300);

/// No vehicle, or nobody may charge, for this long before erasing.
const QUIET: Duration = Duration::from_secs(10);

/// What storage may do now. Flash may stop the processor meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum FlashPermit {
    /// Nothing: a contactor may be moving.
    #[default]
    Nothing,
    /// One append of at most 256 bytes.
    Append,
    /// One append, or one erase of a block.
    Erase,
}

impl FlashPermit {
    /// Gives the permit of this moment.
    ///
    /// Nothing for 300 ms after a change of state. Erase only with contactors
    /// proven open: no vehicle, or B1 with access off, for 10 s (decisions 70
    /// and 73).
    #[must_use]
    pub fn of(status: ChargerStatus, access: Access, now: Instant) -> Self {
        let calm = now.since(status.since);
        if calm < SETTLED {
            return Self::Nothing;
        }
        let open = !status.contactor1.is_closed()
            && !status.contactor2.is_closed()
            && !status.faults.contains(Faults::CONTACTOR_FAULT);
        let nobody = !status.vehicle_present && status.state == ChargeState::A;
        let refused = status.state == ChargeState::B1
            && status.duty.as_permille() == 1000
            && access == Access::Off;
        if open && (nobody || refused) && calm >= QUIET {
            Self::Erase
        } else {
            Self::Append
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::io::Contactor;
    use smartevse_types::DutyPermille;

    fn status(state: ChargeState) -> ChargerStatus {
        ChargerStatus {
            state,
            since: Instant::from_secs(100),
            vehicle_present: state != ChargeState::A,
            duty: DutyPermille::from_permille(1000),
            ..ChargerStatus::default()
        }
    }

    fn permits(status: ChargerStatus, access: Access) -> [FlashPermit; 4] {
        [100_299, 100_300, 109_999, 110_000]
            .map(|ms| FlashPermit::of(status, access, Instant::from_millis(ms)))
    }

    /// Decision 70: erase only with contactors proven open.
    #[test]
    fn when_contactors_are_proven_open_for_ten_seconds_then_erasing_is_allowed() {
        use FlashPermit::{Append, Erase, Nothing};
        let erase = [Nothing, Append, Append, Erase];
        let append = [Nothing, Append, Append, Append];
        assert_eq!(permits(status(ChargeState::A), Access::On), erase);
        assert_eq!(permits(status(ChargeState::B1), Access::Off), erase);
        for access in [Access::On, Access::Pause] {
            assert_eq!(permits(status(ChargeState::B1), access), append);
        }
        for state in [ChargeState::B, ChargeState::C, ChargeState::C1] {
            assert_eq!(permits(status(state), Access::Off), append);
        }
        let mut odd = status(ChargeState::A);
        odd.contactor2 = Contactor::Closed;
        assert_eq!(permits(odd, Access::Off), append);
        odd = status(ChargeState::A);
        odd.faults = Faults::CONTACTOR_FAULT;
        assert_eq!(permits(odd, Access::Off), append);
        odd = status(ChargeState::B1);
        odd.duty = DutyPermille::from_permille(266);
        assert_eq!(permits(odd, Access::Off), append);
        odd = status(ChargeState::A);
        odd.vehicle_present = true;
        assert_eq!(permits(odd, Access::Off), append);
    }
}
