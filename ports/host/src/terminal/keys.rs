//! Keys of a terminal as buttons. A terminal tells no release of a key: a key
//! is a short press, and its repetition keeps the button down.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use smartevse_menu::remote::{ButtonMessage, RemoteButton};

/// A short press; longer than the repetition of a held key, ~33 ms, and than
/// the 30 ms for which a level must last.
const TAP: Duration = Duration::from_millis(120);
/// A press that counts as held: more than 2 s.
const HOLD: Duration = Duration::from_millis(2_300);
/// Pause between two presses.
const PAUSE: Duration = Duration::from_millis(60);
/// A button at the charger is let go 4 s after its last message.
const REMIND: Duration = Duration::from_millis(1_500);
/// A held key repeats faster than this, a hand does not.
const REPEAT: Duration = Duration::from_millis(50);
/// Presses that may wait.
const WAITING: usize = 8;

/// What a key means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// Leave the program.
    Quit,
    /// A button, pressed for a time.
    Button(RemoteButton, Duration),
    /// The terminal has another size.
    Redraw,
    /// Nothing.
    Nothing,
}

/// Reads an event of the terminal.
#[must_use]
pub fn input(event: &Event) -> Input {
    if let Event::Key(key) = event
        && key.kind != KeyEventKind::Release
    {
        of_key(key)
    } else if let Event::Resize(..) = event {
        Input::Redraw
    } else {
        Input::Nothing
    }
}

/// The keys; further ones mean nothing.
const KEYS: [(KeyCode, Input); 9] = [
    (KeyCode::Char('q'), Input::Quit),
    (KeyCode::Esc, Input::Quit),
    (KeyCode::Left, Input::Button(RemoteButton::Left, TAP)),
    (KeyCode::Right, Input::Button(RemoteButton::Right, TAP)),
    (KeyCode::Enter, Input::Button(RemoteButton::Middle, TAP)),
    (KeyCode::Char(' '), Input::Button(RemoteButton::Middle, TAP)),
    (
        KeyCode::Char('m'),
        Input::Button(RemoteButton::Middle, HOLD),
    ),
    (KeyCode::Char('s'), Input::Button(RemoteButton::Left, HOLD)),
    (KeyCode::Char('g'), Input::Button(RemoteButton::Right, HOLD)),
];

fn of_key(key: &KeyEvent) -> Input {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        let ends = matches!(key.code, KeyCode::Char('c' | 'd'));
        return if ends { Input::Quit } else { Input::Nothing };
    }
    let known = KEYS.iter().find(|(code, _)| *code == key.code);
    known.map_or(Input::Nothing, |(_, input)| *input)
}

/// The finger on the buttons: one at a time.
#[derive(Clone, Debug, Default)]
pub struct Finger {
    down: Option<(RemoteButton, Instant)>,
    reminded: Option<Instant>,
    lifted: Option<Instant>,
    last_key: Option<Instant>,
    waiting: VecDeque<(RemoteButton, Duration)>,
}

impl Finger {
    /// Presses a button for a time. A key that repeats keeps its button down;
    /// another press waits for its turn.
    pub fn press(&mut self, now: Instant, button: RemoteButton, span: Duration) {
        let last = self.last_key.replace(now);
        let repeats = last.is_some_and(|last| now < last + REPEAT) && self.waiting.is_empty();
        match &mut self.down {
            Some((held, until)) if *held == button && repeats => {
                *until = (*until).max(now + span);
            }
            _ if self.waiting.len() < WAITING => self.waiting.push_back((button, span)),
            _ => {}
        }
    }

    /// Lets everything go.
    pub fn lift(&mut self) {
        self.waiting.clear();
        self.down = self.down.map(|(button, _)| (button, Instant::now()));
    }

    /// The next message for the charger, if one is due.
    pub fn next(&mut self, now: Instant) -> Option<ButtonMessage> {
        match self.down {
            Some((button, until)) if now >= until => {
                self.down = None;
                self.lifted = Some(now);
                Some(ButtonMessage {
                    button,
                    pressed: false,
                })
            }
            Some((button, _)) => {
                let due = self.reminded.is_none_or(|last| now >= last + REMIND);
                due.then(|| self.remind(now, button))
            }
            None if self.lifted.is_some_and(|at| now < at + PAUSE) => None,
            None => {
                let (button, span) = self.waiting.pop_front()?;
                self.down = Some((button, now + span));
                Some(self.remind(now, button))
            }
        }
    }

    fn remind(&mut self, now: Instant, button: RemoteButton) -> ButtonMessage {
        self.reminded = Some(now);
        ButtonMessage {
            button,
            pressed: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The messages within `span`, looked for every 10 ms, with their moments.
    fn messages(finger: &mut Finger, start: Instant, span: u64) -> Vec<(u64, &'static str, bool)> {
        let mut all = Vec::new();
        for at in (0..span).step_by(10) {
            while let Some(message) = finger.next(start + ms(at)) {
                all.push((at, message.button.name(), message.pressed));
            }
        }
        all
    }

    #[test]
    fn when_keys_come_then_each_is_a_short_press() {
        let (mut finger, start) = (Finger::default(), Instant::now());
        finger.press(start, RemoteButton::Left, TAP);
        finger.press(start, RemoteButton::Left, TAP);
        finger.press(start, RemoteButton::Middle, TAP);
        let expected = [
            (0, "left", true),
            (120, "left", false),
            (180, "left", true),
            (300, "left", false),
            (360, "middle", true),
            (480, "middle", false),
        ];
        assert_eq!(messages(&mut finger, start, 1_000), expected);
    }

    #[test]
    fn when_a_key_repeats_then_its_button_stays_down() {
        let (mut finger, start) = (Finger::default(), Instant::now());
        finger.press(start, RemoteButton::Right, TAP);
        assert_eq!(messages(&mut finger, start, 10), [(0, "right", true)]);
        for at in (30..600).step_by(30) {
            finger.press(start + ms(at), RemoteButton::Right, TAP);
            assert_eq!(finger.next(start + ms(at)), None);
        }
        assert!(!finger.next(start + ms(720)).unwrap().pressed);
    }

    #[test]
    fn when_a_hand_is_quick_then_no_press_is_lost() {
        let (mut finger, start) = (Finger::default(), Instant::now());
        finger.press(start, RemoteButton::Right, TAP);
        assert!(finger.next(start).unwrap().pressed);
        finger.press(start + ms(80), RemoteButton::Right, TAP);
        let expected = [
            (120, "right", false),
            (180, "right", true),
            (300, "right", false),
        ];
        assert_eq!(messages(&mut finger, start, 500), expected);
    }

    /// Menu specification §5.7: a button without messages is let go after 4 s.
    #[test]
    fn when_a_button_is_held_then_the_charger_is_reminded() {
        let (mut finger, start) = (Finger::default(), Instant::now());
        finger.press(start, RemoteButton::Middle, HOLD);
        let expected = [
            (0, "middle", true),
            (1_500, "middle", true),
            (2_300, "middle", false),
        ];
        assert_eq!(messages(&mut finger, start, 3_000), expected);
    }

    #[test]
    fn when_a_key_means_nothing_then_nothing_is_pressed() {
        let key = |code| input(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        assert_eq!(key(KeyCode::Char('x')), Input::Nothing);
        assert_eq!(key(KeyCode::Char('c')), Input::Nothing);
        assert_eq!(key(KeyCode::Char('q')), Input::Quit);
        assert_eq!(
            key(KeyCode::Char(' ')),
            Input::Button(RemoteButton::Middle, TAP)
        );
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(input(&Event::Key(control)), Input::Quit);
        assert_eq!(input(&Event::Resize(1, 1)), Input::Redraw);
    }
}
