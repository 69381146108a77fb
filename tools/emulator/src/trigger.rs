//! The wire from TIM1 channel 4 to the injected group of ADC1, which the
//! emulator's model of the part does not have.
//!
//! An edge of the channel's output starts the group if the converter is
//! switched on and its `CR2` names this trigger and this edge.

use rigless::mcu::Operate;
use rigless::soc::Width;
use rigless::soc::stm32f427::Stm32f427;
use rigless::time::VirtualNanos;

use crate::pilot;

/// `CR2` of ADC1.
const ADC1_CR2: u64 = 0x4001_2008;
/// `CNT` of TIM1.
const TIM1_CNT: u64 = 0x4001_0024;
/// `ARR` of TIM1.
const TIM1_ARR: u64 = 0x4001_002C;
/// `CCMR2` of TIM1: mode of channel 4 in bits 14:12.
const TIM1_CCMR2: u64 = 0x4001_001C;

/// `ADON`.
const SWITCHED_ON: u64 = 1;
/// `JSWSTART`.
const START: u64 = 1 << 22;
/// `JEXTSEL`; 0 is TIM1 channel 4.
const SOURCE: u64 = 0xF << 16;
/// `JEXTEN`, rising edge.
const RISING: u64 = 1 << 20;
/// `JEXTEN`, falling edge.
const FALLING: u64 = 1 << 21;

/// PWM mode 1 and 2 in `OCxM`.
const PWM_1: u64 = 6;
const PWM_2: u64 = 7;

/// The edges of channel 4 within one period, nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Edges {
    rising: u64,
    falling: u64,
    period: u64,
}

/// Edges of a pulse that lasts `width` of `period`; none if it is a level.
fn edges(mode: u64, width: u64, period: u64) -> Option<Edges> {
    if width == 0 || width >= period {
        return None;
    }
    let (rising, falling) = match mode {
        PWM_1 => (0, width),
        PWM_2 => (period - width, 0),
        _ => return None,
    };
    Some(Edges {
        rising,
        falling,
        period,
    })
}

fn peek(mcu: &mut Stm32f427, now: VirtualNanos, address: u64) -> u64 {
    mcu.peek(now, address, Width::W32).unwrap_or(0)
}

/// What the trigger does next, in nanoseconds from now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next {
    /// Time to the edge that starts the group.
    pub edge: Option<u64>,
    /// Time to the moment when the timer has taken over its compare values and
    /// the edge has to be looked up anew.
    pub renewal: u64,
}

/// Time behind an update event at which its values are read, nanoseconds.
const SETTLED: u64 = 2_000;

/// Looks at the trigger; nothing when it is not set up.
pub fn next(mcu: &mut Stm32f427, now: VirtualNanos) -> Option<Next> {
    let control = peek(mcu, now, ADC1_CR2);
    if control & SWITCHED_ON == 0 || control & SOURCE != 0 {
        return None;
    }
    let pulse = pilot::channel(mcu, 4).1?;
    let mode = (peek(mcu, now, TIM1_CCMR2) >> 12) & 7;
    let edges = edges(mode, pulse.width.0, pulse.period.0)?;
    let ticks = peek(mcu, now, TIM1_ARR) + 1;
    let at = peek(mcu, now, TIM1_CNT) * edges.period / ticks;
    Some(edges.next(at, control))
}

impl Edges {
    fn wait(&self, at: u64, point: u64) -> u64 {
        match (point + self.period - at) % self.period {
            0 => self.period,
            wait => wait,
        }
    }

    fn next(&self, at: u64, control: u64) -> Next {
        let rising = (control & RISING != 0).then(|| self.wait(at, self.rising));
        let falling = (control & FALLING != 0).then(|| self.wait(at, self.falling));
        Next {
            edge: rising.into_iter().chain(falling).min(),
            renewal: self.wait(at, SETTLED),
        }
    }
}

/// Starts the injected group, as the trigger does.
pub fn fire(mcu: &mut Stm32f427, now: VirtualNanos) {
    let control = peek(mcu, now, ADC1_CR2);
    // A converter without its clock refuses the write, as it would not start.
    let _ = mcu.write(now, ADC1_CR2, Width::W32, control | START);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_mode_is_2_then_the_rising_edge_lies_at_the_compare_value() {
        let sampled_at_50 = edges(PWM_2, 950, 1_000).unwrap();
        assert_eq!((sampled_at_50.rising, sampled_at_50.falling), (50, 0));
        let inverted = edges(PWM_1, 50, 1_000).unwrap();
        assert_eq!((inverted.rising, inverted.falling), (0, 50));
    }

    #[test]
    fn when_an_edge_has_just_passed_then_the_next_one_is_a_period_away() {
        let edges = edges(PWM_2, 950_000, 1_000_000).unwrap();
        let next = |at| edges.next(at, RISING);
        assert_eq!(next(0).edge, Some(50_000));
        assert_eq!(next(50_000).edge, Some(1_000_000));
        assert_eq!(next(51_000).edge, Some(999_000));
        assert_eq!(next(999_000).renewal, 3_000);
        assert_eq!(edges.next(0, 0).edge, None);
    }

    #[test]
    fn when_the_output_is_a_level_then_there_is_no_edge() {
        assert_eq!(edges(PWM_1, 0, 1_000), None);
        assert_eq!(edges(PWM_1, 1_000, 1_000), None);
        assert_eq!(edges(3, 50, 1_000), None);
    }
}
