//! `/ws/lcd`: the display pushed to whoever looks, and the remote buttons (menu
//! specification §11, network specification §3).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use picoserve::futures::Either;
use picoserve::io::{Read, Write};
use picoserve::response::ws::{
    Message, ReadFrameError, ReadMessageError, SocketRx, SocketTx, WebSocketCallback,
};
use serde_json::Value;
use smartevse_menu::remote::{
    BLACK, BMP_SIZE, ButtonMessage, Frame, LcdError, RemoteButton, write_bmp,
};
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::lcd;
use super::message::{Answer, Caller};
use crate::desk::Desk;
use crate::panel::Hand;

/// Where it is.
pub const PATH: &str = "/ws/lcd";

/// Clients at the same time.
const CLIENTS: usize = 16;

/// How often a new picture is looked for; one that did not change is not sent.
const LOOK: Duration = Duration::from_millis(100);

/// How often a silent client is asked for a sign of life, and how long it may
/// owe one.
const PING: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(60);

/// A message that has begun ends in this time.
const MESSAGE: Duration = Duration::from_secs(5);

/// Longest message of a client.
const ROOM: usize = 256;

/// What WebSocket calls "against the rules".
const PROTOCOL_ERROR: u16 = 1002;

/// A place among the clients, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The places for clients.
#[derive(Debug, Default)]
pub struct Places(Arc<AtomicUsize>);

impl Places {
    /// Lets a client in.
    ///
    /// # Errors
    ///
    /// 503 when all places are taken.
    pub fn client(&self, desk: &Desk, caller: Caller<'_>) -> Result<Client, Answer> {
        let taken = self.0.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.0));
        if taken >= CLIENTS {
            return Err(Answer {
                retry_after: Some(1),
                ..Answer::refusal(503, "Too many displays are open\n")
            });
        }
        Ok(Client {
            desk: desk.clone(),
            cookie: caller.cookie.map(str::to_owned),
            pin: caller.pin.map(str::to_owned),
            held: Vec::new(),
            _place: place,
        })
    }
}

/// A client and the buttons that it holds down.
pub struct Client {
    desk: Desk,
    cookie: Option<String>,
    pin: Option<String>,
    held: Vec<RemoteButton>,
    _place: Place,
}

impl WebSocketCallback for Client {
    async fn run<R: Read, W: Write<Error = R::Error>>(
        mut self,
        rx: SocketRx<R>,
        tx: SocketTx<W>,
    ) -> Result<(), W::Error> {
        let ended = self.talk(rx, tx).await;
        // Nobody holds them any more (network specification §10).
        for button in std::mem::take(&mut self.held) {
            let pressed = false;
            self.desk
                .press(Hand::Remote, ButtonMessage { button, pressed })
                .await;
        }
        ended
    }
}

impl Client {
    async fn talk<R: Read, W: Write<Error = R::Error>>(
        &mut self,
        mut rx: SocketRx<R>,
        mut tx: SocketTx<W>,
    ) -> Result<(), W::Error> {
        let mut room = [0; ROOM];
        let mut shown = None;
        let (mut heard, mut asked) = (Instant::now(), Instant::now());
        loop {
            show(&self.desk.view().lcd.frame, &mut shown, &mut tx).await?;
            let look = sleep_until(Instant::now() + LOOK);
            let Ok(read) = timeout(MESSAGE, rx.next_message(&mut room, look)).await else {
                return tx.close((PROTOCOL_ERROR, "the message did not end")).await;
            };
            match read? {
                Either::First(Ok(Message::Close(_))) => return tx.close(None).await,
                Either::First(Ok(message)) => {
                    heard = Instant::now();
                    self.answer(message, &mut tx).await?;
                }
                Either::First(Err(ReadMessageError::ReadFrameError(
                    ReadFrameError::UnexpectedEof,
                ))) => return Ok(()),
                Either::First(Err(why)) => return tx.close((why.code(), "")).await,
                Either::Second(()) => {}
            }
            if heard.elapsed() >= SILENCE {
                return tx.close((PROTOCOL_ERROR, "no sign of life")).await;
            }
            if asked.elapsed() >= PING {
                asked = Instant::now();
                tx.send_ping(&[]).await?;
            }
        }
    }

    async fn answer<W: Write>(
        &mut self,
        message: Message<'_>,
        tx: &mut SocketTx<W>,
    ) -> Result<(), W::Error> {
        let text = match message {
            Message::Text(text) => self.button(text).await,
            Message::Binary(_) => Err(LcdError::InvalidJson),
            Message::Ping(data) => return tx.send_pong(data).await,
            Message::Pong(_) | Message::Close(_) => return Ok(()),
        };
        let said = text.map_or_else(|error| error.to_string(), |done| done.to_string());
        tx.send_text(&said).await?;
        tx.flush().await
    }

    /// Presses or releases a button, if this client may.
    async fn button(&mut self, text: &str) -> Result<ButtonMessage, LcdError> {
        let caller = Caller {
            cookie: self.cookie.as_deref(),
            pin: self.pin.as_deref(),
        };
        lcd::admit(&self.desk, caller).map_err(|_| LcdError::Unauthorized)?;
        let message = parse(text)?;
        self.held.retain(|button| *button != message.button);
        if message.pressed {
            self.held.push(message.button);
        }
        self.desk.press(Hand::Remote, message).await;
        Ok(message)
    }
}

/// Sends the picture unless it is the one that was sent last.
async fn show<W: Write>(
    frame: &Arc<Frame>,
    shown: &mut Option<Arc<Frame>>,
    tx: &mut SocketTx<W>,
) -> Result<(), W::Error> {
    let known = shown
        .as_ref()
        .is_some_and(|shown| shown.as_bytes() == frame.as_bytes());
    if known {
        return Ok(());
    }
    *shown = Some(Arc::clone(frame));
    let mut file = [0; BMP_SIZE];
    write_bmp(frame, BLACK, &mut file);
    tx.send_binary(&file).await?;
    tx.flush().await
}

/// Reads `{"button":"left","state":1}`; every number but 1 is "up".
fn parse(text: &str) -> Result<ButtonMessage, LcdError> {
    let json: Value = serde_json::from_str(text).map_err(|_| LcdError::InvalidJson)?;
    let member = |name| json.get(name).ok_or(LcdError::MissingFields);
    let (button, state) = (member("button")?, member("state")?);
    let button = button.as_str().ok_or(LcdError::InvalidButton)?;
    let pressed = match state {
        Value::Bool(down) => *down,
        Value::Number(number) => number.as_f64() == Some(1.0),
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            return Err(LcdError::InvalidState);
        }
    };
    Ok(ButtonMessage {
        button: RemoteButton::parse(button)?,
        pressed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu 11: each error has its word.
    #[test]
    fn when_a_message_is_wrong_then_its_word_says_what() {
        let word = |text| parse(text).map_err(LcdError::word);
        for (text, expected) in [
            ("", "invalid_json"),
            ("{", "invalid_json"),
            ("7", "missing_fields"),
            (r#"{"button":"left"}"#, "missing_fields"),
            (r#"{"state":1}"#, "missing_fields"),
            (r#"{"button":1,"state":1}"#, "invalid_button"),
            (r#"{"button":"left","state":"1"}"#, "invalid_state"),
            (r#"{"button":"up","state":1}"#, "unknown_button"),
        ] {
            assert_eq!(word(text), Err(expected), "{text}");
        }
        for (state, pressed) in [("1", true), ("true", true), ("0", false), ("2", false)] {
            let text = format!(r#"{{"button":"right","state":{state}}}"#);
            let message = parse(&text).unwrap();
            assert_eq!(
                (message.button, message.pressed),
                (RemoteButton::Right, pressed)
            );
        }
    }
}
