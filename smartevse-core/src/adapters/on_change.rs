//! Channels that are written only when their value changes.

use embedded_hal::pwm::{self, SetDutyCycle};

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

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    use super::*;

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
}
