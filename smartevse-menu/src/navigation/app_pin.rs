//! PIN that pairs the vendor app (menu specification §7, decision 60).

use smartevse_types::{Duration, Instant};

/// A PIN is valid for this time.
const VALID: Duration = Duration::from_secs(120);

/// PINs: 000001 to 999999.
const COUNT: u32 = 999_999;

/// Random words from here on are rejected, so that every PIN is equally likely.
const LIMIT: u32 = u32::MAX - u32::MAX % COUNT;

/// A PIN of six digits, 1..=999999.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AppPin(u32);

impl AppPin {
    /// Makes a PIN of a random word; `None` = another word is needed.
    #[must_use]
    pub const fn from_random(word: u32) -> Option<Self> {
        if word >= LIMIT {
            return None;
        }
        Some(Self((word % COUNT).saturating_add(1)))
    }

    /// The number, to be shown with six digits.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// The PIN over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum PinState {
    /// None.
    #[default]
    None,
    /// One is wanted as soon as there is a new random word.
    Wanted,
    /// Valid until this moment.
    Valid(AppPin, Instant),
}

impl PinState {
    /// The valid PIN.
    pub fn pin(self) -> Option<AppPin> {
        match self {
            Self::Valid(pin, _) => Some(pin),
            Self::None | Self::Wanted => None,
        }
    }

    /// When it ends.
    pub fn deadline(self) -> Instant {
        match self {
            Self::Valid(_, until) => until,
            Self::None | Self::Wanted => Instant::FAR_FUTURE,
        }
    }

    /// Takes a random word if one is wanted; ends what has run out. Gives
    /// whether the word was used.
    pub fn poll(&mut self, now: Instant, word: Option<u32>) -> bool {
        if self.deadline() <= now {
            *self = Self::None;
        }
        let (Self::Wanted, Some(word)) = (*self, word) else {
            return false;
        };
        if let Some(pin) = AppPin::from_random(word) {
            *self = Self::Valid(pin, now + VALID);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu invariant 29: six digits, never 000000, valid for 120 s.
    #[test]
    fn when_a_pin_is_made_then_it_is_never_zero() {
        assert_eq!(AppPin::from_random(0).unwrap().number(), 1);
        assert_eq!(AppPin::from_random(999_998).unwrap().number(), 999_999);
        assert_eq!(AppPin::from_random(LIMIT - 1).unwrap().number(), 999_999);
        assert_eq!(AppPin::from_random(LIMIT), None);
    }

    #[test]
    fn when_time_passes_then_the_pin_ends() {
        let start = Instant::from_secs(5);
        let mut state = PinState::Wanted;
        assert!(!state.poll(start, None));
        assert!(state.poll(start, Some(u32::MAX)) && state == PinState::Wanted);
        assert!(state.poll(start, Some(41)));
        assert_eq!(state.pin().unwrap().number(), 42);
        assert!(!state.poll(start + Duration::from_secs(119), Some(7)));
        assert_eq!(state.pin().unwrap().number(), 42);
        state.poll(start + VALID, Some(7));
        assert_eq!((state.pin(), state.deadline()), (None, Instant::FAR_FUTURE));
    }
}
