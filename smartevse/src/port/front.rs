//! The loops of the front ends: console, buttons, cards.

use core::fmt::{Display, Write as _};

use embassy_futures::select::{Either, select};
use embedded_io_async::{Read, Write};
use heapless::String;
use smartevse_core::command::Command;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::{Event, Fact};
use smartevse_core::hardware::{ButtonSet, Buttons, CardReader};
use smartevse_types::{Access, Duration};

use super::console::{LineBuffer, Request, write_status};
use super::hub::Hub;
use super::planner::Plan;
use crate::tasks::{Clock, send};

/// Longest time between two signs of life.
const BEAT: Duration = Duration::from_millis(100);

/// How often an answer is looked for, and how many times.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 20;

/// Contacts bounce for this time.
const BOUNCE: Duration = Duration::from_millis(30);

/// Pause while the card reader is not in use, and after it failed.
const READER_PAUSE: Duration = Duration::from_secs(1);

/// A line of text, cut off where it is too long.
type Text = String<192>;

/// Gives the wish of a press until there is a menu: "o" alone gives access or
/// takes it away, as long as no card reader owns the access; any other press is
/// a key press, which resets latched faults.
#[must_use]
pub fn wish(before: ButtonSet, pressed: ButtonSet, plan: &Plan) -> Option<Command> {
    if !before.is_empty() || pressed.is_empty() {
        return None;
    }
    if pressed != ButtonSet::MIDDLE || plan.reader {
        return Some(Command::KeyPress);
    }
    Some(Command::SetAccess(match plan.directive.access {
        Access::On => Access::Off,
        Access::Off | Access::Pause => Access::On,
    }))
}

/// Writes a line. A console that nobody reads does not matter.
async fn say(console: &mut impl Write, text: &str) {
    let _ = send(console, text.as_bytes()).await;
    let _ = send(console, b"\r\n").await;
}

async fn say_status(console: &mut impl Write, status: &ChargerStatus, access: Access) {
    let mut text = Text::new();
    let _ = write_status(status, access, &mut text);
    say(console, &text).await;
}

impl Hub {
    /// Serves a console: `greeting`, each change of state or fault, requests.
    /// `unused_stack` gives the bytes of the stack that were never used.
    pub async fn serve_console(
        &self,
        mut console: impl Read + Write,
        clock: &impl Clock,
        greeting: impl Display,
        unused_stack: fn() -> Option<usize>,
    ) -> ! {
        let mut text = Text::new();
        let _ = write!(text, "{greeting}");
        say(&mut console, &text).await;
        let mut line = LineBuffer::new();
        let mut shown = None;
        let mut bytes = [0; 16];
        loop {
            let now = clock.now();
            self.front_is_alive(now);
            let read = select(console.read(&mut bytes), clock.wait_until(now + BEAT)).await;
            let count = match read {
                Either::First(Ok(count)) => count,
                Either::First(Err(_)) | Either::Second(()) => 0,
            };
            for byte in bytes.iter().take(count) {
                if let Some(request) = line.push(*byte) {
                    self.reply(&mut console, clock, request, unused_stack).await;
                }
            }
            let status = self.status();
            let key = (status.state, status.faults);
            if shown.replace(key) != Some(key) {
                say_status(&mut console, &status, self.access()).await;
            }
        }
    }

    fn access(&self) -> Access {
        self.current_plan().directive.access
    }

    async fn reply(
        &self,
        console: &mut impl Write,
        clock: &impl Clock,
        request: Request,
        unused_stack: fn() -> Option<usize>,
    ) {
        match request {
            Request::Nothing => {}
            Request::Status => say_status(console, &self.status(), self.access()).await,
            Request::Stack => {
                let mut text = Text::new();
                let _ = match unused_stack() {
                    Some(bytes) => write!(text, "stack: {bytes} bytes never used"),
                    None => write!(text, "stack: not known"),
                };
                say(console, &text).await;
            }
            Request::Wish(wish) => say(console, self.pass_on(clock, wish).await).await,
            Request::Unknown => say(console, "not understood").await,
        }
    }

    /// Passes a wish on and gives the text of its answer.
    async fn pass_on(&self, clock: &impl Clock, wish: Command) -> &'static str {
        if !self.ask(wish) {
            return "busy";
        }
        for _ in 0..LOOKS {
            let now = clock.now();
            self.front_is_alive(now);
            clock.wait_until(now + LOOK).await;
            if let Some(answer) = self.answer() {
                return answer.map_or_else(|refused| refused.text(), |_| "ok");
            }
        }
        "no answer"
    }

    /// Turns each press of a button into its [`wish`]. Ends when the buttons
    /// cannot be read.
    pub async fn watch_buttons(&self, mut buttons: impl Buttons, clock: &impl Clock) {
        let mut known = ButtonSet::empty();
        while let Ok(pressed) = buttons.wait_change(known).await {
            if let Some(wish) = wish(known, pressed, &self.current_plan()) {
                self.press(wish);
            }
            known = pressed;
            clock.wait_until(clock.now() + BOUNCE).await;
        }
    }

    /// Hands each card to planning while the card reader is in use.
    pub async fn read_cards(&self, mut reader: impl CardReader, clock: &impl Clock) -> ! {
        loop {
            let now = clock.now();
            self.front_is_alive(now);
            let pause = clock.wait_until(now + READER_PAUSE);
            if !self.current_plan().reader {
                pause.await;
                continue;
            }
            match select(reader.next_card(), pause).await {
                Either::First(Ok(card)) => self.tell(Event {
                    at: clock.now(),
                    fact: Fact::Card(Some(card)),
                }),
                Either::First(Err(_)) => clock.wait_until(clock.now() + READER_PAUSE).await,
                Either::Second(()) => {}
            }
        }
    }
}
