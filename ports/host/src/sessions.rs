//! Who may press the buttons of the remote display (menu specification §7,
//! network specification §14).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time;

use smartevse_menu::remote::{LcdSession, PinGate, PinRefused};
use smartevse_types::Instant;

/// Sessions at the same time; the oldest one leaves for a new one.
const SESSIONS: usize = 4;

/// The gate and those that passed it.
pub struct Sessions {
    origin: time::Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    gate: PinGate,
    known: VecDeque<(String, LcdSession)>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            origin: time::Instant::now(),
            state: Mutex::default(),
        }
    }
}

impl Sessions {
    fn now(&self) -> Instant {
        let since = self.origin.elapsed().as_micros();
        Instant::from_micros(u64::try_from(since).unwrap_or(u64::MAX))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State, Instant) -> T) -> T {
        let now = self.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut state, now)
    }

    /// Judges a typed PIN; the token of the new session.
    ///
    /// # Errors
    ///
    /// Why the PIN is refused; without random numbers it is as if it were wrong.
    pub fn verify(&self, typed: &str, pin: Option<u16>) -> Result<String, PinRefused> {
        self.with(|state, now| {
            let session = state.gate.verify(now, typed, pin)?;
            let token = token().ok_or(PinRefused::Wrong)?;
            state.known.truncate(SESSIONS - 1);
            state.known.push_front((token.clone(), session));
            Ok(token)
        })
    }

    /// Whether the holder of a token may press buttons now.
    pub fn allows(&self, token: &str, pin: Option<u16>) -> bool {
        self.with(|state, now| {
            state.known.retain_mut(|(known, session)| {
                // Another holder's use must not keep this session.
                known != token || session.allows(now, pin)
            });
            state.known.iter().any(|(known, _)| known == token)
        })
    }

    /// Judges the PIN that a script sends with each request.
    ///
    /// # Errors
    ///
    /// Why the PIN is refused.
    pub fn admit(&self, typed: &str, pin: Option<u16>) -> Result<(), PinRefused> {
        self.with(|state, now| state.gate.verify(now, typed, pin).map(|_| ()))
    }
}

/// 128 random bits.
fn token() -> Option<String> {
    let (high, low) = (getrandom::u64().ok()?, getrandom::u64().ok()?);
    Some(format!("{high:016x}{low:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu specification §7, decisions 22 and 54.
    #[test]
    fn when_the_pin_is_right_then_only_its_token_is_let_in() {
        let sessions = Sessions::default();
        let token = sessions.verify("0478", Some(478)).unwrap();
        assert_eq!(token.len(), 32);
        assert!(sessions.allows(&token, Some(478)));
        assert!(!sessions.allows("", Some(478)) && !sessions.allows("x", Some(478)));
        assert_eq!(sessions.verify("1", Some(478)), Err(PinRefused::Wrong));
        assert_eq!(sessions.verify("1", None), Err(PinRefused::NotConfigured));
        assert!(!sessions.allows(&token, Some(479)));
        assert!(!sessions.allows(&token, Some(478)), "it ended with the PIN");
    }

    #[test]
    fn when_a_fifth_client_comes_then_the_oldest_leaves() {
        let sessions = Sessions::default();
        let tokens: Vec<_> = (0..5)
            .map(|_| sessions.verify("1", Some(1)).unwrap())
            .collect();
        let allowed: Vec<_> = tokens
            .iter()
            .map(|token| sessions.allows(token, Some(1)))
            .collect();
        assert_eq!(allowed, [false, true, true, true, true]);
    }
}
