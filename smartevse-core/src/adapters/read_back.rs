//! Outputs that are read back from the pad.

use embedded_hal::digital::{self, ErrorKind, InputPin, OutputPin};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::{ActiveLevel, OutputLine, PinContactors};
    use crate::hardware::Contactors;
    use crate::io::Contactor;
    use core::convert::Infallible;

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
    fn when_the_pads_follow_then_the_commands_are_accepted() {
        let mut free = contactors(None);
        for state in [Contactor::Closed, Contactor::Open] {
            assert!(free.drive_contactors(state, state).is_ok());
        }
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
}
