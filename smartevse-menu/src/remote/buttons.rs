//! Messages of remote buttons.

use core::fmt;

use smartevse_core::hardware::ButtonSet;

/// A button of the web page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RemoteButton {
    /// "<".
    Left,
    /// "o".
    Middle,
    /// ">".
    Right,
}

impl RemoteButton {
    /// Name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Middle => "middle",
            Self::Right => "right",
        }
    }

    /// Finds the button with this name.
    ///
    /// # Errors
    ///
    /// [`LcdError::UnknownButton`].
    pub fn parse(name: &str) -> Result<Self, LcdError> {
        [Self::Left, Self::Middle, Self::Right]
            .into_iter()
            .find(|button| button.name() == name)
            .ok_or(LcdError::UnknownButton)
    }

    /// The same button as a level.
    #[must_use]
    pub const fn set(self) -> ButtonSet {
        match self {
            Self::Left => ButtonSet::LEFT,
            Self::Middle => ButtonSet::MIDDLE,
            Self::Right => ButtonSet::RIGHT,
        }
    }
}

/// A button went down or up: `{"button":"left","state":1}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ButtonMessage {
    /// The button.
    pub button: RemoteButton,
    /// It is pressed.
    pub pressed: bool,
}

/// Acknowledgement: `{"button":{"left":"down"}}`.
impl fmt::Display for ButtonMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.pressed { "down" } else { "up" };
        let name = self.button.name();
        write!(f, "{{\"button\":{{\"{name}\":\"{state}\"}}}}")
    }
}

/// Why a message was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LcdError {
    /// No PIN was given, or its session ended.
    Unauthorized,
    /// The message is not JSON.
    InvalidJson,
    /// A member is missing.
    MissingFields,
    /// `button` is not a text.
    InvalidButton,
    /// `state` is neither a number nor a Boolean.
    InvalidState,
    /// There is no such button.
    UnknownButton,
}

impl LcdError {
    /// Word in the answer.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::InvalidJson => "invalid_json",
            Self::MissingFields => "missing_fields",
            Self::InvalidButton => "invalid_button",
            Self::InvalidState => "invalid_state",
            Self::UnknownButton => "unknown_button",
        }
    }
}

/// The answer: `{"error":"unauthorized"}`.
impl fmt::Display for LcdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"error\":\"{}\"}}", self.word())
    }
}

impl core::error::Error for LcdError {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    #[test]
    fn when_a_message_is_answered_then_the_text_is_the_one_of_old_clients() {
        for (name, pressed, text) in [
            ("left", true, r#"{"button":{"left":"down"}}"#),
            ("middle", false, r#"{"button":{"middle":"up"}}"#),
            ("right", true, r#"{"button":{"right":"down"}}"#),
        ] {
            let button = RemoteButton::parse(name).unwrap();
            assert_eq!(format!("{}", ButtonMessage { button, pressed }), text);
            assert_eq!(button.set().bits().count_ones(), 1);
        }
        let error = RemoteButton::parse("up").unwrap_err();
        assert_eq!(format!("{error}"), r#"{"error":"unknown_button"}"#);
        let unauthorized = format!("{}", LcdError::Unauthorized);
        assert_eq!(unauthorized, r#"{"error":"unauthorized"}"#);
    }
}
