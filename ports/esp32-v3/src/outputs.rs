//! Outputs with a memory: pins that are read back, channels that are written
//! only on a change, parts that a board may lack.

use embedded_hal::digital::{self, ErrorKind, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use smartevse_core::adapters::PinLock;
use smartevse_core::hardware::{CableLock, ErrorType, StatusLight};
use smartevse_core::io::{LockDrive, LockFeedback, Rgb};
use smartevse_core::options::LockKind;

/// Looks at a pad before its level counts as wrong: the input follows the
/// output some clock cycles later.
const LOOKS: u8 = 16;

/// An output whose level is read back from the pad.
///
/// A pad that does not follow is an error, which the charger answers with its
/// safe action (charging specification §11.2 rule 5).
#[derive(Debug)]
pub struct ReadBack<P>(P);

impl<P: OutputPin + InputPin> ReadBack<P> {
    /// Makes the output from a pin whose input is enabled.
    #[must_use]
    pub const fn new(pin: P) -> Self {
        Self(pin)
    }

    fn confirm(&mut self, high: bool) -> Result<(), ErrorKind> {
        for _ in 0..LOOKS {
            let seen = self
                .0
                .is_high()
                .map_err(|error| digital::Error::kind(&error))?;
            if seen == high {
                return Ok(());
            }
        }
        Err(ErrorKind::Other)
    }
}

impl<P> digital::ErrorType for ReadBack<P> {
    type Error = ErrorKind;
}

impl<P: OutputPin + InputPin> OutputPin for ReadBack<P> {
    fn set_low(&mut self) -> Result<(), ErrorKind> {
        self.0
            .set_low()
            .map_err(|error| digital::Error::kind(&error))?;
        self.confirm(false)
    }

    fn set_high(&mut self) -> Result<(), ErrorKind> {
        self.0
            .set_high()
            .map_err(|error| digital::Error::kind(&error))?;
        self.confirm(true)
    }
}

/// A pulse-width channel that is written only when its duty changes.
///
/// The charger repeats its commands at every poll; the generator must not be
/// disturbed by that. The written duty is told to `told`.
#[derive(Debug)]
pub struct OnChange<W, F> {
    channel: W,
    written: Option<u16>,
    told: F,
}

impl<W: SetDutyCycle, F: FnMut(u16)> OnChange<W, F> {
    /// Makes a channel whose present duty is not known.
    #[must_use]
    pub const fn new(channel: W, told: F) -> Self {
        Self {
            channel,
            written: None,
            told,
        }
    }
}

impl<W: SetDutyCycle, F> pwm::ErrorType for OnChange<W, F> {
    type Error = W::Error;
}

impl<W: SetDutyCycle, F: FnMut(u16)> SetDutyCycle for OnChange<W, F> {
    fn max_duty_cycle(&self) -> u16 {
        self.channel.max_duty_cycle()
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), W::Error> {
        if self.written == Some(duty) {
            return Ok(());
        }
        self.written = None;
        self.channel.set_duty_cycle(duty)?;
        self.written = Some(duty);
        (self.told)(duty);
        Ok(())
    }
}

/// A part that some boards lack.
///
/// Absent, it accepts every command and reads "not fitted".
#[derive(Debug)]
pub struct Fitted<T>(
    /// The part, if the board has it.
    pub Option<T>,
);

impl<T: ErrorType> ErrorType for Fitted<T> {
    type Error = T::Error;
}

impl<T: CableLock> CableLock for Fitted<T> {
    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), T::Error> {
        self.0
            .as_mut()
            .map_or(Ok(()), |lock| lock.drive_lock(drive))
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, T::Error> {
        let absent = Ok(LockFeedback::NotFitted);
        self.0.as_mut().map_or(absent, CableLock::lock_feedback)
    }
}

impl<T: StatusLight> StatusLight for Fitted<T> {
    fn show(&mut self, colour: Rgb) -> Result<(), T::Error> {
        self.0.as_mut().map_or(Ok(()), |light| light.show(colour))
    }
}

/// A lock that takes over the stored type (configuration guide: LOCK).
pub trait LockType {
    /// Takes the type over.
    fn set_lock_type(&mut self, kind: LockKind);
}

impl<A, B, F> LockType for Fitted<PinLock<A, B, F>> {
    fn set_lock_type(&mut self, kind: LockKind) {
        if let Some(lock) = &mut self.0 {
            lock.set_kind(kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;
    use smartevse_core::adapters::{ActiveLevel, NoPin, OutputLine, PinContactors, PwmLight};
    use smartevse_core::contract;
    use smartevse_core::hardware::Contactors;
    use smartevse_core::io::Contactor;

    /// A pad, possibly held at a level from outside.
    #[derive(Default)]
    struct Pad {
        level: bool,
        held: Option<bool>,
    }

    impl digital::ErrorType for Pad {
        type Error = Infallible;
    }

    impl OutputPin for Pad {
        fn set_low(&mut self) -> Result<(), Infallible> {
            self.level = false;
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            self.level = true;
            Ok(())
        }
    }

    impl InputPin for Pad {
        fn is_high(&mut self) -> Result<bool, Infallible> {
            Ok(self.held.unwrap_or(self.level))
        }

        fn is_low(&mut self) -> Result<bool, Infallible> {
            Ok(!self.held.unwrap_or(self.level))
        }
    }

    fn contactors(held: Option<bool>) -> impl Contactors {
        let pad = Pad { level: false, held };
        PinContactors::new(
            OutputLine::new(ReadBack::new(pad), ActiveLevel::High),
            OutputLine::new(ReadBack::new(Pad::default()), ActiveLevel::High),
        )
    }

    #[test]
    fn when_the_pads_follow_then_the_contract_of_contactors_holds() {
        assert_eq!(contract::contactors(&mut contactors(None)), Ok(()));
    }

    /// Charging 11.2 rule 5: outputs are read back.
    #[test]
    fn when_a_pad_is_held_then_the_command_fails() {
        let mut held_low = contactors(Some(false));
        let closed = held_low.drive_contactors(Contactor::Closed, Contactor::Open);
        assert!(closed.is_err());
        let mut held_high = contactors(Some(true));
        let opened = held_high.drive_contactors(Contactor::Open, Contactor::Open);
        assert!(opened.is_err());
    }

    /// A channel that counts its writes and may refuse.
    struct Channel<'a> {
        writes: &'a core::cell::Cell<u32>,
        refuses: bool,
    }

    impl pwm::ErrorType for Channel<'_> {
        type Error = pwm::ErrorKind;
    }

    impl SetDutyCycle for Channel<'_> {
        fn max_duty_cycle(&self) -> u16 {
            1024
        }

        fn set_duty_cycle(&mut self, _duty: u16) -> Result<(), pwm::ErrorKind> {
            self.writes.set(self.writes.get() + 1);
            if self.refuses {
                return Err(pwm::ErrorKind::Other);
            }
            Ok(())
        }
    }

    #[test]
    fn when_the_duty_repeats_then_the_channel_is_left_alone() {
        let writes = core::cell::Cell::new(0);
        let last = core::cell::Cell::new(0);
        let channel = Channel {
            writes: &writes,
            refuses: false,
        };
        let mut channel = OnChange::new(channel, |duty| last.set(duty));
        for duty in [1024, 1024, 100, 100, 100, 1024] {
            channel.set_duty_cycle(duty).unwrap();
        }
        assert_eq!((writes.get(), last.get()), (3, 1024));
    }

    #[test]
    fn when_the_channel_refuses_then_the_command_is_repeated() {
        let writes = core::cell::Cell::new(0);
        let channel = Channel {
            writes: &writes,
            refuses: true,
        };
        let mut channel = OnChange::new(channel, |_| panic!("nothing was written"));
        assert!(channel.set_duty_cycle(5).is_err());
        assert!(channel.set_duty_cycle(5).is_err());
        assert_eq!(writes.get(), 2);
    }

    #[test]
    fn when_fitted_or_not_then_the_contracts_hold() {
        let lock = PinLock::new(NoPin, NoPin, LockKind::Motor).with_feedback(NoPin);
        let mut lock = Fitted(Some(lock));
        assert_eq!(contract::cable_lock(&mut lock), Ok(()));
        assert_eq!(lock.lock_feedback(), Ok(LockFeedback::Unlocked));
        lock.set_lock_type(LockKind::Solenoid);
        assert_eq!(lock.lock_feedback(), Ok(LockFeedback::Locked));
        lock.0 = None;
        assert_eq!(contract::cable_lock(&mut lock), Ok(()));
        assert_eq!(lock.lock_feedback(), Ok(LockFeedback::NotFitted));
        let writes = core::cell::Cell::new(0);
        let channel = || Channel {
            writes: &writes,
            refuses: false,
        };
        let light = PwmLight::new(channel(), channel(), channel(), ActiveLevel::High);
        assert_eq!(contract::status_light(&mut Fitted(Some(light))), Ok(()));
    }
}
