//! `lcd`: the display of a running charger in a terminal, its buttons on the
//! keyboard.

mod keys;
mod picture;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event};
use crossterm::style::Colors;
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetColors};
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue, terminal};
use smartevse_menu::remote::BMP_SIZE;
use tokio::runtime::Builder;

use crate::args::LcdOptions;
use crate::fetch;
use crate::realtime::interruption;
use keys::{Finger, Input};
use picture::Picture;

/// Longest time for one answer of the charger.
const LIMIT: Duration = Duration::from_secs(2);
/// Time between two pictures, and while nobody presses anything.
const QUICK: Duration = Duration::from_millis(100);
const SLOW: Duration = Duration::from_millis(500);
/// The pictures come quickly for this time after a key.
const LIVELY: Duration = Duration::from_secs(5);
/// Longest wait for a key.
const LOOK: Duration = Duration::from_millis(20);

/// What the keys are, below the picture.
const HELP: &str = "<- o ->: arrows and Enter   m: hold o   s: hold <   g: hold >   q: quit";

/// Dark on pale green, as on the device.
const COLOURS: Colors = Colors {
    foreground: Some(Color::Rgb {
        r: 16,
        g: 28,
        b: 22,
    }),
    background: Some(Color::Rgb {
        r: 214,
        g: 228,
        b: 202,
    }),
};

/// Shows the display until `q` or the end of the terminal.
///
/// # Errors
///
/// One sentence: no charger answers at the start, or there is no terminal.
pub fn show(options: &LcdOptions) -> Result<(), String> {
    let mut view = View::new(options);
    view.refresh();
    if let Some(why) = view.trouble.take() {
        return Err(format!("http://{}: {why}", options.peer));
    }
    let stop = stop_signal().map_err(|why| format!("signals cannot be caught: {why}"))?;
    let said = |why: io::Error| format!("this is no terminal to draw on: {why}");
    let screen = Screen::open().map_err(said)?;
    let result = view.run(&stop).map_err(said);
    drop(screen);
    result
}

/// Set when the operating system asks for the end.
fn stop_signal() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let caught = {
        let _inside = runtime.enter();
        interruption()?
    };
    thread::spawn(move || {
        runtime.block_on(caught);
        seen.store(true, Ordering::Relaxed);
    });
    Ok(stop)
}

/// The terminal in raw mode; it is as before once this is dropped, also when
/// the program panics.
struct Screen;

impl Screen {
    fn open() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let screen = Self;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = execute!(io::stdout(), ResetColor, cursor::Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// What is shown and pressed.
struct View<'a> {
    options: &'a LcdOptions,
    picture: Option<Picture>,
    trouble: Option<String>,
    finger: Finger,
    drawn: String,
    next_picture: Instant,
    lively_until: Instant,
}

impl<'a> View<'a> {
    fn new(options: &'a LcdOptions) -> Self {
        let now = Instant::now();
        Self {
            options,
            picture: None,
            trouble: None,
            finger: Finger::default(),
            drawn: String::new(),
            next_picture: now,
            lively_until: now,
        }
    }

    fn run(&mut self, stop: &AtomicBool) -> io::Result<()> {
        while !stop.load(Ordering::Relaxed) {
            if event::poll(LOOK)? && self.take(&event::read()?) {
                break;
            }
            self.move_finger();
            if Instant::now() >= self.next_picture {
                self.refresh();
            }
            self.draw()?;
        }
        self.finger.lift();
        self.move_finger();
        Ok(())
    }

    /// Takes a key; `true` = quit.
    fn take(&mut self, event: &Event) -> bool {
        let now = Instant::now();
        match keys::input(event) {
            Input::Quit => return true,
            Input::Button(button, span) => {
                self.finger.press(now, button, span);
                self.lively_until = now + span + LIVELY;
            }
            Input::Redraw => self.drawn.clear(),
            Input::Nothing => {}
        }
        false
    }

    /// Tells the charger what changed at the buttons.
    fn move_finger(&mut self) {
        while let Some(message) = self.finger.next(Instant::now()) {
            let state = u8::from(message.pressed);
            let query = format!("button={}&state={state}", message.button.name());
            let peer = &self.options.peer;
            let answer = match &self.options.pin {
                None => fetch::post(peer, &format!("/sim?{query}"), "", LIMIT),
                Some(pin) => {
                    let pin = format!("X-Auth-PIN: {pin}\r\n");
                    fetch::post(peer, &format!("/lcd?{query}"), &pin, LIMIT)
                }
            };
            self.trouble = answer.err();
            self.next_picture = Instant::now() + LOOK;
        }
    }

    fn refresh(&mut self) {
        let now = Instant::now();
        let lively = now < self.lively_until;
        self.next_picture = now + if lively { QUICK } else { SLOW };
        match fetch::get(&self.options.peer, "/lcd", LIMIT) {
            Err(why) => self.trouble = Some(why),
            Ok(file) => {
                let file = <&[u8; BMP_SIZE]>::try_from(file.as_slice()).ok();
                self.picture = file.map(Picture::of);
                if self.picture.is_none() {
                    self.trouble = Some("the charger sends no picture".to_owned());
                }
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let (columns, lines) = terminal::size()?;
        let text = self
            .picture
            .as_ref()
            .and_then(|picture| picture.text(columns, lines));
        let text = text.unwrap_or_else(|| "too small: 64 x 17 at least".to_owned());
        let below = self.trouble.as_deref().unwrap_or(HELP);
        let below: String = below.chars().take(usize::from(columns)).collect();
        let whole = format!("{columns} {lines}\n{text}\n{below}");
        if whole == self.drawn {
            return Ok(());
        }
        let mut out = io::stdout();
        queue!(
            out,
            Clear(ClearType::All),
            cursor::MoveTo(0, 0),
            SetColors(COLOURS)
        )?;
        for line in text.lines() {
            queue!(out, Print(line), cursor::MoveToNextLine(1))?;
        }
        queue!(out, ResetColor, SetAttribute(Attribute::Dim), Print(below))?;
        queue!(out, SetAttribute(Attribute::Reset))?;
        out.flush()?;
        self.drawn = whole;
        Ok(())
    }
}
