//! Console, buttons and display in thread mode.

use core::fmt::Write as _;

use embassy_executor::task;
use embassy_futures::select::{Either, select};
use embassy_stm32::usart::BufferedUart;
use embassy_time::{Delay, Duration, Timer};
use embedded_io_async::{Read, Write};
use heapless::String;
use smartevse_core::command::Command;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::hardware::{ButtonSet, Buttons};
use smartevse_types::Access;

use super::{BUTTON_WISH, CONSOLE_ANSWER, CONSOLE_WISH, DIRECTIVE, FRONT_BEAT, STATUS};
use crate::console::{LineBuffer, Request, write_status};
use crate::firmware::hardware::{Display, Keys};
use crate::firmware::{now, stack};
use crate::reset::ResetCause;

/// Longest time between two signs of life.
const BEAT: Duration = Duration::from_millis(100);

/// How often an answer is looked for, and how many times.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 20;

/// A line of text, cut off where it is too long.
type Text = String<192>;

/// Writes a line. A console that nobody reads does not matter.
async fn say(console: &mut BufferedUart<'static>, text: &str) {
    let _ = console.write_all(text.as_bytes()).await;
    let _ = console.write_all(b"\r\n").await;
}

async fn say_status(console: &mut BufferedUart<'static>, status: &ChargerStatus) {
    let access = DIRECTIVE.get().map_or(Access::Off, |now| now.access);
    let mut text = Text::new();
    let _ = write_status(status, access, &mut text);
    say(console, &text).await;
}

async fn say_stack(console: &mut BufferedUart<'static>) {
    let mut text = Text::new();
    let _ = write!(text, "stack: {} bytes never used", stack::never_used());
    say(console, &text).await;
}

/// Passes a wish on and tells the answer.
async fn ask(console: &mut BufferedUart<'static>, wish: Command) {
    if CONSOLE_WISH.put(wish).is_err() {
        return say(console, "busy").await;
    }
    for _ in 0..LOOKS {
        Timer::after(LOOK).await;
        FRONT_BEAT.set(now());
        if let Some(answer) = CONSOLE_ANSWER.take() {
            let text = answer.map_or_else(|refused| refused.text(), |_| "ok");
            return say(console, text).await;
        }
    }
    say(console, "no answer").await;
}

async fn answer(console: &mut BufferedUart<'static>, request: Request) {
    match request {
        Request::Nothing => {}
        Request::Status => say_status(console, &STATUS.get().unwrap_or_default()).await,
        Request::Stack => say_stack(console).await,
        Request::Wish(wish) => ask(console, wish).await,
        Request::Unknown => say(console, "not understood").await,
    }
}

/// Serves the console: boot line, each change of state or fault, requests.
#[task]
pub async fn console(mut console: BufferedUart<'static>, cause: ResetCause) {
    let mut text = Text::new();
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(text, "smartevse {version}: start after {cause}");
    say(&mut console, &text).await;
    let mut line = LineBuffer::new();
    let mut shown = None;
    let mut bytes = [0; 16];
    loop {
        FRONT_BEAT.set(now());
        let read = select(console.read(&mut bytes), Timer::after(BEAT)).await;
        let count = match read {
            Either::First(Ok(count)) => count,
            Either::First(Err(_)) | Either::Second(()) => 0,
        };
        for byte in bytes.iter().take(count) {
            if let Some(request) = line.push(*byte) {
                answer(&mut console, request).await;
            }
        }
        let status = STATUS.get().unwrap_or_default();
        let key = (status.state, status.faults);
        if shown.replace(key) != Some(key) {
            say_status(&mut console, &status).await;
        }
    }
}

/// Passes each press of a button on as a key press.
#[task]
pub async fn buttons(mut keys: Keys) {
    let mut known = ButtonSet::empty();
    loop {
        let Ok(pressed) = keys.wait_change(known).await else {
            return;
        };
        if known.is_empty() && !pressed.is_empty() {
            // A press that comes before the last one was taken is the same.
            let _ = BUTTON_WISH.put(Command::KeyPress);
        }
        known = pressed;
        // Contacts bounce.
        Timer::after(Duration::from_millis(20)).await;
    }
}

/// Starts the display, which stays dark: drawing comes with the menu.
#[task]
pub async fn display(mut display: Display) {
    Timer::after(Duration::from_millis(200)).await;
    // Without a display there is nothing to see.
    let _ = display.start(&mut Delay);
}
