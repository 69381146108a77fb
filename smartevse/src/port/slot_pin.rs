//! A pin as the line of the card reader.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use smartevse_core::adapters::SlotLine;

/// Any open-drain pin that can be read back as the [`SlotLine`] of a
/// [`OneWireReader`](smartevse_core::adapters::OneWireReader), timed by a
/// blocking delay.
///
/// The undisturbed parts run in a critical section. A pin that cannot be read
/// reads as low: there is no card then.
#[derive(Clone, Copy, Debug)]
pub struct SlotPin<P, D> {
    pin: P,
    delay: D,
}

impl<P, D> SlotPin<P, D> {
    /// Makes the line; the pin is open-drain and has a pull-up.
    #[must_use]
    pub const fn new(pin: P, delay: D) -> Self {
        Self { pin, delay }
    }
}

impl<P: InputPin + OutputPin, D: DelayNs> SlotLine for SlotPin<P, D> {
    fn pull_low(&mut self, low: bool) {
        // A pin that does not follow gives no answer or a wrong checksum.
        let _ = self.pin.set_state((!low).into());
    }

    fn is_high(&mut self) -> bool {
        self.pin.is_high().unwrap_or(false)
    }

    fn pass(&mut self, us: u32) {
        if us > 0 {
            self.delay.delay_us(us);
        }
    }

    fn undisturbed<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R {
        critical_section::with(|_| part(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;
    use embedded_hal::digital::{Error, ErrorKind, ErrorType};

    /// A line with a pull-up; it may be cut off.
    struct Line {
        low: bool,
        works: bool,
    }

    #[derive(Debug)]
    struct CutOff;

    impl Error for CutOff {
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    impl ErrorType for Line {
        type Error = CutOff;
    }

    impl OutputPin for Line {
        fn set_low(&mut self) -> Result<(), CutOff> {
            self.low = true;
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), CutOff> {
            self.low = false;
            Ok(())
        }
    }

    impl InputPin for Line {
        fn is_high(&mut self) -> Result<bool, CutOff> {
            if self.works {
                Ok(!self.low)
            } else {
                Err(CutOff)
            }
        }

        fn is_low(&mut self) -> Result<bool, CutOff> {
            self.is_high().map(|high| !high)
        }
    }

    /// Adds up what it was asked to wait for, µs.
    struct Passed(u32);

    impl DelayNs for Passed {
        fn delay_ns(&mut self, ns: u32) {
            self.0 = self.0.saturating_add(ns / 1_000);
        }
    }

    fn line(works: bool) -> SlotPin<Line, Passed> {
        SlotPin::new(Line { low: false, works }, Passed(0))
    }

    #[test]
    fn when_it_is_pulled_low_then_it_reads_low_until_it_is_let_go() {
        let mut line = line(true);
        let seen: Result<_, Infallible> = line.undisturbed(|line| {
            line.pull_low(true);
            line.pass(6);
            let low = line.is_high();
            line.pull_low(false);
            line.pass(0);
            Ok((low, line.is_high()))
        });
        assert_eq!(seen, Ok((false, true)));
        assert_eq!(line.delay.0, 6);
    }

    #[test]
    fn when_the_pin_fails_then_it_reads_low() {
        assert!(!line(false).is_high());
    }
}
