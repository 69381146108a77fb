//! The display and the three buttons of the charger, in real time whatever the
//! speed of the simulated site.

use std::sync::Arc;
use std::time;

use smartevse_core::command::{Accepted, Refused};
use smartevse_core::hardware::ButtonSet;
use smartevse_core::snapshot::Snapshot;
use smartevse_menu::remote::ButtonMessage;
use smartevse_menu::surroundings::Identity;
use smartevse_menu::{Frame, Menu, MenuOutput, Model, Surroundings, draw};
use smartevse_types::{Instant, WattHours};

use crate::http::names;

/// A button whose holder says nothing for this time is let go (menu
/// specification §5.7).
const LET_GO: time::Duration = time::Duration::from_secs(4);

/// Whose button it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hand {
    /// At the simulated charger itself.
    Device,
    /// Of the remote display, let in with its PIN.
    Remote,
}

/// What front ends see of the display.
#[derive(Clone, Debug, Default)]
pub struct LcdView {
    /// The picture.
    pub frame: Arc<Frame>,
    /// The same as text.
    pub text: Arc<str>,
}

/// The panel of the charger.
pub struct Panel {
    menu: Menu,
    origin: time::Instant,
    levels: ButtonSet,
    last_press: time::Instant,
    shown: LcdView,
}

impl Panel {
    /// Makes a panel that shows the screen after power-up.
    #[must_use]
    pub fn new() -> Self {
        let mut panel = Self {
            menu: Menu::new(),
            origin: time::Instant::now(),
            levels: ButtonSet::empty(),
            last_press: time::Instant::now(),
            shown: LcdView::default(),
        };
        panel.show(&Model::boot("SmartEVSE", "host"));
        panel
    }

    fn now(&self) -> Instant {
        let since = self.origin.elapsed().as_micros();
        Instant::from_micros(u64::try_from(since).unwrap_or(u64::MAX))
    }

    /// Takes the message of a button.
    pub fn press(&mut self, hand: Hand, message: ButtonMessage) {
        let now = self.now();
        let button = message.button.set();
        match hand {
            Hand::Remote => self.menu.remote_button(now, button, message.pressed),
            Hand::Device => {
                self.levels.set(button, message.pressed);
                self.last_press = time::Instant::now();
                self.menu.buttons(now, self.levels);
            }
        }
    }

    /// Does what is due; the wishes go to `wish`, one after the other.
    pub fn turn(
        &mut self,
        snapshot: &Snapshot<'_>,
        charged: WattHours,
        planned_start: Option<u64>,
    ) -> MenuOutput {
        let now = self.now();
        if self.last_press.elapsed() >= LET_GO {
            self.levels = ButtonSet::empty();
        }
        self.menu.buttons(now, self.levels);
        let around = Surroundings {
            charged: Some(charged),
            planned_start,
            identity: Identity {
                version: names::VERSION,
                serial: names::SERIAL,
            },
            lcd_locked: snapshot.plan.lcd_lock,
            entropy: getrandom::u32().unwrap_or(0),
            ..Surroundings::default()
        };
        let sensorbox = snapshot.meters.sensorbox.as_ref();
        self.menu.surroundings(around.with_sensorbox(sensorbox));
        let output = self.menu.poll(now, snapshot);
        if output.redraw {
            let model = self.menu.model(now, snapshot);
            self.show(&model);
        }
        output
    }

    /// Takes the answer to a wish.
    pub fn answered(&mut self, answer: Result<Accepted, Refused>) {
        self.menu.answered(self.now(), answer);
    }

    /// The display.
    #[must_use]
    pub fn view(&self) -> LcdView {
        self.shown.clone()
    }

    fn show(&mut self, model: &Model) {
        let mut frame = Frame::new();
        let Ok(()) = draw(&mut frame, model);
        self.shown = LcdView {
            frame: Arc::new(frame),
            text: model.to_string().into(),
        };
    }
}
