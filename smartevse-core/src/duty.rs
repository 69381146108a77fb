//! Duty of the control pilot and the current that it stands for (charging
//! specification §1.4, IEC 61851-1 Annex A).

use smartevse_types::{DeciAmps, DutyPermille};

/// Steady +12 V: nothing is offered.
pub const DUTY_OFF: DutyPermille = DutyPermille::from_permille(1_000);

/// Steady −12 V: state F, used as the wake-up pulse.
pub const DUTY_STATE_F: DutyPermille = DutyPermille::ZERO;

/// Asks for digital communication.
pub const DUTY_DIGITAL: DutyPermille = DutyPermille::from_permille(50);

/// Smallest current that a pulse width can offer: 6 A.
pub const LOWEST_OFFER: DeciAmps = DeciAmps::from_deci(60);

/// Largest current that a pulse width can offer: 80 A.
pub const HIGHEST_OFFER: DeciAmps = DeciAmps::from_deci(800);

/// What a duty says to a vehicle.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DutyMeaning {
    /// Below 3 %: an error.
    Fault,
    /// 3 % to 7 %: digital communication is required.
    Digital,
    /// A current per phase; 0 = no charging.
    Current(DeciAmps),
}

/// Computes the duty that offers a current.
///
/// Below 6 A nothing is offered: 1000 ‰, never the 10 % of 6 A. Above 80 A the
/// duty is that of 80 A. It never stands for more than the current asked for
/// (charging specification §1.4, I-18).
#[must_use]
pub const fn current_to_duty(current: DeciAmps) -> DutyPermille {
    let deci = current.as_deci();
    let permille = match deci {
        60..=510 => deci.saturating_mul(5) / 3,
        511..=527 => 850,
        528..=800 => 640_i32.saturating_add(deci.saturating_mul(2) / 5),
        801.. => 960,
        _ => 1_000,
    };
    DutyPermille::from_permille(permille as u16)
}

/// Reads a duty as a vehicle does.
#[must_use]
pub const fn duty_to_current(duty: DutyPermille) -> DutyMeaning {
    let permille = duty.as_permille() as i32;
    let deci = match permille {
        ..=29 => return DutyMeaning::Fault,
        30..=70 => return DutyMeaning::Digital,
        80..=99 => 60,
        100..=850 => permille.saturating_mul(3) / 5,
        851..=960 => permille.saturating_sub(640).saturating_mul(5) / 2,
        961..=970 => 800,
        _ => 0,
    };
    DutyMeaning::Current(DeciAmps::from_deci(deci))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(deci: i32) -> i32 {
        match duty_to_current(current_to_duty(DeciAmps::from_deci(deci))) {
            DutyMeaning::Current(current) => current.as_deci(),
            DutyMeaning::Fault | DutyMeaning::Digital => panic!("no current for {deci}"),
        }
    }

    /// charging 1.4: monotone, never more than asked, error bounds.
    #[test]
    fn when_every_current_is_tried_then_the_bounds_of_the_error_hold() {
        let mut last = 0;
        for deci in 60..=800 {
            let duty = current_to_duty(DeciAmps::from_deci(deci)).as_permille();
            assert!(duty >= last, "duty falls at {deci}");
            last = duty;
            let error = deci - decoded(deci);
            let bound = match deci {
                ..=510 => 1,
                511..=527 => 17,
                _ => 3,
            };
            assert!((0..=bound).contains(&error), "{deci}: error {error}");
        }
    }

    /// I-18: every duty that a current can give is allowed.
    #[test]
    fn when_any_current_is_asked_for_then_the_duty_is_a_lawful_one() {
        for deci in (-1_000..=2_000).chain([i32::MIN, i32::MAX]) {
            let duty = current_to_duty(DeciAmps::from_deci(deci)).as_permille();
            assert!(
                (100..=960).contains(&duty) || duty == 1_000,
                "{deci}: {duty}"
            );
            assert_eq!(duty == 1_000, deci < 60);
        }
    }

    /// charging 1.4, D-10: zero is never advertised as 6 A.
    #[test]
    fn when_nothing_is_offered_then_steady_12_volts() {
        assert_eq!(current_to_duty(DeciAmps::ZERO), DUTY_OFF);
        assert_eq!(current_to_duty(DeciAmps::from_deci(59)), DUTY_OFF);
    }

    /// charging 1.4: reading never raises along the ranges.
    #[test]
    fn when_every_duty_is_read_then_the_current_never_exceeds_80_a() {
        for permille in 0..=u16::MAX {
            match duty_to_current(DutyPermille::from_permille(permille)) {
                DutyMeaning::Current(current) => {
                    assert!(current <= HIGHEST_OFFER && current >= DeciAmps::ZERO);
                }
                DutyMeaning::Fault => assert!(permille < 30),
                DutyMeaning::Digital => assert!((30..=70).contains(&permille)),
            }
        }
    }
}
