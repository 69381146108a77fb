//! The remote display: `/lcd`, `/lcd.txt`, `/lcd-verify-password` (menu
//! specification §11, network specification §3).

use serde_json::{Value, json};
use smartevse_menu::remote::{
    BLACK, BMP_SIZE, ButtonMessage, Frame, LcdError, PinRefused, RemoteButton, write_bmp,
};

use super::message::{Answer, Caller};
use super::query::Pairs;
use crate::desk::Desk;
use crate::panel::Hand;

/// Name of the cookie of a session.
const COOKIE: &str = "sid";

/// The picture.
#[must_use]
pub fn picture(frame: &Frame) -> Answer {
    let mut file = [0; BMP_SIZE];
    write_bmp(frame, BLACK, &mut file);
    Answer::file("image/bmp", file.to_vec())
}

/// The picture as text.
#[must_use]
pub fn text(text: &str) -> Answer {
    Answer::file("text/plain; charset=utf-8", text.into())
}

/// Reads `button` and `state`; every state but 1 is "up".
///
/// # Errors
///
/// What is wrong with them.
pub fn message(pairs: &Pairs) -> Result<ButtonMessage, LcdError> {
    let missing = LcdError::MissingFields;
    let button = pairs.get("button").ok_or(missing)?;
    let state = pairs.get("state").ok_or(missing)?;
    Ok(ButtonMessage {
        button: RemoteButton::parse(button)?,
        pressed: state == "1",
    })
}

/// `POST /lcd`: presses or releases a button of the remote display.
pub async fn button(desk: &Desk, caller: Caller<'_>, pairs: &Pairs) -> Answer {
    if let Err(refused) = admit(desk, caller) {
        return refused;
    }
    match message(pairs) {
        Err(error) => refusal(400, &json!({ "error": error.word() })),
        Ok(message) => {
            desk.press(Hand::Remote, message).await;
            Answer::json(&state(message))
        }
    }
}

/// All three buttons, as old clients read them.
fn state(message: ButtonMessage) -> Value {
    let word = |button| {
        let down = message.pressed && message.button == button;
        if down { "down" } else { "up" }
    };
    json!({ "button": {
        "right": word(RemoteButton::Right),
        "middle": word(RemoteButton::Middle),
        "left": word(RemoteButton::Left),
    } })
}

/// Lets a session or a PIN that comes with the request in (decision 54).
///
/// # Errors
///
/// The answer for whoever may not press the buttons.
pub fn admit(desk: &Desk, caller: Caller<'_>) -> Result<(), Answer> {
    let pin = desk.view().settings.lcd_pin();
    if let (Some(typed), Some(_)) = (caller.pin, pin) {
        return desk.sessions.admit(typed, pin).map_err(|why| {
            if matches!(why, PinRefused::Locked(_)) {
                pin_refused(why)
            } else {
                unauthorized()
            }
        });
    }
    let token = caller.cookie.and_then(token_of);
    let known = token.is_some_and(|token| desk.sessions.allows(token, pin));
    known.then_some(()).ok_or_else(unauthorized)
}

fn token_of(cookies: &str) -> Option<&str> {
    cookies.split(';').find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

/// `POST /lcd-verify-password`: opens a session for the right PIN.
pub fn verify(desk: &Desk, pairs: &Pairs) -> Answer {
    let typed = pairs.get("password").unwrap_or_default();
    let pin = desk.view().settings.lcd_pin();
    match desk.sessions.verify(typed, pin) {
        Err(why) => pin_refused(why),
        Ok(token) => Answer {
            cookie: Some(format!(
                "{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
            )),
            ..Answer::json(&json!({ "success": true }))
        },
    }
}

fn unauthorized() -> Answer {
    refusal(403, &json!({ "error": LcdError::Unauthorized.word() }))
}

fn pin_refused(why: PinRefused) -> Answer {
    if why == PinRefused::NotConfigured {
        refusal(403, &json!({ "error": "pin_not_configured" }))
    } else if let PinRefused::Locked(left) = why {
        Answer {
            retry_after: Some(left.as_secs_ceil()),
            ..refusal(429, &json!({ "success": false }))
        }
    } else {
        Answer::json(&json!({ "success": false }))
    }
}

fn refusal(status: u16, why: &Value) -> Answer {
    Answer {
        status,
        ..Answer::json(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_message_is_wrong_then_its_word_says_what() {
        let word = |query| message(&Pairs::parse(query).unwrap()).map_err(LcdError::word);
        assert_eq!(word("state=1"), Err("missing_fields"));
        assert_eq!(word("button=left"), Err("missing_fields"));
        assert_eq!(word("button=up&state=1"), Err("unknown_button"));
        for (text, pressed) in [("1", true), ("0", false), ("2", false)] {
            let query = format!("button=middle&state={text}");
            let message = message(&Pairs::parse(&query).unwrap()).unwrap();
            assert_eq!(
                (message.button, message.pressed),
                (RemoteButton::Middle, pressed)
            );
        }
    }

    #[test]
    fn when_a_button_is_down_then_the_answer_names_all_three() {
        let button = RemoteButton::Left;
        let answer = state(ButtonMessage {
            button,
            pressed: true,
        });
        let expected = json!({"button": {"right": "up", "middle": "up", "left": "down"}});
        assert_eq!(answer, expected);
    }

    #[test]
    fn when_there_are_other_cookies_then_the_session_is_found() {
        assert_eq!(token_of("a=b; sid=42;c=d"), Some("42"));
        assert_eq!(token_of("asid=42"), None);
    }

    #[test]
    fn when_the_gate_is_locked_then_the_time_is_told() {
        let left = smartevse_types::Duration::from_millis(9_200);
        let answer = pin_refused(PinRefused::Locked(left));
        assert_eq!((answer.status, answer.retry_after), (429, Some(10)));
        assert_eq!(pin_refused(PinRefused::NotConfigured).status, 403);
    }
}
