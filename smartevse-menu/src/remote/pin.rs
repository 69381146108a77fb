//! PIN of the remote buttons (menu specification §7, decisions 22 and 54).

use core::fmt;

use smartevse_types::{Duration, Instant};

/// A session without use ends after this time.
const SESSION: Duration = Duration::from_secs(1_800);
/// Failures are forgotten after this time without an attempt.
const FORGET: Duration = Duration::from_secs(600);

/// Lock after the 3rd, 4th, 5th and each further failure, s.
const LOCKS: [u64; 4] = [10, 60, 300, 1_800];
/// Failures without a lock.
const FREE: u8 = 2;

/// Why a PIN was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PinRefused {
    /// LCD PIN is 0: the remote buttons are off (403 `pin_not_configured`).
    NotConfigured,
    /// The PIN is wrong.
    Wrong,
    /// Too many failures; try again after this time (429, Retry-After).
    Locked(Duration),
}

impl fmt::Display for PinRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured => f.write_str("pin_not_configured"),
            Self::Wrong => f.write_str("wrong PIN"),
            Self::Locked(left) => write!(f, "locked for {} s", left.as_secs_ceil()),
        }
    }
}

impl core::error::Error for PinRefused {}

/// Judges PINs and slows down guessing. One for the whole charger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PinGate {
    failures: u8,
    last: Instant,
    locked_until: Instant,
}

impl PinGate {
    /// Makes a gate without failures.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            failures: 0,
            last: Instant::ZERO,
            locked_until: Instant::ZERO,
        }
    }

    /// Judges a PIN as it was typed: 1 to 4 decimal digits, compared as a
    /// number in a time that does not depend on the digits. `pin` is
    /// [`Settings::lcd_pin`](smartevse_core::settings::Settings::lcd_pin).
    ///
    /// # Errors
    ///
    /// Why the PIN is refused. While the gate is locked even a right PIN is.
    pub fn verify(
        &mut self,
        now: Instant,
        typed: &str,
        pin: Option<u16>,
    ) -> Result<LcdSession, PinRefused> {
        let pin = pin.ok_or(PinRefused::NotConfigured)?;
        if now < self.locked_until {
            return Err(PinRefused::Locked(self.locked_until.since(now)));
        }
        if now.since(self.last) >= FORGET {
            self.failures = 0;
        }
        self.last = now;
        if number(typed) == Some(pin) {
            self.failures = 0;
            return Ok(LcdSession { used: now, pin });
        }
        self.failures = self.failures.saturating_add(1);
        self.locked_until = now + self.lock();
        Err(PinRefused::Wrong)
    }

    fn lock(&self) -> Duration {
        let Some(at) = self.failures.checked_sub(FREE.saturating_add(1)) else {
            return Duration::ZERO;
        };
        let [.., longest] = LOCKS;
        let seconds = LOCKS.get(usize::from(at)).copied().unwrap_or(longest);
        Duration::from_secs(seconds)
    }
}

/// The number of 1 to 4 decimal digits.
fn number(typed: &str) -> Option<u16> {
    if !(1..=4).contains(&typed.len()) || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    typed.parse().ok()
}

/// A client that gave the right PIN. Each connection has its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LcdSession {
    used: Instant,
    pin: u16,
}

impl LcdSession {
    /// Whether the client may press buttons now; a use keeps the session. It
    /// ends after 30 min without use and when LCD PIN changes.
    pub fn allows(&mut self, now: Instant, pin: Option<u16>) -> bool {
        let valid = pin == Some(self.pin) && now.since(self.used) < SESSION;
        if valid {
            self.used = now;
        }
        valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_secs(seconds)
    }

    /// Decisions 22 and 54: 0 = off; "478" and "0478" are the same number,
    /// "abc" is none.
    #[test]
    fn when_a_pin_is_typed_then_its_number_counts() {
        let mut gate = PinGate::new();
        let verdict = |gate: &mut PinGate, typed, pin| gate.verify(at(1), typed, pin).map(|_| ());
        assert_eq!(verdict(&mut gate, "", None), Err(PinRefused::NotConfigured));
        assert_eq!(verdict(&mut gate, "478", Some(478)), Ok(()));
        assert_eq!(verdict(&mut gate, "0478", Some(478)), Ok(()));
        for typed in ["", "abc", "00478", "+478", "4 78"] {
            let mut gate = PinGate::new();
            assert_eq!(verdict(&mut gate, typed, Some(478)), Err(PinRefused::Wrong));
        }
    }

    /// Menu specification §7: 10, 60, 300, 1800 s from the third failure on.
    #[test]
    fn when_a_pin_is_guessed_then_the_gate_locks_for_longer_each_time() {
        let mut gate = PinGate::new();
        let mut now = at(100);
        for lock in [0, 0, 10, 60, 300, 1_800, 10] {
            // The long lock outlasts the memory of the gate.
            if lock == 10 && gate.failures > 5 {
                gate.failures = 2;
                gate.last = now;
            }
            assert_eq!(gate.verify(now, "1", Some(2)), Err(PinRefused::Wrong));
            if lock > 0 {
                let left = PinRefused::Locked(Duration::from_secs(lock));
                assert_eq!(gate.verify(now, "2", Some(2)), Err(left));
            }
            now += Duration::from_secs(lock);
        }
        assert!(gate.verify(now, "2", Some(2)).is_ok());
        assert_eq!(gate.failures, 0);
    }

    #[test]
    fn when_ten_minutes_pass_then_failures_are_forgotten() {
        let mut gate = PinGate::new();
        for second in [1, 2] {
            assert!(gate.verify(at(second), "1", Some(2)).is_err());
        }
        assert_eq!(gate.verify(at(602), "1", Some(2)), Err(PinRefused::Wrong));
        assert_eq!(gate.verify(at(602), "1", Some(2)), Err(PinRefused::Wrong));
    }

    /// Menu specification §7: 30 min without use; ends when the PIN changes.
    #[test]
    fn when_a_session_is_not_used_then_it_ends() {
        let mut gate = PinGate::new();
        let mut session = gate.verify(at(0), "1234", Some(1234)).unwrap();
        assert!(session.allows(at(1_799), Some(1234)));
        assert!(session.allows(at(3_598), Some(1234)));
        assert!(!session.allows(at(5_398), Some(1234)));
        assert!(!session.allows(at(3_600), Some(4321)) && !session.allows(at(3_600), None));
    }
}
